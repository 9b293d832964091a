# SPDX-License-Identifier: Apache-2.0
"""What rearranges numbers and computes nothing. Padding is undefined where ttnn does not say what
it holds."""

import builtins
import math

import numpy as np

from .configs import MemoryConfig
from .enums import DataType, Layout
from .operation import Sequence, operation
from .sharding import require_plain
from .tensor import POISON, Shape, Tensor, require


@operation(host=True, shards=True)
def reshape(
    input_tensor: Tensor,
    shape: Sequence | Shape,
    *,
    memory_config: MemoryConfig | None = None,
    pad_value: int | float | None = None,
):
    """ttnn.reshape: the padding is pad_value, else undefined."""
    x, shape = input_tensor, list(shape)
    if -1 in shape:
        require(shape.count(-1) == 1, "Shape cannot have more than 1 elements that is set to -1!")
        shape[shape.index(-1)] = x.volume() // max(1, -math.prod(shape))
    require(math.prod(shape) == x.volume(), f"Invalid arguments to reshape: {x.shape} to {shape}")
    require(
        not x.is_sharded() or shape[-1] == x.shape[-1],
        "reshape: other channels of shards are not in the stand-in",
    )
    fill = POISON if pad_value is None else pad_value
    values = x._values().reshape(shape)
    if x.dtype.is_block_float and pad_value is None:
        fill = 0  # the package fills what shares exponents
    return Tensor._make(values, x.dtype, x.layout, x._device, memory_config or x._memory, fill=fill)


@operation
def permute(
    input_tensor: Tensor,
    dims: Sequence,
    *,
    memory_config: MemoryConfig | None = None,
    pad_value: float = 0.0,
):
    """ttnn.permute: the padding is pad_value."""
    x, rank = input_tensor, len(input_tensor.shape)
    require(
        len(dims) == rank,
        f"{rank} dimensions do not match the length of the desired ordering {list(dims)}",
    )
    axes = [axis % rank for axis in dims]
    require(sorted(axes) == list(range(rank)), f"{list(dims)} is no permutation")
    values = x._values().transpose(axes)
    return Tensor._make(
        values, x.dtype, x.layout, x._device, memory_config or x._memory, fill=pad_value
    )


@operation
def transpose(
    input_tensor: Tensor,
    dim1: int,
    dim2: int,
    *,
    memory_config: MemoryConfig | None = None,
    pad_value: float = 0.0,
):
    """ttnn.transpose."""
    axes = list(range(len(input_tensor.shape)))
    axes[dim1], axes[dim2] = axes[dim2], axes[dim1]
    return permute.__wrapped__(input_tensor, axes, memory_config=memory_config, pad_value=pad_value)


@operation(shards=True)
def concat(
    tensors: Sequence,
    dim: int = 0,
    *,
    memory_config: MemoryConfig | None = None,
    output_tensor: Tensor | None = None,
    groups: int = 1,
):
    """ttnn.concat."""
    first, axis = tensors[0], dim % len(tensors[0].shape)
    require(
        output_tensor is None and groups == 1,
        "concat: output_tensor and groups are not in the stand-in",
    )
    require_plain("concat", *tensors)
    for x in tensors:
        same = [n for i, n in enumerate(x.shape) if i != axis] == [
            n for i, n in enumerate(first.shape) if i != axis
        ]
        require(
            len(x.shape) == len(first.shape) and same,
            "All dimensions must be the same size except for the one of the concatenation",
        )
        require(x.dtype is first.dtype, "All Tensors should have same dtypes.")
        require(x.layout is first.layout, "concat: the tensors' layouts differ")
    values = np.concatenate([x._values() for x in tensors], axis)
    return Tensor._make(
        values, first.dtype, first.layout, first._device, memory_config or first._memory
    )


@operation
def slice(
    input_tensor: Tensor,
    slice_start: Sequence,
    slice_end: Sequence,
    slice_step: Sequence | None = None,
    *,
    memory_config: MemoryConfig | None = None,
    pad_value: float | None = None,
):
    """ttnn.slice. Unaligned bfloat8_b becomes bfloat16."""
    x, rank = input_tensor, len(input_tensor.shape)
    steps = list(slice_step or [1] * rank)
    require(
        len(slice_start) == len(slice_end) == len(steps) == rank,
        f"Input rank {rank} and begins {len(slice_start)} must have the same size",
    )
    for n, first, last in zip(x.shape, slice_start, slice_end, strict=True):
        require(
            0 <= first < last <= n, f"slice {list(slice_start)} to {list(slice_end)} of {x.shape}"
        )
    values = x._values()[
        tuple(builtins.slice(*item) for item in zip(slice_start, slice_end, steps, strict=True))
    ]
    aligned = all(n % 32 == 0 for n in (*slice_start[-2:], *slice_end[-2:]))
    dtype = x.dtype if aligned or not x.dtype.is_block_float else DataType.BFLOAT16
    fill = POISON if pad_value is None else pad_value
    return Tensor._make(values, dtype, x.layout, x._device, memory_config or x._memory, fill=fill)


@operation
def pad(
    input_tensor: Tensor,
    padding: Sequence,
    value: float,
    *,
    use_multicore: bool = True,
    memory_config: MemoryConfig | None = None,
):
    """ttnn.pad."""
    x = input_tensor
    require(
        len(padding) == len(x.shape), "ttnn.pad: padding of another length than the tensor's rank"
    )
    front = any(before for before, _ in padding)
    require(
        x.layout is Layout.ROW_MAJOR or not front,
        "ttnn.pad: on device tile padding does not support front padding",
    )
    values = np.pad(x._values(), [tuple(pair) for pair in padding], constant_values=value)
    return Tensor._make(
        values, x.dtype, x.layout, x._device, memory_config or x._memory, fill=value
    )


@operation
def repeat(
    input_tensor: Tensor, repeat_dims: Sequence, *, memory_config: MemoryConfig | None = None
):
    """ttnn.repeat."""
    x = input_tensor
    values = np.tile(x._values(), list(repeat_dims))
    return Tensor._make(values, x.dtype, x.layout, x._device, memory_config or x._memory)


@operation
def upsample(
    input_tensor: Tensor,
    scale_factor: int | Sequence,
    *,
    mode: str = "nearest",
    memory_config: MemoryConfig | None = None,
):
    """ttnn.upsample of [n, h, w, c]."""
    x = input_tensor
    require(len(x.shape) == 4, "ShapeBase[] index out of range")
    require(mode == "nearest", "mode must be 'nearest'")
    require(x.padded_shape == x.shape, "Tiled input must be tile-aligned (no padding difference)")
    rows, columns = (scale_factor, scale_factor) if isinstance(scale_factor, int) else scale_factor
    values = x._values().repeat(rows, axis=1).repeat(columns, axis=2)
    return Tensor._make(values, x.dtype, x.layout, x._device, memory_config or x._memory)


@operation
def embedding(
    input_tensor: Tensor,
    weight: Tensor,
    *,
    layout: Layout | None = None,
    dtype: DataType | None = None,
    memory_config: MemoryConfig | None = None,
):
    """ttnn.embedding: [b, t] or [b, 1, 1, t] to [b, t, c]."""
    ids = input_tensor
    require(ids.dtype is DataType.UINT32, f"embedding: ids of {ids.dtype}")
    require(weight.dtype is DataType.BFLOAT16, "Weights tensor must have BFLOAT16 dtype")
    require(weight.layout is Layout.ROW_MAJOR, "embedding: the table is row major in the stand-in")
    require(all(n == 1 for n in ids.shape[1:-1]), f"embedding: ids of shape {ids.shape}")
    rows = ids._values().reshape(ids.shape[0] if len(ids.shape) > 1 else 1, ids.shape[-1])
    require(rows.max(initial=0) < weight.shape[-2], "embedding: an id beyond the table")
    layout, dtype = layout or weight.layout, dtype or weight.dtype
    require(
        layout is Layout.TILE or dtype is weight.dtype,
        "Can only typecast output embeddings when producing TILE_LAYOUT output",
    )
    table = weight._values().reshape(weight.shape[-2:])
    return Tensor._make(table[rows], dtype, layout, ids._device, memory_config)


def subscript(tensor, keys):
    """tensor[...] with ranges."""
    keys = keys if isinstance(keys, tuple) else (keys,)
    spans = [key.indices(n) for key, n in zip(keys, tensor.shape, strict=False)]
    spans += [(0, n, 1) for n in tensor.shape[len(spans) :]]
    return slice(tensor, [s[0] for s in spans], [s[1] for s in spans], [s[2] for s in spans])
