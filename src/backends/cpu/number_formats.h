/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Number formats that float32 is rounded to when another machine's numerics are emulated.
 *
 * Sources: tt-metal's host conversion (tt_metal/impl/data_format/blockfloat_common.cpp), which
 * tests/data/ttnn records; the fidelity phases of "SrcA and SrcB" in tt-isa-documentation.
 */
#ifndef SD14_CPU_NUMBER_FORMATS_H
#define SD14_CPU_NUMBER_FORMATS_H

#include <stddef.h>

/** How values lie in a device's memory. */
typedef enum storage_format {
    STORAGE_FLOAT32,
    STORAGE_BFLOAT16,
    STORAGE_BFLOAT8_B, /**< BLOCK_VALUES values of a row: one exponent, and sign + 7 bits each */
    STORAGE_FORMATS
} storage_format;

/** "float32", "bfloat16", "bfloat8_b": ttnn's names. */
const char *storage_format_name(storage_format format);

/** To nearest, ties to even. */
float round_to_bfloat16(float x);

enum { BLOCK_VALUES = 16 };

/**
 * In place, at most BLOCK_VALUES values that share an exponent: the largest of theirs. The bits below it are cut off
 * first, then 7 are kept, rounded to nearest with ties to even; what would round up to the next
 * power of two becomes the largest value. Subnormal values become 0.
 */
void round_to_bfloat8_b(float *values, size_t count);

/** In place: a row of `count` values, blocks beginning at its first. */
void round_row(storage_format format, float *values, size_t count);

/**
 * Which bits of an operand a multiplication reads. A multiplier has 5 bits for its right operand (SrcA,
 * a product's in1) and 7 for its left (SrcB, in0), the implicit first one counted; what is left of either takes
 * part in further passes.
 */
typedef enum operand_part {
    OPERAND_WHOLE, /**< what all passes together read: 10 bits right, 11 left */
    OPERAND_HIGH,  /**< 5 bits right, 7 left */
    OPERAND_LOW    /**< the rest of the whole: at most 5 bits right, 4 left */
} operand_part;

float left_operand(operand_part part, float x);
float right_operand(operand_part part, float x);

#endif /* SD14_CPU_NUMBER_FORMATS_H */
