# SPDX-License-Identifier: Apache-2.0
"""The engines, and the command with which each does a part of the work."""

import fnmatch
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from offered import name_of
from work import GUIDANCE, NETWORKS, PICTURE, PROMPT, SEED, Work

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Engine:
    """An engine in one of its precisions."""

    name: str
    title: str
    worker: str  # script beside this file; "": sd14 itself
    way: tuple[str, ...] = ()  # sd14's options
    comparable: bool = True  # its outputs, with the reference
    jobs: tuple[tuple[str, ...], ...] = tuple((network,) for network in NETWORKS)  # a process each

    @property
    def ours(self) -> bool:
        """Whether it is this project's."""
        return self.worker == ""

    @property
    def family(self) -> str:
        """What is installed and converted together: "openvino"."""
        return self.name.partition("-")[0]

    def parts(self, networks: bool, picture: bool) -> list[str]:
        """What of the work it does."""
        found = [network for job in self.jobs for network in job] if networks else []
        return [*found, PICTURE] if picture else found


PEERS = (
    Engine("pytorch-f32", "PyTorch float32", "torch_worker.py"),
    Engine("pytorch-bf16", "PyTorch bfloat16", "torch_worker.py"),
    Engine("openvino-f32", "OpenVINO float32", "openvino_worker.py"),
    Engine("openvino-bf16", "OpenVINO bfloat16", "openvino_worker.py"),
    Engine("openvino-int8", "OpenVINO int8", "openvino_worker.py", jobs=(("unet",),)),
    Engine(
        "sdcpp-f16",
        "stable-diffusion.cpp f16",
        "sdcpp_worker.py",
        comparable=False,
        jobs=(NETWORKS,),
    ),
)


def our_engines(ways: Sequence[tuple[str, ...]]) -> list[Engine]:
    """One for each way in which sd14 can compute."""
    return [Engine(f"sd14-{name_of(way)}", f"sd14 {name_of(way)}", "", way=way) for way in ways]


def chosen(engines: Sequence[Engine], patterns: str) -> list[Engine]:
    """Those that any of the comma-separated patterns names; ValueError for one that names none."""
    wanted = []
    for pattern in patterns.split(","):
        found = [engine for engine in engines if fnmatch.fnmatch(engine.name, pattern.strip())]
        if not found:
            names = ", ".join(engine.name for engine in engines)
            raise ValueError(f"no engine {pattern.strip()!r}; there are {names}")
        wanted += found
    return [engine for engine in engines if engine in wanted]


def worker_command(engine: Engine, networks: str, work: Work) -> list[str]:
    """As worker.py reads it."""
    return [sys.executable, str(HERE / engine.worker), engine.name, networks, work.to_json()]


def network_command(engine: Engine, networks: Sequence[str], work: Work, build: Path) -> list[str]:
    """Runs networks on the work's inputs; prints {"seconds": ...} and writes the outputs."""
    if not engine.ours:
        return worker_command(engine, ",".join(networks), work)
    (network,) = networks
    output = work.output(engine.name, network).with_suffix(".safetensors")
    return [
        str(build / "tools" / "run_module"), str(work.model), network,
        str(work.inputs(network)), str(output),
        "--threads", str(work.threads), "--runs", str(work.runs), *engine.way,
    ]  # fmt: skip


def picture_command(engine: Engine, work: Work, build: Path) -> list[str]:
    """Draws the whole picture, loading included."""
    if not engine.ours:
        return worker_command(engine, PICTURE, work)
    return [
        str(build / "sd14"), "generate", "-q", "-m", str(work.model), "--steps", str(work.steps),
        "--size", f"{work.size}x{work.size}", "-s", str(SEED), "-g", str(GUIDANCE),
        "-t", str(work.threads), *engine.way,
        "-o", str(work.output(engine.name, PICTURE)), PROMPT,
    ]  # fmt: skip
