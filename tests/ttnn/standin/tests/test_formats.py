# SPDX-License-Identifier: Apache-2.0
"""The number formats against their definitions in exact arithmetic."""

import fractions
import math
import unittest

from standin import np, ttnn

from ttnn.formats import round_bfloat16, round_block_float


def to_step(value, step):
    """The multiple of `step` nearest to `value`, the even one of two."""
    return round(fractions.Fraction(value) / step) * step


def bfloat16(value):
    """By definition: 8 significant bits."""
    if value == 0:
        return 0.0
    step = fractions.Fraction(2) ** (math.frexp(value)[1] - 8)
    return float(to_step(value, step))


def block(values, bits):
    """By definition: multiples of one step, at most 2**bits - 1 of them."""
    top = max(math.frexp(value)[1] for value in values if value) if any(values) else 0
    step = fractions.Fraction(2) ** (top - bits)
    limit = (2**bits - 1) * step
    return [float(max(-limit, min(limit, to_step(value, step)))) for value in values]


def hard_values(count):
    """Numbers of very different sizes, ties among them."""
    random = np.random.default_rng(5)
    values = random.standard_normal(count) * np.exp2(random.integers(-12, 12, count))
    values[::3] = random.integers(-600, 600, values[::3].size) / 256
    values[::7] = 0
    return values.astype(np.float32)


class Formats(unittest.TestCase):
    """Every value, exactly."""

    def test_bfloat16(self):
        values = hard_values(4096)
        self.assertEqual(round_bfloat16(values).tolist(), [bfloat16(v) for v in values.tolist()])

    def test_bfloat16_ties_go_to_even(self):
        ties = np.array([1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-8], np.float32)
        self.assertEqual(round_bfloat16(ties).tolist(), [1, 1 + 2**-6, -1])

    def test_bfloat16_of_what_is_no_number(self):
        values = round_bfloat16(np.array([np.inf, -np.inf, np.nan, 3.4e38], np.float32))
        self.assertEqual(values[:2].tolist(), [np.inf, -np.inf])
        self.assertTrue(np.isnan(values[2]) and values[3] == np.inf)

    def test_block_floats(self):
        for bits in (7, 3):
            values = hard_values(4096).reshape(-1, 16)
            wanted = [block(row, bits) for row in values.tolist()]
            self.assertEqual(round_block_float(values, bits).tolist(), wanted, bits)

    def test_block_floats_saturate(self):
        values = np.zeros(16, np.float32)
        values[:2] = 1.999, -1.999
        self.assertEqual(round_block_float(values, 7)[:2].tolist(), [127 / 64, -127 / 64])

    def test_a_great_value_takes_its_neighbours_bits(self):
        values = np.ones((2, 16), np.float32)
        values[0, 0] = 1000
        self.assertEqual(round_block_float(values, 7)[0].tolist(), [1000] + [0] * 15)
        self.assertEqual(round_block_float(values, 7)[1].tolist(), [1] * 16)

    def test_blocks_are_rows_of_faces(self):
        """16 values of a row share an exponent, not 32, and no column does."""
        values = np.full((32, 32), 0.5, np.float32)
        values[3, 5] = 1000
        tensor = ttnn.Tensor(values, ttnn.bfloat8_b, None, ttnn.TILE_LAYOUT)
        zeros = np.argwhere(ttnn.to_dtype(tensor, ttnn.float32).to_numpy() == 0)
        self.assertEqual(zeros.tolist(), [[3, i] for i in range(16) if i != 5])

    def test_again_changes_nothing(self):
        for bits in (7, 3):
            once = round_block_float(hard_values(4096).reshape(-1, 16), bits)
            self.assertTrue(np.array_equal(once, round_block_float(once, bits)))


if __name__ == "__main__":
    unittest.main()
