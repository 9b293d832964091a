#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every operator alone, and the networks of Stable Diffusion 1.4 at 512x512 and of the small model, lowered and
executed by the real ttnn: on_mock.py gives the environment. An N300 is used as two chips.

    lowered.py LOWER_DUMP SOURCE_FOLDER
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

FAST = ["sharded", "bfp8", "bfp8-activations", "approx", "coarse"]
# Of a UNet so lowered, at least so many results of calls stay in block shards.
IN_SHARDS = {"sd14": 400, "emoji": 100}
SD14 = "tools/reference/configs/sd14"
SMALL = "models/emoji"
# model, part, batch, height, width, sets of options
ONE_CHIP = [
    (SD14, "text_encoder", 2, 0, 0, [[], ["bfp8"]]),
    (SD14, "denoise", 2, 64, 64, [[], FAST]),
    (SD14, "vae_decoder", 1, 64, 64, [[], ["bfp8"], ["l1"]]),
    (SMALL, "text_encoder", 2, 0, 0, [[]]),
    (SMALL, "denoise", 2, 16, 16, [[], ["composed"], ["keep-nodes"], FAST]),
    (SMALL, "vae_decoder", 1, 16, 16, [[], ["l1"]]),
    (SMALL, "vae_encoder", 1, 128, 128, [[]]),
]
TWO_CHIPS = [
    (SD14, "denoise", 2, 64, 64, [["chips=2", "bfp8"], ["chips=2", *FAST]]),
    (SD14, "vae_decoder", 1, 64, 64, [["chips=2"]]),
    (SMALL, "denoise", 2, 16, 16, [["chips=2"]]),
]


def dump(program, words, path):
    """Whether there is such a program."""
    with open(path, "wb") as file:
        return (
            subprocess.run(
                [program, *words], stdout=file, stderr=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        )


def dump_cases(program, folder):
    paths = []
    while dump(program, ["cases", str(len(paths))], folder / f"case-{len(paths)}.json"):
        paths.append(folder / f"case-{len(paths)}.json")
    return paths


def check_shards(model, path):
    """A program that gave up its shards would run, too."""
    slots = json.loads(path.read_text())["slots"]
    found = sum(slot is not None and slot["shards"] is not None for slot in slots)
    if found < IN_SHARDS[model]:
        raise SystemExit(f"{path.name}: {found} values in shards, not {IN_SHARDS[model]}")


def dump_networks(program, source, networks, folder):
    paths = []
    for model, part, *sizes, variants in networks:
        for options in variants:
            path = folder / "-".join(
                [pathlib.Path(model).name, part, *options, "program.json"]
            )
            if not dump(
                program, [source / model, part, *map(str, sizes), *options], path
            ):
                raise SystemExit(f"{path.name}: not lowered")
            if "sharded" in options:
                check_shards(pathlib.Path(model).name, path)
            paths.append(path)
    return paths


def execute(paths, chips, folder):
    python = pathlib.Path(os.environ["SD14_TTNN_PYTHON"]) / "bin/python"
    run_calls = pathlib.Path(__file__).with_name("run_calls.py")
    return subprocess.run(
        [python, "-B", run_calls, "--chips", str(chips), *paths],
        cwd=folder,
        check=False,
    ).returncode


def main():
    program, source = (
        pathlib.Path(sys.argv[1]).resolve(),
        pathlib.Path(sys.argv[2]).resolve(),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = dump_cases(program, folder)
        if not cases:
            raise SystemExit("no operator was lowered")
        two = "n300" in os.environ["TT_METAL_MOCK_CLUSTER_DESC_PATH"]
        networks = dump_networks(
            program, source, TWO_CHIPS if two else ONE_CHIP, folder
        )
        failed = execute(cases + networks, 2 if two else 1, folder)
    return failed


if __name__ == "__main__":
    sys.exit(main())
