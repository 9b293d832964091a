# SPDX-License-Identifier: Apache-2.0
"""Stage `export`: the diffusers folder, laid out and named as the published SD 1.4, in float16."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from . import dataset
from .font_pictures import SIDE
from .loop import load_trained
from .networks import make_scheduler, make_unet, make_vae
from .settings import Settings
from .tokenizer import Tokenizer
from .train_text import load_text_encoder
from .train_vae import load_latents

STEPS = 20
GUIDANCE = 4.0  # until evaluate.py has measured; see set_guidance()
TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")


def _restore_names(folder: Path, source: Path) -> None:
    """transformers 5 writes tokenizer.json alone and drops the prefix text_model."""
    shutil.rmtree(folder / "tokenizer")
    (folder / "tokenizer").mkdir()
    for name in TOKENIZER_FILES:
        shutil.copyfile(source / name, folder / "tokenizer" / name)
    path = folder / "text_encoder" / "model.safetensors"
    tensors = {"text_model." + k.removeprefix("text_model."): v for k, v in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})


def set_guidance(folder: Path, names: list[str], guidance: float) -> None:
    """Writes sd14.json: the model's defaults and the prompts it knows."""
    about = {
        "name": "emoji",
        "description": "Text to emoji, 128x128: Stable Diffusion 1.4's architecture made small.",
        "width": SIDE,
        "height": SIDE,
        "steps": STEPS,
        "guidance_scale": guidance,
        "prompts": names,
    }
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    (folder / "sd14.json").write_text(text, encoding="utf-8")


def export(settings: Settings, folder: Path, device: torch.device) -> None:
    """Writes <folder>/model, under another name until it is whole."""
    cpu = torch.device("cpu")
    tokenizer = Tokenizer(folder / "tokenizer")
    vae = make_vae(settings, load_latents(folder).scaling_factor)
    pipeline = StableDiffusionPipeline(
        vae=load_trained(vae, folder, "vae", cpu),
        text_encoder=load_text_encoder(settings, tokenizer, folder, cpu, "words"),
        tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        unet=load_trained(make_unet(settings), folder, "unet", cpu),
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).to(torch.float16)
    new = folder / "new-model"
    shutil.rmtree(new, ignore_errors=True)
    pipeline.save_pretrained(new, safe_serialization=True)
    _restore_names(new, folder / "tokenizer")
    set_guidance(new, dataset.load(folder).names, GUIDANCE)
    size = sum(path.stat().st_size for path in new.rglob("*") if path.is_file())
    new.rename(folder / "model")
    print(f"{folder / 'model'}: {size / 1e6:.1f} MB")
