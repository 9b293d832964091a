/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/tensor.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/float_bits.h"

static const struct {
    const char *name;
    size_t bytes;
} dtypes[DTYPE_COUNT] = {
    [DTYPE_F32] = {"float32", 4}, [DTYPE_F16] = {"float16", 2}, [DTYPE_BF16] = {"bfloat16", 2},
    [DTYPE_F64] = {"float64", 8}, [DTYPE_I8] = {"int8", 1},     [DTYPE_U8] = {"uint8", 1},
    [DTYPE_I16] = {"int16", 2},   [DTYPE_I32] = {"int32", 4},   [DTYPE_I64] = {"int64", 8},
    [DTYPE_BOOL] = {"bool", 1},
};

const char *dtype_name(dtype type)
{
    return (unsigned)type < DTYPE_COUNT ? dtypes[type].name : "unknown";
}

size_t dtype_bytes(dtype type)
{
    assert((unsigned)type < DTYPE_COUNT);
    return dtypes[type].bytes;
}

bool dtype_is_float(dtype type)
{
    return type == DTYPE_F32 || type == DTYPE_F16 || type == DTYPE_BF16 || type == DTYPE_F64;
}

shape shape_1(size_t a)
{
    return (shape){1, {a}};
}

shape shape_2(size_t a, size_t b)
{
    return (shape){2, {a, b}};
}

shape shape_3(size_t a, size_t b, size_t c)
{
    return (shape){3, {a, b, c}};
}

shape shape_4(size_t a, size_t b, size_t c, size_t d)
{
    return (shape){4, {a, b, c, d}};
}

size_t shape_count(shape of)
{
    size_t count = 1;
    for (int i = 0; i < of.rank; i++) count *= of.dim[i];
    return count;
}

bool shape_equal(shape a, shape b)
{
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; i++) {
        if (a.dim[i] != b.dim[i]) return false;
    }
    return true;
}

size_t shape_last(shape of)
{
    return of.rank == 0 ? 1 : of.dim[of.rank - 1];
}

size_t shape_rows(shape of)
{
    size_t rows = 1;
    for (int i = 0; i + 1 < of.rank; i++) rows *= of.dim[i];
    return rows;
}

const char *shape_text(shape of, char buffer[SHAPE_TEXT_BYTES])
{
    int length = snprintf(buffer, SHAPE_TEXT_BYTES, "[");
    for (int i = 0; i < of.rank; i++) {
        length += snprintf(buffer + length, SHAPE_TEXT_BYTES - (size_t)length, "%s%zu",
                           i == 0 ? "" : ",", of.dim[i]);
    }
    (void)snprintf(buffer + length, SHAPE_TEXT_BYTES - (size_t)length, "]");
    return buffer;
}

const char *shape_index_text(shape of, size_t index, char buffer[SHAPE_TEXT_BYTES])
{
    shape place = {.rank = of.rank};
    for (int i = of.rank - 1; i >= 0; i--) {
        place.dim[i] = index % of.dim[i];
        index /= of.dim[i];
    }
    return shape_text(place, buffer);
}

/* Masks, no branches: compilers turn the loop below into vectors. */
static inline uint32_t f16_widen(uint16_t half)
{
    const uint32_t rebias = (uint32_t)(127 - 15) << 23;
    const uint32_t sign = (uint32_t)(half & 0x8000U) << 16;
    const uint32_t rest = half & 0x7FFFU;

    const uint32_t normal = (rest << 13) + rebias;
    /* Exponent 31 is infinity or NaN: float32's is 255, which is 31 rebiased twice. */
    const uint32_t special = normal + rebias;
    /* Exponent 0: rest·2⁻²⁴, exactly. No float32 denormal appears, so flush-to-zero is harmless. */
    const uint32_t small = float_to_bits(float_from_bits(0x3F000000U | rest) - 0.5F);

    const uint32_t is_small = 0U - (uint32_t)(rest < 0x0400U);
    const uint32_t is_special = 0U - (uint32_t)(rest >= 0x7C00U);
    return sign | (small & is_small) | (special & is_special) | (normal & ~(is_small | is_special));
}

float f16_to_f32(uint16_t bits)
{
    return float_from_bits(f16_widen(bits));
}

float bf16_to_f32(uint16_t bits)
{
    return float_from_bits((uint32_t)bits << 16);
}

/* Elements converted at a time: through a small aligned copy, because the data need not be aligned,
 * and with a constant count, because gcc -O2 makes vectors of nothing else. */
enum { BLOCK = 512 };

static void f16_block(const unsigned char *src, float *dst)
{
    uint16_t half[BLOCK];
    uint32_t wide[BLOCK];
    memcpy(half, src, sizeof(half));
    for (size_t i = 0; i < BLOCK; i++) wide[i] = f16_widen(half[i]);
    memcpy(dst, wide, sizeof(wide));
}

static void bf16_block(const unsigned char *src, float *dst)
{
    uint16_t half[BLOCK];
    uint32_t wide[BLOCK];
    memcpy(half, src, sizeof(half));
    for (size_t i = 0; i < BLOCK; i++) wide[i] = (uint32_t)half[i] << 16;
    memcpy(dst, wide, sizeof(wide));
}

static void f64_block(const unsigned char *src, float *dst)
{
    double value[BLOCK];
    memcpy(value, src, sizeof(value));
    for (size_t i = 0; i < BLOCK; i++) dst[i] = (float)value[i];
}

void tensor_to_f32(const tensor *from, size_t first, size_t count, float *dst)
{
    assert(dtype_is_float(from->type));
    if (count == 0) return;

    const size_t bytes = dtype_bytes(from->type);
    const unsigned char *src = (const unsigned char *)from->data + first * bytes;
    if (from->type == DTYPE_F32) {
        memcpy(dst, src, count * bytes);
        return;
    }

    void (*convert)(const unsigned char *, float *) = from->type == DTYPE_F16    ? f16_block
                                                      : from->type == DTYPE_BF16 ? bf16_block
                                                                                 : f64_block;
    size_t done = 0;
    for (; done + BLOCK <= count; done += BLOCK) convert(src + done * bytes, dst + done);
    if (done < count) {
        unsigned char padded[BLOCK * sizeof(double)] = {0};
        float converted[BLOCK];
        memcpy(padded, src + done * bytes, (count - done) * bytes);
        convert(padded, converted);
        memcpy(dst + done, converted, (count - done) * sizeof(float));
    }
}
