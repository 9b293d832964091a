# SPDX-License-Identifier: Apache-2.0
"""sd14 bench --operators on the small model, and on its configurations alone.

    bench_operators.py PROGRAM MODEL
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM, MODEL = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
OPTIONS = ("bench", "--operators", "--json", "-q", "--size", "64x64", "-r", "1")


def measure(model, *options):
    done = subprocess.run([PROGRAM, *OPTIONS, "-m", model, *options], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def without_times(result):
    keys = ("part", "operator", "node", "shapes", "calls", "calls_per_picture", "macs", "bytes")
    return sorted(tuple(row[key] for key in keys) for row in result["operators"])


def check(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found}, not {wanted}")


def main():
    whole = measure(MODEL)
    check("steps", whole["steps"], 20)
    rows = whole["operators"]
    for part in whole["parts"]:
        mine = [row for row in rows if row["part"] == part["part"]]
        check(f"{part['part']}: macs", sum(row["calls"] * row["macs"] for row in mine), part["macs"])
        check(f"{part['part']}: runs", {row["calls_per_picture"] // row["calls"] for row in mine}, {part["runs"]})
    check("parts", sorted(part["part"] for part in whole["parts"]),
          ["scheduler", "text_encoder", "unet", "vae_decoder"])
    check("order", [row["share"] for row in rows], sorted((row["share"] for row in rows), reverse=True))

    with tempfile.TemporaryDirectory(prefix="sd14-bench-") as folder:
        copy = pathlib.Path(folder, "emoji")
        shutil.copytree(MODEL, copy, ignore=shutil.ignore_patterns("*.safetensors", "tokenizer"))
        check("no weights", without_times(measure(copy)), without_times(whole))
    half = measure(MODEL, "-g", "1", "--steps", "5")
    check("without guidance", (half["unet_batch"], half["steps"]), (1, 5))
    plain = measure(MODEL, "--isa", "ref", "-g", "1")
    check("plain C has no peak", (plain["peak_gflops"], {row["peak_fraction"] for row in plain["operators"]}),
          (None, {None}))
    print(f"{len(rows)} operators")


main()
