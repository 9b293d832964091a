# SPDX-License-Identifier: Apache-2.0
"""Cases of matrix products and convolutions."""

from case_table import BF16, BFP8, DRAM, FP32, L1, ROWS, TILE, cases, host, ids, kernel_config, on

import ttnn

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
