# SPDX-License-Identifier: Apache-2.0
"""What is measured of a trained model: recall by the nearest picture, the autoencoder's errors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from .captions import HELD_OUT_TEMPLATES, fill
from .dataset import DataSet
from .networks import to_network


@dataclass(frozen=True)
class Question:
    """A prompt, its seed, and the picture (index into the data set) that is the right answer."""

    prompt: str
    seed: int
    answer: int


def ask_names(data: DataSet, seeds: int) -> list[Question]:
    """Every emoji by its name: `a {name}`, seeds 0 to seeds - 1."""
    return [
        Question(fill("{a} {x}", name), seed, index)
        for seed in range(seeds)
        for index, name in enumerate(data.names)
    ]


def ask_held_out_captions(data: DataSet) -> list[Question]:
    """Every name and every synonym in a template that training never used, templates in turn."""
    phrases = [
        (index, phrase)
        for index, picture in enumerate(data.pictures[: len(data.names)])
        for phrase in (picture.phrases[0], *picture.synonyms)
    ]
    return [
        Question(fill(HELD_OUT_TEMPLATES[k % len(HELD_OUT_TEMPLATES)], phrase), 0, index)
        for k, (index, phrase) in enumerate(phrases)
    ]


def ask_colours(data: DataSet, held_out: bool, seeds: int) -> list[Question]:
    """`a blue apple`: the pairs that training saw, or those it never saw."""
    return [
        Question(fill("{a} {x}", picture.phrases[0]), seed, index)
        for seed in range(seeds)
        for index, picture in enumerate(data.pictures)
        if picture.colour is not None and picture.held_out == held_out
    ]


def nearest(found: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """For each picture the index of the candidate with the smallest mean squared error."""
    wanted = candidates.reshape(len(candidates), -1).astype(np.float32) / 255
    drawn = found.reshape(len(found), -1).astype(np.float32) / 255
    distance = (wanted**2).sum(1)[None] - 2 * drawn @ wanted.T  # less what is equal in a row
    return distance.argmin(1)


@dataclass(frozen=True)
class Reconstruction:
    """Of every picture: PSNR of 8-bit pixels, and the colour error of the glyph's mean."""

    psnr: np.ndarray  # dB
    colour_error: np.ndarray  # of 255: mean over R, G, B of the difference of the glyph's means


@torch.no_grad()
def reconstruct(model: Path, data: DataSet, device: torch.device) -> Reconstruction:
    """Through the exported autoencoder, by the posterior's mean."""
    vae = AutoencoderKL.from_pretrained(model, subfolder="vae", torch_dtype=torch.float32)
    vae = vae.eval().to(device)
    psnr, colour_error = [], []
    for first in range(0, len(data.pixels), 16):
        pixels = data.pixels[first : first + 16]
        latent = vae.encode(to_network(torch.from_numpy(pixels).to(device))).latent_dist.mean
        found = ((vae.decode(latent).sample.clamp(-1, 1) + 1) * 127.5).round()
        found = found.permute(0, 2, 3, 1).cpu().numpy()
        error = found - pixels
        psnr += list(20 * np.log10(255) - 10 * np.log10((error**2).mean((1, 2, 3))))
        masks = data.masks[first : first + 16]
        colour_error += [np.abs(e[m].mean(0)).mean() for e, m in zip(error, masks, strict=True)]
    return Reconstruction(np.array(psnr), np.array(colour_error))
