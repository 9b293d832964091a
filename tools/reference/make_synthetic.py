#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a model folder of the exact Stable Diffusion 1.4 architecture with random weights.

For measuring speed and memory, and for comparing with PyTorch at full size, where the published
weights are not at hand. Everything a loader meets in the published folder is here too: file names
and configs (configs/sd14 beside this script, byte for byte as large as the published ones), stale
token ids, the PNDM scheduler, a safety checker that is named but absent, the VAE's attention under
its old names, and position ids of int64 among the text encoder's weights.

The weights are the classes' own initialisation from a fixed seed. Then every 1-d parameter (norm
gains and all biases, which start as ones and zeros) is drawn anew, so that one forgotten or swapped
shows in the output. Equal bytes for equal versions of requirements.txt. float32: 4.3 GB on disk.
"""

import argparse
import gc
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

HERE = Path(__file__).resolve().parent
CONFIGS = HERE / "configs"
TOKENIZER = HERE.parents[1] / "data" / "clip-bpe"
DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}

Weights = dict[str, torch.Tensor]

VAE_OLD_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def randomise_vectors(model: torch.nn.Module, generator: torch.Generator) -> None:
    """Draws every 1-d parameter anew: gains 1 + 0.2 N(0,1), biases 0.1 N(0,1)."""
    for name, parameter in model.named_parameters():
        if parameter.dim() != 1:
            continue
        noise = torch.randn(parameter.shape, generator=generator)
        gain = name.endswith(".weight")
        parameter.data.copy_(1.0 + 0.2 * noise if gain else 0.1 * noise)


def unet_weights(config: dict) -> Weights:
    """UNet under diffusers' own names."""
    return initialised(lambda: UNet2DConditionModel.from_config(config), seed=1)


def vae_weights(config: dict) -> Weights:
    """VAE with the attention of both middle blocks under the names of diffusers 0.2."""
    weights = initialised(lambda: AutoencoderKL.from_config(config), seed=2)
    return {vae_old_name(name): tensor for name, tensor in weights.items()}


def vae_old_name(name: str) -> str:
    """mid_block.attentions.0.to_q.weight -> mid_block.attentions.0.query.weight, and so on."""
    if ".attentions." in name:
        for new, old in VAE_OLD_NAMES.items():
            name = name.replace(f".{new}.", f".{old}.")
    return name


def text_encoder_weights(config: dict) -> Weights:
    """CLIP as transformers 4 saved it: with the prefix that 5 dropped, and position_ids."""
    weights = initialised(lambda: CLIPTextModel(CLIPTextConfig(**config)), seed=3)
    prefix = "text_model."
    named = {prefix + name.removeprefix(prefix): tensor for name, tensor in weights.items()}
    positions = torch.arange(config["max_position_embeddings"], dtype=torch.int64)
    named[prefix + "embeddings.position_ids"] = positions.unsqueeze(0)
    return named


def initialised(build: Callable[[], torch.nn.Module], seed: int) -> Weights:
    """State of a freshly built model, the same for the same seed."""
    torch.manual_seed(seed)
    model = build()
    randomise_vectors(model, torch.Generator().manual_seed(seed))
    return model.state_dict()


def save(weights: Weights, path: Path, dtype: torch.dtype, shards: int) -> int:
    """Writes one file, or `shards` files with an index as diffusers does; returns the bytes."""
    converted = {
        name: tensor.to(dtype).contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in sorted(weights.items())
    }
    weights.clear()
    total = sum(tensor.nbytes for tensor in converted.values())
    if shards == 1:
        write_file(converted, path)
        return total

    weight_map: dict[str, str] = {}
    for index, names in enumerate(split_evenly(converted, shards), start=1):
        file = f"{path.stem}-{index:05d}-of-{shards:05d}{path.suffix}"
        write_file({name: converted.pop(name) for name in names}, path.with_name(file))
        weight_map.update(dict.fromkeys(names, file))
    index_path = path.with_name(path.name + ".index.json")
    index_text = {"metadata": {"total_size": total}, "weight_map": weight_map}
    index_path.write_text(json.dumps(index_text, indent=2) + "\n")
    return total


def write_file(weights: Weights, path: Path) -> None:
    """Writes one safetensors file that others may read too."""
    save_file(weights, path, metadata={"format": "pt"})
    path.chmod(0o644)


def split_evenly(weights: Weights, parts: int) -> list[list[str]]:
    """Names in order, cut into `parts` groups of about as many bytes each."""
    total = sum(tensor.nbytes for tensor in weights.values())
    groups: list[list[str]] = [[] for _ in range(parts)]
    before = 0
    for name, tensor in weights.items():
        groups[before * parts // total].append(name)
        before += tensor.nbytes
    return groups


COMPONENTS = {
    "text_encoder": (text_encoder_weights, "model.safetensors"),
    "unet": (unet_weights, "diffusion_pytorch_model.safetensors"),
    "vae": (vae_weights, "diffusion_pytorch_model.safetensors"),
}


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder to make; must not exist")
    variants = sorted(path.name for path in CONFIGS.iterdir())
    parser.add_argument("--variant", choices=variants, default="sd14", help="folder of configs/")
    parser.add_argument("--dtype", choices=DTYPES, default="f32", help="of the weights")
    parser.add_argument("--shards", type=int, default=1, help="files of the UNet, default 1")
    parser.add_argument(
        "--tokenizer",
        type=Path,
        default=TOKENIZER,
        help="folder with vocab.json and merges.txt, default data/clip-bpe",
    )
    arguments = parser.parse_args()
    if arguments.shards < 1:
        parser.error("--shards must be at least 1")
    for file in ("vocab.json", "merges.txt"):
        if not (arguments.tokenizer / file).is_file():
            parser.error(f"no {file} in {arguments.tokenizer}: give --tokenizer")
    if arguments.out.exists():
        parser.error(f"{arguments.out} exists already")
    return arguments


def main() -> None:
    """Makes the folder."""
    arguments = parse_arguments()
    shutil.copytree(CONFIGS / arguments.variant, arguments.out)
    for file in ("vocab.json", "merges.txt"):
        shutil.copyfile(arguments.tokenizer / file, arguments.out / "tokenizer" / file)
    for component, (make_weights, file) in COMPONENTS.items():
        folder = arguments.out / component
        weights = make_weights(json.loads((folder / "config.json").read_text()))
        shards = arguments.shards if component == "unet" else 1
        size = save(weights, folder / file, DTYPES[arguments.dtype], shards)
        print(f"{component}: {size:,} bytes of weights", flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
