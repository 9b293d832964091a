# SPDX-License-Identifier: Apache-2.0
"""The three networks and the schedule: diffusers' classes, every block type as in SD 1.4."""

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from .font_pictures import SIDE
from .settings import Settings
from .tokenizer import Tokenizer

LATENT_CHANNELS = 4


def _start_as_identity(network: nn.Module, names: tuple[str, ...]) -> None:
    """Residual branches that start at zero: the first steps train the straight path."""
    for name, module in network.named_modules():
        if name.endswith(names):
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)


def make_vae(settings: Settings, scaling_factor: float = 1.0) -> AutoencoderKL:
    """128 x 128 x 3 to 16 x 16 x 4 and back.

    Eight groups, not SD's 32: with one channel a group, normalisation would remove flat colours.
    """
    vae = AutoencoderKL(
        latent_channels=LATENT_CHANNELS,
        block_out_channels=settings.vae_channels,
        layers_per_block=1,
        norm_num_groups=8,
        sample_size=SIDE,
        scaling_factor=scaling_factor,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
    _start_as_identity(vae, ("conv2", "to_out.0"))
    return vae


def make_unet(settings: Settings) -> UNet2DConditionModel:
    """Predicts the noise. diffusers calls the number of heads attention_head_dim."""
    unet = UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=settings.unet_channels,
        layers_per_block=1,
        cross_attention_dim=settings.text_width,
        attention_head_dim=settings.unet_channels[0] // 32,
        norm_num_groups=32,
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    )
    _start_as_identity(unet, ("conv2", "conv_out"))
    return unet


def make_text_encoder(settings: Settings, tokenizer: Tokenizer) -> CLIPTextModel:
    """CLIP's text half, heads of 32."""
    encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer.ids),
            hidden_size=settings.text_width,
            intermediate_size=4 * settings.text_width,
            num_hidden_layers=settings.text_layers,
            num_attention_heads=settings.text_width // 32,
            max_position_embeddings=77,
            hidden_act="quick_gelu",
            projection_dim=settings.text_width,
            bos_token_id=tokenizer.start,
            eos_token_id=tokenizer.end,
            pad_token_id=tokenizer.end,
        )
    )
    nn.init.normal_(encoder.get_input_embeddings().weight, std=0.1)
    return encoder


def make_scheduler() -> DDIMScheduler:
    """SD 1.4's betas."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def to_network(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 [n, h, w, 3] to float32 [n, 3, h, w], -1 to 1, channels last."""
    return (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(
        memory_format=torch.channels_last
    )
