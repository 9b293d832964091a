# SPDX-License-Identifier: Apache-2.0
"""Reductions and what is made of them. Tile padding takes no part; the result's is undefined.

Kernels hand intermediate results on in float32 with fp32_dest_acc_en, otherwise in bfloat16:
`intermediate`.
"""

import numpy as np

from .configs import CoreGrid, MemoryConfig, WormholeComputeKernelConfig
from .enums import DataType, Layout
from .matrix_engine import intermediate, kernel_config
from .operation import Sequence, operation
from .sharding import require_same, require_whole_groups
from .tensor import Tensor, require


def _reduce(name, x, dim, keepdim, memory, config, scalar):
    require(x.layout is Layout.TILE, f"{name}: the tensor is row major")
    rank = len(x.shape)
    axes = tuple(range(rank)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    require(all(-rank <= axis < rank for axis in axes), f"Unsupported dim {axes} of {x.shape}")
    config = kernel_config(config, fp32=True)
    axes = tuple(axis % rank for axis in axes)
    values = intermediate(x._values().sum(axis=axes, keepdims=keepdim, dtype=np.float64), config)
    count = np.prod([x.shape[axis] for axis in axes]) if name == "mean" else 1
    values = intermediate(values * np.float32(scalar / count), config)
    return Tensor._make(values, x.dtype, x.layout, x._device, memory or x._memory)


@operation
def mean(
    input_tensor: Tensor,
    dim: int | Sequence | None = None,
    keepdim: bool = False,
    *,
    memory_config: MemoryConfig | None = None,
    compute_kernel_config: WormholeComputeKernelConfig | None = None,
    scalar: float = 1.0,
):
    """ttnn.mean."""
    return _reduce("mean", input_tensor, dim, keepdim, memory_config, compute_kernel_config, scalar)


@operation
def sum(
    input_tensor: Tensor,
    dim: int | Sequence | None = None,
    keepdim: bool = False,
    *,
    memory_config: MemoryConfig | None = None,
    compute_kernel_config: WormholeComputeKernelConfig | None = None,
    scalar: float = 1.0,
):
    """ttnn.sum."""
    return _reduce("sum", input_tensor, dim, keepdim, memory_config, compute_kernel_config, scalar)


def _normalised(x, axes, epsilon, config):
    """(x - mean) / sqrt(variance + epsilon) over `axes`, each stage rounded."""
    average = intermediate(x.mean(axis=axes, keepdims=True, dtype=np.float64), config)
    centred = intermediate(x - average, config)
    square = intermediate(np.square(centred), config)
    variance = intermediate(square.mean(axis=axes, keepdims=True, dtype=np.float64), config)
    scale = intermediate(1 / np.sqrt(variance + np.float32(epsilon)), config)
    return intermediate(centred * scale, config)


def _affine(values, weight, bias, config):
    """values * weight + bias; the arrays broadcast."""
    if weight is not None:
        values = intermediate(values * weight, config)
    if bias is not None:
        values = values + bias
    return values


def group_mask(channels, groups):
    """What ttnn.create_group_norm_input_mask makes where each core's channels fill tiles."""
    size = channels // groups
    firsts = [g * size % 32 for g in range(groups)]
    mask = np.zeros(
        (1, groups, 32, max(-(-(first + size) // 32) * 32 for first in firsts)), np.float32
    )
    for g, first in enumerate(firsts):
        mask[0, g, :, first : first + size] = 1
    return mask


def _check_mask(x, mask, groups):
    if mask is None:
        require(x._device._recording is None, "Writes are not supported during trace capture.")
        return
    wanted = group_mask(x.shape[3], groups)
    require(mask.layout is Layout.TILE, "group_norm: the mask is row major")
    require(
        tuple(mask.shape) == wanted.shape and np.array_equal(mask._values(), wanted),
        "group_norm: another mask than the groups'",
    )


@operation(shards=True)
def group_norm(
    input_tensor: Tensor,
    *,
    num_groups: int,
    epsilon: float = 1e-12,
    input_mask: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    memory_config: MemoryConfig | None = None,
    dtype: DataType | None = None,
    core_grid: CoreGrid | None = None,
    inplace: bool | None = True,
    output_layout: Layout | None = None,
    num_out_blocks: int | None = None,
    compute_kernel_config: WormholeComputeKernelConfig | None = None,
    use_welford: bool = False,
):
    """ttnn.group_norm of [n, 1, hw, c] tiles, weight and bias [1, 1, c/32, 32] row major."""
    x, shape = input_tensor, input_tensor.shape
    require(
        x.layout is Layout.TILE and not inplace,
        "In-place operation not supported: Tile layout requires non-inplace",
    )
    require(len(shape) == 4, "Invalid tensor shape: Input tensor must have rank 4.")
    require(shape[1] == 1, "input tensor shape[1] must be 1!")
    require(x.dtype is DataType.BFLOAT16, f"group_norm of {x.dtype}: 0.75 takes bfloat16 only")
    channels = shape[3]
    require(
        channels % num_groups == 0,
        f"Number of channels ({channels}) must be divisible by {num_groups}",
    )
    require(channels % 32 == 0, f"channels ({channels}) must be a multiple of the tile width")
    require(
        shape[2] % 32 == 0,
        "group_norm: the height fills whole tiles; 0.75 does not say what padded rows do",
    )
    require(dtype in (None, x.dtype), f"group_norm output dtype must match input dtype ({x.dtype})")
    require(output_layout in (None, Layout.TILE), "group_norm to rows is not in the stand-in")
    for tensor in (weight, bias):
        if tensor is not None:
            require(tensor.layout is Layout.ROW_MAJOR, "group_norm: weight and bias are row major")
            require(
                tuple(tensor.shape) == (1, 1, channels // 32, 32),
                f"group_norm: weight of shape {tensor.shape}",
            )
    _check_mask(x, input_mask, num_groups)
    memory = require_same("group_norm", x, memory_config)
    require_whole_groups(x, num_groups, core_grid)
    config = kernel_config(compute_kernel_config)
    groups = x._values().reshape(shape[0], shape[2], num_groups, channels // num_groups)
    values = _normalised(groups, (1, 3), epsilon, config).reshape(shape)
    weights = [t and t._values().reshape(channels) for t in (weight, bias)]
    return Tensor._make(_affine(values, *weights, config), x.dtype, x.layout, x._device, memory)


@operation(shards=True)
def layer_norm(
    input_tensor: Tensor,
    *,
    epsilon: float = 1e-12,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    residual_input_tensor: Tensor | None = None,
    memory_config: MemoryConfig | None = None,
    program_config=None,
    compute_kernel_config: WormholeComputeKernelConfig | None = None,
):
    """ttnn.layer_norm; weight and bias [.., c] in tiles or [1, 1, c/32, 32] row major."""
    x, width = input_tensor, input_tensor.shape[-1]
    require(x.layout is Layout.TILE, "layer_norm: the tensor is row major")
    for tensor in (weight, bias):
        if tensor is not None:
            rows = tensor.layout is Layout.ROW_MAJOR
            fits = tensor.shape[-1] == 32 if rows else tensor.shape[-1] == width
            require(
                fits and tensor.volume() == width,
                f"layer_norm: weight of shape {tensor.shape} for {x.shape}",
            )
    memory = require_same("layer_norm", x, memory_config)
    config = kernel_config(compute_kernel_config, fp32=x.dtype is DataType.FLOAT32)
    values = x._values()
    if residual_input_tensor is not None:
        require(
            residual_input_tensor.shape == x.shape, "layer_norm: the residual has another shape"
        )
        values = intermediate(values + residual_input_tensor._values(), config)
    values = _normalised(values, -1, epsilon, config)
    weights = [t and t._values().reshape(width) for t in (weight, bias)]
    return Tensor._make(_affine(values, *weights, config), x.dtype, x.layout, x._device, memory)


@operation
def softmax(
    input_tensor: Tensor,
    dim: int = -1,
    *,
    memory_config: MemoryConfig | None = None,
    compute_kernel_config: WormholeComputeKernelConfig | None = None,
    numeric_stable: bool = True,
):
    """ttnn.softmax."""
    x, rank = input_tensor, len(input_tensor.shape)
    require(x.layout is Layout.TILE, "softmax: the tensor is row major")
    require(
        -rank <= dim < rank,
        f"Dimension out of range (expected to be in range of [-{rank}, {rank - 1}], but got {dim})",
    )
    config = kernel_config(compute_kernel_config, fp32=x.dtype is DataType.FLOAT32)
    values = x._values()
    values = intermediate(
        np.exp(intermediate(values - values.max(axis=dim, keepdims=True), config)), config
    )
    scale = intermediate(1 / values.sum(axis=dim, keepdims=True, dtype=np.float64), config)
    return Tensor._make(values * scale, x.dtype, x.layout, x._device, memory_config or x._memory)
