# SPDX-License-Identifier: Apache-2.0
"""Draws the learning curves of a training: python -m tools.train.curves --out FOLDER PICTURE."""

import argparse
import json
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

matplotlib.use("Agg")

# Stage: what is drawn of it, what it is called, and whether the axis is logarithmic.
CURVES = {
    "vae": ("mse", "autoencoder: squared error", True),
    "reader": ("emoji_right", "text encoder: emoji named", False),
    "unet": ("mse", "UNet: squared error of the noise", True),
    "words": ("loss", "text encoder amid other words: squared error", True),
}


def read(path: Path, key: str) -> tuple[list[float], list[float]]:
    """Steps and values of one stage."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line["step"] for line in lines], [line[key] for line in lines]


def draw(folder: Path, picture: Path) -> None:
    """One panel for each stage that was trained here."""
    panels = [
        (stage, *curve) for stage, curve in CURVES.items() if (folder / f"{stage}.jsonl").exists()
    ]
    figure = Figure(figsize=(4 * len(panels), 3), layout="constrained")
    for axes, (stage, key, label, logarithmic) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        axes.plot(*read(folder / f"{stage}.jsonl", key), linewidth=1)
        axes.set_title(label, fontsize=10)
        axes.set_xlabel("step")
        axes.set_yscale("log" if logarithmic else "linear")
        axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=100)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.train.curves", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the training's folder")
    parser.add_argument("picture", type=Path, help="PNG or SVG file to write")
    arguments = parser.parse_args()
    draw(arguments.out, arguments.picture)


if __name__ == "__main__":
    main()
