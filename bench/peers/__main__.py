# SPDX-License-Identifier: Apache-2.0
"""Times sd14 and the other engines for Stable Diffusion 1.4 on the same work, in alternation.

Each measurement is a process of its own: one network on the same inputs, or with --whole the
picture from the process's start to the PNG. Installs the others and makes a model with random
weights on first use. Nothing else should run meanwhile.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import sys
from pathlib import Path

from engines import PEERS, Engine, chosen, our_engines
from environment import REFERENCE, make, pinned, python_of, versions
from measure import Failed, run_process
from offered import ways_of
from work import NETWORKS, Work

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
QUICK = {"rounds": 1, "runs": 1, "size": 128, "steps": 2}
USUAL = {"rounds": 3, "runs": 2, "size": 512, "steps": 20}


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sd14-peers"
    parser = argparse.ArgumentParser(prog="bench/peers", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--engines", default="*", help="some, such as 'sd14-*,openvino-int8'; --list names them")
    add("--list", action="store_true", help="name the engines and stop")
    add("--whole", action="store_true", help="also draw the whole picture")
    add("--only-whole", action="store_true", help="the picture without the networks")
    add("--quick", action="store_true", help="a small picture, once: to see that all works")
    add("--rounds", type=int, help=f"default {USUAL['rounds']}")
    add("--runs", type=int, help=f"timed ones in each process, default {USUAL['runs']}")
    add("--size", type=int, help=f"pixels, default {USUAL['size']}")
    add("--steps", type=int, help=f"of the whole picture, default {USUAL['steps']}")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)), help="default: all cores")
    add("--model", type=Path, help="folder; default: random weights, made in --kept")
    add("--kept", type=Path, default=kept, help=f"packages and converted models, default {kept}")
    add("--build", type=Path, default=ROOT / "build" / "release", help="default build/release")
    add(
        "--output",
        type=Path,
        default=ROOT / "build" / "peers",
        help="default build/peers: .md, .json",
    )
    arguments = parser.parse_args()
    for name, value in (QUICK if arguments.quick else USUAL).items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    if arguments.size % 64 or min(arguments.size, arguments.rounds, arguments.runs) < 1:
        parser.error("--size must be a multiple of 64; --rounds and --runs at least 1")
    return arguments


def model_folder(arguments: argparse.Namespace) -> Path:
    """The model given, or one with random weights."""
    if arguments.model is not None:
        return arguments.model.resolve()
    folder = arguments.kept / "synthetic-sd14"
    if not folder.exists():
        print(f"making {folder}", file=sys.stderr, flush=True)
        making = arguments.kept / "synthetic-sd14-making"
        run_process(["rm", "-rf", str(making)])
        run_process([sys.executable, str(REFERENCE / "make_synthetic.py"), str(making)])
        making.rename(folder)
    return folder


def work_of(arguments: argparse.Namespace) -> Work:
    """Folders are named after the model's files and the packages: others have others."""
    model = model_folder(arguments)
    stamps = [
        (str(path.relative_to(model)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(model.glob("*/*"))
    ]
    name = hashlib.sha256(json.dumps([stamps, pinned()]).encode()).hexdigest()[:12]
    kept = arguments.kept / f"model-{name}"
    folder = kept / f"{arguments.size}"
    folder.mkdir(parents=True, exist_ok=True)
    return Work(
        model, folder, kept, arguments.size, arguments.threads, arguments.runs, arguments.steps
    )


def prepare(work: Work, engines: list[Engine], left_out: dict[str, str]) -> None:
    """What is made once: inputs, float32's outputs, converted networks."""
    paths = {"PYTHONPATH": str(REFERENCE)}
    if not all(work.expected(network).exists() for network in NETWORKS):
        print("computing inputs and float32's outputs", file=sys.stderr, flush=True)
        run_process([sys.executable, str(HERE / "reference.py"), work.to_json()], paths)
    converted = work.kept / "openvino-ready"
    if any(engine.family == "openvino" for engine in engines) and not converted.exists():
        print("converting for OpenVINO and quantising", file=sys.stderr, flush=True)
        try:
            run_process([sys.executable, str(HERE / "openvino_models.py"), work.to_json()], paths)
        except Failed as failure:
            left_out["openvino"] = f"not converted: {failure}"


def machine() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def measure(arguments: argparse.Namespace, engines: list[Engine], left_out: dict) -> dict:
    """The report."""
    from rounds import Result, measure_networks, measure_pictures
    from table import report_of

    work = work_of(arguments)
    prepare(work, engines, left_out)
    whole = arguments.whole or arguments.only_whole
    results = {
        engine.name: {
            part: Result(left_out=left_out.get(engine.family, ""))
            for part in engine.parts(networks=not arguments.only_whole, picture=whole)
        }
        for engine in engines
    }
    if not arguments.only_whole:
        measure_networks(results, engines, work, arguments.build, arguments.rounds)
    if whole:
        measure_pictures(results, engines, work, arguments.build, arguments.rounds)
    settings = dataclasses.asdict(work) | {"rounds": arguments.rounds}
    shown = {name: settings[name] for name in ("size", "threads", "runs", "steps", "rounds")}
    return {
        "format": 1,
        "machine": machine(),
        "versions": versions(),
        "work": shown,
        "engines": report_of(results, engines),
    }


def main() -> int:
    """Goes on in the environment's own Python once that is there."""
    arguments = parse_arguments()
    try:
        engines = chosen(
            [*our_engines(ways_of(arguments.build / "sd14")), *PEERS], arguments.engines
        )
        if arguments.list:
            print("\n".join(f"{engine.name:16}{engine.title}" for engine in engines))
            return 0
        environment = arguments.kept.resolve() / "environment"
        left_out = make(environment)
        if Path(sys.prefix) != environment:
            python = str(python_of(environment))
            os.execv(python, [python, "-B", str(HERE), *sys.argv[1:]])
        report = measure(arguments, engines, left_out)
    except (Failed, OSError, ValueError) as error:
        print(f"bench/peers: {error}", file=sys.stderr)
        return 1
    from table import markdown

    text = markdown(report)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")
    arguments.output.with_suffix(".md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
