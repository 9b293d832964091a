# SPDX-License-Identifier: Apache-2.0
"""How a tensor is stored for comparison: whole if small, else as a digest.

Whole tensor `name`: as it is, images channels-last [batch, height, width, channels].

Digest of a tensor of `count` elements (flat, row-major, after the move to channels-last):
    `name`        float32 [samples]  elements 0, stride, 2 stride, ...
    `name.stats`  float64 [4]        sum, sum of squares, count, stride

The stride has no common factor with the number of channels, so that the samples visit every
channel. A sum can be compared with an error of at most relative_l2 * sqrt(count * sum of squares).
"""

import math

import torch

Tensors = dict[str, torch.Tensor]

WHOLE_LIMIT = 4096
SAMPLES = 1024
STATS_SUFFIX = ".stats"


def channels_last(tensor: torch.Tensor) -> torch.Tensor:
    """[b, c, h, w] -> [b, h, w, c]; other ranks stay. Contiguous."""
    moved = tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor
    return moved.contiguous()


def channels_first(tensor: torch.Tensor) -> torch.Tensor:
    """[b, h, w, c] -> [b, c, h, w]. Contiguous."""
    return tensor.permute(0, 3, 1, 2).contiguous()


def sample_stride(count: int, channels: int, samples: int) -> int:
    """Largest stride that leaves at least `samples` elements and has no factor of `channels`."""
    stride = max(count // samples, 1)
    while math.gcd(stride, channels) > 1:
        stride -= 1
    return stride


def take_samples(tensor: torch.Tensor, stride: int, samples: int) -> torch.Tensor:
    """The first `samples` elements 0, stride, 2 stride, ... of a contiguous tensor, as a copy."""
    return tensor.flatten()[::stride][:samples].clone()


def add_whole(out: Tensors, name: str, tensor: torch.Tensor) -> None:
    """Stores a channels-last tensor as it is."""
    out[name] = tensor.detach().contiguous().clone()


def add_digest(out: Tensors, name: str, tensor: torch.Tensor, samples: int = SAMPLES) -> None:
    """Stores a channels-last tensor: whole up to four times `samples` elements, else its digest."""
    count = tensor.numel()
    if count <= WHOLE_LIMIT // SAMPLES * samples:
        add_whole(out, name, tensor)
        return
    stride = sample_stride(count, tensor.shape[-1], samples)
    exact = tensor.detach().double()
    stats = [exact.sum().item(), exact.square().sum().item(), count, stride]
    out[name] = take_samples(tensor.detach(), stride, samples)
    out[name + STATS_SUFFIX] = torch.tensor(stats, dtype=torch.float64)
