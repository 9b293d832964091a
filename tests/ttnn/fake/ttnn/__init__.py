# SPDX-License-Identifier: Apache-2.0
"""As much of ttnn as the device process touches, over numpy; and ways for a call to go wrong.

FAKE_TTNN_OPEN=refuse and =hang are about opening the device; FAKE_TTNN_LOG names a file that gets a line for
each device opened and closed.
"""

import os
import sys
import time
import types

import numpy

__version__ = "0.0-fake"

float32, bfloat16, bfloat8_b, bfloat4_b, uint32 = (
    "float32",
    "bfloat16",
    "bfloat8_b",
    "bfloat4_b",
    "uint32",
)
TILE_LAYOUT, ROW_MAJOR_LAYOUT = "tile", "row_major"
DRAM_MEMORY_CONFIG, L1_MEMORY_CONFIG = "dram", "l1"


class BufferType:
    DRAM, L1, L1_SMALL = "dram", "l1", "l1_small"


class MathFidelity:
    HiFi2 = "hifi2"


class FabricConfig:
    FABRIC_1D = "fabric 1d"


class MeshShape(tuple):
    def __new__(cls, *extents):
        return super().__new__(cls, extents)


def log(words):
    if "FAKE_TTNN_LOG" in os.environ:
        with open(os.environ["FAKE_TTNN_LOG"], "a") as file:
            file.write(words + "\n")


class Tensor:
    """One array for each chip."""

    alive = 0

    def __init__(self, array, dtype, layout=ROW_MAJOR_LAYOUT, mesh_mapper=None):
        Tensor.alive += 1
        self.chips = mesh_mapper(array) if mesh_mapper else [array]
        self.dtype, self.layout, self.on_device = dtype, layout, False

    def __del__(self):
        Tensor.alive -= 1

    def to_numpy(self):
        assert self.layout == ROW_MAJOR_LAYOUT and self.dtype == float32
        return self.chips[0]


def like(tensor, chips, **changed):
    made = Tensor(None, tensor.dtype, tensor.layout)
    made.chips, made.on_device = chips, tensor.on_device
    for name, value in changed.items():
        setattr(made, name, value)
    return made


class Device:
    def __init__(self, chips, sizes):
        self.chips, self.sizes = chips, sizes

    def get_num_devices(self):
        return self.chips

    def clear_program_cache(self):
        log("clear program cache")

    def arch(self):
        return "Arch.WORMHOLE_B0"

    def compute_with_storage_grid_size(self):
        return types.SimpleNamespace(x=8, y=7)


def open_device(device_id, l1_small_size, trace_region_size):
    how = os.environ.get("FAKE_TTNN_OPEN")
    if how == "refuse":
        raise RuntimeError(
            "TT_THROW @ /project/cluster.cpp:5: no\ninfo:\nThe card is in use\nbacktrace:\n --- a"
        )
    if how == "hang":
        time.sleep(1000)
    log("open")
    return Device(1, (l1_small_size, trace_region_size))


def set_fabric_config(config):
    log(config)


def open_mesh_device(shape, l1_small_size, trace_region_size):
    log("open mesh")
    return Device(shape[0] * shape[1], (l1_small_size, trace_region_size))


def close_device(device):
    log(f"close with {Tensor.alive} tensors")


close_mesh_device = close_device


def synchronize_device(device):
    log("synchronize")


def memory_view(device, kind):
    return types.SimpleNamespace(
        num_banks=12,
        total_bytes_per_bank=1000,
        total_bytes_allocated_per_bank=Tensor.alive,
    )


def replicate_tensor_to_mesh_mapper(device):
    return lambda array: [array] * device.chips


def shard_tensor_to_mesh_mapper(device, dim):
    return lambda array: numpy.split(array, device.chips, dim)


def to_device(tensor, device, memory_config):
    return like(tensor, tensor.chips, on_device=True)


def from_device(tensor):
    return like(tensor, tensor.chips, on_device=False)


def is_tensor_storage_on_device(tensor):
    return tensor.on_device


def get_device_tensors(tensor):
    return [like(tensor, [chip]) for chip in tensor.chips]


def to_layout(tensor, layout):
    return like(tensor, tensor.chips, layout=layout)


def to_dtype(tensor, dtype):
    return like(tensor, tensor.chips, dtype=dtype)


def dump_tensor(path, tensor):
    numpy.save(path, tensor.chips[0])
    os.rename(path + ".npy", path)


def load_tensor(path):
    with open(path, "rb") as file:
        return Tensor(numpy.load(file), float32)


# Functions that programs call.


def add(a, b):
    return like(a, [x + y for x, y in zip(a.chips, chips_of(b, a), strict=True)])


def chips_of(value, beside):
    return value.chips if isinstance(value, Tensor) else [value] * len(beside.chips)


def split_in_two(tensor):
    halves = [numpy.split(chip, 2, -1) for chip in tensor.chips]
    return like(tensor, [h[0] for h in halves]), (
        like(tensor, [h[1] for h in halves]),
        7,
    )


def expect(*arguments, **keywords):
    """Fails unless the last argument describes the others."""
    found = repr((arguments[:-1], keywords))
    if found != arguments[-1]:
        raise ValueError(f"found {found}")


class transformer:
    @staticmethod
    def attention(tensor):
        return tensor


def refuse():
    raise RuntimeError(
        "TT_FATAL @ /project/ttnn/cpp/matmul.cpp:79: a[-1] == b[-2]\ninfo:\nMismatch: width=64 height=96\nbacktrace:\n"
        " --- /lib/_ttnncpp.so(+0xb5ab29) [0x7f]\n --- ttnn::prim::matmul(ttnn::Tensor const&)\n"
    )


def out_of_memory():
    raise MemoryError


def say(words):
    print(words)
    print(words, file=sys.stderr, flush=True)


def die(number):
    sys.stdout.flush()
    os.kill(os.getpid(), number)


def hang():
    time.sleep(1000)


def rest(seconds):
    time.sleep(seconds)


def write_to_channel(words):
    os.write(3, words.encode("latin-1"))


def expect_few_files(most):
    found = {
        name: os.readlink(f"/proc/self/fd/{name}")
        for name in os.listdir("/proc/self/fd")[:-1]
    }
    if len(found) > most:
        raise ValueError(str(found))


def three():
    return [1, 2, 3]


def run_program(words):
    return os.system(words)


def begin_trace_capture(device, cq_id):
    log("begin trace")
    return 5


def end_trace_capture(device, trace, cq_id):
    log(f"end trace {trace}")


def execute_trace(device, trace, cq_id, blocking):
    log(f"execute trace {trace}")


def release_trace(device, trace):
    log(f"release trace {trace}")


class graph:
    class RunMode:
        NO_DISPATCH = 1

    @staticmethod
    def begin_graph_capture(mode):
        log("begin graph")

    @staticmethod
    def end_graph_capture():
        log("end graph")
        allocate = {
            "node_type": "buffer_allocate",
            "params": {"type": "DRAM", "size": "100"},
        }
        free = {
            "node_type": "buffer_deallocate",
            "params": {"type": "DRAM", "size": "100"},
        }
        return [
            {"node_type": "capture_start", "params": None},
            allocate,
            allocate,
            free,
            allocate,
        ]

    @staticmethod
    def extract_resource_usage_per_core(nodes):
        return types.SimpleNamespace(peak_total=30, peak_l1=10, peak_cb=20)


_ttnn = types.SimpleNamespace(
    device=types.SimpleNamespace(GetMemoryView=memory_view), graph=graph
)
