# SPDX-License-Identifier: Apache-2.0
"""Keeps what is finished, for --from: python -m tools.train.keep --out FOLDER KEPT."""

import argparse
import shutil
from pathlib import Path

import torch

from .loop import load_trained
from .networks import make_vae
from .settings import Settings, read
from .tokenizer import Tokenizer
from .train_text import load_text_encoder
from .train_vae import load_latents


def keep(settings: Settings, folder: Path, kept: Path) -> None:
    """Autoencoder, text encoder and tokenizer in float16, as diffusers' folders."""
    cpu = torch.device("cpu")
    vae = make_vae(settings, load_latents(folder).scaling_factor)
    load_trained(vae, folder, "vae", cpu).half().save_pretrained(kept / "vae")
    encoder = load_text_encoder(settings, Tokenizer(folder / "tokenizer"), folder, cpu, "text")
    encoder.half().save_pretrained(kept / "text_encoder")
    shutil.copytree(folder / "tokenizer", kept / "tokenizer", dirs_exist_ok=True)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.train.keep", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the training's folder")
    parser.add_argument("kept", type=Path, help="folder to write")
    arguments = parser.parse_args()
    keep(read(arguments.out), arguments.out, arguments.kept)


if __name__ == "__main__":
    main()
