# SPDX-License-Identifier: Apache-2.0
"""Converts a model for OpenVINO once and keeps it: in float32, in float16, the UNet in int8.

    openvino_models.py WORK

Needs PyTorch; the engine itself does not. int8 is NNCF's post-training quantisation of weights and
activations, calibrated on the inputs of the UNet along one picture of a few steps.
"""

import gc
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import nncf
import numpy as np
import openvino
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizerFast

from ddim import sample
from openvino_worker import folder_of, network_of, text_of, tokenizer_file
from pytorch_model import silence
from work import GUIDANCE, NETWORKS, SEED, Work

CALIBRATION_STEPS = 8
SIDE = 64  # of the latents that are calibrated with
TRACED_SIDE = 16  # of those that only show what is computed


class Unet(torch.nn.Module):
    """The tensor instead of a tuple."""

    def __init__(self, model: Path) -> None:
        """Loads the network."""
        super().__init__()
        self.network = UNet2DConditionModel.from_pretrained(model / "unet")

    def forward(
        self, sample: torch.Tensor, timestep: torch.Tensor, encoder_hidden_states: torch.Tensor
    ) -> torch.Tensor:
        """The noise that it sees."""
        return self.network(sample, timestep, encoder_hidden_states, return_dict=False)[0]


class TextEncoder(torch.nn.Module):
    """The last hidden state instead of a tuple."""

    def __init__(self, model: Path) -> None:
        """Loads the network."""
        super().__init__()
        self.network = CLIPTextModel.from_pretrained(model / "text_encoder")

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """What the UNet attends to."""
        return self.network(input_ids, return_dict=False)[0]


class Decoder(torch.nn.Module):
    """Latent, not yet divided by the scaling factor, to picture."""

    def __init__(self, model: Path) -> None:
        """Loads the network."""
        super().__init__()
        self.network = AutoencoderKL.from_pretrained(model / "vae")

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """In -1..1."""
        latent = latent / self.network.config.scaling_factor
        return self.network.decode(latent, return_dict=False)[0]


def traced(network: str) -> tuple[type[torch.nn.Module], dict[str, torch.Tensor]]:
    """Each network, and inputs to trace it with."""
    match network:
        case "text_encoder":
            return TextEncoder, {"input_ids": torch.zeros((1, 77), dtype=torch.int64)}
        case "unet":
            return Unet, {
                "sample": torch.zeros((2, 4, TRACED_SIDE, TRACED_SIDE)),
                "timestep": torch.ones(2),
                "encoder_hidden_states": torch.zeros((2, 77, 768)),
            }
        case "vae_decoder":
            return Decoder, {"latent": torch.zeros((1, 4, TRACED_SIDE, TRACED_SIDE))}
    raise ValueError(network)


def convert(work: Work, folder: Path) -> None:
    """Float32 and float16 files of every network, for any height and width."""
    for network in NETWORKS:
        load, inputs = traced(network)
        shapes = {
            name: [*tensor.shape[:2], -1, -1] if tensor.dim() == 4 else [*tensor.shape]
            for name, tensor in inputs.items()
        }
        model = load(work.model).eval()
        with torch.no_grad():
            found = openvino.convert_model(model, example_input=inputs, input=list(shapes.items()))
        for precision in ("f32", "f16"):
            path = folder / precision / f"{network}.xml"
            openvino.save_model(found, path, compress_to_fp16=precision == "f16")
        del found, model
        gc.collect()
    tokenizer = CLIPTokenizerFast.from_pretrained(work.model / "tokenizer")
    tokenizer.backend_tokenizer.save(str(tokenizer_file(folder)))


def calibration(work: Work, folder: Path) -> list[dict[str, np.ndarray]]:
    """The inputs of the UNet while bfloat16 draws a picture."""
    unet = network_of(work, folder, "unet", "bf16")
    text = text_of(work, folder, "bf16")
    seen: list[dict[str, np.ndarray]] = []

    def call(pair: np.ndarray, times: np.ndarray) -> np.ndarray:
        seen.append({"sample": pair, "timestep": times, "encoder_hidden_states": text})
        return unet(seen[-1])[0]

    noise = np.random.default_rng(SEED).standard_normal((1, 4, SIDE, SIDE))
    sample(work.model, call, noise, CALIBRATION_STEPS, GUIDANCE)
    return seen


def quantize(work: Work, folder: Path) -> None:
    """The UNet's int8 file."""
    inputs = calibration(replace(work, size=8 * SIDE), folder)
    gc.collect()
    found = nncf.quantize(
        openvino.Core().read_model(folder / "f32" / "unet.xml"),
        nncf.Dataset(inputs),
        subset_size=len(inputs),
        model_type=nncf.ModelType.TRANSFORMER,
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            disable_bias_correction=True,
            smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(convolution=-1, matmul=-1),
        ),
    )
    openvino.save_model(found, folder / "int8" / "unet.xml", compress_to_fp16=True)


def main() -> None:
    """Makes all, then gives the folder its name."""
    work = Work.from_json(sys.argv[1])
    silence()
    torch.set_num_threads(work.threads)
    making = folder_of(work, "making")
    shutil.rmtree(making, ignore_errors=True)
    for precision in ("f32", "f16", "int8"):
        (making / precision).mkdir(parents=True)
    convert(work, making)
    quantize(work, making)
    making.rename(folder_of(work))


if __name__ == "__main__":
    main()
