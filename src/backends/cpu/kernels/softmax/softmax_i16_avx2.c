/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/softmax/softmax_i16_vec.h"
