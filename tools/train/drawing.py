# SPDX-License-Identifier: Apache-2.0
"""Draws many prompts with a model folder, through diffusers or through the C program."""

import hashlib
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from .files import write_whole

STEPS = 20
BATCH = 16

# Prompts, one seed each, and the guidance scale to uint8 [n, 128, 128, 3].
Draw = Callable[[list[str], list[int], float], np.ndarray]


def with_diffusers(model: Path, device: torch.device) -> Draw:
    """Batches of BATCH in float32; a picture's noise depends on its own seed alone."""
    pipeline = StableDiffusionPipeline.from_pretrained(
        model, safety_checker=None, torch_dtype=torch.float32
    ).to(device)
    pipeline.set_progress_bar_config(disable=True)

    def draw(prompts: list[str], seeds: list[int], guidance: float) -> np.ndarray:
        found = []
        for first in range(0, len(prompts), BATCH):
            part = slice(first, first + BATCH)
            found.append(
                pipeline(
                    prompts[part],
                    num_inference_steps=STEPS,
                    guidance_scale=guidance,
                    generator=[torch.Generator().manual_seed(seed) for seed in seeds[part]],
                    output_type="np",
                ).images
            )
        return np.rint(np.concatenate(found) * 255).astype(np.uint8)

    return draw


def with_sd14(model: Path, program: Path) -> Draw:
    """One call of the program for each picture."""

    def draw(prompts: list[str], seeds: list[int], guidance: float) -> np.ndarray:
        found = []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            for prompt, seed in zip(prompts, seeds, strict=True):
                command = [program, "generate", "-q", "-m", model, "--steps", str(STEPS)]
                command += ["-g", str(guidance), "-s", str(seed), "-o", path, "-p", prompt]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                found.append(np.asarray(Image.open(path).convert("RGB")))
        return np.stack(found)

    return draw


def keeping(draw: Draw, folder: Path) -> Draw:
    """Draws what the folder does not hold yet, and keeps it there: a measurement can go on."""
    folder.mkdir(parents=True, exist_ok=True)

    def path(prompt: str, seed: int, guidance: float) -> Path:
        return folder / (
            hashlib.sha256(f"{guidance} {seed} {prompt}".encode()).hexdigest() + ".png"
        )

    def draw_missing(prompts: list[str], seeds: list[int], guidance: float) -> np.ndarray:
        wanted = list(zip(prompts, seeds, strict=True))
        missing = [w for w in dict.fromkeys(wanted) if not path(*w, guidance).exists()]
        for first in range(0, len(missing), BATCH):
            part = missing[first : first + BATCH]
            pictures = draw([prompt for prompt, _ in part], [seed for _, seed in part], guidance)
            for asked, picture in zip(part, pictures, strict=True):
                image = Image.fromarray(picture)
                write_whole(path(*asked, guidance), lambda new, image=image: image.save(new, "PNG"))
        return np.stack([np.asarray(Image.open(path(*w, guidance))) for w in wanted])

    return draw_missing
