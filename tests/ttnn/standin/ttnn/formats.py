# SPDX-License-Identifier: Apache-2.0
"""Tenstorrent's number formats, each as a rounding of float32 arrays.

bfloat16: round to nearest, ties to even, as TT-NN's host code does. The device's packer rounds ties
away from zero; one rule serves both here, as it differs in exact ties only.

bfloat8_b, bfloat4_b: 16 values of one row of a 16x16 face share the greatest of their 8-bit
exponents; each keeps a sign and 7 (3) bits of magnitude, rounded to nearest with ties to even and
saturated; no sign of zero. This is `convert_u32_to_bfp` in tt-metal's
tt_metal/impl/data_format/blockfloat_common.cpp; test_formats.py holds it against the package, bit
for bit.
"""

import numpy as np

BLOCK = 16


def truncate(values, mask):
    """Keeps the bits of `mask` of each float32."""
    return (values.view(np.uint32) & np.uint32(mask)).view(np.float32)


def round_bfloat16(values):
    """To nearest even; infinities and NaN stay."""
    values = np.ascontiguousarray(values, np.float32)
    bits = values.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(
        0xFFFF0000
    )
    return np.where(np.isnan(values), values, rounded.view(np.float32))


def round_block_float(values, magnitude_bits):
    """To a block float: `values` has rows of whole blocks of 16."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32).reshape(-1, BLOCK)
    exponent = ((bits >> np.uint32(23)) & np.uint32(0xFF)).astype(np.int32)
    shared = exponent.max(axis=1, keepdims=True)
    mantissa = (bits & np.uint32(0x7FFFFF)) | np.uint32(0x800000)
    mantissa = np.where(bits & np.uint32(0x7FFFFFFF), mantissa, np.uint32(0))
    mantissa >>= np.minimum(shared - exponent, 31).astype(np.uint32)
    shift = np.uint32(24 - magnitude_bits)
    rest = mantissa & np.uint32((1 << int(shift)) - 1)
    magnitude = mantissa >> shift
    tie = np.uint32(1 << (int(shift) - 1))
    magnitude += (rest > tie) | ((rest == tie) & (magnitude & np.uint32(1) == 1))
    magnitude = np.minimum(magnitude, np.uint32((1 << magnitude_bits) - 1)).astype(np.float32)
    magnitude[(bits >> np.uint32(31) == 1) & (magnitude != 0)] *= -1
    # The shared exponent is that of the magnitude's first bit.
    with np.errstate(over="ignore"):
        return (
            np.ldexp(magnitude, shared - 127 - (magnitude_bits - 1))
            .astype(np.float32)
            .reshape(np.shape(values))
        )
