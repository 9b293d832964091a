# SPDX-License-Identifier: Apache-2.0
"""Cases of kinds of arguments."""

import numpy as np
from case_table import BF16, cases, on
from cases_networks import attention, norm
from cases_products import conv

import ttnn


def frozen():
    """Numbers that may not be written."""
    values = np.ones((32, 32), np.float32)
    values.flags.writeable = False
    return values


cases(
    "arguments",
    {
        "float axis": lambda d: ttnn.mean(on(d, 32, 32), dim=1.0),
        "bool axis": lambda d: ttnn.mean(on(d, 32, 32), dim=True),
        "whole number as bool": lambda d: ttnn.mean(on(d, 32, 32), dim=1, keepdim=1),
        "dtype by name": lambda d: ttnn.add(on(d, 32, 32), on(d, 32, 32), dtype="bfloat16"),
        "float axis of concat": lambda d: ttnn.concat([on(d, 32, 32)] * 2, dim=0.0),
        "bool to add": lambda d: ttnn.add(on(d, 32, 32), True),
        "numpy's number to add": lambda d: ttnn.add(on(d, 32, 32), np.float32(1)),
        "array to add": lambda d: ttnn.add(on(d, 32, 32), np.ones((32, 32), np.float32)),
        "whole number as epsilon": lambda d: ttnn.layer_norm(on(d, 32, 32), epsilon=1),
        "float number of groups": lambda d: norm(d, num_groups=32.0),
        "float kernel": lambda d: conv(d, kernel_size=(3.0, 3.0)),
        "padding of three": lambda d: conv(d, padding=(1, 1, 1)),
        "list for a kernel": lambda d: conv(d, kernel_size=[3, 3]),
        "none as memory": lambda d: ttnn.add(on(d, 32, 32), on(d, 32, 32), memory_config=None),
        "read-only array": lambda d: ttnn.Tensor(frozen(), BF16),
        "memoryview": lambda d: ttnn.Tensor(memoryview(bytearray(4096)).cast("f", (32, 32)), BF16),
        "read-only memoryview": lambda d: ttnn.Tensor(
            memoryview(bytes(4096)).cast("f", (32, 32)), BF16
        ),
        "kernel configuration, bool": lambda d: ttnn.WormholeComputeKernelConfig(
            math_approx_mode=1
        ),
        "convolution's dtype by name": lambda d: ttnn.Conv2dConfig(weights_dtype="bfloat16"),
        "grid as a pair": lambda d: attention(
            d,
            keys=64,
            program_config=ttnn.SDPAProgramConfig(
                compute_with_storage_grid_size=(8, 8), q_chunk_size=32, k_chunk_size=32
            ),
        ),
        "slice by tuples": lambda d: ttnn.slice(on(d, 64, 64), (0, 0), (32, 32)),
        "permute by a list": lambda d: ttnn.permute(on(d, 64, 32), [1, 0]),
    },
)
