# SPDX-License-Identifier: Apache-2.0
"""What the tests of the stand-in share: its import, or a visible skip without numpy."""

import sys

try:
    import numpy as np
except ImportError:
    print("skipped: no numpy in", sys.executable)
    sys.exit(77)
import ttnn

BF16, BFP8, FP32 = ttnn.bfloat16, ttnn.bfloat8_b, ttnn.float32
TILE, ROWS = ttnn.TILE_LAYOUT, ttnn.ROW_MAJOR_LAYOUT


def numbers(*shape, seed=0):
    """Float32 numbers that bfloat16 holds exactly; always the same."""
    values = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return (values.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


def put(device, values, dtype=BF16, layout=TILE):
    """On the device."""
    return ttnn.to_device(ttnn.Tensor(np.array(values), dtype, None, layout), device)


def get(tensor):
    """Back as float32."""
    return ttnn.to_dtype(ttnn.from_device(tensor), FP32).to_numpy()


def config(fidelity="HiFi4", fp32=True):
    """A compute kernel configuration."""
    return ttnn.WormholeComputeKernelConfig(
        math_fidelity=getattr(ttnn.MathFidelity, fidelity),
        math_approx_mode=False,
        fp32_dest_acc_en=fp32,
        packer_l1_acc=False,
    )
