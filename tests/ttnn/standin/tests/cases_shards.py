# SPDX-License-Identifier: Apache-2.0
"""Cases of tensors in block shards: who takes them, who gives them."""

from case_table import BF16, BFP8, DRAM, L1, ROWS, cases, host, kernel_config, on

import ttnn

C, SIZE = 128, 16  # of an image of two items: [2, 1, 256, 128]


def shards(rows=4, columns=2, height=128, width=64):
    """A memory configuration: cores, and what each has."""
    return ttnn.create_sharded_memory_config(
        (height, width),
        ttnn.CoreGrid(x=columns, y=rows),
        ttnn.ShardStrategy.BLOCK,
        use_height_and_width_as_shard_shape=True,
    )


def image(d, flat=False, dtype=BF16, memory=None, c=C):
    """An image in shards, or wherever."""
    shape = (1, 1, 2 * SIZE * SIZE, c) if flat else (2, 1, SIZE * SIZE, c)
    plain = on(d, *shape, dtype=dtype)
    return ttnn.to_memory_config(plain, memory_config=memory or shards())


def norm(d, x, columns=2, rows=4, groups=8, memory=None):
    """group_norm on cores."""
    weights = [on(d, 1, 1, x.shape[3] // 32, 32, layout=ROWS) for _ in range(2)]
    return ttnn.group_norm(
        x,
        num_groups=groups,
        epsilon=1e-5,
        weight=weights[0],
        bias=weights[1],
        inplace=False,
        core_grid=ttnn.CoreGrid(x=columns, y=rows),
        memory_config=memory or shards(),
    )


def conv(d, x, memory, out=C):
    """A convolution of an image."""
    return ttnn.conv2d(
        input_tensor=x,
        weight_tensor=host(out, C, 3, 3, layout=ROWS),
        bias_tensor=host(1, 1, 1, out, layout=ROWS),
        device=d,
        in_channels=C,
        out_channels=out,
        batch_size=2,
        input_height=SIZE,
        input_width=SIZE,
        kernel_size=(3, 3),
        stride=(1, 1),
        padding=(1, 1),
        conv_config=ttnn.Conv2dConfig(weights_dtype=BF16, act_block_h_override=32),
        compute_config=kernel_config(d),
        dtype=BF16,
        memory_config=memory,
    )


def heads(d, memory):
    """Heads of a product."""
    x = on(d, 2, 1, SIZE * SIZE, 3 * C)
    x = x if memory is None else ttnn.to_memory_config(x, memory_config=memory)
    return ttnn.experimental.nlp_create_qkv_heads(
        x, num_heads=4, num_kv_heads=4, transpose_k_heads=False, memory_config=DRAM
    )[0]


def linear(d, x, memory, out=C, **others):
    """A product with weights."""
    weights = on(d, 1, 1, x.shape[3], out)
    return ttnn.linear(x, weights, memory_config=memory, **others)


cases(
    "shards",
    {
        "from DRAM": lambda d: image(d),
        "to DRAM": lambda d: ttnn.to_memory_config(image(d), memory_config=DRAM),
        "to L1": lambda d: ttnn.to_memory_config(image(d), memory_config=L1),
        "bfloat8_b": lambda d: image(d, dtype=BFP8),
        "to other cores": lambda d: ttnn.to_memory_config(
            image(d), memory_config=shards(2, 4, 256, 32)
        ),
        "too few cores": lambda d: image(d, memory=shards(2, 2)),
        "more columns than there are": lambda d: image(d, memory=shards(4, 16, 128, 8)),
        "no whole tiles": lambda d: image(d, memory=shards(4, 8, 128, 16)),
        "view": lambda d: ttnn.reshape(image(d), (1, 1, 2 * SIZE * SIZE, C)),
        "typecast": lambda d: ttnn.typecast(image(d), BFP8, memory_config=shards()),
        "typecast to DRAM": lambda d: ttnn.typecast(image(d), BFP8, memory_config=DRAM),
        "typecast from DRAM": lambda d: ttnn.typecast(
            on(d, 2, 1, SIZE * SIZE, C), BFP8, memory_config=shards()
        ),
        "silu": lambda d: ttnn.silu(image(d), memory_config=shards()),
        "silu to DRAM": lambda d: ttnn.silu(image(d), memory_config=DRAM),
        "silu from DRAM": lambda d: ttnn.silu(on(d, 2, 1, SIZE * SIZE, C), memory_config=shards()),
        "gelu": lambda d: ttnn.gelu(image(d), fast_and_approximate_mode=True),
        "add": lambda d: ttnn.add(image(d), image(d), memory_config=shards()),
        "add DRAM's": lambda d: ttnn.add(
            image(d), on(d, 2, 1, SIZE * SIZE, C), memory_config=shards()
        ),
        "add to DRAM's": lambda d: ttnn.add(
            on(d, 2, 1, SIZE * SIZE, C), image(d), memory_config=shards()
        ),
        "add to DRAM": lambda d: ttnn.add(image(d), image(d), memory_config=DRAM),
        "add other cores'": lambda d: ttnn.add(
            image(d), image(d, memory=shards(2, 4, 256, 32)), memory_config=shards()
        ),
        "add a row": lambda d: ttnn.add(image(d), on(d, 2, 1, 1, C), memory_config=shards()),
        "multiply from DRAM": lambda d: ttnn.multiply(
            on(d, 2, 1, SIZE * SIZE, C), on(d, 2, 1, SIZE * SIZE, C), memory_config=shards()
        ),
        "group_norm": lambda d: norm(d, image(d)),
        "group_norm on other cores": lambda d: norm(d, image(d), columns=4, rows=2),
        "group_norm to DRAM": lambda d: norm(d, image(d), memory=DRAM),
        "group_norm of split groups": lambda d: norm(
            d, image(d, memory=shards(4, 4, 128, 32)), 4, 4, 2, shards(4, 4, 128, 32)
        ),
        "layer_norm": lambda d: ttnn.layer_norm(
            image(d), weight=on(d, 1, C), bias=on(d, 1, C), memory_config=shards()
        ),
        "layer_norm to DRAM": lambda d: ttnn.layer_norm(
            image(d), weight=on(d, 1, C), bias=on(d, 1, C), memory_config=DRAM
        ),
        "linear": lambda d: linear(d, image(d), shards()),
        "linear to DRAM": lambda d: linear(d, image(d), DRAM, 3 * C),
        "linear to more cores": lambda d: linear(d, image(d), shards(4, 4, 128, 64), 2 * C),
        "linear from DRAM": lambda d: linear(d, on(d, 2, 1, SIZE * SIZE, C), shards()),
        "linear with gelu": lambda d: linear(d, image(d), shards(), activation="gelu"),
        "concat": lambda d: ttnn.concat(
            [on(d, 1, 1, 512, C // 2)] * 2, dim=3, memory_config=shards()
        ),
        "concat a sharded and a plain": lambda d: ttnn.concat(
            [image(d, True), on(d, 1, 1, 512, C)], dim=3, memory_config=DRAM
        ),
        "heads": lambda d: heads(d, shards(4, 2, 128, 192)),
        "concat heads": lambda d: ttnn.experimental.nlp_concat_heads(
            on(d, 2, 4, SIZE * SIZE, 32), memory_config=shards()
        ),
        "conv2d": lambda d: conv(d, image(d, True), shards()),
        "conv2d to DRAM": lambda d: conv(d, image(d, True), DRAM),
        "conv2d from DRAM": lambda d: conv(d, on(d, 1, 1, 512, C), shards()),
        "conv2d to other channels": lambda d: conv(d, image(d, True), shards(4, 4, 128, 64), 2 * C),
        "download": lambda d: ttnn.from_device(image(d, dtype=BFP8)),
    },
)
