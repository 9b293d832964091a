#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Executes what lower_dump prints with the ttnn module, on whatever device it finds (the mock: see docs).

    run_calls.py [--chips N] PROGRAM.json...

Inputs and weights are zeros. Runs each program twice, the second time with the weights that the first prepared, and
compares every tensor's shape, type, layout and memory with what the lowering says, and the memory that ttnn has
allocated with the plan. One line per program.
"""

import argparse
import json
import sys
import time

import numpy as np
import ttnn


def named(path):
    """What a dotted path below ttnn names."""
    found = ttnn
    for part in path.split("."):
        found = getattr(found, part)
    return found


class Runner:
    def __init__(self, device):
        self.device = device
        self.slots = {}
        self.replaced = []  # what new values took the place of: it lives until they are there
        self.where = "setup"
        self.in_shards = 0  # results that ttnn says are in block shards

    def value(self, of):
        if isinstance(of, list):
            return [self.value(v) for v in of]
        if not isinstance(of, dict):
            return of
        ((kind, inner),) = of.items()
        if kind == "s":
            return self.slots[inner]
        if kind == "t":
            return named(inner)
        if kind == "device":
            return self.device
        if kind == "tuple":
            return tuple(self.value(v) for v in inner)
        return {k: self.value(v) for k, v in inner.items()}

    def bind(self, out, value):
        if isinstance(out, list):
            for o, v in zip(out, value, strict=True):
                self.bind(o, v)
        elif out is not None:
            self.replaced.append(self.slots.get(out))
            self.slots[out] = value

    def call(self, call):
        args = self.value(call["a"])
        kwargs = {k: self.value(v) for k, v in call["k"].items()}
        self.bind(call["o"], named(call["f"])(*args, **kwargs))
        del args, kwargs
        for slot in call["d"]:
            del self.slots[slot]

    def upload(self, of, chips=1):
        """Zeros, on each chip its part."""
        shape = list(of["shape"])
        if of.get("shard") is not None:
            shape[of["shard"]] //= chips
        layout = ttnn.TILE_LAYOUT if of["layout"] == "tile" else ttnn.ROW_MAJOR_LAYOUT
        dtype = getattr(ttnn, of["as"])
        if of["memory"] == "host":
            self.slots[of["slot"]] = ttnn.Tensor(np.zeros(shape, np.float32), dtype)
        else:
            self.slots[of["slot"]] = ttnn.empty(
                shape, dtype, layout, self.device, ttnn.DRAM_MEMORY_CONFIG
            )


def shards_of(memory):
    """Rows and columns of cores, rows and columns of a shard; None: interleaved."""
    if not memory.is_sharded():
        return None
    spec = memory.shard_spec
    cores = spec.grid.bounding_box().grid_size()
    if memory.memory_layout != ttnn.TensorMemoryLayout.BLOCK_SHARDED:
        raise ValueError(f"{memory.memory_layout}")
    return [cores.y, cores.x, *spec.shape]


def described(tensor):
    return {
        "shape": list(tensor.shape),
        "as": str(tensor.dtype).split(".")[-1].lower(),
        "layout": str(tensor.layout).split(".")[-1].lower(),
        "memory": str(tensor.memory_config().buffer_type).split(".")[-1].lower(),
        "shards": shards_of(tensor.memory_config()),
    }


def out_slots(out):
    if isinstance(out, list):
        for o in out:
            yield from out_slots(o)
    elif out is not None:
        yield out


def cleaned(error):
    lines = [line.strip() for line in str(error).splitlines()]
    return " | ".join(
        x for x in lines if x and " --- " not in x and x not in ("info:", "backtrace:")
    )[:600]


def check_made(runner, program, call):
    for slot in out_slots(call["o"]):
        expected = program["slots"][slot]
        if expected is not None and slot in runner.slots:
            got = described(runner.slots[slot])
            runner.in_shards += got["shards"] is not None
            if got != expected:
                raise ValueError(f"slot {slot} is {got}, not {expected}")


def allocated(device):
    """Bytes of DRAM."""
    view = ttnn._ttnn.device.GetMemoryView(device, ttnn.BufferType.DRAM)
    return view.total_bytes_allocated_per_bank * view.num_banks


def core_bytes(device):
    """Bytes of each core's L1."""
    return ttnn._ttnn.device.GetMemoryView(
        device, ttnn.BufferType.L1
    ).total_bytes_allocated_per_bank


def check_plan(plan, stays, values, core):
    """What stays before a run, and the most that is added while it runs, against the plan."""
    least = plan["weights"] + plan["inputs"]
    if not least <= stays <= least + plan["padding"]:
        raise ValueError(
            f"weights and inputs take {stays} bytes, not {least} to {least + plan['padding']}"
        )
    if values != plan["values"]:
        raise ValueError(f"values take {values} bytes, not {plan['values']}")
    if core > plan["l1_values"]:  # planned for 64 cores; the mock's N150 has 72
        raise ValueError(
            f"values take {core} bytes of each core, not {plan['l1_values']}"
        )


def run_body(runner, program, device):
    """The most bytes of DRAM and of a core's L1 while the calls run."""
    most, core = allocated(device), core_bytes(device)
    for i, call in enumerate(program["body"]):
        runner.where = f"call {i} of node {call['n']}: {call['f']}"
        runner.call({**call, "d": []})
        check_made(runner, program, call)
        most, core = max(most, allocated(device)), max(core, core_bytes(device))
        runner.replaced.clear()
        for slot in call["d"]:
            del runner.slots[slot]
    return most, core


def uploads(nodes):
    """How often a graph's functions upload from the host, which a trace cannot record."""
    return sum(
        node["node_type"] == "function_start"
        and node["params"].get("name") == "Tensor::to_device"
        for node in nodes
    )


def run_recorded(runner, program, device):
    """As run_body(), with nothing that comes from the host."""
    graph = ttnn._ttnn.graph
    graph.begin_graph_capture(graph.RunMode.NORMAL)
    try:
        taken = run_body(runner, program, device)
    finally:
        nodes = graph.end_graph_capture()
    runner.where = "trace"
    if uploads(nodes):
        raise ValueError(f"{uploads(nodes)} uploads while the calls run")
    return taken


def check_memory(runner, program, device, before, most, core):
    """Says what was taken."""
    runner.where = "memory"
    inputs = {of["slot"] for of in program["inputs"]}
    for output in program["outputs"]:
        if output["slot"] not in inputs:
            del runner.slots[output["slot"]]
    after = allocated(device)
    runner.slots.clear()
    # What ttnn keeps with its compiled programs: reshape's tables in DRAM, a semaphore of 0.75's all_gather in L1.
    kept, core = allocated(device) - before, core - core_bytes(device)
    stays = after - before - kept
    check_plan(program["plan"], stays, most - after, core)
    return (
        f"{stays >> 20} MiB and {(most - after) >> 20} MiB of values, {core >> 10} KiB of a core, "
        f"{kept >> 10} KiB kept by ttnn"
    )


def run(path, device, chips):
    with open(path, encoding="utf-8") as file:
        program = json.load(file)
    runner = Runner(device)
    started, before = time.time(), allocated(device)
    for of in program["inputs"] + program["weights"]:
        runner.upload(of, chips)
    try:
        for call in program["setup"]:
            runner.call(call)
        run_body(runner, program, device)
        runner.in_shards = 0
        most, core = run_recorded(runner, program, device)
        taken = check_memory(runner, program, device, before, most, core)
    except Exception as error:  # noqa: BLE001
        print(
            f"REFUSED {path}: {runner.where}: {type(error).__name__}: {cleaned(error)}",
            flush=True,
        )
        return False
    print(
        f"ok {path}: {len(program['body'])} calls, {runner.in_shards} results in shards, "
        f"{len(program['weights'])} weights, {taken}, "
        f"{time.time() - started:.1f} s",
        flush=True,
    )
    return True


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--chips", type=int, default=1)
    words.add_argument("programs", nargs="+")
    asked = words.parse_args()
    if asked.chips == 1:
        device, close = (
            ttnn.open_device(device_id=0, l1_small_size=32768),
            ttnn.close_device,
        )
    else:
        ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)
        device = ttnn.open_mesh_device(
            ttnn.MeshShape(1, asked.chips), l1_small_size=32768
        )
        close = ttnn.close_mesh_device
    good = []
    for path in asked.programs:
        good.append(run(path, device, asked.chips))
        device.clear_program_cache()  # its convolutions' tables fill L1_SMALL
    close(device)
    print(f"{sum(good)} of {len(good)} programs")
    return not all(good)


if __name__ == "__main__":
    sys.exit(main())
