/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/tensor.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka.h"

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* IEEE 754's definition: sign, 5 bits of exponent, 10 of fraction. */
static double half_value(uint16_t bits)
{
    const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
    const int exponent = bits >> 10 & 31;
    const double fraction = (bits & 1023) / 1024.0;
    if (exponent == 31) return fraction == 0.0 ? sign * (double)INFINITY : (double)NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -14) : ldexp(1.0 + fraction, exponent - 15));
}

static void widens_every_half(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 65536; half++) {
        const double expected = half_value((uint16_t)half);
        const float got = f16_to_f32((uint16_t)half);
        if (isnan(expected)) {
            assert_true(isnan(got));
            assert_int_equal(bits_of(got),
                             (half & 0x8000U) << 16 | 0x7F800000U | (half & 1023) << 13);
        } else {
            assert_int_equal(bits_of(got), bits_of((float)expected)); /* the sign of zero too */
        }
        assert_int_equal(bits_of(bf16_to_f32((uint16_t)half)), half << 16);
    }
}

/* tensor_to_f32() works in blocks: around their size, from any start, at odd addresses. */
static void converts_ranges(void **state)
{
    (void)state;
    enum { COUNT = 1600 };
    static unsigned char raw[1 + COUNT * sizeof(double)];
    static float got[COUNT + 1];
    static const size_t counts[] = {0, 1, 511, 512, 513, 1024, 1500};
    for (size_t i = 0; i < sizeof(raw); i++) raw[i] = (unsigned char)(i * 37 + i / 251);
    for (int type = DTYPE_F32; type <= DTYPE_F64; type++) {
        const tensor from = {(dtype)type, shape_1(COUNT), raw + 1};
        const size_t bytes = dtype_bytes(from.type);
        for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
            for (size_t first = 0; first < 3; first++) {
                memset(got, 0x5A, sizeof(got));
                tensor_to_f32(&from, first, counts[c], got);
                for (size_t i = 0; i < counts[c]; i++) {
                    double wide = 0.0;
                    float single = 0.0F;
                    uint16_t half = 0;
                    const unsigned char *at = raw + 1 + (first + i) * bytes;
                    memcpy(&wide, at, sizeof(wide));
                    memcpy(&single, at, sizeof(single));
                    memcpy(&half, at, sizeof(half));
                    const float expected = type == DTYPE_F32    ? single
                                           : type == DTYPE_F16  ? f16_to_f32(half)
                                           : type == DTYPE_BF16 ? bf16_to_f32(half)
                                                                : (float)wide;
                    assert_memory_equal(&got[i], &expected, sizeof(expected));
                }
                assert_int_equal(bits_of(got[counts[c]]), 0x5A5A5A5A); /* not past the end */
            }
        }
    }
}

static void describes_shapes(void **state)
{
    (void)state;
    char buffer[SHAPE_TEXT_BYTES];
    const shape scalar = {0};
    assert_string_equal(shape_text(scalar, buffer), "[]");
    assert_string_equal(shape_text(shape_1(7), buffer), "[7]");
    assert_string_equal(shape_text(shape_4(1, 4, 64, 64), buffer), "[1,4,64,64]");
    assert_string_equal(shape_index_text(scalar, 0, buffer), "[]");
    assert_string_equal(shape_index_text(shape_4(1, 4, 8, 6), 4 * 8 * 6 - 1, buffer), "[0,3,7,5]");
    assert_string_equal(shape_index_text(shape_4(1, 4, 8, 6), 2 * 48 + 3 * 6 + 4, buffer),
                        "[0,2,3,4]");
    const size_t most = SIZE_MAX;
    assert_int_equal(strlen(shape_text(shape_4(most, most, most, most), buffer)), 85);

    assert_int_equal(shape_count(scalar), 1);
    assert_int_equal(shape_last(scalar), 1);
    assert_int_equal(shape_rows(scalar), 1);
    assert_int_equal(shape_count(shape_3(2, 3, 5)), 30);
    assert_int_equal(shape_last(shape_3(2, 3, 5)), 5);
    assert_int_equal(shape_rows(shape_3(2, 3, 5)), 6);
    assert_int_equal(shape_count(shape_2(2, 0)), 0);
    assert_true(shape_equal(shape_2(2, 3), shape_2(2, 3)));
    assert_false(shape_equal(shape_2(2, 3), shape_2(3, 2)));
    assert_false(shape_equal(shape_2(2, 3), shape_3(2, 3, 0)));
}

static void describes_dtypes(void **state)
{
    (void)state;
    static const size_t bytes[DTYPE_COUNT] = {4, 2, 2, 8, 1, 1, 2, 4, 8, 1};
    for (int type = 0; type < DTYPE_COUNT; type++) {
        assert_int_equal(dtype_bytes((dtype)type), bytes[type]);
        assert_int_equal(dtype_is_float((dtype)type), type <= DTYPE_F64);
        assert_string_not_equal(dtype_name((dtype)type), "unknown");
    }
    assert_string_equal(dtype_name(DTYPE_BF16), "bfloat16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widens_every_half),
        cmocka_unit_test(converts_ranges),
        cmocka_unit_test(describes_shapes),
        cmocka_unit_test(describes_dtypes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
