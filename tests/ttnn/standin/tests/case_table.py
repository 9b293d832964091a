# SPDX-License-Identifier: Apache-2.0
"""The table of cases, and the tensors that they are about."""

import math

import numpy as np

import ttnn

BF16, BFP8, FP32 = ttnn.bfloat16, ttnn.bfloat8_b, ttnn.float32
TILE, ROWS = ttnn.TILE_LAYOUT, ttnn.ROW_MAJOR_LAYOUT
L1, DRAM = ttnn.L1_MEMORY_CONFIG, ttnn.DRAM_MEMORY_CONFIG

CASES = {}


def case(name):
    """Decorator: a function of the device becomes the case of this name."""

    def add(function):
        CASES[name] = function
        return function

    return add


def cases(group, table):
    """Many cases of one line each: name to a function of the device."""
    for name, function in table.items():
        CASES[f"{group}: {name}"] = function


def host(*shape, dtype=BF16, layout=TILE):
    """A tensor on the host with numbers that are always the same."""
    values = np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)
    return ttnn.Tensor(values, dtype, None, layout)


def on(device, *shape, dtype=BF16, layout=TILE, memory=DRAM):
    """The same on the device."""
    return ttnn.to_device(host(*shape, dtype=dtype, layout=layout), device, memory_config=memory)


def ids(device, *shape, layout=ROWS):
    """Small whole numbers on the device."""
    values = (np.arange(math.prod(shape)) % 7).reshape(shape).astype(np.uint32)
    return ttnn.to_device(ttnn.Tensor(values, ttnn.uint32, None, layout), device)


def kernel_config(device, fidelity="HiFi4", fp32=True, **others):
    """A compute kernel configuration."""
    return ttnn.init_device_compute_kernel_config(
        device.arch(),
        math_fidelity=getattr(ttnn.MathFidelity, fidelity),
        math_approx_mode=False,
        fp32_dest_acc_en=fp32,
        packer_l1_acc=False,
        **others,
    )
