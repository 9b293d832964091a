# SPDX-License-Identifier: Apache-2.0
"""Convolution: patches in rows, then a matrix product."""

import numpy as np

from .configs import Conv2dConfig, MemoryConfig, WormholeComputeKernelConfig
from .device import MeshDevice
from .eltwise import activation_name, apply
from .enums import BufferType, DataType, Layout, MathFidelity, TensorMemoryLayout
from .matrix_engine import intermediate, kernel_config, product, unpacked
from .operation import Sequence, device_of, operation
from .tensor import Tensor, require, stored


def _sides(padding):
    """Top, bottom, left, right."""
    padding = list(padding)
    require(len(padding) in (2, 4), f"conv2d: padding of {len(padding)}")
    return padding if len(padding) == 4 else [padding[0], padding[0], padding[1], padding[1]]


def _one_copy(tensor):
    """The values of a host tensor that every chip of a mesh has whole."""
    for chip in tensor._chips[1:]:
        require(np.array_equal(chip, tensor._chips[0]), "conv2d: other weights on other chips")
    return (tensor._chip(0) if len(tensor._chips) > 1 else tensor)._values()


def _prepared_weight(weight, dtype, in_channels, out_channels, kernel, device, groups):
    """[1, 1, taps * channels, out] in tiles as the device keeps it; channels fill whole tiles."""
    if weight._device is not None:
        require(
            tuple(weight.shape[:2]) == (1, 1) and weight.layout is Layout.TILE,
            "conv2d: unprepared device weights",
        )
        return weight
    require(
        weight.layout is Layout.ROW_MAJOR, "Host conv weights layout should be in row_major layout"
    )
    wanted = (out_channels, in_channels // groups, *kernel)
    require(tuple(weight.shape) == wanted, f"conv2d: weights of {weight.shape}, expected {wanted}")
    values = _one_copy(weight)
    if groups > 1:
        whole = np.zeros((out_channels, in_channels, *kernel), np.float32)
        each, wide = out_channels // groups, in_channels // groups
        for g in range(groups):
            whole[g * each : (g + 1) * each, g * wide : (g + 1) * wide] = values[
                g * each : (g + 1) * each
            ]
        values = whole
    deep = -(-in_channels // 32) * 32
    rows = np.zeros((*kernel, deep, -(-out_channels // 32) * 32), np.float32)
    rows[:, :, :in_channels, :out_channels] = values.transpose(2, 3, 1, 0)
    rows = rows.reshape(1, 1, -1, rows.shape[-1])
    return _resident(rows, dtype, device)


def _prepared_bias(bias, dtype, out_channels, device):
    if bias is None or bias._device is not None:
        return bias
    require(bias.layout is Layout.ROW_MAJOR, "Host conv bias layout should be in row_major layout")
    require(len(bias.shape) == 4, "ShapeBase[] index out of range: the bias is [1, 1, 1, out]")
    require(bias.shape[3] == out_channels, "Bias must have the same length as output channels")
    row = np.zeros((1, 1, 1, -(-out_channels // 32) * 32), np.float32)
    row[..., :out_channels] = _one_copy(bias)
    return _resident(row, dtype, device)


def _resident(values, dtype, device):
    """On every chip, padded with zeros."""
    tensor = Tensor._make(values, dtype, Layout.TILE, device, fill=0)
    tensor._chips = device._place(tensor._chips)
    return tensor


def _patches(x, kernel, stride, sides):
    """[n, h, w, c] to rows [n * oh * ow, taps * c]."""
    top, bottom, left, right = sides
    x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel, (1, 2))[
        :, :: stride[0], :: stride[1]
    ]
    n, height, width = windows.shape[:3]
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(n * height * width, -1), height, width


@operation(shards=True)
def _convolve(
    input_tensor: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    shape,
    kernel,
    stride,
    sides,
    config,
    options,
):
    """One chip's convolution of prepared weights."""
    n, height, width, channels, out_channels = shape
    values = input_tensor._values()
    require(
        values.size == n * height * width * channels,
        "Attempting to reshape between two shapes with different volumes",
    )
    rows = -(-channels // 32) * 32
    taps = kernel[0] * kernel[1]
    require(
        weight.shape[2] == taps * rows,
        f"conv2d: prepared weights of {weight.shape} for {channels} channels, {kernel}",
    )
    require(
        weight.shape[3] == -(-out_channels // 32) * 32,
        "conv2d: prepared weights of other output channels",
    )
    image = np.zeros((n, height, width, rows), np.float32)
    image[..., :channels] = values.reshape(n, height, width, channels)
    dtype = input_tensor.dtype
    rows, out_height, out_width = _patches(unpacked(image, dtype, config), kernel, stride, sides)
    result = product(rows, unpacked(weight._padded()[0, 0], weight.dtype, config), config)
    if bias is not None:
        result = intermediate(
            result + unpacked(bias._padded()[0, 0, :1], bias.dtype, config), config
        )
    if options["activation"] is not None:
        result = intermediate(apply(activation_name(options["activation"]), result), config)
    result = result[:, :out_channels].reshape(1, 1, -1, out_channels)
    memory = MemoryConfig()  # of an image in DRAM, whatever the caller wants
    if input_tensor._memory.buffer_type is BufferType.L1:
        sharded = MemoryConfig(
            options["shard_layout"] or TensorMemoryLayout.HEIGHT_SHARDED, BufferType.L1
        )
        memory = options["memory_config"] or sharded
    result = Tensor._make(
        stored(result, options["dtype"]),
        options["dtype"],
        Layout.TILE,
        input_tensor._device,
        memory,
    )
    return result, [out_height, out_width]


def _integers(name, values):
    values = list(values)
    if not all(type(value) is int for value in values):
        raise TypeError(f"ttnn.conv2d(): {name} is a sequence of int")
    return values


def conv2d(
    *,
    input_tensor: Tensor,
    weight_tensor: Tensor,
    device: MeshDevice,
    in_channels: int,
    out_channels: int,
    batch_size: int,
    input_height: int,
    input_width: int,
    kernel_size: Sequence,
    stride: Sequence = (1, 1),
    padding: Sequence = (0, 0),
    dilation: Sequence = (1, 1),
    groups: int = 1,
    dtype: DataType | None = None,
    bias_tensor: Tensor | None = None,
    conv_config: Conv2dConfig | None = None,
    compute_config: WormholeComputeKernelConfig | None = None,
    memory_config: MemoryConfig | None = None,
    slice_config=None,
    return_output_dim: bool = False,
    return_weights_and_bias: bool = False,
):
    """ttnn.conv2d of [1, 1, n*h*w, c] or [n, h, w, c], to [1, 1, n*oh*ow, out]."""
    kernel, stride = _integers("kernel_size", kernel_size), _integers("stride", stride)
    require(tuple(dilation) == (1, 1), "conv2d: dilation is not in the stand-in")
    require(
        input_tensor.shape[-1] == in_channels,
        f"conv2d: {in_channels} channels of {input_tensor.shape}",
    )
    settings = conv_config or Conv2dConfig()
    require(settings.output_layout is Layout.TILE, "conv2d to rows is not in the stand-in")
    config = kernel_config(compute_config, MathFidelity.HiFi4)
    device_of(input_tensor)
    kept = settings.weights_dtype or weight_tensor.dtype
    weight = _prepared_weight(
        weight_tensor, kept, in_channels, out_channels, kernel, device, groups
    )
    bias = _prepared_bias(bias_tensor, kept, out_channels, device)
    options = {
        "activation": settings.activation,
        "shard_layout": settings.shard_layout,
        "memory_config": memory_config,
        "dtype": dtype or input_tensor.dtype,
    }
    shape = (batch_size, input_height, input_width, in_channels, out_channels)
    result, size = _convolve(
        input_tensor,
        weight,
        bias,
        shape,
        tuple(kernel),
        tuple(stride),
        _sides(padding),
        config,
        options,
    )
    answer = [result]
    if return_output_dim:
        answer.append(tuple(size))
    if return_weights_and_bias:
        answer.append((weight, bias))
    return answer[0] if len(answer) == 1 else tuple(answer)


conv2d = operation(host=True, whole=True, shards=True)(conv2d)
