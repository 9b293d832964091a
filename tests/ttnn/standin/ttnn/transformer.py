# SPDX-License-Identifier: Apache-2.0
"""Attention and its heads.

Attention goes over the keys in chunks, as ttnn's kernel does (tt-metal,
sdpa/device/kernels/compute): scores, their greatest, exponentials, their sums and the output are
kept in bfloat16 between the stages, whatever the kernel configuration; this decides fidelity and
the sums within one product.
"""

import math

import numpy as np

from .configs import MemoryConfig, SDPAProgramConfig, WormholeComputeKernelConfig
from .enums import DataType, Layout, MathFidelity
from .formats import round_bfloat16
from .matrix_engine import kernel_config, product, unpacked
from .operation import operation
from .tensor import Tensor, require

_FLOATS = (DataType.BFLOAT16, DataType.BFLOAT8_B, DataType.BFLOAT4_B)
_LOW = np.float32(-1e9)


def _check_attention(q, k, v, mask, causal):
    for x in (q, k, v):
        require(len(x.shape) == 4, "ShapeBase[] index out of range")
        require(x.layout is Layout.TILE, "Inputs to SDPA must be tilized")
        require(x.dtype in _FLOATS, f"SDPA of {x.dtype}")
        require(x.shape[3] % 32 == 0, "Padding is not supported on the head_dim dimension")
    (batch, heads, queries, head), keys = q.shape, k.shape[2]
    require(k.shape == v.shape, f"K and V must match. Got {k.shape}, {v.shape}")
    require(
        k.shape[0] == batch and k.shape[3] == head, f"Q and K must match. Got {q.shape}, {k.shape}"
    )
    require(heads % k.shape[1] == 0, "Q num_heads must be divisible by K num_heads")
    require(not (causal and mask is not None), "is_causal and attn_mask cannot both be present.")
    require(
        not causal or queries == keys,
        "Causal SDPA requires Q and K to have the same sequence length.",
    )
    if mask is not None:
        require(mask.layout is Layout.TILE, "When mask is provided to SDPA, it must be tilized")
        require(mask.dtype in _FLOATS, f"SDPA: a mask of {mask.dtype}")
        fits = mask.shape[0] in (1, batch) and mask.shape[1] in (1, heads)
        require(
            fits and tuple(mask.shape[2:]) == (queries, keys),
            f"SDPA: a mask of {mask.shape} for {q.shape}, {k.shape}",
        )


def _mask(mask, causal, queries, keys):
    """What is added to the scores."""
    if causal:
        return np.where(np.arange(keys)[None, :] > np.arange(queries)[:, None], -np.inf, 0).astype(
            np.float32
        )
    return None if mask is None else mask._values()


def _attend(q, k, v, mask, scale, chunk, config):
    """Streaming softmax over chunks of keys."""
    greatest = total = output = None
    for first in range(0, k.shape[2], chunk):
        span = slice(first, first + chunk)
        scores = round_bfloat16(product(q, np.swapaxes(k[:, :, span], -1, -2), config))
        if mask is not None:
            # Added after scaling, as torch does; here the scale is applied with the exponential.
            scores = round_bfloat16(scores + round_bfloat16(mask[..., span] / np.float32(scale)))
        top = scores.max(axis=-1, keepdims=True)
        top = top if greatest is None else np.maximum(top, greatest)
        weights = round_bfloat16(np.exp((scores - np.maximum(top, _LOW)) * np.float32(scale)))
        sums = round_bfloat16(weights.sum(axis=-1, keepdims=True, dtype=np.float32))
        part = round_bfloat16(product(weights, v[:, :, span], config))
        if greatest is not None:
            old = round_bfloat16(
                np.exp((np.maximum(greatest, _LOW) - np.maximum(top, _LOW)) * np.float32(scale))
            )
            sums = round_bfloat16(sums + round_bfloat16(total * old))
            part = round_bfloat16(part + round_bfloat16(output * old))
        greatest, total, output = top, sums, part
    return output * round_bfloat16(1 / total)


@operation
def scaled_dot_product_attention(
    input_tensor_q: Tensor,
    input_tensor_k: Tensor,
    input_tensor_v: Tensor,
    *,
    attn_mask: Tensor | None = None,
    is_causal: bool = True,
    scale: float | None = None,
    memory_config: MemoryConfig | None = None,
    program_config: SDPAProgramConfig | None = None,
    compute_kernel_config: WormholeComputeKernelConfig | None = None,
):
    """ttnn.transformer.scaled_dot_product_attention of [b, heads, tokens, head]."""
    q, k, v = input_tensor_q, input_tensor_k, input_tensor_v
    _check_attention(q, k, v, attn_mask, is_causal)
    queries, keys = q.shape[2], k.shape[2]
    require(
        is_causal or keys % 32 == 0, "SDPA: keys that fill no tile; pad them and mask what is added"
    )
    config = kernel_config(compute_kernel_config, MathFidelity.HiFi2)
    shared = q.shape[1] // k.shape[1]
    arrays = [unpacked(x._values(), x.dtype, config) for x in (q, k, v)]
    arrays[1:] = [np.repeat(x, shared, axis=1) for x in arrays[1:]]
    mask = _mask(attn_mask, is_causal, queries, keys)
    chunk = program_config.k_chunk_size if program_config else 32
    values = _attend(*arrays, mask, scale or 1 / math.sqrt(q.shape[3]), chunk, config)
    return Tensor._make(values, q.dtype, Layout.TILE, q._device, memory_config)


def _concatenated(x):
    require(len(x.shape) == 4, "Input tensor must have rank 4.")
    require(x.layout is Layout.TILE, "Input tensor layout must be TILE")
    require(
        x.shape[3] % 32 == 0, f"Head size must be a multiple of 32 but was found to be {x.shape[3]}"
    )
    b, heads, tokens, head = x.shape
    return x._values().transpose(0, 2, 1, 3).reshape(b, 1, tokens, heads * head)


@operation
def concatenate_heads(input_tensor: Tensor, *, memory_config: MemoryConfig | None = None):
    """ttnn.transformer.concatenate_heads: to [b, tokens, heads * head]."""
    x = input_tensor
    return Tensor._make(
        _concatenated(x)[:, 0], x.dtype, x.layout, x._device, memory_config or x._memory
    )


@operation
def nlp_concat_heads(input_tensor: Tensor, *, memory_config: MemoryConfig | None = None):
    """ttnn.experimental.nlp_concat_heads: to [b, 1, tokens, heads * head]."""
    x = input_tensor
    return Tensor._make(_concatenated(x), x.dtype, x.layout, x._device, memory_config or x._memory)


@operation
def nlp_create_qkv_heads(
    input: Tensor,
    input_kv: Tensor | None = None,
    *,
    num_heads: int,
    num_kv_heads: int | None = None,
    transpose_k_heads: bool = True,
    memory_config: MemoryConfig | None = None,
):
    """ttnn.experimental.nlp_create_qkv_heads of [b, 1, tokens, q | k | v], or q and k | v apart."""
    kv_heads = num_heads if num_kv_heads is None else num_kv_heads
    for x in (input, input_kv):
        if x is not None:
            require(
                len(x.shape) == 4 and x.shape[1] == 1,
                "ShapeBase[] index out of range: [b, 1, tokens, c]",
            )
            require(x.layout is Layout.TILE, "Input tensor layout must be TILE")
    width = input.shape[3]
    if input_kv is None:
        count = num_heads + 2 * kv_heads
        require(
            width % count == 0 and width // count % 32 == 0,
            f"Unsupported input shape: {input.shape}",
        )
        head = width // count
        q, kv = np.split(input._values(), [num_heads * head], axis=3)
    else:
        require(
            input_kv.shape[2] == input.shape[2],
            "KV tensor seq_len dim must be same as Q tensor seq_len!",
        )
        require(
            input_kv.shape[0] == input.shape[0],
            "KV tensor batch dim must be same as Q tensor batch!",
        )
        head = width // num_heads
        require(
            width % num_heads == 0 and head % 32 == 0, f"Unsupported input shape: {input.shape}"
        )
        require(
            input_kv.shape[3] == 2 * kv_heads * head, f"Unsupported input shape: {input_kv.shape}"
        )
        q, kv = input._values(), input_kv._values()
    k, v = np.split(kv, 2, axis=3)

    def heads(values, count):
        return values.reshape(*values.shape[:1], values.shape[2], count, head).transpose(0, 2, 1, 3)

    arrays = [heads(q, num_heads), heads(k, kv_heads), heads(v, kv_heads)]
    if transpose_k_heads:
        arrays[1] = np.swapaxes(arrays[1], -1, -2)
    memory = memory_config or input._memory
    return tuple(
        Tensor._make(array, input.dtype, Layout.TILE, input._device, memory) for array in arrays
    )
