/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/transpose/transpose_vec.h"
