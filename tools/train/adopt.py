# SPDX-License-Identifier: Apache-2.0
"""Goes on from networks that were exported: keeps autoencoder and text encoder, trains the UNet.

The folder is a whole model, or holds only those of its networks that are finished.
"""

import hashlib
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel

from .files import write_whole

# What is adopted: folder, class, and the result that its stage would have left.
NETWORKS = (
    ("unet", UNet2DConditionModel, "unet.start.pt"),
    ("text_encoder", CLIPTextModel, "text.pt"),
    ("vae", AutoencoderKL, "vae.pt"),
)


def digest(model: Path) -> str:
    """Names what a training started from: SHA-256 of the weights."""
    found = hashlib.sha256()
    for path in sorted(model.glob("*/*.safetensors")):
        found.update(path.read_bytes())
    return found.hexdigest()


def adopt(model: Path, folder: Path) -> None:
    """Writes the results of the stages that are there; refuses another tokenizer."""
    vocabulary = Path("tokenizer", "vocab.json")
    is_read = (model / "text_encoder").is_dir()
    if is_read and (model / vocabulary).read_bytes() != (folder / vocabulary).read_bytes():
        raise SystemExit(f"{model}: its tokenizer is not the one of these captions: train all")
    is_whole = all((model / name).is_dir() for name, _, _ in NETWORKS)
    adopted = 0
    for name, kind, result in NETWORKS:
        if not (model / name).is_dir():
            continue
        state = kind.from_pretrained(model, subfolder=name, torch_dtype=torch.float32).state_dict()
        write_whole(folder / result, lambda new, state=state: torch.save(state, new))
        if name == "text_encoder" and is_whole:  # it has been through the stage `words`
            write_whole(folder / "words.pt", lambda new, state=state: torch.save(state, new))
        adopted += 1
    if adopted == 0:
        raise SystemExit(f"{model}: none of a model's networks is there")
