/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/ddim/ddim_vec.h"
