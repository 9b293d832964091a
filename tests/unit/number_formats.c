/* SPDX-License-Identifier: Apache-2.0 */

/* Number formats of another machine: by hand, and as ttnn's host conversion makes them (tests/data/ttnn, written by
 * tools/reference/record_ttnn_formats.py). */
#include "backends/cpu/number_formats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formats/npy.h"
#include "support/cmocka.h"

static void assert_bits(float found, float wanted)
{
    if (memcmp(&found, &wanted, sizeof(found)) != 0)
        fail_msg("%.9g, not %.9g", (double)found, (double)wanted);
}

static void bfloat16_by_hand(void **state)
{
    (void)state;
    assert_bits(round_to_bfloat16(0x1.00p0F), 0x1.00p0F);
    assert_bits(round_to_bfloat16(0x1.01p0F), 0x1.00p0F); /* a tie: to the even one */
    assert_bits(round_to_bfloat16(0x1.03p0F), 0x1.04p0F); /* here it is the upper one */
    assert_bits(round_to_bfloat16(0x1.010002p0F), 0x1.02p0F);
    assert_bits(round_to_bfloat16(-0x1.FFp0F), -0x1.0p1F);
    assert_bits(round_to_bfloat16(951.0F), 952.0F);
    assert_bits(round_to_bfloat16(-0.0F), -0.0F);
    assert_true(isinf(round_to_bfloat16(INFINITY)) && isnan(round_to_bfloat16(NAN)));
}

/* 1.0 beside: the unit is 2^-6. */
static float beside_one(float x)
{
    float block[BLOCK_VALUES] = {1.0F, x};
    round_to_bfloat8_b(block, BLOCK_VALUES);
    assert_bits(block[0], 1.0F);
    return block[1];
}

static void bfloat8_b_by_hand(void **state)
{
    (void)state;
    assert_bits(beside_one(0x1p-6F), 0x1p-6F);
    assert_bits(beside_one(0x1p-7F), 0.0F); /* a tie: to the even one */
    assert_bits(beside_one(0x3p-7F), 0x2p-6F);
    assert_bits(beside_one(-0x1p-8F), 0.0F); /* not -0 */
    assert_bits(beside_one(-0x1.8p-7F), -0x1p-6F);
    assert_bits(beside_one(1.99F), 0x1.FCp0F);     /* 127 / 64: nothing rounds up to 2 */
    assert_bits(beside_one(0x1.000002p-7F), 0.0F); /* what is shifted out does not break the tie */
    /* A block knows nothing of its neighbour. */
    float row[BLOCK_VALUES + 2] = {[0] = 1000.0F, [BLOCK_VALUES] = 0.001F};
    round_row(STORAGE_BFLOAT8_B, row, BLOCK_VALUES + 2);
    assert_true(fabsf(row[BLOCK_VALUES] - 0.001F) < 1e-5F && row[BLOCK_VALUES] > 0.0F);
}

static npy open_recorded(const char *name)
{
    char path[512];
    sd14_error error;
    npy array;
    (void)snprintf(path, sizeof(path), "%s/tests/data/ttnn/%s.npy", SD14_SOURCE_DIR, name);
    if (npy_open(path, &array, &error) != SD14_OK) fail_msg("%s", error.text);
    return array;
}

static void as_ttnn_converts(void **state)
{
    (void)state;
    npy values = open_recorded("values");
    const size_t rows = shape_rows(values.tensor.shape), columns = shape_last(values.tensor.shape);
    assert_true(rows == 64 && columns == 32);
    for (int format = STORAGE_BFLOAT16; format < STORAGE_FORMATS; format++) {
        npy wanted = open_recorded(storage_format_name((storage_format)format));
        for (size_t row = 0; row < rows; row++) {
            float found[32], theirs[32];
            tensor_to_f32(&values.tensor, row * columns, columns, found);
            tensor_to_f32(&wanted.tensor, row * columns, columns, theirs);
            round_row((storage_format)format, found, columns);
            for (size_t i = 0; i < columns; i++) assert_bits(found[i], theirs[i]);
        }
        npy_close(&wanted);
    }
    npy_close(&values);
}

static void operands(void **state)
{
    (void)state;
    const float x = 0x1.FEp0F; /* all eight bits of a bfloat16 */
    assert_bits(left_operand(OPERAND_WHOLE, x), x);
    assert_bits(left_operand(OPERAND_HIGH, x), 0x1.FCp0F);
    assert_bits(left_operand(OPERAND_LOW, x), 0x1p-7F);
    assert_bits(right_operand(OPERAND_WHOLE, x), x);
    assert_bits(right_operand(OPERAND_HIGH, x), 0x1.Fp0F);
    assert_bits(right_operand(OPERAND_LOW, x), 0x7p-7F);
    /* Of a float32, TF32's ten bits of fraction; on the right the last of them is lost. */
    const float y = -0x1.FFFFFEp3F;
    assert_bits(left_operand(OPERAND_WHOLE, y), -0x1.FFCp3F);
    assert_bits(right_operand(OPERAND_WHOLE, y), -0x1.FF8p3F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bfloat16_by_hand),
        cmocka_unit_test(bfloat8_b_by_hand),
        cmocka_unit_test(as_ttnn_converts),
        cmocka_unit_test(operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
