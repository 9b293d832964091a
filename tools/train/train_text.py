# SPDX-License-Identifier: Apache-2.0
"""Stage `text`: the text encoder alone, a stand-in for CLIP's pretraining.

Trained together with the UNet from nothing, captions were ignored for tens of thousands of
samples. Here three small heads must read from the encoder's states which emoji a caption names,
which colour, and the picture's latent. Emoji and colour are asked for apart, so that a pair never
seen is read as well. The encoder is then frozen, as in Stable Diffusion.
"""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from transformers import CLIPTextModel

from .captions import colour_in, draw_caption
from .dataset import load
from .files import write_whole
from .loop import Plan, Step, load_trained, train
from .networks import make_text_encoder
from .recolour import COLOURS
from .settings import Settings
from .tokenizer import Tokenizer
from .train_vae import load_latents

FULL_LENGTH_EVERY = 4  # the encoder is causal: a prefix of the 77 tokens gives the same states
PREFIX = 24


class _Reader(nn.Module):
    """The encoder with three linear heads."""

    def __init__(self, encoder: CLIPTextModel, emoji: int, latent: int) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.emoji = nn.Linear(width, emoji)
        self.colour = nn.Linear(width, 1 + len(COLOURS))
        self.latent = nn.Linear(width, latent)


def _read_positions(ids: torch.Tensor, end: int, step: Step) -> list[torch.Tensor]:
    """The end token of each caption and a random place in the padding, which the UNet sees too."""
    length = ids.shape[1]
    first = (ids == end).int().argmax(1)
    share = torch.rand(len(ids), generator=step.torch, device=step.device)
    return [first, (first + (share * (length - first)).long()).clamp(max=length - 1)]


def train_text(settings: Settings, folder: Path, device: torch.device) -> None:
    """Writes text.pt: the encoder with its heads."""
    data, latents = load(folder), load_latents(folder)
    tokenizer = Tokenizer(folder / "tokenizer")
    seen = data.seen()
    wanted_latents = (latents.mean * latents.scaling_factor).flatten(1).to(device)
    torch.manual_seed(settings.seed)
    encoder = make_text_encoder(settings, tokenizer)
    reader = _Reader(encoder, len(data.names), wanted_latents.shape[1]).to(device)

    def loss(step: Step) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        chosen = [seen[step.python.randrange(len(seen))] for _ in range(settings.text_batch)]
        captions = [draw_caption(data.pictures[k], step.python) for k in chosen]
        length = 77 if step.number % FULL_LENGTH_EVERY == 0 else PREFIX
        ids = torch.tensor([tokenizer(text)[:length] for text in captions], device=device)
        emoji = torch.tensor([data.pictures[k].emoji for k in chosen], device=device)
        colour = torch.tensor([colour_in(text) for text in captions], device=device)
        latent = wanted_latents[torch.tensor(chosen, device=device)]
        states = reader.encoder(ids).last_hidden_state
        total, right = 0, 0
        for position in _read_positions(ids, tokenizer.end, step):
            state = states[torch.arange(len(ids), device=device), position]
            guess = reader.emoji(state)
            total = total + functional.cross_entropy(guess, emoji)
            total = total + functional.cross_entropy(reader.colour(state), colour)
            total = total + functional.mse_loss(reader.latent(state), latent)
            right = right + (guess.argmax(1) == emoji).float().mean() / 2
        return total, {"emoji_right": right}

    plan = Plan(
        "reader",
        settings.text_samples,
        settings.text_batch,
        settings.text_rate,
        settings.seed,
        device,
    )
    train(plan, reader, loss, folder)
    encoder = reader.encoder
    write_whole(folder / "text.pt", lambda new: torch.save(encoder.state_dict(), new))


def load_text_encoder(
    settings: Settings, tokenizer: Tokenizer, folder: Path, device: torch.device, stage: str
) -> CLIPTextModel:
    """The encoder as the stage `text` or `words` left it, frozen."""
    return load_trained(make_text_encoder(settings, tokenizer), folder, stage, device)
