# SPDX-License-Identifier: Apache-2.0
"""Stage `vae`: the autoencoder.  Stage `latents`: what it makes of every picture."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional

from .autocast import autocast, prepare
from .dataset import load
from .files import write_whole
from .loop import Plan, Step, load_trained, train
from .networks import make_vae, to_network
from .settings import Settings

CROP = 64  # side of what the first part of the training sees: four times as many samples a second
CROP_UNTIL = 0.85
GRADIENT_WEIGHT = 1.0
FLAT_WEIGHT = 2.0
KL_WEIGHT = 5e-4


@dataclass(frozen=True)
class Latents:
    """The posterior of every picture, all [n, 4, 16, 16], not scaled."""

    mean: torch.Tensor
    deviation: torch.Tensor
    scaling_factor: float  # one over the standard deviation of the means


def _batch(pixels: torch.Tensor, seen: torch.Tensor, plan: Plan, step: Step) -> torch.Tensor:
    """Random pictures, half of them mirrored, as crops in the first part."""
    cropped = step.progress < CROP_UNTIL
    side = CROP if cropped else pixels.shape[1]
    chosen = pixels[
        seen[torch.tensor([step.python.randrange(len(seen)) for _ in range(plan.batch)])]
    ]
    parts = []
    for picture in chosen:
        top, left = (step.python.randint(0, pixels.shape[1] - side) for _ in range(2))
        part = picture[top : top + side, left : left + side]
        parts.append(part.flip(1) if step.python.random() < 0.5 else part)
    return to_network(torch.stack(parts))


def _differences(found: torch.Tensor, wanted: torch.Tensor) -> dict[str, torch.Tensor]:
    """L1 of pixels, of their gradients and of 8 x 8 means (flat colours), and the squared error."""
    error = found - wanted
    across, down = error.diff(dim=3), error.diff(dim=2)
    return {
        "l1": error.abs().mean(),
        "gradient": across.abs().mean() + down.abs().mean(),
        "flat": functional.avg_pool2d(error, 8).abs().mean(),
        "mse": error.square().mean(),
    }


def train_vae(settings: Settings, folder: Path, device: torch.device) -> None:
    """Writes vae.pt."""
    data = load(folder)
    pixels = torch.from_numpy(data.pixels).to(device)
    seen = torch.tensor(data.seen(), device=device)
    torch.manual_seed(settings.seed)
    vae = prepare(make_vae(settings), device)
    plan = Plan(
        "vae", settings.vae_samples, settings.vae_batch, settings.vae_rate, settings.seed, device
    )

    def loss(step: Step) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        wanted = _batch(pixels, seen, plan, step)
        with autocast(device):
            posterior = vae.encode(wanted).latent_dist
            found = vae.decode(posterior.sample(step.torch)).sample.float()
        parts = _differences(found, wanted)
        parts["kl"] = posterior.kl().mean() / posterior.mean[0].numel()
        total = (
            parts["l1"]
            + parts["mse"]
            + GRADIENT_WEIGHT * parts["gradient"]
            + FLAT_WEIGHT * parts["flat"]
            + KL_WEIGHT * parts["kl"]
        )
        return total, parts

    train(plan, vae, loss, folder)


@torch.no_grad()
def encode_all(settings: Settings, folder: Path, device: torch.device) -> None:
    """Writes latents.pt."""
    data = load(folder)
    vae = load_trained(make_vae(settings), folder, "vae", device)
    means, deviations = [], []
    for pixels in torch.from_numpy(data.pixels).split(16):
        posterior = vae.encode(to_network(pixels.to(device))).latent_dist
        means.append(posterior.mean.cpu())
        deviations.append(posterior.std.cpu())
    mean = torch.cat(means)
    state = {
        "mean": mean,
        "deviation": torch.cat(deviations),
        "scaling_factor": 1 / mean[data.seen()].std().item(),
    }
    write_whole(folder / "latents.pt", lambda new: torch.save(state, new))


def load_latents(folder: Path) -> Latents:
    """What encode_all() wrote."""
    return Latents(**torch.load(folder / "latents.pt"))
