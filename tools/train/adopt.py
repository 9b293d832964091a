# SPDX-License-Identifier: Apache-2.0
"""Goes on from an exported model: keeps its autoencoder and text encoder, trains its UNet."""

import hashlib
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel

from .files import write_whole

UNET_WEIGHTS = Path("unet", "diffusion_pytorch_model.safetensors")


def digest(model: Path) -> str:
    """Names what a training started from: SHA-256 of the UNet's weights."""
    with (model / UNET_WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def adopt(model: Path, folder: Path) -> None:
    """Writes vae.pt, text.pt and unet.start.pt; refuses a model with another tokenizer."""
    vocabulary = Path("tokenizer", "vocab.json")
    if (model / vocabulary).read_bytes() != (folder / vocabulary).read_bytes():
        raise SystemExit(f"{model}: its tokenizer is not the one of these captions: train all")
    for name, subfolder, kind in (
        ("unet.start.pt", "unet", UNet2DConditionModel),
        ("text.pt", "text_encoder", CLIPTextModel),
        ("vae.pt", "vae", AutoencoderKL),
    ):
        network = kind.from_pretrained(model, subfolder=subfolder, torch_dtype=torch.float32)
        state = network.state_dict()
        write_whole(folder / name, lambda new, state=state: torch.save(state, new))
