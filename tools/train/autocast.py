# SPDX-License-Identifier: Apache-2.0
"""bfloat16 where it is faster: on CUDA, and on CPUs that multiply it for products and convolutions.

On those CPUs torch's bfloat16 kernels for normalisation and attention are several times slower
than the float32 ones, so these two stay in float32.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional

_attention = functional.scaled_dot_product_attention


def _attention_in_float32(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, **options: object
) -> torch.Tensor:
    with torch.autocast("cpu", enabled=False):
        return _attention(query.float(), key.float(), value.float(), **options)


@contextmanager
def _products_only() -> Iterator[None]:
    functional.scaled_dot_product_attention = _attention_in_float32
    try:
        with torch.autocast("cpu", torch.bfloat16):
            yield
    finally:
        functional.scaled_dot_product_attention = _attention


def _multiplies_bfloat16(device: torch.device) -> bool:
    has = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return device.type == "cpu" and has


def autocast(device: torch.device) -> object:
    """The context in which a network made by prepare() is called."""
    if _multiplies_bfloat16(device):
        return _products_only()
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def prepare(network: nn.Module, device: torch.device) -> nn.Module:
    """Moves the network to the device, channels last."""
    if _multiplies_bfloat16(device):
        for module in network.modules():
            if isinstance(module, nn.GroupNorm | nn.LayerNorm):
                module.register_forward_pre_hook(lambda _, inputs: (inputs[0].float(),))
    return network.to(device, memory_format=torch.channels_last)
