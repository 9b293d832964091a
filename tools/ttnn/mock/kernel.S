# SPDX-License-Identifier: Apache-2.0
# What the stand-in compiler makes of every kernel: a start, a word of data, and a relocation from one to the
# other. ttnn loads it; the mock device never runs it.
    .section .start, "ax"
    .globl _start
_start:
    la a0, word
    lw a0, 0(a0)
    ret

    .data
    .balign 4
    .globl word
word:
    .word 0
