# SPDX-License-Identifier: Apache-2.0
"""Cases of norms, softmax, attention, and what is left."""

from case_table import BF16, BFP8, FP32, L1, ROWS, TILE, cases, host, ids, kernel_config, on

import ttnn


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
