/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/number_formats.h"

#include <math.h>

#include "base/float_bits.h"

enum { EXPONENT_BIAS = 127, FRACTION_BITS = 23, BLOCK_BITS = 7 };

const char *storage_format_name(storage_format format)
{
    static const char *const names[STORAGE_FORMATS] = {"float32", "bfloat16", "bfloat8_b"};
    return names[format];
}

float round_to_bfloat16(float x)
{
    const uint32_t bits = float_to_bits(x);
    if (isnan(x)) return x;
    return float_from_bits((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000);
}

static uint32_t exponent_of(float x)
{
    return float_to_bits(x) >> FRACTION_BITS & 0xFF;
}

/* `unit` is worth 1 of the 7 bits. */
static float round_in_block(float x, uint32_t shared, float unit)
{
    const uint32_t exponent = exponent_of(x);
    if (exponent == 0) return 0.0F;
    const uint32_t shift = shared - exponent;
    const uint32_t implicit = 1U << FRACTION_BITS;
    uint32_t fraction = (float_to_bits(x) & (implicit - 1)) | implicit;
    fraction = shift <= FRACTION_BITS ? fraction >> shift : 0;

    const uint32_t dropped = FRACTION_BITS + 1 - BLOCK_BITS;
    const uint32_t tie = 1U << (dropped - 1);
    const uint32_t rest = fraction & (2 * tie - 1);
    uint32_t kept = fraction >> dropped;
    if (rest > tie || (rest == tie && (kept & 1) == 1)) kept++;
    if (kept >> BLOCK_BITS != 0) kept = (1U << BLOCK_BITS) - 1;
    if (kept == 0) return 0.0F; /* never -0 */
    return copysignf((float)kept * unit, x);
}

void round_to_bfloat8_b(float *values, size_t count)
{
    uint32_t shared = 0;
    for (size_t i = 0; i < count; i++) {
        if (exponent_of(values[i]) > shared) shared = exponent_of(values[i]);
    }
    const float unit = ldexpf(1.0F, (int)shared - EXPONENT_BIAS - (BLOCK_BITS - 1));
    for (size_t i = 0; i < count; i++) values[i] = round_in_block(values[i], shared, unit);
}

void round_row(storage_format format, float *values, size_t count)
{
    if (format == STORAGE_BFLOAT16) {
        for (size_t i = 0; i < count; i++) values[i] = round_to_bfloat16(values[i]);
    }
    for (size_t i = 0; format == STORAGE_BFLOAT8_B && i < count; i += BLOCK_VALUES) {
        round_to_bfloat8_b(values + i, count - i < BLOCK_VALUES ? count - i : BLOCK_VALUES);
    }
}

static float operand(operand_part part, float x, uint32_t whole, uint32_t high)
{
    const float first = float_from_bits(float_to_bits(x) & high);
    if (part == OPERAND_HIGH) return first;
    const float all = float_from_bits(float_to_bits(x) & whole);
    return part == OPERAND_WHOLE ? all : all - first;
}

float left_operand(operand_part part, float x)
{
    return operand(part, x, 0xFFFFE000, 0xFFFE0000);
}

float right_operand(operand_part part, float x)
{
    return operand(part, x, 0xFFFFC000, 0xFFF80000);
}
