/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/activation/activation_vec.h"
