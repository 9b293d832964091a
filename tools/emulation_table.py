#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What accuracy a choice of Tenstorrent's number formats costs: docs/numerics.md's table, as Markdown.

    tools/emulation_table.py PROGRAM [options that name the model, such as -m DIR]

Each network gets what the float32 one got; a network's figure is the worst of some prompts, the UNet's of some of
their steps too. The picture's is the worst of whole runs.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

PROMPTS = ("a red apple", "a fox", "a rose")
STEPS = 20
UNET_STEPS = (0, STEPS // 2, STEPS - 1)
CHOICES = (
    ("bfloat16, HiFi4, float32 sums: the default", "wormhole"),
    ("HiFi2", "wormhole,fidelity=HiFi2"),
    ("LoFi", "wormhole,fidelity=LoFi"),
    ("bfloat8_b weights, HiFi2", "wormhole,weights=bfloat8_b,fidelity=HiFi2"),
    (
        "bfloat8_b weights and activations, LoFi",
        "wormhole,weights=bfloat8_b,activations=bfloat8_b,fidelity=LoFi",
    ),
    ("bfloat16 sums", "wormhole,accumulation=bfloat16"),
)
OUTPUTS = {
    "unet": "unet/conv_out",
    "vae": "vae_decoder/decoder.conv_out",
    "text_encoder": "text_encoder/text_model.final_layer_norm",
}


def run(program, *arguments, codes=(0,)):
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, check=False)
    if done.returncode not in codes:
        sys.exit(f"{program} {' '.join(arguments)}: exit code {done.returncode}")
    return done.stdout


def pcc(program, nodes, *arguments):
    """-> node: its correlation"""
    against = (
        "parity",
        "--json",
        "--against-emulate",
        "none",
        "--nodes",
        nodes,
        "--steps",
        str(STEPS),
    )
    result = json.loads(run(program, *against, *arguments, codes=(0, 6)))
    return {item["name"]: item["pcc"] for stage in result["stages"] for item in stage["items"]}


def psnr(program, a, b):
    return json.loads(run(program, "compare", "--json", str(a), str(b), codes=(0, 6)))["summary"][
        0
    ]["psnr"]


def measure(program, model, what, prompt, folder):
    emulate = ("--emulate", what, *model, prompt)
    found = pcc(program, OUTPUTS["text_encoder"], *emulate)
    for step in UNET_STEPS:
        for node, value in pcc(program, "*conv_out", "--step", str(step), *emulate).items():
            found[node] = min(found.get(node, 1.0), value)
    pictures = folder / "emulated.png", folder / "float32.png"
    for picture, emulation in zip(pictures, (what, "none"), strict=True):
        draw = ("generate", "-q", "-s", "0", "--steps", str(STEPS), "-o", str(picture))
        run(program, *draw, "--emulate", emulation, *model, prompt)
    # Pictures that are equal have no PSNR: null.
    return [found[node] for node in OUTPUTS.values()], psnr(program, *pictures) or float("inf")


def main(program, *model):
    print("| choice | UNet PCC | VAE PCC | text encoder PCC | picture PSNR |")
    print("|---|---|---|---|---|")
    for title, what in CHOICES:
        with tempfile.TemporaryDirectory() as folder:
            rows = [
                measure(program, model, what, prompt, pathlib.Path(folder)) for prompt in PROMPTS
            ]
        networks = " | ".join(
            f"{min(values):.6f}" for values in zip(*(row[0] for row in rows), strict=True)
        )
        print(f"| {title} | {networks} | {min(row[1] for row in rows):.1f} dB |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
