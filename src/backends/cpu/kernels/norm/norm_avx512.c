/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/norm/norm_vec.h"
