#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what diffusers computes for a model folder: the tensors that prove a port.

Everything is float32 on one thread, with ATen's plain kernels: the noise is then the same on every
x86-64 CPU. Products may still differ in the last bits between CPUs: compare with a tolerance.

Written into OUT: recording.safetensors, manifest.json, picture.png. Tensors are whole where the
list says so, else whole up to 4096 elements and digests above (digest.py). Images are channels-last
[b, h, w, c]; batches of two hold the negative prompt first. <module> is diffusers' path of the
module that made the tensor.

    tokenizer/prompt, /negative, /empty   int32 [tokens]
    text_encoder/input_ids                int32 [2, tokens]
    text_encoder/<module>                 embeddings, every layer, final_layer_norm (whole)
    unet/sample                           [2, h, w, 4], whole: input of the three runs below
    unet@<t>/<module>                     t = 951, 501, 1; conv_out is the output (whole)
    vae_decoder/<module>                  the last latents, divided by the scaling factor, decoded;
                                          decoder.conv_out is the output (whole)
    vae_encoder/<module>                  the picture, as 2 (byte / 255) - 1, encoded; quant_conv is
                                          the output (whole)
    vae_encoder/mean, /logvar             its two halves, logvar clamped to [-30, 20] (whole)
    scheduler/alphas_cumprod              [training steps], whole
    scheduler/timesteps                   int32 [steps]
    scheduler/eta_step.*                  one step with eta 1, whole: sample [1, h, w, 4],
                                          noise_pred (guided), variance_noise, prev_sample
    trajectory/latents                    [steps + 1, h, w, 4], whole: the noise, then each step's
    trajectory/noise_pred                 [2 steps, h, w, 4], whole: per step negative, prompt
    trajectory/picture                    uint8 [height, width, 3]
"""

import argparse
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

# Read by ATen when it is imported: its vector kernels draw other noise.
os.environ["ATEN_CPU_CAPABILITY"] = "default"

import diffusers
import numpy as np
import safetensors
import torch
import transformers
from diffusers import StableDiffusionPipeline
from diffusers.models.attention_processor import Attention
from diffusers.models.downsampling import Downsample2D
from diffusers.models.embeddings import TimestepEmbedding
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.upsampling import Upsample2D
from PIL import Image
from safetensors.torch import save_file

from digest import Tensors, add_digest, add_whole, channels_first, channels_last
from pytorch_model import OUTPUT_OF, load_pipeline, tapped, token_ids

UNET_TIMESTEPS = (951, 501, 1)
UNET_SAMPLE_SEED = 1
ETA_STEP_SEED = 2

UNET_BLOCKS = (ResnetBlock2D, Transformer2DModel, Downsample2D, Upsample2D, TimestepEmbedding)
VAE_BLOCKS = (ResnetBlock2D, Attention, Downsample2D, Upsample2D)
ENDS = {"conv_in", "conv_norm_out", "conv_out", "quant_conv", "post_quant_conv"}


def is_text_block(name: str, module: torch.nn.Module) -> bool:
    """The sum of both embeddings, every layer, and the last norm."""
    parent, _, last = name.rpartition(".")
    return last in {"embeddings", "final_layer_norm"} or parent.endswith("encoder.layers")


def is_unet_block(name: str, module: torch.nn.Module) -> bool:
    """What the UNet is made of, one level above single operators."""
    return isinstance(module, UNET_BLOCKS) or name in ENDS


def is_vae_block(name: str, module: torch.nn.Module) -> bool:
    """What the VAE is made of, one level above single operators."""
    return isinstance(module, VAE_BLOCKS) or name.rpartition(".")[2] in ENDS


def recorder(out: Tensors, run: str) -> Callable[[str, torch.Tensor], None]:
    """A sink for the modules of one run ("unet@951"): the output whole, the rest as digests."""
    output = OUTPUT_OF[run.partition("@")[0]]

    def record(name: str, tensor: torch.Tensor) -> None:
        add = add_whole if name == output else add_digest
        add(out, f"{run}/{name}", tensor)

    return record


def record_text(
    out: Tensors, pipeline: StableDiffusionPipeline, prompt: str, negative: str
) -> torch.Tensor:
    """Token ids and text encoder; returns the embeddings [2, tokens, c], negative first."""
    for name, text in (("prompt", prompt), ("negative", negative), ("empty", "")):
        add_whole(out, f"tokenizer/{name}", token_ids(pipeline, text)[0].int())

    ids = torch.cat([token_ids(pipeline, negative), token_ids(pipeline, prompt)])
    add_whole(out, "text_encoder/input_ids", ids.int())
    with tapped(pipeline.text_encoder, is_text_block, recorder(out, "text_encoder")):
        return pipeline.text_encoder(ids).last_hidden_state


def record_unet(out: Tensors, pipeline: StableDiffusionPipeline, embeddings: torch.Tensor) -> None:
    """The UNet on one seeded sample at a noisy, a middle, and the last timestep."""
    size = pipeline.unet.config.sample_size
    generator = torch.Generator().manual_seed(UNET_SAMPLE_SEED)
    sample = torch.randn((2, 4, size, size), generator=generator)
    add_whole(out, "unet/sample", channels_last(sample))
    for timestep in UNET_TIMESTEPS:
        with tapped(pipeline.unet, is_unet_block, recorder(out, f"unet@{timestep}")):
            pipeline.unet(sample, timestep, encoder_hidden_states=embeddings)


def record_trajectory(
    out: Tensors, pipeline: StableDiffusionPipeline, arguments: argparse.Namespace
) -> Image.Image:
    """The whole pipeline: latents, noise predictions, the decoder, and the picture."""
    size = pipeline.unet.config.sample_size
    generator = torch.Generator().manual_seed(arguments.seed)
    noise = torch.randn((1, 4, size, size), generator=generator)
    latents = [noise]
    noise_preds = []

    def keep_latents(_pipeline: object, _step: int, _t: object, tensors: Tensors) -> Tensors:
        latents.append(tensors["latents"].clone())
        return tensors

    def keep_noise_pred(_name: str, tensor: torch.Tensor) -> None:
        noise_preds.append(tensor.clone())

    with (
        tapped(pipeline.unet, lambda name, _: name == OUTPUT_OF["unet"], keep_noise_pred),
        tapped(pipeline.vae, is_vae_block, recorder(out, "vae_decoder")),
    ):
        picture = pipeline(
            arguments.prompt,
            negative_prompt=arguments.negative,
            num_inference_steps=arguments.steps,
            guidance_scale=arguments.guidance,
            latents=noise,
            callback_on_step_end=keep_latents,
        ).images[0]

    add_whole(out, "trajectory/latents", channels_last(torch.cat(latents)))
    add_whole(out, "trajectory/noise_pred", torch.cat(noise_preds))
    add_whole(out, "trajectory/picture", torch.from_numpy(np.array(picture)))
    return picture


def record_encoder(out: Tensors, pipeline: StableDiffusionPipeline, picture: Image.Image) -> None:
    """The VAE's encoder on the picture."""
    image = pipeline.image_processor.preprocess(picture)
    with tapped(pipeline.vae, is_vae_block, recorder(out, "vae_encoder")):
        posterior = pipeline.vae.encode(image).latent_dist
    add_whole(out, "vae_encoder/mean", channels_last(posterior.mean))
    add_whole(out, "vae_encoder/logvar", channels_last(posterior.logvar))


def record_scheduler(
    out: Tensors, pipeline: StableDiffusionPipeline, arguments: argparse.Namespace
) -> None:
    """DDIM's tables, and the middle step of the trajectory again with eta 1.

    Every step with eta 0 is in the trajectory already.
    """
    scheduler = pipeline.scheduler
    add_whole(out, "scheduler/alphas_cumprod", scheduler.alphas_cumprod)
    add_whole(out, "scheduler/timesteps", scheduler.timesteps.int())

    step = arguments.steps // 2
    sample = channels_first(out["trajectory/latents"][step : step + 1])
    pair = out["trajectory/noise_pred"][2 * step : 2 * step + 2]
    negative, prompt = channels_first(pair).chunk(2)
    noise_pred = negative + arguments.guidance * (prompt - negative)
    generator = torch.Generator().manual_seed(ETA_STEP_SEED)
    variance_noise = torch.randn(sample.shape, generator=generator)
    prev_sample = scheduler.step(
        noise_pred, scheduler.timesteps[step], sample, eta=1.0, variance_noise=variance_noise
    ).prev_sample
    for name, tensor in (
        ("sample", sample),
        ("noise_pred", noise_pred),
        ("variance_noise", variance_noise),
        ("prev_sample", prev_sample),
    ):
        add_whole(out, f"scheduler/eta_step.{name}", channels_last(tensor))


def manifest(arguments: argparse.Namespace, picture: Image.Image) -> dict:
    """What the recording was made with."""
    files = sorted(path for path in arguments.model.glob("*/*") if path.is_file())
    return {
        "model": arguments.model.resolve().name,
        "prompt": arguments.prompt,
        "negative_prompt": arguments.negative,
        "seed": arguments.seed,
        "steps": arguments.steps,
        "guidance_scale": arguments.guidance,
        "width": picture.width,
        "height": picture.height,
        "scheduler": "DDIMScheduler",
        "unet_timesteps": list(UNET_TIMESTEPS),
        "eta_step": {"index": arguments.steps // 2, "eta": 1.0},
        "versions": {
            module.__name__: module.__version__
            for module in (torch, diffusers, transformers, safetensors, np)
        },
        "aten_cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "model_files": {str(path.relative_to(arguments.model)): sha256(path) for path in files},
    }


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="model folder as diffusers saves it")
    parser.add_argument("out", type=Path, help="folder to write into")
    parser.add_argument("--prompt", default="a red apple")
    parser.add_argument("--negative", default="a green apple")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=4.0)
    return parser.parse_args()


@torch.inference_mode()
def main() -> None:
    """Records and writes."""
    arguments = parse_arguments()
    torch.set_num_threads(1)
    pipeline = load_pipeline(arguments.model)

    out: Tensors = {}
    embeddings = record_text(out, pipeline, arguments.prompt, arguments.negative)
    record_unet(out, pipeline, embeddings)
    picture = record_trajectory(out, pipeline, arguments)
    record_encoder(out, pipeline, picture)
    record_scheduler(out, pipeline, arguments)

    arguments.out.mkdir(parents=True, exist_ok=True)
    recording = arguments.out / "recording.safetensors"
    save_file(out, recording)
    recording.chmod(0o644)
    picture.save(arguments.out / "picture.png", optimize=True)
    text = json.dumps(manifest(arguments, picture), indent=2, ensure_ascii=False)
    (arguments.out / "manifest.json").write_text(text + "\n")
    print(f"{len(out)} tensors, {sum(tensor.nbytes for tensor in out.values()):,} bytes")


if __name__ == "__main__":
    main()
