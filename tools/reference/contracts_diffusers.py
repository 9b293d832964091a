#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the interface contracts (contracts/*.json) against diffusers' own modules.

    python3 contracts_diffusers.py MODEL [--contracts DIR] [--size 128x64]

Draws a picture of two steps with guidance and eta, and encodes it again; on the way every call of
text encoder, UNet, scheduler and VAE is looked at: names of arguments, types, shapes, values.
Layouts are permuted as the contract says. Exits with 1 and names contract, tensor and field where
one is off.
"""

import argparse
import collections.abc
import functools
import inspect
import json
import pathlib
import re
import sys

import diffusers
import numpy
import torch

CONTRACTS = pathlib.Path(__file__).resolve().parents[2] / "contracts"
NAMES = ("text_encoder", "unet", "scheduler", "vae_decoder", "vae_encoder")


def solve(length: int | str, symbols: dict) -> int:
    """A length of a contract in numbers."""
    if isinstance(length, int):
        return length
    name, operation, by = re.fullmatch(r"([a-z_]+)(?:([*/])(\d+))?", length).groups()
    value = symbols[name]
    if operation == "/" and value % int(by):
        raise KeyError(f"{name}={value} cannot be divided by {by}")
    return value * int(by or 1) if operation != "/" else value // int(by)


class Checker:
    """Contracts, and what was found to differ from them."""

    def __init__(self, folder: pathlib.Path, symbols: dict) -> None:
        """`symbols` of the model and the picture; the batch is each call's."""
        self.contracts = {name: json.loads((folder / f"{name}.json").read_text()) for name in NAMES}
        self.symbols = symbols
        self.seen = {}
        self.wrong = []

    def say(self, contract: str, tensor: str, field: str, expected: object, found: object) -> None:
        """Notes a violation once."""
        sentence = f"{contract}: {tensor}: {field}: expected {expected}, found {found}"
        if sentence not in self.wrong:
            self.wrong.append(sentence)

    def tensor(self, contract: str, side: str, name: str, value: object, batch: int) -> None:
        """`value`: what diffusers takes or gives under that name."""
        expected = next(
            (
                t
                for t in self.contracts[contract][side]
                if t["diffusers"] and t["diffusers"]["name"] == name
            ),
            None,
        )
        if expected is None:
            self.say(contract, name, "name", f"one of the contract's {side}", "not in it")
            return
        self.seen.setdefault(contract, set()).add(expected["name"])
        theirs = expected["diffusers"]
        dtype = str(value.dtype).removeprefix("torch.")
        if dtype != theirs["dtype"]:
            self.say(contract, expected["name"], "dtype", theirs["dtype"], dtype)
        symbols = self.symbols | {"batch": batch}
        try:
            shape = theirs.get("shape") or [
                expected["shape"][expected["layout"].index(axis)] for axis in theirs["layout"]
            ]
            shape = [solve(length, symbols) for length in shape]
            if list(value.shape) != shape:
                self.say(contract, expected["name"], "shape", shape, list(value.shape))
            self.values(contract, expected, numpy.asarray(value, dtype=numpy.float64), symbols)
        except (KeyError, ValueError, AttributeError) as error:
            self.say(contract, expected["name"], "shape", "symbols with a value", error)

    def values(self, contract: str, expected: dict, value: numpy.ndarray, symbols: dict) -> None:
        """NaN and infinity are outside of every range."""
        limits = expected["range"]
        inside = value >= limits["min"]
        if "below" in limits:
            inside &= value < solve(limits["below"], symbols)
        else:
            inside &= value <= limits["max"]
        if not inside.all():
            self.say(contract, expected["name"], "range", limits, value[~inside].flat[0])

    def call(
        self, contract: str, function: collections.abc.Callable, *given: object, **named: object
    ) -> object:
        """Makes the call and checks every argument that the contract names, and the result."""
        signature = inspect.signature(function)
        arguments = signature.bind(*given, **named).arguments
        for tensor in self.contracts[contract]["inputs"]:
            theirs = tensor["diffusers"]
            if theirs and tensor["graph"] and theirs["name"] not in signature.parameters:
                self.say(
                    contract,
                    tensor["name"],
                    "diffusers.name",
                    theirs["name"],
                    sorted(signature.parameters),
                )
        tensors = {k: v for k, v in arguments.items() if isinstance(v, torch.Tensor)}
        batch = next(len(v) for v in tensors.values() if v.ndim > 1)
        for name, value in tensors.items():
            self.tensor(contract, "inputs", name, value, batch)
        result = function(*given, **named)
        self.result(contract, result, batch)
        return result

    def result(self, contract: str, result: object, batch: int) -> None:
        """The outputs that a contract's names find in a result; a tuple's first is the only one."""
        for tensor in self.contracts[contract]["outputs"]:
            theirs = tensor["diffusers"]
            if theirs is None or tensor["graph"] is None:
                continue
            try:
                value = (
                    result[0]
                    if isinstance(result, tuple)
                    and not hasattr(result, theirs["name"].split(".")[0])
                    else functools.reduce(getattr, theirs["name"].split("."), result)
                )
            except AttributeError as error:
                self.say(contract, tensor["name"], "diffusers.name", theirs["name"], error)
                continue
            self.tensor(contract, "outputs", theirs["name"], value, batch)

    def unseen(self) -> None:
        """What contracts promise and no call had."""
        for name, contract in self.contracts.items():
            for tensor in contract["inputs"] + contract["outputs"]:
                if tensor["diffusers"] and tensor["name"] not in self.seen.get(name, ()):
                    self.say(name, tensor["name"], "name", "a tensor of the call", "no call had it")


def watch(pipeline: diffusers.StableDiffusionPipeline, checker: Checker) -> None:
    """Puts the checker between the pipeline and its parts."""
    forward = pipeline.unet.forward
    pipeline.unet.forward = functools.wraps(forward)(
        functools.partial(checker.call, "unet", forward)
    )
    encode = pipeline.text_encoder.forward
    pipeline.text_encoder.forward = functools.wraps(encode)(
        functools.partial(checker.call, "text_encoder", encode)
    )
    step = pipeline.scheduler.step
    pipeline.scheduler.step = functools.wraps(step)(
        functools.partial(scheduler_step, checker, step)
    )
    decode = pipeline.vae.decode
    pipeline.vae.decode = functools.wraps(decode)(
        functools.partial(checker.call, "vae_decoder", decode)
    )


def scheduler_step(
    checker: Checker,
    step: collections.abc.Callable,
    model_output: torch.Tensor,
    timestep: torch.Tensor,
    sample: torch.Tensor,
    **named: object,
) -> object:
    """The timestep is the contract of the UNet; the noise of eta is drawn here, to be seen."""
    noise = torch.randn(sample.shape, generator=named.pop("generator", None), dtype=sample.dtype)
    for name, value in (
        ("model_output", model_output),
        ("sample", sample),
        ("variance_noise", noise),
    ):
        checker.tensor("scheduler", "inputs", name, value, len(sample))
    named["return_dict"] = True
    result = step(model_output, timestep, sample, variance_noise=noise, **named)
    checker.result("scheduler", result, len(sample))
    return (result.prev_sample,)


def symbols_of(pipeline: diffusers.StableDiffusionPipeline, height: int, width: int) -> dict:
    """What the contracts' symbols are for this model and picture."""
    return {
        "tokens": pipeline.text_encoder.config.max_position_embeddings,
        "vocabulary": len(pipeline.tokenizer),
        "text_channels": pipeline.text_encoder.config.hidden_size,
        "context_channels": pipeline.unet.config.cross_attention_dim,
        "height": height,
        "width": width,
        "latent_channels": pipeline.unet.config.in_channels,
        "image_channels": pipeline.vae.config.in_channels,
        "train_timesteps": pipeline.scheduler.config.num_train_timesteps,
    }


def main() -> int:
    """Draws, encodes, and prints what is off."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--contracts", type=pathlib.Path, default=CONTRACTS)
    parser.add_argument(
        "--size", default="128x64", help="WxH; not square, so that swapped axes show"
    )
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(
        arguments.model, torch_dtype=torch.float32, safety_checker=None
    )
    pipeline.scheduler = diffusers.DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    checker = Checker(arguments.contracts, symbols_of(pipeline, height, width))
    watch(pipeline, checker)
    noise = torch.randn(
        1, pipeline.unet.config.in_channels, height // 8, width // 8, generator=torch.manual_seed(0)
    )
    checker.tensor("scheduler", "inputs", "latents", noise, 1)
    with torch.no_grad():
        images = pipeline(
            "a red apple", height=height, width=width, num_inference_steps=2, guidance_scale=7.5,
            eta=1.0, latents=noise, output_type="np",
        ).images  # fmt: skip
        picture = numpy.round(images * 255).astype(numpy.uint8)
        checker.tensor("vae_decoder", "outputs", "images", picture, len(picture))
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2) * 2 - 1
        checker.call("vae_encoder", pipeline.vae.encode, pixels)
    checker.unseen()
    for sentence in checker.wrong:
        print(sentence)
    count = sum(map(len, checker.seen.values()))
    print(f"{count} tensors of {len(checker.seen)} contracts seen, {len(checker.wrong)} violations")
    return bool(checker.wrong)


if __name__ == "__main__":
    sys.exit(main())
