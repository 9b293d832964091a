/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/kernels.h"

cpu_kernels cpu_kernels_select(isa_level max)
{
    cpu_kernels chosen = {0};
#define KERNEL(op, isa)                                                                            \
    if (ISA_LEVEL(isa) <= max && cpu_has(ISA_LEVEL(isa))) chosen.op = op##_##isa;
#include "backends/cpu/kernels/kernel_list.inc"
#undef KERNEL
    return chosen;
}
