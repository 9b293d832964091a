# SPDX-License-Identifier: Apache-2.0
"""Devices: one chip or a 1x2 mesh, what their memories hold, and traces."""

import math
import weakref

import numpy as np

from .configs import CoreCoord, CoreGrid
from .enums import Arch, BufferType, DataType, FabricConfig, Layout
from .tensor import POISON, Tensor, require

# A Wormhole N150 as TT-NN shows it: banks and bytes per bank.
BANKS = {
    BufferType.DRAM: (12, 1072693184),
    BufferType.L1: (72, 1360544),
    BufferType.L1_SMALL: (72, 32768),
}
_TILE_BYTES = {
    DataType.BFLOAT16: 2048,
    DataType.BFLOAT8_B: 1088,
    DataType.BFLOAT4_B: 576,
    DataType.UINT16: 2048,
}

_fabric = [FabricConfig.DISABLED]


class MeshShape(tuple):
    """Rows and columns of chips."""

    def __new__(cls, *shape):
        """MeshShape(1, 2) or MeshShape([1, 2])."""
        return super().__new__(cls, shape[0] if len(shape) == 1 else shape)


class Trace:
    """Calls recorded on a device, and the tensors that they fill.

    It keeps all of them, where a card's trace keeps their addresses: with one, memory in use is
    what a program makes altogether.
    """

    def __init__(self):
        """Empty."""
        self.calls = []
        self.filled = []  # tensors that the calls make; what a call hands through is not

    def add(self, run, results, taken):
        """A call, what it gave, and what it took."""
        self.calls.append((run, results))
        self.filled += [made for made in results if all(made is not given for given in taken)]

    def replay(self):
        """Computes all again, into the same tensors."""
        for run, results in self.calls:
            for old, new in zip(results, _flat(run()), strict=True):
                if old is not new:
                    for into, values in zip(old._chips, new._chips, strict=True):
                        np.copyto(into, values)


def _flat(result):
    if isinstance(result, Tensor):
        return [result]
    return (
        [tensor for item in result or () for tensor in _flat(item)]
        if isinstance(result, (list, tuple))
        else []
    )


class MeshDevice:
    """ttnn.MeshDevice: `chips` chips in a row."""

    def __init__(self, chips):
        """Open."""
        self.shape = MeshShape(1, chips)
        self._open, self._recording, self._traces = True, None, {}
        self._tensors = weakref.WeakSet()

    def arch(self):
        """The processor."""
        return Arch.WORMHOLE_B0

    def compute_with_storage_grid_size(self):
        """Columns and rows of cores, of the mock N150."""
        return CoreCoord(8, 9)

    @property
    def core_grid(self):
        """The same as a grid."""
        return CoreGrid(x=8, y=9)

    def get_num_devices(self):
        """Number of chips."""
        return self.shape[1]

    def get_device_ids(self):
        """Their numbers."""
        return list(range(self.shape[1]))

    def enable_program_cache(self):
        """Nothing to cache."""

    def clear_program_cache(self):
        """Nothing is kept."""

    def dram_grid_size(self):
        """Banks of DRAM."""
        return CoreCoord(12, 1)

    def _place(self, chips):
        """The arrays of host tensors, one per chip; copies, as a device's memory is its own."""
        require(self._open, "the device is closed")
        require(self._recording is None, "Writes are not supported during trace capture.")
        require(
            len(chips) in (1, self.shape[1]),
            f"{len(chips)} shards do not fit {self.shape[1]} chips",
        )
        copies = [chip.copy() for chip in chips]
        return (
            copies
            if len(copies) == self.shape[1]
            else [chips[0].copy() for _ in range(self.shape[1])]
        )

    def _may_read(self):
        require(self._open, "the device is closed")
        require(self._recording is None, "Reads are not supported during trace capture.")


def open_device(*, device_id: int, l1_small_size: int = 0, trace_region_size: int = 0, **others):
    """One chip."""
    require(device_id == 0, "there is one device")
    _refuse_unknown(
        "open_device", others, ("dispatch_core_config", "worker_l1_size", "num_command_queues")
    )
    return MeshDevice(1)


def open_mesh_device(mesh_shape, *, l1_small_size: int = 0, trace_region_size: int = 0, **others):
    """Chips in a row."""
    _refuse_unknown(
        "open_mesh_device", others, ("dispatch_core_config", "worker_l1_size", "num_command_queues")
    )
    require(
        tuple(mesh_shape) in ((1, 1), (1, 2)), f"no mesh of {tuple(mesh_shape)} in this machine"
    )
    return MeshDevice(mesh_shape[1])


def _refuse_unknown(name, given, known):
    for key in given:
        if key not in known:
            raise TypeError(f"{name}(): no argument named {key}")


def close_device(device):
    """Its tensors cannot be used any longer."""
    require(device._open, "the device is closed already")
    device._open = False


close_mesh_device = close_device


def set_fabric_config(config, *others):
    """Before a mesh is opened that sends data between chips."""
    _fabric[0] = config


def fabric_is_on():
    """Whether data can be sent between chips."""
    return _fabric[0] is not FabricConfig.DISABLED


def synchronize_device(device, cq_id=None, sub_device_ids=()):
    """All is done already."""
    device._may_read()


class MemoryView:
    """What one kind of memory holds, per bank."""

    def __init__(self, device, kind):
        """As it is now."""
        self.num_banks, self.total_bytes_per_bank = BANKS[kind]
        arrays = {}
        for tensor in device._tensors:
            if tensor._chips and tensor._memory.buffer_type is kind:
                arrays[id(tensor._chips[0])] = self._bytes_per_bank(tensor)
        self.total_bytes_allocated_per_bank = sum(arrays.values())
        self.total_bytes_free_per_bank = (
            self.total_bytes_per_bank - self.total_bytes_allocated_per_bank
        )
        self.largest_contiguous_bytes_free_per_bank = self.total_bytes_free_per_bank

    def _bytes_per_bank(self, tensor):
        if tensor._memory.shard_spec is not None:
            elements = math.prod(tensor._memory.shard_spec.shape)
            return elements // 1024 * _TILE_BYTES.get(tensor.dtype, 4096)
        elements = math.prod(tensor.padded_shape)
        if tensor.layout is Layout.TILE:
            pages, page = elements // 1024, _TILE_BYTES.get(tensor.dtype, 4096)
        else:
            width = tensor.padded_shape[-1]
            pages, page = (
                elements // max(width, 1),
                width * (2 if tensor.dtype is DataType.BFLOAT16 else 4),
            )
        return -(-pages // self.num_banks) * (-(-page // 32) * 32)


def get_memory_view(device, kind):
    """ttnn.get_memory_view."""
    return MemoryView(device, kind)


def begin_trace_capture(device, *, cq_id=None):
    """From here on calls are recorded."""
    require(device._recording is None, "a trace is being captured already")
    device._recording = Trace()
    return len(device._traces)


def end_trace_capture(device, trace_id, *, cq_id=None):
    """What the calls filled is undefined until the trace is executed."""
    trace, device._recording = device._recording, None
    require(trace is not None, "no trace is being captured")
    device._traces[trace_id] = trace
    for tensor in trace.filled:
        for chip in tensor._chips:
            chip.fill(POISON)


def execute_trace(device, trace_id, *, cq_id=None, blocking=True):
    """Computes what was recorded."""
    require(trace_id in device._traces, f"no trace {trace_id}")
    device._traces[trace_id].replay()


def release_trace(device, trace_id):
    """Forgets it."""
    require(trace_id in device._traces, f"no trace {trace_id}")
    del device._traces[trace_id]
