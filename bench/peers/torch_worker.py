# SPDX-License-Identifier: Apache-2.0
"""PyTorch through diffusers: eager, channels-last, in float32 or bfloat16. See worker.py."""

from collections.abc import Callable

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextModel

from pytorch_model import silence
from work import GUIDANCE, PICTURE, PROMPT, Work
from worker import Order, Tensors, order, run_networks

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def images(values: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
    """An input of convolutions."""
    return torch.from_numpy(values).to(dtype, memory_format=torch.channels_last)


def as_float32(output: torch.Tensor) -> np.ndarray:
    """What others read."""
    return output.float().contiguous().numpy()


def loader(work: Work, dtype: torch.dtype) -> Callable[[str, Tensors], Callable[[], np.ndarray]]:
    """Loads one network and gives the call that runs it."""

    def load(network: str, inputs: Tensors) -> Callable[[], np.ndarray]:
        match network:
            case "text_encoder":
                model = CLIPTextModel.from_pretrained(work.model / network, dtype=dtype)
                ids = torch.from_numpy(inputs["input_ids"]).long()
                return lambda: as_float32(model(ids).last_hidden_state)
            case "unet":
                model = UNet2DConditionModel.from_pretrained(work.model / network, dtype=dtype)
                model.to(memory_format=torch.channels_last)
                sample = images(inputs["sample"], dtype)
                times = torch.from_numpy(inputs["timestep"])
                text = torch.from_numpy(inputs["encoder_hidden_states"]).to(dtype)
                return lambda: as_float32(model(sample, times, text, return_dict=False)[0])
            case "vae_decoder":
                model = AutoencoderKL.from_pretrained(work.model / "vae", dtype=dtype)
                model.to(memory_format=torch.channels_last)
                latent = images(inputs["latent"] / model.config.scaling_factor, dtype)
                return lambda: as_float32(model.decode(latent, return_dict=False)[0])
        raise ValueError(network)

    return load


def draw(asked: Order, dtype: torch.dtype) -> None:
    """The whole picture as diffusers' pipeline draws it."""
    work = asked.work
    pipeline = StableDiffusionPipeline.from_pretrained(
        work.model, dtype=dtype, safety_checker=None, local_files_only=True
    )
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.unet.to(memory_format=torch.channels_last)
    pipeline.vae.to(memory_format=torch.channels_last)
    picture = pipeline(
        PROMPT,
        height=work.size,
        width=work.size,
        num_inference_steps=work.steps,
        guidance_scale=GUIDANCE,
        latents=torch.from_numpy(np.load(work.noise())).to(dtype),
    ).images[0]
    picture.save(work.output(asked.engine, PICTURE))


@torch.inference_mode()
def main() -> None:
    """Does what it is asked for."""
    asked = order()
    silence()
    torch.set_num_threads(asked.work.threads)
    dtype = DTYPES[asked.precision]
    if asked.networks == (PICTURE,):
        draw(asked, dtype)
    else:
        run_networks(asked, loader(asked.work, dtype))


if __name__ == "__main__":
    main()
