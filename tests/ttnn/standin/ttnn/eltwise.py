# SPDX-License-Identifier: Apache-2.0
"""Functions of each element. They also run over tile padding, which so holds what the
device's would.

A result is computed from the stored operands in float32 and rounded once, to the result's dtype.
"""

import math

import numpy as np

from .configs import MemoryConfig, UnaryWithParam
from .enums import DataType, Layout
from .operation import Sequence, operation
from .tensor import POISON, Tensor, require, stored

erf = np.vectorize(math.erf, otypes=[np.float64])


def sigmoid_of(x):
    """Without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(x, np.float64)))


FUNCTIONS = {
    "neg": np.negative,
    "abs": np.abs,
    "square": np.square,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "exp": np.exp,
    "tanh": np.tanh,
    "cos": np.cos,
    "sin": np.sin,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid_of,
    "silu": lambda x: x * sigmoid_of(x),
    "gelu": lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))),
}


def apply(name, values):
    """One of FUNCTIONS on an array."""
    with np.errstate(all="ignore"):
        return FUNCTIONS[name](values).astype(np.float32)


def activation_name(given):
    """The name in FUNCTIONS of an activation as a string or UnaryWithParam."""
    name = given.op_type.value if isinstance(given, UnaryWithParam) else given
    require(name in FUNCTIONS, f"Unknown unary op: {name}")
    return name


def finish(padded, shape, dtype, layout, device, memory, output=None):
    """A result of the padded array, into `output` if there is one; NaN in padding is poison."""
    result = Tensor._of(stored(padded, dtype), shape, dtype, layout, device, memory)
    if dtype.is_float and result.padded_shape != result.shape:
        outside = np.ones(padded.shape, bool)
        outside[tuple(slice(n) for n in (1,) * (padded.ndim - len(shape)) + tuple(shape))] = False
        values = result._padded()
        values[outside & np.isnan(values)] = POISON
    if output is None:
        return result
    require(
        output.shape == result.shape,
        f"the output tensor is {output.shape}, the result {result.shape}",
    )
    require(output.layout is layout, "the output tensor has another layout")
    np.copyto(output._padded(), stored(padded, output.dtype))
    return output


def _unary(name, approximate):
    def run(x, memory_config, output_tensor):
        require(x.dtype.is_float, f"{name} of {x.dtype}")
        values = apply(name, x._padded())
        return finish(
            values, x.shape, x.dtype, x.layout, x._device, memory_config or x._memory, output_tensor
        )

    if approximate:

        def function(
            input_tensor: Tensor,
            *,
            fast_and_approximate_mode: bool = False,
            memory_config: MemoryConfig | None = None,
            output_tensor: Tensor | None = None,
        ):
            return run(input_tensor, memory_config, output_tensor)
    else:

        def function(
            input_tensor: Tensor,
            *,
            memory_config: MemoryConfig | None = None,
            output_tensor: Tensor | None = None,
        ):
            return run(input_tensor, memory_config, output_tensor)

    function.__name__ = name
    function.__doc__ = f"ttnn.{name}."
    return operation(function, shards=True)


UNARY = {name: _unary(name, name in ("gelu", "exp", "sqrt", "rsqrt")) for name in FUNCTIONS}


def _operand(tensor, rank, shape):
    """The padded array, with axes of logical 1 cut to 1 where the result's is longer."""
    own = (1,) * (rank - len(tensor.shape)) + tuple(tensor.shape)
    values = tensor._padded()
    values = values.reshape((1,) * (rank - values.ndim) + values.shape)
    return values[
        tuple(
            slice(1) if n == 1 and wide > 1 else slice(None)
            for n, wide in zip(own, shape, strict=True)
        )
    ]


def _result_shape(name, a, b):
    try:
        return np.broadcast_shapes(tuple(a.shape), tuple(b.shape))
    except ValueError:
        raise RuntimeError(
            f"TT_THROW: {name}: Invalid subtile broadcast type: {a.shape} and {b.shape}"
        ) from None


def _compute(name, function, a, b, dtype, memory, output, activations):
    """`a` or `b` may be a number."""
    tensors = [x for x in (a, b) if isinstance(x, Tensor)]
    first = tensors[0]
    if len(tensors) == 2:
        require(a.dtype.is_float == b.dtype.is_float, f"{name} of {a.dtype} and {b.dtype}")
        shape = _result_shape(name, a, b)
        layout = Layout.TILE if Layout.TILE in (a.layout, b.layout) else Layout.ROW_MAJOR
    else:
        shape, layout = tuple(first.shape), first.layout
    dtype = dtype or (output.dtype if output is not None else first.dtype)
    rank = max(len(shape), 2) if layout is Layout.TILE else len(shape)
    wide = (1,) * (rank - len(shape)) + shape
    operands = [
        _operand(_in_layout(x, layout), rank, wide) if isinstance(x, Tensor) else x for x in (a, b)
    ]
    if first.dtype.is_float:
        operands = [np.float32(x) if not isinstance(x, np.ndarray) else x for x in operands]
    with np.errstate(all="ignore"):
        values = function(*operands)
    for activation in activations:
        values = apply(activation_name(activation), values)
    return finish(values, shape, dtype, layout, first._device, memory or first._memory, output)


def _in_layout(x, layout):
    return (
        x if x.layout is layout else Tensor._make(x._values(), x.dtype, layout, x._device, fill=0)
    )


def add(
    input_tensor_a: Tensor,
    input_tensor_b: Tensor | int | float | bool,
    *,
    dtype: DataType | None = None,
    memory_config: MemoryConfig | None = None,
    output_tensor: Tensor | None = None,
    activations: Sequence = (),
):
    """ttnn.add."""
    return _compute(
        "add",
        np.add,
        input_tensor_a,
        input_tensor_b,
        dtype,
        memory_config,
        output_tensor,
        activations,
    )


def subtract(
    input_tensor_a: Tensor,
    input_tensor_b: Tensor | int | float | bool,
    *,
    dtype: DataType | None = None,
    memory_config: MemoryConfig | None = None,
    output_tensor: Tensor | None = None,
    activations: Sequence = (),
):
    """ttnn.subtract; 0.75 takes no number first."""
    return _compute(
        "subtract",
        np.subtract,
        input_tensor_a,
        input_tensor_b,
        dtype,
        memory_config,
        output_tensor,
        activations,
    )


def multiply(
    input_tensor_a: Tensor,
    input_tensor_b: Tensor | int | float | bool,
    *,
    fast_and_approximate_mode: bool = False,
    dtype: DataType | None = None,
    memory_config: MemoryConfig | None = None,
    output_tensor: Tensor | None = None,
    activations: Sequence = (),
):
    """ttnn.multiply."""
    return _compute(
        "multiply",
        np.multiply,
        input_tensor_a,
        input_tensor_b,
        dtype,
        memory_config,
        output_tensor,
        activations,
    )


def divide(
    input_tensor_a: Tensor,
    input_tensor_b: Tensor | int | float | bool,
    *,
    fast_and_approximate_mode: bool = False,
    rounding_mode: str | None = None,
    dtype: DataType | None = None,
    memory_config: MemoryConfig | None = None,
    output_tensor: Tensor | None = None,
    activations: Sequence = (),
):
    """ttnn.divide."""
    require(rounding_mode is None, "rounding_mode is not in the stand-in")
    return _compute(
        "divide",
        np.divide,
        input_tensor_a,
        input_tensor_b,
        dtype,
        memory_config,
        output_tensor,
        activations,
    )


BINARY = {
    function.__name__: operation(function, shards=True)
    for function in (add, subtract, multiply, divide)
}


@operation
def geglu(input_tensor: Tensor, dim: int = -1, *, memory_config: MemoryConfig | None = None):
    """ttnn.geglu: the first half times gelu of the second."""
    x = input_tensor
    require(len(x.shape) == 4, "ShapeBase[] index out of range")
    require(dim in (-1, 3), f"glu-family ops only support the last dimension, got dim={dim}")
    require(x.shape[3] % 64 == 0, "Split tensor dimension should be in full tile")
    value, gate = np.split(x._padded(), 2, axis=3)
    gate = stored(apply("gelu", gate), x.dtype)
    shape = (*x.shape[:3], x.shape[3] // 2)
    return finish(value * gate, shape, x.dtype, x.layout, x._device, memory_config or x._memory)
