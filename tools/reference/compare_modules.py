#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the networks of a model folder, as the C program runs them, with PyTorch.

PyTorch's side is slow at full size, so it is computed once and cached: inputs, whole outputs, and
digests (digest.py) of every module with weights. The C side is a program, called once per network:

    RUNNER MODEL COMPONENT INPUTS.safetensors OUTPUTS.safetensors [--nodes] --precision NAME

It reads its inputs by the names of the graph's inputs:

    text_encoder  input_ids int32 [2, tokens], position_ids int32 [1, tokens]
    unet          sample [2, h, w, 4], timestep [2], encoder_hidden_states [2, tokens, c]
    vae_decoder   latent [1, h, w, 4], not yet divided by the scaling factor
    vae_encoder   image [1, height, width, 3], in -1..1

and writes, as float32 under the names of their nodes, the graph's outputs and, with --nodes, every
named node. A node is compared when it bears a module's path; shapes may differ, the number of
elements may not. The two rows of the UNet's batch are at different timesteps.

Exit status: 0 all outputs within the tolerance, 1 not so or the runner failed, 2 wrong usage.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from diffusers import StableDiffusionPipeline
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from digest import (
    STATS_SUFFIX,
    Tensors,
    add_digest,
    add_whole,
    channels_first,
    channels_last,
    take_samples,
)
from pytorch_model import OUTPUT_OF, load_pipeline, tapped, token_ids

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = ("", "a red apple on a wooden table, oil painting")
TIMESTEPS = (981.0, 1.0)
SAMPLES = 65536

# Part of what the cache was made from: raise it when inputs, taps or digests change.
RECIPE = 1
WORST_SHOWN = 8


class Difference(NamedTuple):
    """How far one tensor is from PyTorch's; of a digest, by its samples."""

    name: str
    relative_l2: float
    max_abs: float

    def within(self, tolerance: float) -> bool:
        """False for NaN too."""
        return self.relative_l2 <= tolerance


# ---- PyTorch's side -----------------------------------------------------------------------------


def make_inputs(pipeline: StableDiffusionPipeline, component: str) -> Tensors:
    """Inputs of a network by the names of the graph's inputs, channels-last."""
    generator = torch.Generator().manual_seed(sorted(OUTPUT_OF).index(component))
    size = pipeline.unet.config.sample_size
    match component:
        case "text_encoder":
            ids = torch.cat([token_ids(pipeline, prompt) for prompt in PROMPTS])
            positions = torch.arange(ids.shape[1]).unsqueeze(0)
            return {"input_ids": ids.int(), "position_ids": positions.int()}
        case "unet":
            ids = torch.cat([token_ids(pipeline, prompt) for prompt in PROMPTS])
            return {
                "sample": torch.randn((2, size, size, 4), generator=generator),
                "timestep": torch.tensor(TIMESTEPS),
                "encoder_hidden_states": pipeline.text_encoder(ids).last_hidden_state,
            }
        case "vae_decoder":
            return {"latent": torch.randn((1, size, size, 4), generator=generator)}
        case "vae_encoder":
            pixels = size * pipeline.vae_scale_factor
            coarse = torch.randn((1, 3, size, size), generator=generator)
            image = torch.nn.functional.interpolate(coarse, size=pixels, mode="bilinear")
            return {"image": channels_last(image.clamp(-1.0, 1.0))}
    raise ValueError(component)


def run_network(pipeline: StableDiffusionPipeline, component: str, inputs: Tensors) -> None:
    """Runs a network for what its taps see."""
    match component:
        case "text_encoder":
            pipeline.text_encoder(inputs["input_ids"].long())
        case "unet":
            pipeline.unet(
                channels_first(inputs["sample"]),
                inputs["timestep"],
                encoder_hidden_states=inputs["encoder_hidden_states"],
            )
        case "vae_decoder":
            latent = channels_first(inputs["latent"])
            pipeline.vae.decode(latent / pipeline.vae.config.scaling_factor)
        case "vae_encoder":
            pipeline.vae.encode(channels_first(inputs["image"]))


def has_weights(name: str, module: torch.nn.Module) -> bool:
    """Every module below the network itself that has parameters, alone or in its parts."""
    return name != "" and next(module.parameters(), None) is not None


@torch.inference_mode()
def prepare(
    pipeline: StableDiffusionPipeline, component: str, folder: Path, made_from: str
) -> None:
    """Computes a network in PyTorch and caches its inputs, output, and digests."""
    inputs = make_inputs(pipeline, component)
    expected: Tensors = {}
    order: list[str] = []

    def keep(name: str, tensor: torch.Tensor) -> None:
        order.append(name)
        if name == OUTPUT_OF[component]:
            add_whole(expected, name, tensor)
        else:
            add_digest(expected, name, tensor, SAMPLES)

    network = getattr(pipeline, "vae" if component.startswith("vae") else component)
    with tapped(network, has_weights, keep):
        run_network(pipeline, component, inputs)

    folder.mkdir(parents=True, exist_ok=True)
    save_file(inputs, inputs_path(folder, component))
    metadata = {"made_from": made_from, "order": json.dumps(order)}
    save_file(expected, expected_path(folder, component), metadata)


def inputs_path(folder: Path, component: str) -> Path:
    """Where the cache keeps a network's inputs."""
    return folder / f"{component}.inputs.safetensors"


def expected_path(folder: Path, component: str) -> Path:
    """Where the cache keeps what PyTorch computed."""
    return folder / f"{component}.expected.safetensors"


def is_prepared(folder: Path, component: str, made_from: str) -> bool:
    """Whether the cache holds this network of this very model."""
    try:
        with safe_open(expected_path(folder, component), "pt") as file:
            return file.metadata()["made_from"] == made_from
    except (FileNotFoundError, SafetensorError):
        return False


def identify(model: Path) -> str:
    """Changes when a file of the model, the recipe, or PyTorch does."""
    stamps = [
        (str(path.relative_to(model)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(model.glob("*/*"))
    ]
    return json.dumps([RECIPE, torch.__version__, stamps])


# ---- the C side ---------------------------------------------------------------------------------


def run_program(arguments: argparse.Namespace, component: str, outputs: Path) -> None:
    """Has the C program compute a network."""
    command = [arguments.runner, arguments.model, component]
    command += [inputs_path(arguments.cache, component), outputs]
    command += ["--precision", arguments.precision]
    if arguments.nodes:
        command.append("--nodes")
    subprocess.run([str(part) for part in command], check=True)


def module_order(expected: Path) -> list[str]:
    """The modules in the order in which PyTorch ran them."""
    with safe_open(expected, "pt") as file:
        return json.loads(file.metadata()["order"])


def differences(expected: Path, outputs: Path) -> Iterator[Difference]:
    """Compares what both files hold, in the order in which PyTorch ran the modules."""
    theirs = load_file(expected)
    with safe_open(outputs, "pt") as ours:
        names = set(ours.keys())
        for name in module_order(expected):
            if name in names:
                stats = theirs.get(name + STATS_SUFFIX)
                yield difference(name, ours.get_tensor(name), theirs[name], stats)


def difference(
    name: str, ours: torch.Tensor, theirs: torch.Tensor, stats: torch.Tensor | None
) -> Difference:
    """Compares one tensor; infinitely far apart if the numbers of elements differ."""
    count = theirs.numel() if stats is None else int(stats[2])
    if ours.numel() != count:
        return Difference(name, math.inf, math.inf)
    if stats is not None:
        ours = take_samples(ours, int(stats[3]), theirs.numel())
    exact = theirs.flatten().double()
    error = ours.flatten().double() - exact
    norm = max(exact.norm().item(), torch.finfo(torch.float64).tiny)
    return Difference(name, error.norm().item() / norm, error.abs().max().item())


# ---- report -------------------------------------------------------------------------------------


def compare(arguments: argparse.Namespace, component: str) -> bool:
    """Runs the C side of a network and reports; whether its output is within the tolerance."""
    expected = expected_path(arguments.cache, component)
    with tempfile.TemporaryDirectory(dir=arguments.cache) as folder:
        outputs = Path(folder) / "outputs.safetensors"
        run_program(arguments, component, outputs)
        found = list(differences(expected, outputs))

    output = next((item for item in found if item.name == OUTPUT_OF[component]), None)
    if output is None:
        print(f"{component}: the runner wrote no {OUTPUT_OF[component]}")
        return False
    good = output.within(arguments.tolerance)
    print(row(component, output) + ("" if good else "  BEYOND THE TOLERANCE"))
    if arguments.nodes:
        report_nodes(found, arguments)
        print(f"{'':14}compared {len(found)} of {len(module_order(expected))} modules")
    return good


def report_nodes(found: list[Difference], arguments: argparse.Namespace) -> None:
    """Every node, or the worst ones; and the first beyond the tolerance."""
    # Not by key alone: NaN must come first.
    worst = sorted(found, key=lambda item: (item.relative_l2 != item.relative_l2, item.relative_l2))
    shown = found if arguments.all else worst[: -WORST_SHOWN - 1 : -1]
    for item in shown:
        print(row("", item))
    first = next((item for item in found if not item.within(arguments.tolerance)), None)
    name = "none" if first is None else first.name
    print(f"{'':14}first beyond the tolerance: {name}")


def row(component: str, item: Difference) -> str:
    """One line of the table."""
    return f"{component:14}{item.name:66}{item.relative_l2:12.3e}{item.max_abs:12.3e}"


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument(
        "--runner",
        type=Path,
        default=ROOT / "build" / "release" / "tools" / "run_module",
        help="C program, default build/release/tools/run_module",
    )
    parser.add_argument("--components", nargs="+", choices=OUTPUT_OF, default=list(OUTPUT_OF))
    parser.add_argument("--nodes", action="store_true", help="compare every named node too")
    parser.add_argument("--precision", default="f32", help="sd14's, default f32")
    parser.add_argument("--all", action="store_true", help="with --nodes: print all, not the worst")
    parser.add_argument("--tolerance", type=float, default=1e-5, help="relative L2 of an output")
    parser.add_argument("--cache", type=Path, help="default build/reference/<model's name>")
    parser.add_argument("--prepare", action="store_true", help="only fill the cache")
    arguments = parser.parse_args()
    arguments.model = arguments.model.resolve()
    if not (arguments.model / "model_index.json").is_file():
        parser.error(f"{arguments.model} is no model folder: it has no model_index.json")
    if arguments.cache is None:
        arguments.cache = ROOT / "build" / "reference" / arguments.model.name
    if not arguments.prepare and not arguments.runner.is_file():
        parser.error(f"no runner {arguments.runner}: build it or give --runner")
    return arguments


def main() -> int:
    """Prepares what is missing, then compares."""
    arguments = parse_arguments()
    made_from = identify(arguments.model)
    missing = [
        component
        for component in arguments.components
        if not is_prepared(arguments.cache, component, made_from)
    ]
    if missing:
        pipeline = load_pipeline(arguments.model)
        for component in missing:
            print(f"{component}: computing in PyTorch, once", file=sys.stderr)
            prepare(pipeline, component, arguments.cache, made_from)
        del pipeline
    if arguments.prepare:
        return 0

    print(f"{'':14}{'node':66}{'relative L2':>12}{'max abs':>12}")
    try:
        good = [compare(arguments, component) for component in arguments.components]
    except (subprocess.CalledProcessError, OSError, SafetensorError) as error:
        print(f"the C side failed: {error}", file=sys.stderr)
        return 1
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
