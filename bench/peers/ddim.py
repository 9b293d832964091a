# SPDX-License-Identifier: Apache-2.0
"""DDIM with guidance over a function that is the UNet, for engines that bring no pipeline."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np


def alphas_of(model: Path) -> tuple[np.ndarray, int]:
    """The cumulated alphas of the model's schedule, and its offset of timesteps."""
    config = json.loads((model / "scheduler" / "scheduler_config.json").read_text())
    ends = np.sqrt([config["beta_start"], config["beta_end"]])
    betas = np.linspace(*ends, config["num_train_timesteps"]) ** 2
    return np.cumprod(1 - betas), config.get("steps_offset", 0)


def sample(
    model: Path,
    unet: Callable[[np.ndarray, np.ndarray], np.ndarray],
    noise: np.ndarray,
    steps: int,
    guidance: float,
) -> np.ndarray:
    """The last latent. `unet` takes latents without and with the prompt, and their timesteps."""
    alphas, offset = alphas_of(model)
    stride = len(alphas) // steps
    latent = noise.astype(np.float32)
    for time in (np.arange(steps) * stride)[::-1] + offset:
        pair = unet(np.concatenate([latent, latent]), np.full(2, time, np.float32))
        predicted = pair[:1] + guidance * (pair[1:] - pair[:1])
        here, there = alphas[time], alphas[max(time - stride, 0)]
        clean = (latent - np.sqrt(1 - here) * predicted) / np.sqrt(here)
        latent = (np.sqrt(there) * clean + np.sqrt(1 - there) * predicted).astype(np.float32)
    return latent
