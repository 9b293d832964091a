# SPDX-License-Identifier: Apache-2.0
"""Matrix products."""

import numpy as np

from .configs import CoreGrid, MemoryConfig, UnaryWithParam, WormholeComputeKernelConfig
from .eltwise import activation_name, apply, finish
from .enums import DataType, Layout, MathFidelity
from .matrix_engine import intermediate, kernel_config, product, unpacked
from .operation import operation
from .sharding import require_plain, require_product
from .tensor import Tensor, require


def _without_padded_columns(x):
    """The first operand's padded array; the readers clear what its last tile has beyond it."""
    values = x._padded()
    inner = x.shape[-1]
    if values.shape[-1] != inner:
        values = values.copy()
        values[..., inner:] = 0
    return values


def _check(a, b, a_shape, b_shape):
    require(a.layout is Layout.TILE and b.layout is Layout.TILE, "Inputs to matmul must be tilized")
    require(a.dtype.is_float and b.dtype.is_float, f"Unsupported data format: {a.dtype}, {b.dtype}")
    require(len(a_shape) >= 2 and len(b_shape) >= 2, "matmul of vectors is not in the stand-in")
    require(
        a_shape[-1] == b_shape[-2],
        f"The width of the first must be equal to the height of the second: {a_shape} @ {b_shape}",
    )
    batches = [(1,) * (4 - len(shape)) + tuple(shape[:-2]) for shape in (a_shape, b_shape)]
    one = [all(n == 1 for n in batch) for batch in batches]
    require(
        any(one) or batches[0] == batches[1],
        f"bmm expects input tensors of the same batch: {a_shape} @ {b_shape}",
    )


def _compute(a, b, bias, transpose_a, transpose_b, memory, dtype, activation, config):
    a_shape, b_shape = list(a.shape), list(b.shape)
    if transpose_a:
        a_shape[-2:] = a_shape[:-3:-1]
    if transpose_b:
        b_shape[-2:] = b_shape[:-3:-1]
    _check(a, b, a_shape, b_shape)
    single = a.dtype is DataType.FLOAT32 and b.dtype is DataType.FLOAT32
    config = kernel_config(config, MathFidelity.HiFi4 if single else MathFidelity.HiFi2, single)
    left = a._padded() if transpose_a else _without_padded_columns(a)
    left = np.swapaxes(left, -1, -2) if transpose_a else left
    require(
        not transpose_a or a.padded_shape[-2] == a.shape[-2],
        "matmul: transpose_a of an unaligned height",
    )
    right = np.swapaxes(b._padded(), -1, -2) if transpose_b else b._padded()
    values = product(unpacked(left, a.dtype, config), unpacked(right, b.dtype, config), config)
    if bias is not None:
        _check_bias(bias, b_shape)
        row = bias._padded().reshape(-1, bias.padded_shape[-1])[:1]
        values = intermediate(values + unpacked(row, bias.dtype, config), config)
    if activation is not None:
        values = intermediate(apply(activation_name(activation), values), config)
    rank = max(len(a_shape), len(b_shape))
    batch = np.broadcast_shapes(tuple(a_shape[:-2]), tuple(b_shape[:-2]))
    shape = (1,) * (rank - 2 - len(batch)) + batch + (a_shape[-2], b_shape[-1])
    return finish(values, shape, dtype or a.dtype, Layout.TILE, a._device, memory)


def _check_bias(bias, b_shape):
    require(bias.layout is Layout.TILE, "linear: the bias is row major")
    require(bias.shape[-1] == b_shape[-1], f"Unsupported bias shape: {bias.shape} for {b_shape}")
    require(bias.volume() == bias.shape[-1], f"linear: a bias of several rows: {bias.shape}")


@operation
def matmul(
    input_tensor_a: Tensor,
    input_tensor_b: Tensor,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    memory_config: MemoryConfig | None = None,
    dtype: DataType | None = None,
    program_config=None,
    activation: str | UnaryWithParam | None = None,
    compute_kernel_config: WormholeComputeKernelConfig | None = None,
    core_grid: CoreGrid | None = None,
):
    """ttnn.matmul."""
    return _compute(
        input_tensor_a,
        input_tensor_b,
        None,
        transpose_a,
        transpose_b,
        memory_config,
        dtype,
        activation,
        compute_kernel_config,
    )


@operation(shards=True)
def linear(
    input_tensor_a: Tensor,
    input_tensor_b: Tensor,
    *,
    bias: Tensor | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    memory_config: MemoryConfig | None = None,
    dtype: DataType | None = None,
    program_config=None,
    activation: str | UnaryWithParam | None = None,
    compute_kernel_config: WormholeComputeKernelConfig | None = None,
    core_grid: CoreGrid | None = None,
):
    """ttnn.linear."""
    require_product(input_tensor_a, memory_config, activation)
    require_plain("linear", input_tensor_b, bias)
    return _compute(
        input_tensor_a,
        input_tensor_b,
        bias,
        transpose_a,
        transpose_b,
        memory_config,
        dtype,
        activation,
        compute_kernel_config,
    )
