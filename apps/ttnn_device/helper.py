# SPDX-License-Identifier: Apache-2.0
"""What takes more than one call of ttnn. Imports numpy and ttnn, never torch."""

import importlib.metadata
import json
import os

import numpy
import ttnn

DTYPES = {
    "float32": ttnn.float32,
    "bfloat16": ttnn.bfloat16,
    "bfloat8_b": ttnn.bfloat8_b,
    "bfloat4_b": ttnn.bfloat4_b,
    "uint32": ttnn.uint32,
}
LAYOUTS = {"tile": ttnn.TILE_LAYOUT, "row_major": ttnn.ROW_MAJOR_LAYOUT}
MEMORIES = {"dram": ttnn.DRAM_MEMORY_CONFIG, "l1": ttnn.L1_MEMORY_CONFIG, "host": None}


def open_device(chips, l1_small_size, trace_region_size):
    sizes = {"l1_small_size": l1_small_size, "trace_region_size": trace_region_size}
    if chips == 1:
        return ttnn.open_device(device_id=0, **sizes)
    ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)  # before the mesh, for all_gather
    return ttnn.open_mesh_device(ttnn.MeshShape(1, chips), **sizes)


def close_device(device):
    if device.get_num_devices() == 1:
        ttnn.close_device(device)
    else:
        ttnn.close_mesh_device(device)


def memory_view(device, kind):
    return ttnn._ttnn.device.GetMemoryView(device, kind)


def version():
    try:
        return importlib.metadata.version("ttnn")
    except importlib.metadata.PackageNotFoundError:
        return str(getattr(ttnn, "__version__", "unknown"))


def describe(device):
    """The device's facts, as JSON."""
    grid = device.compute_with_storage_grid_size()
    dram = memory_view(device, ttnn.BufferType.DRAM)
    l1 = memory_view(device, ttnn.BufferType.L1)
    facts = {
        "ttnn": version(),
        "arch": str(device.arch()).rpartition(".")[2].lower(),
        "grid": [grid.x, grid.y],
        "chips": device.get_num_devices(),
        "dram": {"banks": dram.num_banks, "bytes_per_bank": dram.total_bytes_per_bank},
        "l1": {"banks": l1.num_banks, "bytes_per_bank": l1.total_bytes_per_bank},
    }
    return json.dumps(facts)


def memory(device):
    """Bytes per bank in use, as JSON."""
    kinds = {"dram": "DRAM", "l1": "L1", "l1_small": "L1_SMALL"}
    used = {}
    for name, kind in kinds.items():
        view = memory_view(device, getattr(ttnn.BufferType, kind))
        used[name] = {"allocated": view.total_bytes_allocated_per_bank}
    return json.dumps(used)


def as_array(view, dtype, shape):
    if dtype == "bfloat16":
        bits = numpy.frombuffer(view, numpy.uint16).astype(numpy.uint32) << 16
        return bits.view(numpy.float32).reshape(shape)
    return numpy.frombuffer(view, numpy.dtype(dtype)).reshape(shape)


def place(tensor, memory, device):
    """A host tensor where it is wanted: on the host it stays."""
    config = MEMORIES[memory]
    if config is None:
        return tensor
    return ttnn.to_device(tensor, device, memory_config=config)


def upload(view, fields, device):
    """A tensor of the bytes, which it does not keep."""
    dtype, shape, as_dtype, layout, memory, shard = fields
    array = as_array(view, dtype, shape)
    array = array.astype(
        numpy.uint32 if as_dtype == "uint32" else numpy.float32
    )  # a copy
    mapper = None
    if device.get_num_devices() > 1:
        if shard is None:
            mapper = ttnn.replicate_tensor_to_mesh_mapper(device)
        else:
            mapper = ttnn.shard_tensor_to_mesh_mapper(device, shard)
    tensor = ttnn.Tensor(
        array, DTYPES[as_dtype], layout=LAYOUTS[layout], mesh_mapper=mapper
    )
    return place(tensor, memory, device)


def to_host(tensor):
    return (
        ttnn.from_device(tensor) if ttnn.is_tensor_storage_on_device(tensor) else tensor
    )


def download(tensor, view, chip):
    """Writes one chip's values as float32 and returns their shape, as JSON."""
    tensor = ttnn.get_device_tensors(to_host(tensor))[chip]
    if tensor.dtype in (
        ttnn.bfloat8_b,
        ttnn.bfloat4_b,
    ):  # their padding goes with their layout
        tensor = ttnn.to_dtype(tensor, ttnn.float32)
    tensor = ttnn.to_layout(tensor, ttnn.ROW_MAJOR_LAYOUT)
    if tensor.dtype != ttnn.float32:
        tensor = ttnn.to_dtype(tensor, ttnn.float32)
    array = tensor.to_numpy()
    if array.nbytes > len(view):
        raise ValueError(f"{list(array.shape)} does not fit {len(view)} bytes")
    numpy.frombuffer(view, numpy.float32, array.size)[:] = array.ravel()
    return json.dumps({"shape": list(array.shape)})


def save(tensor, path):
    """The file appears whole or not at all."""
    temporary = f"{path}.{os.getpid()}.tensorbin"
    try:
        ttnn.dump_tensor(temporary, to_host(tensor))
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def load(path, memory, device):
    tensor = ttnn.load_tensor(path)
    return place(tensor, memory, device)


def synchronize(device):
    ttnn.synchronize_device(device)


def trace_begin(device):
    return ttnn.begin_trace_capture(device, cq_id=0)


def trace_end(device, trace):
    ttnn.end_trace_capture(device, trace, cq_id=0)


def trace_replay(device, trace):
    ttnn.execute_trace(device, trace, cq_id=0, blocking=False)


def trace_release(device, trace):
    ttnn.release_trace(device, trace)


def forget_compiled(device):
    """What is kept with compiled calls, as conv2d's tables in the small part of L1."""
    device.clear_program_cache()


def measure_begin():
    graph = ttnn._ttnn.graph
    graph.begin_graph_capture(graph.RunMode.NO_DISPATCH)


def dram_peak(nodes):
    """The most bytes of DRAM that buffers of the graph have at once."""
    live = peak = 0
    for node in nodes:
        params = node.get("params") or {}
        if params.get("type") == "DRAM":
            sign = {"buffer_allocate": 1, "buffer_deallocate": -1}.get(
                node["node_type"], 0
            )
            live += sign * int(params["size"])
            peak = max(peak, live)
    return peak


def measure_end():
    """What the calls since measure_begin() need, as JSON."""
    graph = ttnn._ttnn.graph
    nodes = graph.end_graph_capture()
    peaks = graph.extract_resource_usage_per_core(nodes)
    return json.dumps(
        {
            "l1_peak_per_core": peaks.peak_total,
            "l1_buffers_peak": peaks.peak_l1,
            "circular_buffers_peak": peaks.peak_cb,
            "dram_peak": dram_peak(nodes),
        }
    )


def same(tensor):
    """For another slot to hold the same tensor."""
    return tensor
