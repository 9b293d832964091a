/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/elementwise/elementwise_vec.h"
