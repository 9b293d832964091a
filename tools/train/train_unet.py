# SPDX-License-Identifier: Apache-2.0
"""Stage `unet`: the denoising network, text encoder frozen."""

from pathlib import Path

import torch

from .autocast import autocast, prepare
from .captions import draw_caption
from .dataset import load
from .loop import Plan, Step, train
from .networks import make_scheduler, make_unet
from .settings import Settings
from .tokenizer import Tokenizer
from .train_text import load_text_encoder
from .train_vae import load_latents

CAPTION_DROPOUT = 0.1  # teaches the unconditional prediction that guidance needs
SNR_LIMIT = 5.0  # min-SNR weighting: steps with little noise count no more than this
RECOLOURED_SHARE = 0.35  # of the samples


def _draw_pictures(originals: list[int], others: list[int], count: int, step: Step) -> list[int]:
    """Indices of pictures: emoji as they are, and a share of recoloured ones."""
    source = step.python
    return [
        source.choice(others if others and source.random() < RECOLOURED_SHARE else originals)
        for _ in range(count)
    ]


def _timesteps(count: int, total: int, step: Step) -> torch.Tensor:
    """A random timestep out of each `count`th of the schedule: steadier than all at random."""
    options = {"generator": step.torch, "device": step.device}
    strata = torch.randperm(count, **options) + torch.rand(count, **options)
    return (strata * (total / count)).long().clamp(0, total - 1)


def train_unet(settings: Settings, folder: Path, device: torch.device) -> None:
    """Writes unet.pt."""
    data, latents = load(folder), load_latents(folder)
    mean, deviation = latents.mean.to(device), latents.deviation.to(device)
    tokenizer = Tokenizer(folder / "tokenizer")
    encoder = load_text_encoder(settings, tokenizer, folder, device, "text")
    seen = data.seen()
    originals = [k for k in seen if data.pictures[k].colour is None]
    others = [k for k in seen if data.pictures[k].colour is not None]
    torch.manual_seed(settings.seed)
    unet = make_unet(settings)
    if (folder / "unet.start.pt").exists():
        unet.load_state_dict(torch.load(folder / "unet.start.pt"))
    unet = prepare(unet, device)
    kept = make_scheduler().alphas_cumprod.to(device)  # share of the signal's power

    def loss(step: Step) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        chosen = _draw_pictures(originals, others, settings.unet_batch, step)
        captions = [
            ""
            if step.python.random() < CAPTION_DROPOUT
            else draw_caption(data.pictures[k], step.python)
            for k in chosen
        ]
        ids = torch.tensor([tokenizer(text) for text in captions], device=device)
        index = torch.tensor(chosen, device=device)

        def normal() -> torch.Tensor:
            return torch.randn(mean[index].shape, generator=step.torch, device=device)

        clean = (mean[index] + deviation[index] * normal()) * latents.scaling_factor
        timestep = _timesteps(len(chosen), len(kept), step)
        signal = kept[timestep].view(-1, 1, 1, 1)
        noise = normal()
        noisy = signal.sqrt() * clean + (1 - signal).sqrt() * noise
        with autocast(device):
            with torch.no_grad():
                context = encoder(ids).last_hidden_state
            found = unet(
                noisy.contiguous(memory_format=torch.channels_last), timestep, context
            ).sample.float()
        error = (found - noise).square().mean((1, 2, 3))
        ratio = (signal / (1 - signal)).flatten()
        weighted = (ratio.clamp(max=SNR_LIMIT) / ratio * error).mean()
        return weighted, {"mse": error.mean()}

    plan = Plan(
        "unet",
        settings.unet_samples,
        settings.unet_batch,
        settings.unet_rate,
        settings.seed,
        device,
    )
    train(plan, unet, loss, folder)
