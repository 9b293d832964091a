# SPDX-License-Identifier: Apache-2.0
"""Cases of arithmetic of elements, sums and means."""

from case_table import BFP8, FP32, L1, ROWS, TILE, cases, host, ids, kernel_config, on

import ttnn

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
