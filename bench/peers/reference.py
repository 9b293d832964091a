# SPDX-License-Identifier: Apache-2.0
"""Makes the inputs of the work, and float32's outputs by PyTorch: reference.py WORK."""

import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import CLIPTokenizer

from pytorch_model import silence
from torch_worker import loader
from work import NETWORKS, PROMPT, SEED, TIMESTEPS, Work
from worker import Tensors, inputs_of


def token_ids(work: Work, prompt: str) -> np.ndarray:
    """[1, 77] int32."""
    tokenizer = CLIPTokenizer.from_pretrained(work.model / "tokenizer")
    found = tokenizer(
        prompt, padding="max_length", max_length=tokenizer.model_max_length, truncation=True
    )
    return np.array([found.input_ids], np.int32)


def make_inputs(work: Work) -> dict[str, Tensors]:
    """By the names of our graphs' inputs, channels last."""
    load = loader(work, torch.float32)
    prompts = [token_ids(work, prompt) for prompt in ("", PROMPT)]
    texts = [load("text_encoder", {"input_ids": ids})() for ids in prompts]
    side = work.size // 8
    random = np.random.default_rng(SEED)
    latents = random.standard_normal((3, side, side, 4), np.float32)
    return {
        "text_encoder": {
            "input_ids": prompts[1],
            "position_ids": np.arange(prompts[1].shape[1], dtype=np.int32)[None],
        },
        "unet": {
            "sample": latents[:2],
            "timestep": np.array(TIMESTEPS, np.float32),
            "encoder_hidden_states": np.concatenate(texts),
        },
        "vae_decoder": {"latent": latents[2:]},
    }


@torch.inference_mode()
def main() -> None:
    """Writes all of them."""
    work = Work.from_json(sys.argv[1])
    silence()
    torch.set_num_threads(work.threads)
    side = work.size // 8
    noise = torch.randn((1, 4, side, side), generator=torch.Generator().manual_seed(SEED))
    np.save(work.noise(), noise.numpy())
    for network, tensors in make_inputs(work).items():
        save_file(tensors, work.inputs(network))
    for network in NETWORKS:
        output = loader(work, torch.float32)(network, inputs_of(work, network))()
        np.save(work.expected(network), output)


if __name__ == "__main__":
    main()
