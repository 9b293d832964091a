/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/quantize/quantize_vec.h"
