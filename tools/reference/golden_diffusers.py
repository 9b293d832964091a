#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records a prompt suite with diffusers, in the layout that `sd14 golden` writes.

Float32 on one thread with ATEN's plain kernels: the noise is then the same on every x86-64 CPU, bit
for bit that of `sd14 golden`. Products may differ in the last bits between CPUs: compare with a
tolerance. The layout is described in src/parity/golden_manifest.h. Each item is drawn again.
"""

import argparse
import hashlib
import itertools
import json
import os
import re
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Read by ATen when it is imported: its vector kernels draw other noise.
os.environ["ATEN_CPU_CAPABILITY"] = "default"

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from safetensors.torch import save_file

from exact_roots import ExactRoots
from pytorch_model import load_pipeline

PERCENTS = (0, 25, 50, 75, 100)
FILES = (
    "picture.png",
    "noise.npy",
    *(f"latents_{percent:03}.npy" for percent in PERCENTS),
    "tensors.safetensors",
)
# Those that `sd14` hashes, where they are present.
SMALL_FILES = (
    "model_index.json",
    "scheduler/scheduler_config.json",
    "sd14.json",
    "text_encoder/config.json",
    "tokenizer/added_tokens.json",
    "tokenizer/merges.txt",
    "tokenizer/special_tokens_map.json",
    "tokenizer/tokenizer.json",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "unet/config.json",
    "vae/config.json",
)
WEIGHTS = (
    "text_encoder/model",
    "unet/diffusion_pytorch_model",
    "vae/diffusion_pytorch_model",
)


def sha256(path: Path) -> str:
    """64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def model_files(folder: Path) -> list[dict]:
    """Configurations, tokenizer and weights in use, with their hashes, sorted by name."""
    names = {name for name in SMALL_FILES if (folder / name).exists()}
    for stem in WEIGHTS:
        index = folder / f"{stem}.safetensors.index.json"
        if (folder / f"{stem}.safetensors").exists():
            names.add(f"{stem}.safetensors")
        else:
            names.add(str(index.relative_to(folder)))
            shards = json.loads(index.read_text())["weight_map"].values()
            names |= {f"{index.parent.name}/{shard}" for shard in shards}
    return [{"name": name, "sha256": sha256(folder / name)} for name in sorted(names)]


def load_suite(path: Path) -> tuple[dict, list[dict]]:
    """What the manifest says of the suite, and its items with the defaults filled in."""
    suite = json.loads(path.read_text(encoding="utf-8"))
    items = [{**suite["defaults"], **item} for item in suite["items"]]
    for item in items:
        if not re.fullmatch("[a-z0-9-]{1,64}", item["id"]):  # it names a folder
            raise SystemExit(f"{path}: id {item['id']!r}: must be 1 to 64 of a-z, 0-9 and -")
    return {"name": suite["name"], "sha256": sha256(path)}, items


def checkpoints(steps: int) -> list[dict]:
    """The steps at which latents are kept; halves are rounded up."""
    return [
        {"percent": percent, "step": (steps * percent + 50) // 100, "name": f"latents_{percent:03}"}
        for percent in PERCENTS
    ]


@contextmanager
def text_calls(pipeline: StableDiffusionPipeline) -> Iterator[list[tuple]]:
    """(input_ids, embeddings, its end) of each call of the pipeline to its text encoder."""
    calls = []

    def keep(_module: torch.nn.Module, inputs: tuple, output: object) -> None:
        calls.append((inputs[0].int(), output[0].clone(), time.perf_counter()))

    handle = pipeline.text_encoder.register_forward_hook(keep)
    try:
        yield calls
    finally:
        handle.remove()


class Drawing:
    """One item drawn: its tensors by name, its picture, and how long the steps took."""

    def __init__(self, pipeline: StableDiffusionPipeline, item: dict) -> None:
        """Draws."""
        generator = torch.Generator().manual_seed(item["seed"])
        scale = pipeline.vae_scale_factor
        shape = (1, 4, item["height"] // scale, item["width"] // scale)
        noise = torch.randn(shape, generator=generator)
        self.latents = [noise.clone()]
        self.start = time.perf_counter()
        step_ends = []

        def keep(_pipeline: object, _step: int, _t: object, tensors: dict) -> dict:
            self.latents.append(tensors["latents"].clone())
            step_ends.append(time.perf_counter())
            return tensors

        with text_calls(pipeline) as calls, ExactRoots():
            self.picture: Image.Image = pipeline(
                item["prompt"],
                negative_prompt=item["negative_prompt"],
                width=item["width"],
                height=item["height"],
                num_inference_steps=item["steps"],
                guidance_scale=item["guidance_scale"],
                latents=noise,
                callback_on_step_end=keep,
            ).images[0]
        self.end = time.perf_counter()

        # The pipeline encodes the prompt first; the UNet gets the negative prompt first.
        ids, embeddings = (torch.cat([call[i] for call in calls[::-1]]) for i in range(2))
        self.times = [calls[-1][2], *step_ends]
        self.tensors = {"noise": noise, "text_embeddings": embeddings, "input_ids": ids}
        for point in checkpoints(item["steps"]):
            self.tensors[point["name"]] = self.latents[point["step"]]

    def measurements(self, item: dict) -> dict:
        """Seconds and memory. The steps begin when the text is encoded."""
        steps = [after - before for before, after in itertools.pairwise(self.times)]
        return {
            "id": item["id"],
            "text_seconds": self.times[0] - self.start,
            "prepare_seconds": 0.0,
            "denoise_seconds": self.times[-1] - self.times[0],
            "decode_seconds": self.end - self.times[-1],
            "total_seconds": self.end - self.start,
            "step_seconds": steps,
            "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }

    def write(self, folder: Path) -> None:
        """The item's files but measurements.json."""
        folder.mkdir(parents=True, exist_ok=True)
        self.picture.save(folder / "picture.png", optimize=True)
        for name, tensor in self.tensors.items():
            if name == "noise" or name.startswith("latents_"):
                np.save(folder / f"{name}.npy", tensor.contiguous().numpy())
        tensors = folder / "tensors.safetensors"
        save_file({name: t.contiguous().clone() for name, t in self.tensors.items()}, tensors)
        tensors.chmod(0o644)


def manifest_item(item: dict, out: Path) -> dict:
    """The item as the manifest has it, its files hashed."""
    names = [f"{item['id']}/{name}" for name in FILES]
    return {
        "id": item["id"],
        "prompt": item["prompt"],
        "negative_prompt": item["negative_prompt"],
        "seed": item["seed"],
        "steps": item["steps"],
        "guidance_scale": float(item["guidance_scale"]),
        "width": item["width"],
        "height": item["height"],
        "checkpoints": checkpoints(item["steps"]),
        "files": [
            {"name": name, "sha256": sha256(out / name), "bytes": (out / name).stat().st_size}
            for name in names
        ],
    }


def write_json(path: Path, value: dict) -> None:
    """Indented, UTF-8."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path, help="a diffusers folder")
    parser.add_argument("suite", type=Path, help="such as configs/suites/emoji-smoke.json")
    parser.add_argument("out", type=Path, help="folder of the run")
    parser.add_argument(
        "--no-measurements", action="store_true", help="leave out measurements.json"
    )
    return parser.parse_args()


@torch.inference_mode()
def main() -> None:
    """Records and writes."""
    arguments = parse_arguments()
    torch.set_num_threads(1)
    pipeline = load_pipeline(arguments.model)
    suite, items = load_suite(arguments.suite)
    manifest = {
        "format": 1,
        "kind": "golden",
        "producer": {"name": "diffusers", "version": diffusers.__version__},
        "suite": suite,
        "model": {
            "name": arguments.model.resolve().name,
            "files": model_files(arguments.model),
        },
        "backend": "torch",
        "precision": "f32",
        "isa": torch.backends.cpu.get_cpu_capability().lower(),
        "threads": torch.get_num_threads(),
        "sampler": "ddim",
        "items": [],
    }
    for item in items:
        drawing = Drawing(pipeline, item)
        folder = arguments.out / item["id"]
        drawing.write(folder)
        if not arguments.no_measurements:
            write_json(folder / "measurements.json", drawing.measurements(item))
        manifest["items"].append(manifest_item(item, arguments.out))
        print(folder)
    write_json(arguments.out / "manifest.json", manifest)


if __name__ == "__main__":
    main()
