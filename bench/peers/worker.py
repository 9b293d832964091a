# SPDX-License-Identifier: Apache-2.0
"""The side of a process that computes with a peer: WORKER ENGINE NETWORK[,NETWORK...] WORK.

ENGINE ends in its precision. NETWORK may be "picture". Prints {"seconds": {NETWORK: [...]}}, and
writes what it computed as float32, channels first, or as a PNG.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

from work import Work

Tensors = dict[str, np.ndarray]


class Order(NamedTuple):
    """What a worker was asked for."""

    engine: str
    networks: tuple[str, ...]
    work: Work

    @property
    def precision(self) -> str:
        """The engine's: "openvino-bf16" -> "bf16"."""
        return self.engine.rpartition("-")[2]


def order() -> Order:
    """From the command line."""
    engine, networks, work = sys.argv[1:]
    return Order(engine, tuple(networks.split(",")), Work.from_json(work))


def inputs_of(work: Work, network: str) -> Tensors:
    """A network's inputs by the names of its graph, images channels first."""
    return {
        name: np.ascontiguousarray(np.moveaxis(values, -1, 1)) if values.ndim == 4 else values
        for name, values in load_file(work.inputs(network)).items()
    }


def time_runs(call: Callable[[], np.ndarray], runs: int) -> tuple[np.ndarray, list[float]]:
    """Calls once, then `runs` times by the clock."""
    result = call()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return result, seconds


def run_networks(asked: Order, load: Callable[[str, Tensors], Callable[[], np.ndarray]]) -> None:
    """Runs each network that `load` makes ready, writes its output, prints the times."""
    found = {}
    for network in asked.networks:
        call = load(network, inputs_of(asked.work, network))
        result, found[network] = time_runs(call, asked.work.runs)
        np.save(asked.work.output(asked.engine, network), result)
    answer(found)


def answer(seconds: dict[str, list[float]]) -> None:
    """What the parent reads."""
    print(json.dumps({"seconds": seconds}), flush=True)


def save_picture(values: np.ndarray, asked: Order) -> None:
    """[1, 3, height, width] in -1..1, rounded as diffusers does."""
    levels = (np.clip(values[0] / 2 + 0.5, 0, 1) * 255).round().astype(np.uint8)
    Image.fromarray(np.moveaxis(levels, 0, -1)).save(asked.work.output(asked.engine, "picture"))
