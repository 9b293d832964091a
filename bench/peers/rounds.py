# SPDX-License-Identifier: Apache-2.0
"""Runs every engine on the same work, round by round, in alternation."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engines import Engine, network_command, picture_command
from environment import REFERENCE
from figures import errors_by_row, psnr
from measure import Failed, Measured, last_json, run_process
from work import NETWORKS, PICTURE, Work

PATHS = {"PYTHONPATH": str(REFERENCE), "HF_HUB_OFFLINE": "1"}


@dataclass
class Result:
    """An engine's measurements of one part of the work."""

    seconds: list[list[float]] = field(default_factory=list)  # a list of samples per round
    peak_rss_bytes: int = 0
    errors: list[float] = field(default_factory=list)  # relative L2 per row; the picture's PSNR
    left_out: str = ""


Results = dict[str, dict[str, Result]]  # by engine and part of the work


def jobs_of(engines: Sequence[Engine], networks: Sequence[str]) -> Iterator[tuple[Engine, tuple]]:
    """Network by network all engines, so that neighbours in time do the same."""
    for network in networks:
        for engine in engines:
            for job in engine.jobs:
                if job[0] == network:
                    yield engine, job


def read_output(path: Path) -> np.ndarray:
    """What an engine wrote, channels first."""
    if path.suffix == ".npy":
        return np.load(path)
    from safetensors.numpy import load_file

    (values,) = load_file(path).values()
    return np.moveaxis(values, -1, 1) if values.ndim == 4 else values


def read_picture(path: Path) -> np.ndarray:
    """[height, width, 3]."""
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


def seconds_by_network(measured: Measured, job: Sequence[str]) -> dict[str, list[float]]:
    """From a worker's answer, or from run_module's, which is about one network."""
    found = last_json(measured.output).get("seconds")
    if isinstance(found, list) and len(job) == 1:
        found = {job[0]: found}
    if not isinstance(found, dict) or not all(found.get(network) for network in job):
        raise Failed(f"no seconds of {', '.join(job)} in its answer")
    return found


def add_networks(
    results: Results, engine: Engine, job: Sequence[str], work: Work, build: Path
) -> None:
    """One process that runs networks."""
    measured = run_process(network_command(engine, job, work, build), PATHS)
    for network, seconds in seconds_by_network(measured, job).items():
        result = results[engine.name][network]
        result.seconds.append(seconds)
        result.peak_rss_bytes = max(result.peak_rss_bytes, measured.peak_rss_bytes)
        output = work.output(engine.name, network)
        output = output.with_suffix(".safetensors") if engine.ours else output
        if output.exists():
            result.errors = errors_by_row(read_output(output), np.load(work.expected(network)))


def add_picture(results: Results, engine: Engine, work: Work, build: Path) -> None:
    """One process that draws the whole picture."""
    environment = {**PATHS, "XDG_CACHE_HOME": str(work.kept / "cache")}
    measured = run_process(picture_command(engine, work, build), environment)
    result = results[engine.name][PICTURE]
    result.seconds.append([measured.seconds])
    result.peak_rss_bytes = max(result.peak_rss_bytes, measured.peak_rss_bytes)


def compare_pictures(results: Results, engines: Sequence[Engine], work: Work) -> None:
    """PSNR against float32's picture, which stays for later runs without that engine."""
    drawn = work.output("pytorch-f32", PICTURE)
    if "pytorch-f32" in results and drawn.exists():
        drawn.replace(work.expected(PICTURE))
    if not work.expected(PICTURE).exists():
        return
    expected = read_picture(work.expected(PICTURE))
    for engine in engines:
        path = work.output(engine.name, PICTURE)
        if path.exists() and engine.comparable and results[engine.name][PICTURE].seconds:
            results[engine.name][PICTURE].errors = [psnr(read_picture(path), expected)]


def attempt(result: Result, name: str, call: Callable[[], None]) -> None:
    """Says how it went; what fails once is left out from then on."""
    if result.left_out:
        return
    try:
        call()
        shown = f"{result.seconds[-1][-1]:.3f} s" if result.seconds else "no times"
    except Failed as failure:
        result.left_out = str(failure)
        shown = f"left out: {failure}"
    print(f"{name}: {shown}", file=sys.stderr, flush=True)


def measure_networks(
    results: Results, engines: Sequence[Engine], work: Work, build: Path, rounds: int
) -> None:
    """Each network alone."""
    for _ in range(rounds):
        for engine, job in jobs_of(engines, NETWORKS):
            first = results[engine.name][job[0]]
            name = f"{'+'.join(job)} {engine.name}"
            attempt(first, name, lambda e=engine, j=job: add_networks(results, e, j, work, build))
            for network in job[1:]:
                results[engine.name][network].left_out = first.left_out


def measure_pictures(
    results: Results, engines: Sequence[Engine], work: Work, build: Path, rounds: int
) -> None:
    """The whole picture, from start to PNG; of ours a later start, as of the others' files."""
    ours = [engine for engine in engines if engine.ours]
    first: Results = {engine.name: {PICTURE: Result()} for engine in ours}
    draw_all(first, ours, replace(work, steps=1, size=64), build, "first start")
    for _ in range(rounds):
        draw_all(results, engines, work, build, PICTURE)
    compare_pictures(results, engines, work)


def draw_all(
    results: Results, engines: Sequence[Engine], work: Work, build: Path, name: str
) -> None:
    """One round."""
    for engine in engines:
        attempt(
            results[engine.name][PICTURE],
            f"{name} {engine.name}",
            lambda e=engine: add_picture(results, e, work, build),
        )
