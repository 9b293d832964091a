# SPDX-License-Identifier: Apache-2.0
"""Cases of making, moving and reshaping tensors."""

import numpy as np
from case_table import BF16, BFP8, DRAM, FP32, L1, ROWS, TILE, cases, host, kernel_config, on

import ttnn

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
