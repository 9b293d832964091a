# SPDX-License-Identifier: Apache-2.0
"""Between host, device and files, and between dtypes and layouts."""

import json
import os

import numpy as np

from .configs import MemoryConfig
from .device import MeshDevice
from .enums import DataType, Layout, StorageType, TensorMemoryLayout
from .operation import operation
from .sharding import require_same
from .tensor import POISON, Tensor, require, stored


def to_device(
    tensor: Tensor, device: MeshDevice, *, memory_config: MemoryConfig | None = None, cq_id=None
):
    """ttnn.to_device."""
    if not isinstance(tensor, Tensor) or not isinstance(device, MeshDevice):
        raise TypeError("ttnn.to_device(tensor: Tensor, device: MeshDevice, *, memory_config)")
    if tensor._device is not None:
        return tensor
    require(tensor._chips, "the tensor is deallocated")
    result = Tensor._of(None, tensor.shape, tensor.dtype, tensor.layout, device, memory_config)
    result._chips = device._place(tensor._chips)
    return result


def from_device(tensor: Tensor, *, blocking=True, cq_id=None):
    """ttnn.from_device."""
    if not isinstance(tensor, Tensor):
        raise TypeError("ttnn.from_device(tensor: Tensor)")
    if tensor._device is None:
        return tensor
    tensor._device._may_read()
    require(tensor._chips, "the tensor is deallocated")
    result = Tensor._of(None, tensor.shape, tensor.dtype, tensor.layout, None, tensor._memory)
    result._chips = [chip.copy() for chip in tensor._chips]
    return result


def is_tensor_storage_on_device(tensor):
    """Whether it is on a device."""
    return tensor.storage_type() is StorageType.DEVICE


def to_dtype(tensor: Tensor, dtype: DataType):
    """ttnn.to_dtype, of host tensors."""
    if not isinstance(tensor, Tensor) or not isinstance(dtype, DataType):
        raise TypeError("ttnn.to_dtype(tensor: Tensor, dtype: DataType)")
    require(tensor._device is None, "Expected Tensor with HostStorage, got StorageType::DEVICE")
    layout = Layout.TILE if dtype.is_block_float else tensor.layout
    aligned = all(n % 32 == 0 for n in tensor.shape[-2:])
    require(layout is tensor.layout or aligned, "to_dtype: Unsupported shape for tensor conversion")
    result = Tensor._of(None, tensor.shape, dtype, layout, None)
    result._chips = [stored(chip, dtype) for chip in tensor._chips]
    return result


@operation(host=True, shards=True)
def typecast(
    input_tensor: Tensor,
    dtype: DataType,
    *,
    memory_config: MemoryConfig | None = None,
    output_tensor: Tensor | None = None,
):
    """ttnn.typecast."""
    x = input_tensor
    require(output_tensor is None, "typecast into an output tensor is not in the stand-in")
    memory = require_same("typecast", x, memory_config)
    return Tensor._of(stored(x._padded(), dtype), x.shape, dtype, x.layout, x._device, memory)


@operation(host=True)
def to_layout(
    tensor: Tensor,
    layout: Layout,
    dtype: DataType | None = None,
    memory_config: MemoryConfig | None = None,
    sub_core_grids=None,
    pad_value: float = 0.0,
):
    """ttnn.to_layout: the padding is pad_value."""
    x = tensor
    if x._device is None:
        whole = x.padded_shape == x.shape
        require(
            layout is x.layout or not x.dtype.is_block_float or whole,
            "Tensor layout must be ROW_MAJOR",
        )
        layout, dtype = Layout.TILE if x.dtype.is_block_float else layout, x.dtype
    elif layout is Layout.ROW_MAJOR:
        allowed = dtype in (None, x.dtype) or (
            x.dtype is DataType.BFLOAT8_B and dtype is DataType.BFLOAT16
        )
        require(
            allowed,
            "dtype cannot be different from tensor dtype when converting to ROW_MAJOR_LAYOUT",
        )
        dtype = DataType.BFLOAT16 if x.dtype.is_block_float else x.dtype
    dtype = dtype or x.dtype
    if layout is x.layout:
        require(dtype is x.dtype, "dtype cannot be different when the layout is the same")
        return x
    return Tensor._make(
        x._values(), dtype, layout, x._device, memory_config or x._memory, fill=pad_value
    )


@operation(shards=True)
def to_memory_config(
    tensor: Tensor,
    memory_config: MemoryConfig,
    dtype: DataType | None = None,
    output_tensor: Tensor | None = None,
):
    """ttnn.to_memory_config."""
    require(output_tensor is None, "to_memory_config into an output tensor is not in the stand-in")
    dtype = dtype or tensor.dtype
    values = stored(tensor._padded(), dtype).copy()
    return Tensor._of(values, tensor.shape, dtype, tensor.layout, tensor._device, memory_config)


@operation(shards=True)
def sharded_to_interleaved(
    input_tensor: Tensor,
    memory_config: MemoryConfig | None = None,
    output_dtype: DataType | None = None,
):
    """ttnn.sharded_to_interleaved."""
    require(input_tensor.is_sharded(), "the tensor is not sharded")
    target = memory_config or MemoryConfig(TensorMemoryLayout.INTERLEAVED)
    return to_memory_config.__wrapped__(input_tensor, target, output_dtype)


@operation
def copy(input_a: Tensor, input_b: Tensor):
    """ttnn.copy: into input_b, which it gives back."""
    require(
        input_a.shape == input_b.shape, f"{input_a.shape} does not match output {input_b.shape}"
    )
    require(input_a.layout is input_b.layout, "Input tensor layout must equal output tensor layout")
    np.copyto(input_b._padded(), stored(input_a._padded(), input_b.dtype))
    return input_b


def copy_host_to_device_tensor(host_tensor, device_tensor, cq_id=None):
    """ttnn.copy_host_to_device_tensor."""
    require(
        device_tensor._device is not None and host_tensor._device is None,
        "from the host to the device",
    )
    device_tensor._device._may_read()
    require(host_tensor.dtype is device_tensor.dtype, "Host tensor has different dtype")
    require(host_tensor.shape == device_tensor.shape, "Host tensor has different shape")
    require(host_tensor.layout is device_tensor.layout, "Host tensor has different layout")
    chips = host_tensor._chips
    chips = chips if len(chips) == len(device_tensor._chips) else chips * len(device_tensor._chips)
    for into, values in zip(device_tensor._chips, chips, strict=True):
        np.copyto(into, values)


def deallocate(tensor, force=True):
    """ttnn.deallocate."""
    tensor.deallocate(force)


def _filled(shape, value, dtype, layout, device, memory_config):
    values = np.full(tuple(shape), value, np.float32)

    def one():
        return Tensor._make(values, dtype, layout, device, memory_config, fill=value)

    if device is None:
        return one()
    tensor = one()
    tensor._chips = device._place(tensor._chips)
    return tensor


def empty(shape, dtype=DataType.BFLOAT16, layout=Layout.ROW_MAJOR, device=None, memory_config=None):
    """ttnn.empty; whole numbers are zeros, as they may be used as ids."""
    content = POISON if dtype.is_float else 0
    return _filled(shape, content, dtype, layout, device, memory_config)


def zeros(shape, dtype=None, layout=None, device=None, memory_config=None):
    """ttnn.zeros."""
    return full(shape, 0, dtype, layout, device, memory_config)


def ones(shape, dtype=None, layout=None, device=None, memory_config=None):
    """ttnn.ones."""
    return full(shape, 1, dtype, layout, device, memory_config)


def full(shape, fill_value, dtype=None, layout=None, device=None, memory_config=None):
    """ttnn.full."""
    return _filled(
        shape,
        fill_value,
        dtype or DataType.BFLOAT16,
        layout or Layout.ROW_MAJOR,
        device,
        memory_config,
    )


_SUFFIX = ".tensorbin"


def dump_tensor(file_name, tensor, enable_multihost_format=False):
    """ttnn.dump_tensor, in a format of its own: a line of JSON, then the chips' numbers."""
    if not str(file_name).endswith(_SUFFIX):
        raise RuntimeError(f"File {file_name} must have {_SUFFIX} extension")
    host = from_device(tensor)
    facts = [
        list(host.shape),
        host.dtype.value,
        host.layout.value,
        len(host._chips),
        host._chips[0].dtype.name,
    ]
    with open(file_name, "wb") as file:
        file.write(json.dumps(facts).encode() + b"\n")
        for chip in host._chips:
            file.write(chip.tobytes())


def load_tensor(file_name, *, device=None):
    """ttnn.load_tensor."""
    if not os.path.exists(file_name):
        raise RuntimeError(f"Unable to load the tensor from {file_name}.  The file does not exist.")
    with open(file_name, "rb") as file:
        shape, dtype, layout, chips, kind = json.loads(file.readline())
        values = np.frombuffer(file.read(), kind)
    tensor = Tensor._of(None, shape, DataType(dtype), Layout(layout), None)
    tensor._chips = [part.reshape(tensor.padded_shape).copy() for part in np.split(values, chips)]
    return tensor if device is None else to_device(tensor, device)
