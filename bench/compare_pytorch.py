#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times sd14 against PyTorch (float32, eager, channels-last) on one model folder, in alternation.

Each round runs `sd14 bench` and then PyTorch's UNet and VAE decoder, each in a process of its own, so that
what else the machine does meets both. Prints a line per measurement as it comes, then a Markdown table of
medians, ratios and peak memory. Needs tools/reference/requirements.txt; nothing else should run meanwhile.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIME_MODULES = ROOT / "tools" / "reference" / "time_modules.py"


def run_json(command: list[str]) -> dict:
    """The JSON object a command prints on its last line or as its whole output."""
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    text = done.stdout.strip()
    return json.loads(text if text.startswith("{\n") else text.splitlines()[-1])


def measure_ours(arguments: argparse.Namespace) -> dict[str, float]:
    """One `sd14 bench`: three steps, the first left out, and one decoding."""
    report = run_json(
        [
            str(arguments.sd14), "bench", "-q", "--json", "-m", str(arguments.model),
            "-t", str(arguments.threads), "--steps", "3",
        ]
    )  # fmt: skip
    return {
        "UNet pair": report["step_seconds"]["median"],
        "VAE decode": report["first"]["decode_seconds"],
        "start to first step": report["first_step_done_seconds"]
        - report["step_seconds"]["median"],
        "peak MiB": report["peak_rss_bytes"] / 2**20,
    }


def measure_torch(arguments: argparse.Namespace) -> dict[str, float]:
    """PyTorch's two networks, one uncounted run each before the counted one."""
    found = {}
    peak = 0.0
    for component, name in (("unet", "UNet pair"), ("vae_decoder", "VAE decode")):
        report = run_json(
            [
                sys.executable, str(TIME_MODULES), str(arguments.model), component,
                "--threads", str(arguments.threads),
            ]
        )  # fmt: skip
        found[name] = report["median_s"]
        peak = max(peak, report["peak_rss_mib"])
    return found | {"peak MiB": peak}


def main() -> None:
    """Alternates, then prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="model folder, e.g. of make_synthetic.py")
    parser.add_argument("--sd14", type=Path, default=ROOT / "build" / "release" / "sd14")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()

    rounds = []
    for _ in range(arguments.rounds):
        ours = measure_ours(arguments)
        print("sd14   ", json.dumps(ours), flush=True)
        theirs = measure_torch(arguments)
        print("PyTorch", json.dumps(theirs), flush=True)
        rounds.append((ours, theirs))

    print(f"\n| {arguments.threads} threads | sd14 | PyTorch | PyTorch / sd14 |\n|---|---|---|---|")
    for name in rounds[0][0]:
        ours = statistics.median(pair[0][name] for pair in rounds)
        if name not in rounds[0][1]:
            print(f"| {name} | {ours:.2f} | | |")
            continue
        theirs = statistics.median(pair[1][name] for pair in rounds)
        print(f"| {name} | {ours:.2f} | {theirs:.2f} | {theirs / ours:.2f} |")


if __name__ == "__main__":
    main()
