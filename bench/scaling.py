# SPDX-License-Identifier: Apache-2.0
"""How sd14's time grows: with threads, with the picture's size, over many steps.

Runs `sd14 bench` in alternation over the numbers of threads, each in a process of its own, then one
picture of many steps, then steps beside a process that reads the model's files all the time. Writes
a Markdown table, a JSON object and two plots. Nothing else should run meanwhile.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plot import line_plot

ROOT = Path(__file__).resolve().parents[1]
SIZES = (256, 384, 512, 640, 768)
READ_ALL = """
import sys
while True:
    for name in sys.argv[1:]:
        with open(name, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
"""


def bench(arguments: argparse.Namespace, size: int, steps: int, threads: int) -> dict:
    """What `sd14 bench --json` says."""
    done = subprocess.run(
        [
            str(arguments.sd14), "bench", "-q", "--json", "-m", str(arguments.model),
            "-t", str(threads), "--steps", str(steps), "--size", f"{size}x{size}",
            *arguments.options.split(),
        ],
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def measure_sizes(arguments: argparse.Namespace, threads: list[int]) -> list[dict]:
    """A row per size: seconds of steps and of decoding, samples of all rounds, by threads."""
    rows = [
        {"size": size, "step": {n: [] for n in threads}, "decode": {n: [] for n in threads}}
        for size in arguments.sizes
    ]
    for _ in range(arguments.rounds):
        for row in rows:
            for n in threads:
                found = bench(arguments, row["size"], 3, n)
                for picture in found["pictures"]:
                    row["step"][n] += picture["step_seconds"][1:]
                    row["decode"][n].append(picture["decode_seconds"])
                step = statistics.median(row["step"][n])
                print(f"{row['size']} px, {n} threads: {step:.3f} s a step", file=sys.stderr)
    return rows


@contextmanager
def reader(model: Path) -> Iterator[None]:
    """A process that reads the model's files while the body runs."""
    files = [str(path) for path in sorted(model.glob("*/*.safetensors"))]
    process = subprocess.Popen([sys.executable, "-c", READ_ALL, *files])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def measure_beside(arguments: argparse.Namespace, size: int) -> dict[str, float]:
    """Steps of one thread, alone and beside the reader, which has another core."""
    alone, beside = [], []
    for _ in range(arguments.rounds):
        alone.append(bench(arguments, size, 3, 1)["step_seconds"]["median"])
        with reader(arguments.model):
            beside.append(bench(arguments, size, 3, 1)["step_seconds"]["median"])
    ratio = statistics.median(b / a for a, b in zip(alone, beside, strict=True))
    return {"alone": statistics.median(alone), "beside": statistics.median(beside), "ratio": ratio}


def size_table(rows: list[dict], threads: list[int]) -> list[str]:
    """Medians, how much faster all threads are than one, and the step's time by its pixels."""
    first, last = threads[0], threads[-1]
    heads = [f"step, {n} threads" for n in threads] + [f"{first} / {last} threads"]
    heads += [f"step by megapixel, {last} threads", f"VAE, {last} threads"]
    lines = [f"| size | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for row in rows:
        steps = [statistics.median(row["step"][n]) for n in threads]
        cells = [f"{row['size']}x{row['size']}", *(f"{step:.2f} s" for step in steps)]
        cells += [f"{steps[0] / steps[-1]:.2f}", f"{steps[-1] / row['size'] ** 2 * 1e6:.1f} s"]
        cells.append(f"{statistics.median(row['decode'][last]):.2f} s")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def steady_line(seconds: list[float]) -> str:
    """Whether the last steps take as long as the first; the very first is left out."""
    fifth = max(1, (len(seconds) - 1) // 5)
    early, late = statistics.median(seconds[1 : 1 + fifth]), statistics.median(seconds[-fifth:])
    rest = seconds[1:]
    return (
        f"{len(seconds)} steps in a row: median {statistics.median(rest):.3f} s, "
        f"{min(rest):.3f} to {max(rest):.3f}; the last fifth by the first {late / early:.3f}."
    )


def write(report: dict, threads: list[int], output: Path) -> str:
    """All files; returns the Markdown."""
    rows, steady, beside = report["sizes"], report["steady"], report["beside"]
    sizes = {
        f"{n} threads": [(row["size"], statistics.median(row["step"][n])) for row in rows]
        for n in threads
    }
    over_time = {f"{report['steady_size']} px, {threads[-1]} threads": list(enumerate(steady, 1))}
    text = "\n".join(
        [
            f"{report['precision']}, {report['isa']}, {report['rounds']} rounds, medians.",
            "",
            *size_table(rows, threads),
            "",
            steady_line(steady),
            f"One thread alone {beside['alone']:.3f} s a step, beside a process that reads the "
            f"model's files {beside['beside']:.3f} s: {beside['ratio']:.3f}.",
            "",
        ]
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.with_suffix(".md").write_text(text)
    output.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")
    plots = {
        "sizes": line_plot("A guidance pair by size", "pixels a side", "seconds a step", sizes),
        "steps": line_plot("Steps of one picture", "step", "seconds", over_time),
    }
    for name, svg in plots.items():
        output.with_name(f"{output.name}-{name}.svg").write_text(svg)
    return text


def main() -> None:
    """Measures and writes."""
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("model", type=Path, help="folder, e.g. of tools/reference/make_synthetic.py")
    add("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=SIZES)
    add("--steps", type=int, default=50, help="of the long picture, default 50")
    add("--rounds", type=int, default=3)
    add("--threads", type=int, default=cores, help="measured beside 1; default: all cores")
    add("--options", default="", help="more of sd14's, such as '--precision fast'")
    add("--sd14", type=Path, default=ROOT / "build" / "release" / "sd14")
    add("--output", type=Path, default=ROOT / "build" / "scaling", help="default build/scaling")
    arguments = parser.parse_args()

    threads = sorted({1, arguments.threads})
    middle = arguments.sizes[len(arguments.sizes) // 2]
    rows = measure_sizes(arguments, threads)
    steady = bench(arguments, middle, arguments.steps, threads[-1])
    report = {
        "format": 1,
        **{name: steady[name] for name in ("version", "precision", "isa")},
        "rounds": arguments.rounds,
        "sizes": rows,
        "steady_size": middle,
        "steady": steady["pictures"][0]["step_seconds"],
        "beside": measure_beside(arguments, middle),
    }
    print(write(report, threads, arguments.output))


if __name__ == "__main__":
    main()
