# SPDX-License-Identifier: Apache-2.0
"""Tensors: a numpy array per chip, of the padded shape, that holds what the dtype can hold."""

import itertools
import math

import numpy as np

from .configs import DRAM_MEMORY_CONFIG
from .enums import DataType, Layout, StorageType
from .formats import round_bfloat16, round_block_float

TILE_SIZE = 32

# What tile padding holds where ttnn leaves it undefined: finite, and far above any number of a
# network, so that a sum over it, or a shared exponent with it, cannot go unnoticed.
POISON = np.float32(30000.0)

_INTEGERS = {
    DataType.UINT32: np.uint32,
    DataType.INT32: np.int32,
    DataType.UINT16: np.uint16,
    DataType.UINT8: np.uint8,
}
_FROM_NUMPY = {
    "float32": DataType.FLOAT32,
    "int32": DataType.INT32,
    "uint32": DataType.UINT32,
    "uint16": DataType.UINT16,
    "uint8": DataType.UINT8,
}
_identifiers = itertools.count()


class Shape(tuple):
    """A tensor's extents."""

    __slots__ = ()

    def __eq__(self, other):
        return tuple(self) == tuple(other)

    def __ne__(self, other):
        return not self == other

    __hash__ = tuple.__hash__

    def __repr__(self):
        return f"Shape({list(self)})"

    __str__ = __repr__

    @property
    def rank(self):
        """Number of axes."""
        return len(self)


def require(condition, text):
    """TT_FATAL."""
    if not condition:
        raise RuntimeError(f"TT_FATAL: {text}")


def padded_shape(shape, layout):
    """The shape that is stored: tiles are whole."""
    if layout is Layout.ROW_MAJOR:
        return tuple(shape) or (1,)
    shape = (1,) * (2 - len(shape)) + tuple(shape)
    return (*shape[:-2], *(-(-n // TILE_SIZE) * TILE_SIZE for n in shape[-2:]))


def require_fit(shape, layout, memory):
    """Block shards: whole tiles that cover the tensor, on cores that there are."""
    if memory.shard_spec is None:
        return
    height, width = memory.shard_spec.shape
    (cores,) = memory.shard_spec.grid.ranges
    columns, rows = cores.end.x + 1, cores.end.y + 1
    require(columns <= 8 and rows <= 8, f"Invalid shard grid: {columns} x {rows} cores")
    require(
        layout is Layout.ROW_MAJOR or height % TILE_SIZE == width % TILE_SIZE == 0,
        f"Shard shape {height}x{width} is not of whole tiles",
    )
    require(
        math.prod(shape[:-1]) <= rows * height and shape[-1] <= columns * width,
        f"{shape} is larger than {rows} x {columns} shards of {height} x {width}",
    )


def pad_to(values, layout, fill):
    """`values` with tile padding of `fill`."""
    whole = padded_shape(values.shape, layout)
    values = values.reshape((1,) * (len(whole) - values.ndim) + values.shape)
    if values.shape == whole:
        return values
    return np.pad(
        values, [(0, n - m) for m, n in zip(values.shape, whole, strict=True)], constant_values=fill
    )


def stored(values, dtype):
    """What is left of `values`, of a padded shape, when they are stored as `dtype`."""
    if dtype in _INTEGERS:
        return values.astype(_INTEGERS[dtype])
    values = np.ascontiguousarray(values, np.float32)
    if dtype is DataType.BFLOAT16:
        return round_bfloat16(values)
    if dtype.is_block_float:
        return round_block_float(values, 7 if dtype is DataType.BFLOAT8_B else 3)
    return values


class Tensor:
    """ttnn.Tensor; `_chips` has the padded array of each chip."""

    def __init__(
        self,
        tensor,
        data_type=None,
        device=None,
        layout=None,
        mem_config=None,
        tile=None,
        cq_id=None,
        pad_value=None,
        mesh_mapper=None,
    ):
        """From a numpy array or a memoryview of numbers."""
        if not isinstance(tensor, (np.ndarray, memoryview)) or not isinstance(
            data_type, DataType | None
        ):
            raise TypeError("Tensor(): incompatible function arguments")
        values = np.asarray(tensor)
        if not values.flags.writeable:
            raise TypeError("Tensor(): the array is read-only")
        require(
            values.dtype.name in (*_FROM_NUMPY, "int64"),
            f"cannot make a tensor of numpy's {values.dtype}",
        )
        dtype = data_type or _FROM_NUMPY.get(values.dtype.name, DataType.UINT32)
        layout = layout or (Layout.TILE if dtype.is_block_float else Layout.ROW_MAJOR)
        if not isinstance(layout, Layout):
            raise TypeError("Tensor(): layout is a Layout")
        require(
            layout is Layout.TILE or not dtype.is_block_float,
            "bfloat8_b and bfloat4_b exist in tiles only",
        )
        parts = mesh_mapper.parts(values) if mesh_mapper else [values]
        fill = 0 if pad_value is None else pad_value
        chips = [stored(pad_to(part, layout, fill), dtype) for part in parts]
        self._set(
            device._place(chips) if device else chips,
            parts[0].shape,
            dtype,
            layout,
            device,
            mem_config,
        )

    def _set(self, chips, shape, dtype, layout, device, memory):
        if device is not None and memory is not None:
            require_fit(padded_shape(shape, layout), layout, memory)
        self._chips, self._shape, self.dtype, self.layout = chips, Shape(shape), dtype, layout
        self._device, self._memory, self._id = (
            device,
            memory or DRAM_MEMORY_CONFIG,
            next(_identifiers),
        )
        if device is not None:
            device._tensors.add(self)

    @classmethod
    def _make(cls, values, dtype, layout, device, memory=None, fill=POISON):
        """From an array of the logical shape; `fill` becomes the padding."""
        values = np.asarray(values)
        return cls._of(
            stored(pad_to(values, layout, fill), dtype), values.shape, dtype, layout, device, memory
        )

    @classmethod
    def _of(cls, padded, shape, dtype, layout, device, memory=None):
        """From an array of the padded shape that `dtype` can hold."""
        require(
            layout is Layout.TILE or not dtype.is_block_float,
            f"only tiles are supported for {dtype}",
        )
        tensor = cls.__new__(cls)
        tensor._set([padded], shape, dtype, layout, device, memory)
        return tensor

    @property
    def shape(self):
        """The logical shape."""
        return self._shape

    @property
    def padded_shape(self):
        """The stored shape."""
        return Shape(padded_shape(self._shape, self.layout))

    def memory_config(self):
        """Where it is."""
        return self._memory

    def storage_type(self):
        """On the host or the device."""
        return StorageType.HOST if self._device is None else StorageType.DEVICE

    def device(self):
        """The device it is on."""
        return self._device

    def get_dtype(self):
        """As `dtype`."""
        return self.dtype

    def get_layout(self):
        """As `layout`."""
        return self.layout

    def is_sharded(self):
        """Whether each core has a piece of its own."""
        return self._memory.is_sharded()

    def is_allocated(self):
        """Until deallocate()."""
        return bool(self._chips)

    def deallocate(self, force=False):
        """Its numbers are gone; using it fails."""
        self._chips = []

    def volume(self):
        """Number of logical elements."""
        return math.prod(self._shape)

    logical_volume = volume

    def _padded(self):
        require(
            len(self._chips) == 1,
            "the tensor is deallocated" if not self._chips else "several chips' tensor",
        )
        return self._chips[0]

    def _values(self):
        """The array of the logical shape."""
        padded = self._padded()
        whole = (1,) * (padded.ndim - len(self._shape)) + tuple(self._shape)
        return padded[tuple(slice(n) for n in whole)].reshape(self._shape)

    def _chip(self, index):
        """One chip's tensor, of the same memory."""
        tensor = Tensor._of(
            self._chips[index], self._shape, self.dtype, self.layout, self._device, self._memory
        )
        tensor._id = self._id
        return tensor

    def to_numpy(self):
        """A copy of the numbers; as objects for bfloat16, which numpy does not have."""
        values = self._values().copy()
        return values.astype(object) if self.dtype is DataType.BFLOAT16 else values

    def __repr__(self):
        return f"ttnn.Tensor(shape={self.shape}, dtype={self.dtype}, layout={self.layout})"
