# SPDX-License-Identifier: Apache-2.0
"""Trains the small model from nothing: python -m tools.train all --out FOLDER (see README.md)."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from . import dataset
from .adopt import adopt, digest
from .export import export
from .priority import yield_to_others
from .settings import BUDGETS, Settings, fix
from .train_text import train_text
from .train_unet import train_unet
from .train_vae import encode_all, train_vae
from .train_words import train_words


def make_data(settings: Settings, folder: Path, device: torch.device) -> None:
    """Stage `data`: pictures, captions and tokenizer."""
    dataset.make(folder, settings.emoji)


# In order: name, what is there when the stage is done, and the stage.
STAGES: dict[str, tuple[str, Callable[[Settings, Path, torch.device], None]]] = {
    "data": ("pictures.json", make_data),
    "vae": ("vae.pt", train_vae),
    "latents": ("latents.pt", encode_all),
    "text": ("text.pt", train_text),
    "unet": ("unet.pt", train_unet),
    "words": ("words.pt", train_words),
    "export": ("model/model_index.json", export),
}


def run(
    until: str, settings: Settings, folder: Path, device: torch.device, start: Path | None
) -> None:
    """Every stage up to `until` that is not done yet; from a model's networks if one is given."""
    fix(settings, folder)
    for name, (result, stage) in STAGES.items():
        if name == "vae" and start is not None and not (folder / result).exists():
            adopt(start, folder)
        if not (folder / result).exists():
            print(f"stage {name}", flush=True)
            stage(settings, folder, device)
        if name == until:
            return


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.train", description=__doc__)
    parser.add_argument(
        "until", choices=[*STAGES, "all"], help="last stage to run; done ones are kept"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for everything, also to resume"
    )
    parser.add_argument("--budget", choices=BUDGETS, default="full")
    parser.add_argument(
        "--from",
        dest="start",
        type=Path,
        help="a model folder whose UNet is trained further; its other networks are kept",
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=2, help="on the CPU; part of the result")
    arguments = parser.parse_args()

    if arguments.device == "cpu":
        yield_to_others()
        torch.set_num_threads(arguments.threads)
    else:
        torch.use_deterministic_algorithms(True, warn_only=True)
    until = "export" if arguments.until == "all" else arguments.until
    settings = BUDGETS[arguments.budget]
    if arguments.start is not None:
        settings = replace(settings, start=digest(arguments.start))
    run(until, settings, arguments.out, torch.device(arguments.device), arguments.start)


if __name__ == "__main__":
    main()
