# SPDX-License-Identifier: Apache-2.0
"""Calls of ttnn that the stand-in and the real package must answer alike: accepted with the same
kind of result, or refused by both.

`python cases.py` prints the answer to each as a line of JSON, of whichever ttnn PYTHONPATH finds;
`--from NAME` begins there, as some calls end the real package's process; `--names` prints the names
alone.
"""

import json
import math
import os
import sys

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


cases(
    "host",
    {
        "float32": lambda d: host(33, 5, dtype=FP32, layout=ROWS),
        "bfloat16": lambda d: host(33, 5, layout=ROWS),
        "bfloat16 tiles": lambda d: host(33, 5),
        "bfloat8_b rows": lambda d: host(64, 64, dtype=BFP8, layout=ROWS),
        "bfloat8_b default layout": lambda d: ttnn.Tensor(np.ones((64, 64), np.float32), BFP8),
        "bfloat8_b tiles": lambda d: host(33, 5, dtype=BFP8),
        "bfloat4_b tiles": lambda d: host(33, 5, dtype=ttnn.bfloat4_b),
        "numpy's float32": lambda d: ttnn.Tensor(np.ones((4, 4), np.float32)),
        "numpy's int32": lambda d: ttnn.Tensor(np.ones((4, 4), np.int32)),
        "numpy's uint32": lambda d: ttnn.Tensor(np.ones((4, 4), np.uint32)),
        "int32 as uint32": lambda d: ttnn.Tensor(np.ones((4, 4), np.int32), ttnn.uint32),
        "float64": lambda d: ttnn.Tensor(np.ones((4, 4)), BF16),
        "one number": lambda d: ttnn.Tensor(np.float32(3), BF16),
        "one axis, tiles": lambda d: ttnn.Tensor(np.ones(64, np.float32), BF16, None, TILE),
        "a list": lambda d: ttnn.Tensor([1.0, 2.0], BF16),
        "to_dtype": lambda d: ttnn.to_dtype(host(33, 5, dtype=BFP8), FP32),
        "to_dtype of rows to bfloat8_b": lambda d: ttnn.to_dtype(host(33, 5, layout=ROWS), BFP8),
        "to_dtype on the device": lambda d: ttnn.to_dtype(on(d, 32, 32), FP32),
        "typecast": lambda d: ttnn.typecast(host(33, 5), FP32),
        "to_layout tiles": lambda d: ttnn.to_layout(host(33, 5, layout=ROWS), TILE),
        "to_layout rows": lambda d: ttnn.to_layout(host(33, 5), ROWS),
        "to_layout rows of bfloat8_b": lambda d: ttnn.to_layout(host(33, 5, dtype=BFP8), ROWS),
        "to_layout with a dtype": lambda d: ttnn.to_layout(host(33, 5, layout=ROWS), TILE, FP32),
        "reshape": lambda d: ttnn.reshape(host(64, 64, layout=ROWS), [32, 128]),
        "from_device": lambda d: ttnn.from_device(host(32, 32)),
        "add": lambda d: ttnn.add(host(32, 32), host(32, 32)),
        "matmul": lambda d: ttnn.matmul(host(32, 32), host(32, 32)),
        "to_numpy of bfloat16": lambda d: str(host(32, 32).to_numpy().dtype),
        "to_numpy of bfloat8_b": lambda d: str(host(32, 32, dtype=BFP8).to_numpy().dtype),
        "to_numpy of the device": lambda d: str(on(d, 32, 32, dtype=FP32).to_numpy().shape),
    },
)

cases(
    "device",
    {
        "to_device": lambda d: ttnn.to_device(host(33, 5), d),
        "to_device twice": lambda d: ttnn.to_device(on(d, 32, 32), d),
        "to_device in L1": lambda d: ttnn.to_device(host(33, 5), d, memory_config=L1),
        "to_device, unknown keyword": lambda d: ttnn.to_device(host(33, 5), d, memory=L1),
        "from_device": lambda d: ttnn.from_device(on(d, 33, 5)),
        "cpu": lambda d: on(d, 33, 5).cpu(),
        "to_memory_config": lambda d: ttnn.to_memory_config(on(d, 33, 5), L1),
        "to_memory_config on the host": lambda d: ttnn.to_memory_config(host(33, 5), L1),
        "empty": lambda d: ttnn.empty([33, 5], BF16, TILE, d, DRAM),
        "zeros": lambda d: ttnn.zeros([33, 5], BF16, TILE, d, DRAM),
        "full": lambda d: ttnn.full([33, 5], 2.5, BF16, TILE, d),
        "copy": lambda d: ttnn.copy(on(d, 32, 32), on(d, 32, 32)),
        "copy to another shape": lambda d: ttnn.copy(on(d, 32, 32), on(d, 64, 32)),
        "copy to another dtype": lambda d: ttnn.copy(on(d, 32, 32), on(d, 32, 32, dtype=FP32)),
        "copy to another layout": lambda d: ttnn.copy(on(d, 32, 32), on(d, 32, 32, layout=ROWS)),
        "copy_host_to_device_tensor": lambda d: ttnn.copy_host_to_device_tensor(
            host(32, 32), on(d, 32, 32)
        ),
        "copy_host_to_device_tensor, other dtype": lambda d: ttnn.copy_host_to_device_tensor(
            host(32, 32), on(d, 32, 32, dtype=FP32)
        ),
        "synchronize": lambda d: ttnn.synchronize_device(d),
        "arch": lambda d: str(d.arch()),
        "grid": lambda d: [
            d.compute_with_storage_grid_size().x,
            d.compute_with_storage_grid_size().y,
        ],
        "banks": lambda d: [
            ttnn._ttnn.device.GetMemoryView(d, kind).num_banks
            for kind in (ttnn.BufferType.DRAM, ttnn.BufferType.L1)
        ],
        "bytes per bank": lambda d: [
            ttnn._ttnn.device.GetMemoryView(d, kind).total_bytes_per_bank
            for kind in (ttnn.BufferType.DRAM, ttnn.BufferType.L1)
        ],
        "kernel configuration": lambda d: str(kernel_config(d).math_fidelity),
        "kernel configuration, unknown keyword": lambda d: kernel_config(d, precise=True),
    },
)


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

cases(
    "typecast",
    {
        "bfloat16 to bfloat8_b": lambda d: ttnn.typecast(on(d, 33, 5), BFP8),
        "bfloat8_b to float32": lambda d: ttnn.typecast(on(d, 33, 5, dtype=BFP8), FP32),
        "rows to bfloat8_b": lambda d: ttnn.typecast(on(d, 32, 32, layout=ROWS), BFP8),
        "rows to float32": lambda d: ttnn.typecast(on(d, 32, 32, layout=ROWS), FP32),
        "to L1": lambda d: ttnn.typecast(on(d, 33, 5), FP32, memory_config=L1),
        "unknown keyword": lambda d: ttnn.typecast(on(d, 33, 5), FP32, dtype=BF16),
    },
)

cases(
    "layout",
    {
        "to tiles": lambda d: ttnn.to_layout(on(d, 1, 1, 33, 5, layout=ROWS), TILE),
        "to rows": lambda d: ttnn.to_layout(on(d, 1, 1, 33, 5), ROWS),
        "same": lambda d: ttnn.to_layout(on(d, 33, 5), TILE),
        "with a dtype": lambda d: ttnn.to_layout(on(d, 64, 64, layout=ROWS), TILE, dtype=BFP8),
        "to rows with a dtype": lambda d: ttnn.to_layout(on(d, 64, 64), ROWS, dtype=FP32),
        "rows of bfloat8_b": lambda d: ttnn.to_layout(on(d, 64, 64, dtype=BFP8), ROWS),
        "float32": lambda d: ttnn.to_layout(on(d, 33, 5, layout=ROWS, dtype=FP32), TILE),
        "tilize aligned": lambda d: ttnn.tilize(on(d, 64, 64, layout=ROWS)),
        "tilize unaligned": lambda d: ttnn.tilize(on(d, 33, 5, layout=ROWS)),
        "unknown keyword": lambda d: ttnn.to_layout(on(d, 33, 5), TILE, device=d),
    },
)

cases(
    "reshape",
    {
        "aligned": lambda d: ttnn.reshape(on(d, 1, 1, 64, 64), (1, 2, 32, 64)),
        "unaligned": lambda d: ttnn.reshape(on(d, 1, 1, 77, 64), (1, 77, 1, 64)),
        "rows": lambda d: ttnn.reshape(on(d, 1, 1, 64, 64, layout=ROWS), (1, 8, 8, 64)),
        "minus one": lambda d: ttnn.reshape(on(d, 1, 1, 64, 64), (1, 2, -1, 64)),
        "other volume": lambda d: ttnn.reshape(on(d, 1, 1, 64, 64), (1, 2, 64, 64)),
        "list": lambda d: ttnn.reshape(on(d, 64, 64), [1, 64, 64]),
        "bfloat8_b": lambda d: ttnn.reshape(on(d, 1, 1, 64, 64, dtype=BFP8), (1, 2, 32, 64)),
        "bfloat8_b unaligned": lambda d: ttnn.reshape(
            on(d, 1, 1, 64, 64, dtype=BFP8), (1, 64, 1, 64)
        ),
        "to L1": lambda d: ttnn.reshape(on(d, 1, 1, 64, 64), (1, 64, 1, 64), memory_config=L1),
        "last axis": lambda d: ttnn.reshape(on(d, 1, 1, 64, 64), (1, 1, 128, 32)),
    },
)

cases(
    "permute",
    {
        "heads": lambda d: ttnn.permute(on(d, 1, 77, 8, 64), (0, 2, 1, 3)),
        "transposed": lambda d: ttnn.permute(on(d, 1, 1, 77, 64), (0, 1, 3, 2)),
        "negative": lambda d: ttnn.permute(on(d, 1, 1, 77, 64), (0, 1, -1, -2)),
        "rows": lambda d: ttnn.permute(on(d, 1, 4, 6, 64, layout=ROWS), (0, 2, 1, 3)),
        "too few axes": lambda d: ttnn.permute(on(d, 1, 1, 77, 64), (0, 1, 2)),
        "axis twice": lambda d: ttnn.permute(on(d, 1, 1, 77, 64), (0, 1, 2, 2)),
        "bfloat8_b": lambda d: ttnn.permute(on(d, 1, 32, 2, 64, dtype=BFP8), (0, 2, 1, 3)),
        "transpose": lambda d: ttnn.transpose(on(d, 1, 1, 77, 64), -2, -1),
    },
)

cases(
    "concat",
    {
        "channels": lambda d: ttnn.concat([on(d, 1, 1, 64, 32), on(d, 1, 1, 64, 64)], dim=-1),
        "channels, unaligned": lambda d: ttnn.concat(
            [on(d, 1, 1, 64, 40), on(d, 1, 1, 64, 24)], dim=-1
        ),
        "rows": lambda d: ttnn.concat([on(d, 1, 1, 64, 32, layout=ROWS)] * 2, dim=3),
        "other rank": lambda d: ttnn.concat([on(d, 64, 64), on(d, 1, 1, 64, 64)], dim=-1),
        "other height": lambda d: ttnn.concat([on(d, 1, 1, 32, 64), on(d, 1, 1, 64, 64)], dim=-1),
        "other dtype": lambda d: ttnn.concat(
            [on(d, 1, 1, 64, 64), on(d, 1, 1, 64, 64, dtype=FP32)], dim=-1
        ),
        "bfloat8_b": lambda d: ttnn.concat([on(d, 1, 1, 64, 64, dtype=BFP8)] * 2, dim=-1),
        "bfloat8_b and bfloat16": lambda d: ttnn.concat(
            [on(d, 1, 1, 64, 64), on(d, 1, 1, 64, 64, dtype=BFP8)], dim=-1
        ),
        "other layout": lambda d: ttnn.concat(
            [on(d, 1, 1, 64, 64), on(d, 1, 1, 64, 64, layout=ROWS)], dim=-1
        ),
        "one": lambda d: ttnn.concat([on(d, 1, 1, 64, 64)], dim=-1),
        "batch": lambda d: ttnn.concat([on(d, 1, 1, 77, 64)] * 2, dim=0),
        "to L1": lambda d: ttnn.concat([on(d, 1, 1, 64, 64)] * 2, dim=-1, memory_config=L1),
        "unknown keyword": lambda d: ttnn.concat([on(d, 1, 1, 64, 64)] * 2, axis=-1),
    },
)

cases(
    "slice",
    {
        "aligned": lambda d: ttnn.slice(on(d, 1, 1, 64, 64), [0, 0, 0, 0], [1, 1, 64, 32]),
        "unaligned": lambda d: ttnn.slice(on(d, 1, 1, 64, 64), [0, 0, 0, 3], [1, 1, 33, 40]),
        "rows": lambda d: ttnn.slice(on(d, 1, 8, 8, 64, layout=ROWS), [0, 1, 1, 0], [1, 8, 8, 64]),
        "strided": lambda d: ttnn.slice(
            on(d, 1, 8, 8, 64, layout=ROWS), [0, 0, 0, 0], [1, 8, 8, 64], [1, 2, 2, 1]
        ),
        "past the end": lambda d: ttnn.slice(on(d, 1, 1, 64, 64), [0, 0, 0, 0], [1, 1, 64, 96]),
        "other rank": lambda d: ttnn.slice(on(d, 1, 1, 64, 64), [0, 0], [64, 32]),
        "batch": lambda d: ttnn.slice(on(d, 2, 1, 64, 64), [1, 0, 0, 0], [2, 1, 64, 64]),
        "bfloat8_b": lambda d: ttnn.slice(
            on(d, 1, 1, 64, 64, dtype=BFP8), [0, 0, 0, 0], [1, 1, 64, 32]
        ),
        "bfloat8_b unaligned": lambda d: ttnn.slice(
            on(d, 1, 1, 64, 64, dtype=BFP8), [0, 0, 0, 3], [1, 1, 33, 40]
        ),
        "subscript": lambda d: on(d, 1, 1, 64, 64)[:, :, 0:32, :],
    },
)

cases(
    "pad",
    {
        "tiles": lambda d: ttnn.pad(on(d, 1, 1, 77, 64), [(0, 0), (0, 0), (0, 19), (0, 0)], 0.0),
        "rows": lambda d: ttnn.pad(
            on(d, 1, 4, 4, 64, layout=ROWS), [(0, 0), (0, 1), (0, 1), (0, 0)], 0.0
        ),
        "rows, front": lambda d: ttnn.pad(
            on(d, 1, 4, 4, 64, layout=ROWS), [(0, 0), (1, 1), (1, 1), (0, 0)], 0.0
        ),
        "tiles, front": lambda d: ttnn.pad(
            on(d, 1, 1, 64, 64), [(0, 0), (0, 0), (32, 0), (0, 0)], 0.0
        ),
        "value by name": lambda d: ttnn.pad(
            on(d, 1, 1, 77, 64), [(0, 0), (0, 0), (0, 19), (0, 0)], value=-1e9
        ),
        "channels": lambda d: ttnn.pad(
            on(d, 1, 1, 64, 4, layout=ROWS), [(0, 0), (0, 0), (0, 0), (0, 28)], 0.0
        ),
        "too few axes": lambda d: ttnn.pad(on(d, 1, 1, 77, 64), [(0, 19), (0, 0)], 0.0),
        "too many axes": lambda d: ttnn.pad(on(d, 77, 64), [(0, 0), (0, 0), (0, 19), (0, 0)], 0.0),
        "bfloat8_b": lambda d: ttnn.pad(
            on(d, 1, 1, 77, 64, dtype=BFP8), [(0, 0), (0, 0), (0, 19), (0, 0)], 0.0
        ),
    },
)

cases(
    "arithmetic",
    {
        "add": lambda d: ttnn.add(on(d, 1, 1, 33, 64), on(d, 1, 1, 33, 64)),
        "add a number": lambda d: ttnn.add(on(d, 33, 64), 1.0),
        "number minus": lambda d: ttnn.subtract(1.0, on(d, 33, 64)),
        "multiply by a number": lambda d: ttnn.multiply(on(d, 33, 64), 0.5, memory_config=L1),
        "divide by a number": lambda d: ttnn.divide(on(d, 33, 64), 3.0),
        "divide": lambda d: ttnn.divide(on(d, 33, 64), on(d, 33, 64)),
        "row": lambda d: ttnn.add(on(d, 2, 1, 33, 64), on(d, 1, 1, 1, 64)),
        "column": lambda d: ttnn.multiply(on(d, 2, 1, 33, 64), on(d, 2, 1, 33, 1)),
        "row of each batch": lambda d: ttnn.add(on(d, 2, 1, 33, 64), on(d, 2, 1, 1, 64)),
        "one number of each batch": lambda d: ttnn.add(on(d, 2, 1, 33, 64), on(d, 2, 1, 1, 1)),
        "first broadcast": lambda d: ttnn.subtract(on(d, 1, 1, 1, 64), on(d, 2, 1, 33, 64)),
        "both broadcast": lambda d: ttnn.add(on(d, 1, 1, 33, 1), on(d, 1, 1, 1, 64)),
        "other width": lambda d: ttnn.add(on(d, 1, 1, 33, 64), on(d, 1, 1, 33, 32)),
        "other height": lambda d: ttnn.add(on(d, 1, 1, 33, 64), on(d, 1, 1, 32, 64)),
        "other rank": lambda d: ttnn.add(on(d, 1, 1, 33, 64), on(d, 33, 64)),
        "bfloat8_b": lambda d: ttnn.add(on(d, 33, 64, dtype=BFP8), on(d, 33, 64, dtype=BFP8)),
        "bfloat16 and bfloat8_b": lambda d: ttnn.add(on(d, 33, 64), on(d, 33, 64, dtype=BFP8)),
        "bfloat8_b and bfloat16": lambda d: ttnn.add(on(d, 33, 64, dtype=BFP8), on(d, 33, 64)),
        "bfloat16 and float32": lambda d: ttnn.add(on(d, 33, 64), on(d, 33, 64, dtype=FP32)),
        "float32 and bfloat16": lambda d: ttnn.multiply(on(d, 33, 64, dtype=FP32), on(d, 33, 64)),
        "float32": lambda d: ttnn.add(on(d, 33, 64, dtype=FP32), on(d, 33, 64, dtype=FP32)),
        "dtype": lambda d: ttnn.add(on(d, 33, 64), on(d, 33, 64), dtype=BFP8),
        "dtype float32": lambda d: ttnn.add(on(d, 33, 64), on(d, 33, 64), dtype=FP32),
        "rows": lambda d: ttnn.add(on(d, 32, 64, layout=ROWS), on(d, 32, 64, layout=ROWS)),
        "tiles and rows": lambda d: ttnn.add(on(d, 32, 64), on(d, 32, 64, layout=ROWS)),
        "rows and tiles": lambda d: ttnn.add(on(d, 32, 64, layout=ROWS), on(d, 32, 64)),
        "device and host": lambda d: ttnn.add(on(d, 32, 64), host(32, 64)),
        "uint32": lambda d: ttnn.add(ids(d, 32, 32, layout=TILE), ids(d, 32, 32, layout=TILE)),
        "uint32 and bfloat16": lambda d: ttnn.add(ids(d, 32, 32, layout=TILE), on(d, 32, 32)),
        "output tensor": lambda d: ttnn.add(
            on(d, 32, 64), on(d, 32, 64), output_tensor=on(d, 32, 64)
        ),
        "output tensor of another shape": lambda d: ttnn.add(
            on(d, 32, 64), on(d, 32, 64), output_tensor=on(d, 64, 64)
        ),
        "output tensor of another dtype": lambda d: ttnn.add(
            on(d, 32, 64), on(d, 32, 64), output_tensor=on(d, 32, 64, dtype=FP32)
        ),
        "activation": lambda d: ttnn.add(
            on(d, 32, 64), on(d, 32, 64), activations=[ttnn.UnaryWithParam(ttnn.UnaryOpType.SILU)]
        ),
        "operator": lambda d: on(d, 32, 64) + on(d, 32, 64),
        "to L1": lambda d: ttnn.add(on(d, 32, 64), on(d, 32, 64), memory_config=L1),
        "from L1": lambda d: ttnn.add(on(d, 32, 64, memory=L1), on(d, 32, 64)),
        "unknown keyword": lambda d: ttnn.add(on(d, 32, 64), on(d, 32, 64), alpha=2.0),
    },
)

UNARY = (
    "neg",
    "rsqrt",
    "sqrt",
    "square",
    "exp",
    "sigmoid",
    "silu",
    "gelu",
    "reciprocal",
    "relu",
    "tanh",
    "cos",
    "sin",
)
for function_name in UNARY:
    cases(
        function_name,
        {
            "bfloat16": lambda d, n=function_name: getattr(ttnn, n)(on(d, 33, 64)),
            "bfloat8_b": lambda d, n=function_name: getattr(ttnn, n)(on(d, 33, 64, dtype=BFP8)),
            "float32 to L1": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 33, 64, dtype=FP32), memory_config=L1
            ),
            "rows": lambda d, n=function_name: getattr(ttnn, n)(on(d, 32, 64, layout=ROWS)),
            "unknown keyword": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 33, 64), dtype=FP32
            ),
        },
    )
cases(
    "unary",
    {
        "gelu, approximate": lambda d: ttnn.gelu(on(d, 33, 64), fast_and_approximate_mode=True),
        "exp, approximate": lambda d: ttnn.exp(on(d, 33, 64), fast_and_approximate_mode=False),
        "host": lambda d: ttnn.neg(host(32, 64)),
        "output tensor": lambda d: ttnn.silu(on(d, 32, 64), output_tensor=on(d, 32, 64)),
    },
)

for function_name in ("mean", "sum"):
    cases(
        function_name,
        {
            "last axis": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 1, 1, 33, 64), dim=-1, keepdim=True
            ),
            "height": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 2, 1, 33, 64), dim=2, keepdim=True
            ),
            "axis gone": lambda d, n=function_name: getattr(ttnn, n)(on(d, 2, 1, 33, 64), dim=-1),
            "two axes": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 2, 4, 33, 64), dim=[2, 3], keepdim=True
            ),
            "tuple": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 2, 4, 33, 64), dim=(1, 3), keepdim=True
            ),
            "all": lambda d, n=function_name: getattr(ttnn, n)(on(d, 1, 1, 33, 64)),
            "batch": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 2, 1, 33, 64), dim=0, keepdim=True
            ),
            "no such axis": lambda d, n=function_name: getattr(ttnn, n)(on(d, 1, 1, 33, 64), dim=4),
            "float32": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 1, 1, 33, 64, dtype=FP32), dim=-1
            ),
            "bfloat8_b": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 1, 1, 33, 64, dtype=BFP8), dim=-1
            ),
            "rows": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 1, 1, 32, 64, layout=ROWS), dim=-1
            ),
            "kernel configuration": lambda d, n=function_name: getattr(ttnn, n)(
                on(d, 1, 1, 33, 64),
                dim=-1,
                compute_kernel_config=kernel_config(d),
                memory_config=L1,
            ),
            "host": lambda d, n=function_name: getattr(ttnn, n)(host(32, 64), dim=-1),
            "unknown keyword": lambda d, n=function_name: getattr(ttnn, n)(on(d, 33, 64), axis=-1),
        },
    )

cases(
    "matmul",
    {
        "square": lambda d: ttnn.matmul(on(d, 64, 64), on(d, 64, 64)),
        "other inner": lambda d: ttnn.matmul(on(d, 64, 64), on(d, 96, 64)),
        "transposed": lambda d: ttnn.matmul(on(d, 64, 32), on(d, 64, 32), transpose_b=True),
        "unaligned inner": lambda d: ttnn.matmul(on(d, 64, 40), on(d, 40, 64)),
        "unaligned": lambda d: ttnn.matmul(on(d, 33, 40), on(d, 40, 5)),
        "batch by one": lambda d: ttnn.matmul(on(d, 2, 3, 64, 32), on(d, 1, 1, 32, 64)),
        "batch by rank 2": lambda d: ttnn.matmul(on(d, 2, 3, 64, 32), on(d, 32, 64)),
        "batch by batch": lambda d: ttnn.matmul(on(d, 2, 3, 64, 32), on(d, 2, 3, 32, 64)),
        "batch by other batch": lambda d: ttnn.matmul(on(d, 2, 3, 64, 32), on(d, 3, 2, 32, 64)),
        "one by batch": lambda d: ttnn.matmul(on(d, 1, 1, 64, 32), on(d, 2, 3, 32, 64)),
        "bfloat8_b weights": lambda d: ttnn.matmul(on(d, 64, 64), on(d, 64, 64, dtype=BFP8)),
        "bfloat8_b activations": lambda d: ttnn.matmul(on(d, 64, 64, dtype=BFP8), on(d, 64, 64)),
        "bfloat4_b weights": lambda d: ttnn.matmul(
            on(d, 64, 64), on(d, 64, 64, dtype=ttnn.bfloat4_b)
        ),
        "float32": lambda d: ttnn.matmul(on(d, 64, 64, dtype=FP32), on(d, 64, 64, dtype=FP32)),
        "float32 and bfloat16": lambda d: ttnn.matmul(on(d, 64, 64, dtype=FP32), on(d, 64, 64)),
        "dtype": lambda d: ttnn.matmul(on(d, 64, 64), on(d, 64, 64), dtype=BFP8),
        "dtype float32": lambda d: ttnn.matmul(on(d, 64, 64), on(d, 64, 64), dtype=FP32),
        "activation": lambda d: ttnn.matmul(on(d, 64, 64), on(d, 64, 64), activation="gelu"),
        "unknown activation": lambda d: ttnn.matmul(
            on(d, 64, 64), on(d, 64, 64), activation="wavy"
        ),
        "rows": lambda d: ttnn.matmul(on(d, 64, 64, layout=ROWS), on(d, 64, 64)),
        "rows of weights": lambda d: ttnn.matmul(on(d, 64, 64), on(d, 64, 64, layout=ROWS)),
        "host weights": lambda d: ttnn.matmul(on(d, 64, 64), host(64, 64)),
        "core grid": lambda d: ttnn.matmul(
            on(d, 64, 64), on(d, 64, 64), core_grid=ttnn.CoreGrid(x=2, y=2)
        ),
        "kernel configuration": lambda d: ttnn.matmul(
            on(d, 64, 64),
            on(d, 64, 64),
            compute_kernel_config=kernel_config(d, "LoFi", False),
            memory_config=L1,
        ),
        "bias": lambda d: ttnn.matmul(on(d, 64, 64), on(d, 64, 64), bias=on(d, 1, 64)),
        "operator": lambda d: on(d, 64, 64) @ on(d, 64, 64),
        "uint32": lambda d: ttnn.matmul(ids(d, 32, 32, layout=TILE), ids(d, 32, 32, layout=TILE)),
    },
)

cases(
    "linear",
    {
        "plain": lambda d: ttnn.linear(on(d, 1, 1, 64, 32), on(d, 32, 96)),
        "bias of rank 4": lambda d: ttnn.linear(
            on(d, 1, 1, 64, 32), on(d, 32, 96), bias=on(d, 1, 1, 1, 96)
        ),
        "bias of rank 2": lambda d: ttnn.linear(
            on(d, 1, 1, 64, 32), on(d, 32, 96), bias=on(d, 1, 96)
        ),
        "bias of rank 1": lambda d: ttnn.linear(on(d, 1, 1, 64, 32), on(d, 32, 96), bias=on(d, 96)),
        "weights of rank 4": lambda d: ttnn.linear(
            on(d, 2, 1, 64, 32), on(d, 1, 1, 32, 96), bias=on(d, 1, 1, 1, 96)
        ),
        "bias too wide": lambda d: ttnn.linear(
            on(d, 1, 1, 64, 32), on(d, 32, 96), bias=on(d, 1, 128)
        ),
        "bias too narrow": lambda d: ttnn.linear(
            on(d, 1, 1, 64, 32), on(d, 32, 96), bias=on(d, 1, 90)
        ),
        "bias of rows": lambda d: ttnn.linear(
            on(d, 1, 1, 64, 32), on(d, 32, 96), bias=on(d, 1, 96, layout=ROWS)
        ),
        "bias of many rows": lambda d: ttnn.linear(
            on(d, 1, 1, 64, 32), on(d, 32, 96), bias=on(d, 64, 96)
        ),
        "bias of bfloat8_b": lambda d: ttnn.linear(
            on(d, 1, 1, 64, 32), on(d, 32, 96), bias=on(d, 1, 96, dtype=BFP8)
        ),
        "bias on the host": lambda d: ttnn.linear(
            on(d, 1, 1, 64, 32), on(d, 32, 96), bias=host(1, 96)
        ),
        "activation": lambda d: ttnn.linear(
            on(d, 64, 32), on(d, 32, 96), bias=on(d, 1, 96), activation="gelu"
        ),
        "silu": lambda d: ttnn.linear(on(d, 64, 32), on(d, 32, 96), activation="silu"),
        "batch": lambda d: ttnn.linear(on(d, 2, 1, 77, 32), on(d, 32, 96), bias=on(d, 1, 96)),
        "rank 3": lambda d: ttnn.linear(on(d, 2, 77, 32), on(d, 32, 96), bias=on(d, 1, 96)),
        "other inner": lambda d: ttnn.linear(on(d, 64, 32), on(d, 64, 96)),
        "bfloat8_b to bfloat16": lambda d: ttnn.linear(
            on(d, 64, 32, dtype=BFP8), on(d, 32, 96, dtype=BFP8), bias=on(d, 1, 96), dtype=BF16
        ),
        "unknown keyword": lambda d: ttnn.linear(on(d, 64, 32), on(d, 32, 96), biases=on(d, 1, 96)),
    },
)


def conv(
    d,
    n=2,
    size=16,
    c=32,
    out=64,
    kernel=3,
    stride=1,
    padding=(1, 1),
    weights=BF16,
    layout=TILE,
    **others,
):
    """A convolution in the form of the lowering; `others` overrides any argument."""
    hosted = FP32 if weights == BFP8 else BF16
    arguments = {
        "input_tensor": on(d, 1, 1, n * size * size, c, layout=layout),
        "weight_tensor": host(out, c, kernel, kernel, dtype=hosted, layout=ROWS),
        "bias_tensor": host(1, 1, 1, out, dtype=hosted, layout=ROWS),
        "device": d,
        "in_channels": c,
        "out_channels": out,
        "batch_size": n,
        "input_height": size,
        "input_width": size,
        "kernel_size": (kernel, kernel),
        "stride": (stride, stride),
        "padding": padding,
        "conv_config": ttnn.Conv2dConfig(weights_dtype=weights),
        "compute_config": kernel_config(d),
        "dtype": BF16,
    }
    arguments.update(others)
    return ttnn.conv2d(
        **{name: value for name, value in arguments.items() if value is not Ellipsis}
    )


def conv_twice(d, **others):
    """With the prepared weights that the first call gave back."""
    _, (weight, bias) = conv(d, return_weights_and_bias=True, **others)
    return conv(d, weight_tensor=weight, bias_tensor=bias, **others), weight, bias


cases(
    "conv2d",
    {
        "3x3": conv,
        "3x3 of rows": lambda d: conv(d, layout=ROWS),
        "1x1": lambda d: conv(d, kernel=1, padding=(0, 0)),
        "stride 2": lambda d: conv(d, stride=2),
        "stride 2, asymmetric": lambda d: conv(d, stride=2, padding=(0, 1, 0, 1)),
        "4 channels": lambda d: conv(d, c=4, layout=ROWS),
        "4 channels of tiles": lambda d: conv(d, c=4),
        "to 4 channels": lambda d: conv(d, out=4),
        "to 3 channels": lambda d: conv(d, out=3),
        "bfloat8_b weights": lambda d: conv(d, weights=BFP8),
        "bfloat8_b output": lambda d: conv(d, dtype=BFP8),
        "bfloat8_b input": lambda d: conv(d, input_tensor=on(d, 1, 1, 512, 32, dtype=BFP8)),
        "float32 input": lambda d: conv(d, input_tensor=on(d, 1, 1, 512, 32, dtype=FP32)),
        "float32 output": lambda d: conv(d, dtype=FP32),
        "no dtype": lambda d: conv(d, dtype=...),
        "no configuration": lambda d: conv(d, conv_config=..., compute_config=...),
        "no bias": lambda d: conv(d, bias_tensor=...),
        "size": lambda d: conv(d, return_output_dim=True),
        "weights": lambda d: conv(d, return_weights_and_bias=True),
        "size and weights": lambda d: conv(d, return_output_dim=True, return_weights_and_bias=True),
        "weights without bias": lambda d: conv(d, bias_tensor=..., return_weights_and_bias=True),
        "prepared": conv_twice,
        "prepared bfloat8_b": lambda d: conv_twice(d, weights=BFP8),
        "input [n, h, w, c]": lambda d: conv(d, input_tensor=on(d, 2, 16, 16, 32, layout=ROWS)),
        "channels that do not fit": lambda d: conv(d, in_channels=64),
        "outputs that do not fit": lambda d: conv(d, out_channels=32),
        "size that does not fit": lambda d: conv(d, input_height=15),
        "kernel that does not fit": lambda d: conv(d, kernel_size=(1, 1)),
        "positional": lambda d: ttnn.conv2d(on(d, 1, 1, 512, 32), host(64, 32, 3, 3)),
        "unknown keyword": lambda d: conv(d, conv_op_cache={}),
        "unknown configuration": lambda d: ttnn.Conv2dConfig(weights_dtype=BF16, dtype=BF16),
        "weights in tiles": lambda d: conv(d, weight_tensor=host(64, 32, 3, 3)),
        "weights of bfloat8_b": lambda d: conv(d, weight_tensor=host(64, 32, 3, 3, dtype=BFP8)),
        "bias of 64": lambda d: conv(d, bias_tensor=host(64, layout=ROWS)),
        "silu": lambda d: conv(
            d,
            conv_config=ttnn.Conv2dConfig(
                weights_dtype=BF16, activation=ttnn.UnaryWithParam(ttnn.UnaryOpType.SILU)
            ),
        ),
        "row-major output": lambda d: conv(
            d,
            conv_config=ttnn.Conv2dConfig(weights_dtype=BF16, output_layout=ttnn.ROW_MAJOR_LAYOUT),
        ),
        "to DRAM": lambda d: conv(d, memory_config=DRAM),
        "to L1": lambda d: conv(d, memory_config=L1),
        "from L1": lambda d: conv(d, input_tensor=on(d, 1, 1, 512, 32, memory=L1)),
        "groups": lambda d: conv(d, groups=2, weight_tensor=host(64, 16, 3, 3, layout=ROWS)),
    },
)


def norm(d, n=2, hw=64, c=128, **others):
    """A group norm in the form of the lowering; `others` overrides any argument."""
    arguments = {
        "num_groups": 32,
        "epsilon": 1e-5,
        "weight": on(d, 1, 1, c // 32, 32, layout=ROWS),
        "bias": on(d, 1, 1, c // 32, 32, layout=ROWS),
        "inplace": False,
    }
    arguments.update(others)
    x = arguments.pop("input_tensor", None)
    return ttnn.group_norm(
        on(d, n, 1, hw, c) if x is None else x,
        **{k: v for k, v in arguments.items() if v is not Ellipsis},
    )


cases(
    "group_norm",
    {
        "native": norm,
        "inplace": lambda d: norm(d, inplace=...),
        "no weight": lambda d: norm(d, weight=..., bias=...),
        "weight only": lambda d: norm(d, bias=...),
        "64 channels": lambda d: norm(d, c=64),
        "32 channels": lambda d: norm(d, c=32),
        "48 channels": lambda d: norm(d, c=48, weight=..., bias=...),
        "c / 32 odd": lambda d: norm(d, c=96),
        "unaligned height": lambda d: norm(d, hw=77),
        "weight of rank 2": lambda d: norm(d, weight=on(d, 1, 128)),
        "weight of rows, rank 2": lambda d: norm(d, weight=on(d, 1, 128, layout=ROWS)),
        "weight in tiles": lambda d: norm(d, weight=on(d, 1, 1, 4, 32), bias=on(d, 1, 1, 4, 32)),
        "too few weights": lambda d: norm(d, weight=on(d, 1, 1, 2, 32, layout=ROWS)),
        "rows": lambda d: norm(d, input_tensor=on(d, 2, 1, 64, 128, layout=ROWS)),
        "bfloat8_b": lambda d: norm(d, input_tensor=on(d, 2, 1, 64, 128, dtype=BFP8)),
        "float32": lambda d: norm(d, input_tensor=on(d, 2, 1, 64, 128, dtype=FP32)),
        "[n, h, w, c]": lambda d: norm(d, input_tensor=on(d, 2, 8, 8, 128)),
        "rank 3": lambda d: norm(d, input_tensor=on(d, 2, 64, 128)),
        "no groups": lambda d: ttnn.group_norm(on(d, 2, 1, 64, 128)),
        "30 groups": lambda d: norm(d, num_groups=30),
        "kernel configuration": lambda d: norm(d, compute_kernel_config=kernel_config(d)),
        "dtype": lambda d: norm(d, dtype=BF16),
        "other dtype": lambda d: norm(d, dtype=FP32),
        "to L1": lambda d: norm(d, memory_config=L1),
        "unknown keyword": lambda d: norm(d, eps=1e-5),
    },
)

cases(
    "layer_norm",
    {
        "tiles of weights": lambda d: ttnn.layer_norm(
            on(d, 1, 1, 77, 64), epsilon=1e-5, weight=on(d, 1, 64), bias=on(d, 1, 64)
        ),
        "rows of weights": lambda d: ttnn.layer_norm(
            on(d, 1, 1, 77, 64),
            weight=on(d, 1, 1, 2, 32, layout=ROWS),
            bias=on(d, 1, 1, 2, 32, layout=ROWS),
        ),
        "weights of rank 1": lambda d: ttnn.layer_norm(
            on(d, 1, 1, 77, 64), weight=on(d, 64), bias=on(d, 64)
        ),
        "flat rows of weights": lambda d: ttnn.layer_norm(
            on(d, 1, 1, 77, 64), weight=on(d, 1, 64, layout=ROWS)
        ),
        "no weights": lambda d: ttnn.layer_norm(on(d, 1, 1, 77, 64)),
        "weight only": lambda d: ttnn.layer_norm(on(d, 1, 1, 77, 64), weight=on(d, 1, 64)),
        "too few weights": lambda d: ttnn.layer_norm(on(d, 1, 1, 77, 64), weight=on(d, 1, 32)),
        "unaligned width": lambda d: ttnn.layer_norm(
            on(d, 1, 1, 77, 40), weight=on(d, 1, 40), bias=on(d, 1, 40)
        ),
        "bfloat8_b": lambda d: ttnn.layer_norm(
            on(d, 1, 1, 64, 64, dtype=BFP8), weight=on(d, 1, 64)
        ),
        "float32": lambda d: ttnn.layer_norm(on(d, 1, 1, 64, 64, dtype=FP32), weight=on(d, 1, 64)),
        "residual": lambda d: ttnn.layer_norm(
            on(d, 1, 1, 64, 64), residual_input_tensor=on(d, 1, 1, 64, 64)
        ),
        "rows": lambda d: ttnn.layer_norm(on(d, 1, 1, 64, 64, layout=ROWS), weight=on(d, 1, 64)),
        "kernel configuration": lambda d: ttnn.layer_norm(
            on(d, 1, 1, 77, 64), compute_kernel_config=kernel_config(d), memory_config=L1
        ),
        "dtype": lambda d: ttnn.layer_norm(on(d, 1, 1, 77, 64), dtype=BF16),
        "host": lambda d: ttnn.layer_norm(host(1, 1, 64, 64)),
    },
)

cases(
    "softmax",
    {
        "last axis": lambda d: ttnn.softmax(on(d, 1, 2, 64, 96), dim=-1),
        "positional": lambda d: ttnn.softmax(on(d, 1, 2, 64, 96), -1),
        "unaligned": lambda d: ttnn.softmax(on(d, 1, 2, 64, 77), dim=-1),
        "rank 2": lambda d: ttnn.softmax(on(d, 64, 96), dim=-1),
        "height": lambda d: ttnn.softmax(on(d, 1, 2, 64, 96), dim=2),
        "no such axis": lambda d: ttnn.softmax(on(d, 1, 2, 64, 96), dim=4),
        "bfloat8_b": lambda d: ttnn.softmax(on(d, 1, 2, 64, 96, dtype=BFP8), dim=-1),
        "float32": lambda d: ttnn.softmax(on(d, 1, 2, 64, 96, dtype=FP32), dim=-1),
        "stable": lambda d: ttnn.softmax(
            on(d, 1, 2, 64, 96), dim=-1, numeric_stable=True, compute_kernel_config=kernel_config(d)
        ),
        "rows": lambda d: ttnn.softmax(on(d, 1, 2, 64, 96, layout=ROWS), dim=-1),
        "dtype": lambda d: ttnn.softmax(on(d, 1, 2, 64, 96), dim=-1, dtype=BF16),
    },
)


def attention(d, head=64, queries=64, keys=96, heads=2, mask=None, **others):
    """Attention without the causal mask, unless `others` says so."""
    arguments = {"is_causal": False}
    if mask:
        arguments["attn_mask"] = on(d, *mask)
    arguments.update(others)
    q = on(d, 1, heads, queries, head)
    k, v = on(d, 1, heads, keys, head), on(d, 1, heads, keys, head)
    return ttnn.transformer.scaled_dot_product_attention(q, k, v, **arguments)


SDPA = ttnn.transformer.scaled_dot_product_attention
cases(
    "attention",
    {
        "self": lambda d: attention(d, keys=64),
        "cross": attention,
        "scale": lambda d: attention(d, scale=0.125),
        "mask": lambda d: attention(d, mask=(1, 1, 64, 96)),
        "mask of each head": lambda d: attention(d, mask=(1, 2, 64, 96)),
        "mask of one row": lambda d: attention(d, mask=(1, 1, 1, 96)),
        "mask too narrow": lambda d: attention(d, mask=(1, 1, 64, 64)),
        "mask of float32": lambda d: attention(d, attn_mask=on(d, 1, 1, 64, 96, dtype=FP32)),
        "mask of bfloat8_b": lambda d: attention(d, attn_mask=on(d, 1, 1, 64, 96, dtype=BFP8)),
        "mask of rows": lambda d: attention(d, attn_mask=on(d, 1, 1, 64, 96, layout=ROWS)),
        "causal": lambda d: attention(d, keys=64, is_causal=True),
        "causal of 77": lambda d: attention(d, queries=77, keys=77, is_causal=True),
        "causal with other keys": lambda d: attention(d, is_causal=True),
        "causal with a mask": lambda d: attention(d, keys=64, is_causal=True, mask=(1, 1, 64, 64)),
        "causal by default": lambda d: SDPA(
            on(d, 1, 2, 64, 64), on(d, 1, 2, 64, 64), on(d, 1, 2, 64, 64)
        ),
        "head of 40": lambda d: attention(d, head=40),
        "head of 80": lambda d: attention(d, head=80),
        "head of 96": lambda d: attention(d, head=96),
        "head of 160": lambda d: attention(d, head=160),
        "head of 32": lambda d: attention(d, head=32),
        "77 queries": lambda d: attention(d, queries=77),
        "77 keys": lambda d: attention(d, keys=77),
        "77 keys with a mask": lambda d: attention(d, keys=77, mask=(1, 1, 64, 77)),
        "head differs": lambda d: SDPA(
            on(d, 1, 2, 64, 64), on(d, 1, 2, 64, 32), on(d, 1, 2, 64, 32), is_causal=False
        ),
        "value differs": lambda d: SDPA(
            on(d, 1, 2, 64, 64), on(d, 1, 2, 64, 64), on(d, 1, 2, 64, 32), is_causal=False
        ),
        "keys differ": lambda d: SDPA(
            on(d, 1, 2, 64, 64), on(d, 1, 2, 64, 64), on(d, 1, 2, 96, 64), is_causal=False
        ),
        "heads differ": lambda d: SDPA(
            on(d, 1, 3, 64, 64), on(d, 1, 2, 64, 64), on(d, 1, 2, 64, 64), is_causal=False
        ),
        "batch differs": lambda d: SDPA(
            on(d, 2, 2, 64, 64), on(d, 1, 2, 64, 64), on(d, 1, 2, 64, 64), is_causal=False
        ),
        "rank 3": lambda d: SDPA(
            on(d, 2, 64, 64), on(d, 2, 64, 64), on(d, 2, 64, 64), is_causal=False
        ),
        "rows": lambda d: SDPA(*[on(d, 1, 2, 64, 64, layout=ROWS)] * 3, is_causal=False),
        "float32": lambda d: SDPA(*[on(d, 1, 2, 64, 64, dtype=FP32)] * 3, is_causal=False),
        "bfloat8_b": lambda d: SDPA(*[on(d, 1, 2, 64, 64, dtype=BFP8)] * 3, is_causal=False),
        "bfloat8_b keys": lambda d: SDPA(
            on(d, 1, 2, 64, 64), *[on(d, 1, 2, 64, 64, dtype=BFP8)] * 2, is_causal=False
        ),
        "kernel configuration": lambda d: attention(
            d, compute_kernel_config=kernel_config(d, "HiFi2")
        ),
        "program": lambda d: attention(
            d,
            keys=128,
            program_config=ttnn.SDPAProgramConfig(
                compute_with_storage_grid_size=d.compute_with_storage_grid_size(),
                q_chunk_size=64,
                k_chunk_size=64,
                exp_approx_mode=False,
            ),
        ),
        "dtype": lambda d: attention(d, dtype=BF16),
    },
)

CREATE = ttnn.experimental.nlp_create_qkv_heads
cases(
    "heads",
    {
        "concatenate": lambda d: ttnn.transformer.concatenate_heads(on(d, 2, 4, 64, 64)),
        "concatenate heads of 40": lambda d: ttnn.transformer.concatenate_heads(
            on(d, 2, 4, 64, 40)
        ),
        "concatenate 77 tokens": lambda d: ttnn.transformer.concatenate_heads(on(d, 2, 4, 77, 64)),
        "concatenate rank 3": lambda d: ttnn.transformer.concatenate_heads(on(d, 4, 64, 64)),
        "concat": lambda d: ttnn.experimental.nlp_concat_heads(on(d, 2, 4, 64, 64)),
        "concat 77 tokens": lambda d: ttnn.experimental.nlp_concat_heads(on(d, 2, 4, 77, 64)),
        "concat heads of 40": lambda d: ttnn.experimental.nlp_concat_heads(on(d, 2, 4, 64, 40)),
        "concat of rows": lambda d: ttnn.experimental.nlp_concat_heads(
            on(d, 2, 4, 64, 64, layout=ROWS)
        ),
        "concat bfloat8_b": lambda d: ttnn.experimental.nlp_concat_heads(
            on(d, 2, 4, 64, 64, dtype=BFP8)
        ),
        "create": lambda d: CREATE(on(d, 2, 1, 64, 3 * 128), num_heads=2, transpose_k_heads=False),
        "create transposed": lambda d: CREATE(on(d, 2, 1, 64, 3 * 128), num_heads=2),
        "create with keys apart": lambda d: CREATE(
            on(d, 2, 1, 64, 128),
            on(d, 2, 1, 64, 256),
            num_heads=2,
            num_kv_heads=2,
            transpose_k_heads=False,
        ),
        "create with other keys": lambda d: CREATE(
            on(d, 2, 1, 64, 128),
            on(d, 2, 1, 96, 256),
            num_heads=2,
            num_kv_heads=2,
            transpose_k_heads=False,
        ),
        "create of 77 tokens": lambda d: CREATE(
            on(d, 2, 1, 77, 3 * 128), num_heads=2, transpose_k_heads=False
        ),
        "create of heads of 40": lambda d: CREATE(
            on(d, 1, 1, 64, 3 * 80), num_heads=2, transpose_k_heads=False
        ),
        "create of rank 3": lambda d: CREATE(
            on(d, 2, 64, 3 * 128), num_heads=2, transpose_k_heads=False
        ),
        "create with 3 heads of 128": lambda d: CREATE(
            on(d, 1, 1, 64, 3 * 128), num_heads=3, transpose_k_heads=False
        ),
        "create without heads": lambda d: CREATE(on(d, 1, 1, 64, 3 * 128)),
        "create of bfloat8_b": lambda d: CREATE(
            on(d, 1, 1, 64, 3 * 128, dtype=BFP8), num_heads=2, transpose_k_heads=False
        ),
    },
)

cases(
    "others",
    {
        "upsample": lambda d: ttnn.upsample(on(d, 2, 8, 8, 64, layout=ROWS), 2),
        "upsample by a pair": lambda d: ttnn.upsample(on(d, 2, 8, 8, 64, layout=ROWS), (2, 2)),
        "upsample tiles": lambda d: ttnn.upsample(on(d, 2, 8, 8, 64), 2),
        "upsample unaligned tiles": lambda d: ttnn.upsample(on(d, 1, 6, 6, 40), 2),
        "upsample rank 2": lambda d: ttnn.upsample(on(d, 64, 64, layout=ROWS), 2),
        "upsample bfloat8_b": lambda d: ttnn.upsample(on(d, 1, 8, 8, 64, dtype=BFP8), 2),
        "upsample float32": lambda d: ttnn.upsample(on(d, 1, 8, 8, 64, layout=ROWS, dtype=FP32), 2),
        "upsample odd channels": lambda d: ttnn.upsample(on(d, 1, 8, 8, 3, layout=ROWS), 2),
        "upsample, unknown mode": lambda d: ttnn.upsample(
            on(d, 2, 8, 8, 64, layout=ROWS), 2, mode="cubic"
        ),
        "embedding": lambda d: ttnn.embedding(ids(d, 1, 77), on(d, 96, 64, layout=ROWS)),
        "embedding to tiles": lambda d: ttnn.embedding(
            ids(d, 1, 77), on(d, 96, 64, layout=ROWS), layout=TILE
        ),
        "embedding to tiles, aligned": lambda d: ttnn.embedding(
            ids(d, 1, 96), on(d, 96, 64, layout=ROWS), layout=TILE, memory_config=L1
        ),
        "embedding of two": lambda d: ttnn.embedding(ids(d, 2, 77), on(d, 96, 64, layout=ROWS)),
        "embedding of tiled ids": lambda d: ttnn.embedding(
            ids(d, 1, 64, layout=TILE), on(d, 96, 64, layout=ROWS)
        ),
        "embedding of a tiled table": lambda d: ttnn.embedding(ids(d, 1, 77), on(d, 96, 64)),
        "embedding of numbers": lambda d: ttnn.embedding(
            on(d, 1, 77, layout=ROWS), on(d, 96, 64, layout=ROWS)
        ),
        "embedding of rank 4": lambda d: ttnn.embedding(
            ids(d, 1, 1, 1, 77), on(d, 96, 64, layout=ROWS)
        ),
        "embedding of float32": lambda d: ttnn.embedding(
            ids(d, 1, 77), on(d, 96, 64, layout=ROWS, dtype=FP32)
        ),
        "embedding to float32": lambda d: ttnn.embedding(
            ids(d, 1, 64), on(d, 96, 64, layout=ROWS), dtype=FP32
        ),
        "geglu": lambda d: ttnn.geglu(on(d, 1, 1, 64, 128), -1),
        "geglu unaligned": lambda d: ttnn.geglu(on(d, 1, 1, 64, 96), -1),
        "geglu of height": lambda d: ttnn.geglu(on(d, 1, 1, 64, 128), 2),
        "geglu of rank 2": lambda d: ttnn.geglu(on(d, 64, 128), -1),
        "repeat": lambda d: ttnn.repeat(on(d, 1, 1, 64, 64), [2, 1, 1, 1]),
    },
)


def load(d, **where):
    """What is written is what is read."""
    try:
        ttnn.dump_tensor("case.tensorbin", on(d, 33, 5, dtype=BFP8))
        return ttnn.load_tensor("case.tensorbin", **where)
    finally:
        if os.path.exists("case.tensorbin"):
            os.remove("case.tensorbin")


cases(
    "files",
    {
        "load": load,
        "load to the device": lambda d: load(d, device=d),
        "absent": lambda d: ttnn.load_tensor("absent.tensorbin"),
        "suffix": lambda d: ttnn.dump_tensor("case.bin", host(32, 32)),
    },
)


def describe(value):
    """What a result is, without its numbers."""
    if isinstance(value, ttnn.Tensor):
        memory = value.memory_config()
        kinds = (value.dtype, value.layout, value.storage_type())
        kinds += (memory.memory_layout, memory.buffer_type)
        words = [str(kind).rpartition(".")[2] for kind in kinds]
        return " ".join([f"{list(value.shape)} in {list(value.padded_shape)}", *words])
    if isinstance(value, (list, tuple)):
        return [describe(item) for item in value]
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


def main():
    """Prints a line for each case."""
    if sys.argv[1:] == ["--names"]:
        for name in CASES:
            os.write(1, (json.dumps({"name": name}) + "\n").encode())
        return
    device = ttnn.open_device(device_id=0, l1_small_size=32768)
    names = list(CASES)
    first = names.index(sys.argv[2]) if len(sys.argv) > 2 else 0
    for name in names[first:]:
        try:
            answer = {"accepted": describe(CASES[name](device))}
        except Exception as error:  # anything the call says is an answer
            lines = [line for line in str(error).splitlines() if line and " --- " not in line]
            answer = {"refused": type(error).__name__, "text": " | ".join(lines[:4])[:400]}
        os.write(1, (json.dumps({"name": name, **answer}) + "\n").encode())
    ttnn.close_device(device)


if __name__ == "__main__":
    main()
