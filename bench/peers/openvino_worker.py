# SPDX-License-Identifier: Apache-2.0
"""OpenVINO on what openvino_models.py made, with numpy and tokenizers alone. See worker.py.

bf16 is OpenVINO's default where the processor has it; its files are float16, half of float32's
memory. int8 is the quantised UNet between a text encoder and a decoder in bf16.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino
from tokenizers import Tokenizer

from ddim import sample
from work import GUIDANCE, PICTURE, PROMPT, Work
from worker import Order, Tensors, order, run_networks, save_picture


def folder_of(work: Work, state: str = "ready") -> Path:
    """Where the converted networks are."""
    return work.kept / f"openvino-{state}"


def tokenizer_file(folder: Path) -> Path:
    """The tokenizer, as `tokenizers` reads it."""
    return folder / "tokenizer.json"


def network_of(work: Work, folder: Path, network: str, precision: str) -> Callable:
    """A network ready to run, inputs by name to its outputs; shapes are fixed beforehand."""
    files = "f32" if precision == "f32" else "f16"
    if (network, precision) == ("unet", "int8"):
        files = "int8"
    core = openvino.Core()
    model = core.read_model(folder / files / f"{network}.xml")
    side = work.size // 8
    for name in ("sample", "latent"):
        if any(name in port.names for port in model.inputs):
            model.reshape({name: [2 if network == "unet" else 1, 4, side, side]})
    settings = {
        "INFERENCE_NUM_THREADS": work.threads,
        "INFERENCE_PRECISION_HINT": "f32" if precision == "f32" else "bf16",
        "PERFORMANCE_HINT": "LATENCY",
    }
    return core.compile_model(model, "CPU", settings)


def text_of(work: Work, folder: Path, precision: str) -> np.ndarray:
    """Of no prompt and of the prompt, [2, 77, 768]."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file(folder)))
    end = tokenizer.token_to_id("<|endoftext|>")
    tokenizer.enable_truncation(77)
    tokenizer.enable_padding(length=77, pad_id=end, pad_token="<|endoftext|>")
    encoder = network_of(work, folder, "text_encoder", precision)
    ids = [np.array([tokenizer.encode(prompt).ids], np.int64) for prompt in ("", PROMPT)]
    return np.concatenate([encoder({"input_ids": one})[0] for one in ids])


def draw(asked: Order) -> None:
    """The whole picture."""
    work, folder = asked.work, folder_of(asked.work)
    text = text_of(work, folder, asked.precision)
    networks = {"unet": network_of(work, folder, "unet", asked.precision)}

    def call(pair: np.ndarray, times: np.ndarray) -> np.ndarray:
        inputs = {"sample": pair, "timestep": times, "encoder_hidden_states": text}
        return networks["unet"](inputs)[0]

    latent = sample(work.model, call, np.load(work.noise()), work.steps, GUIDANCE)
    networks.clear()  # its memory
    decoder = network_of(work, folder, "vae_decoder", asked.precision)
    save_picture(decoder({"latent": latent})[0], asked)


def main() -> None:
    """Does what it is asked for."""
    asked = order()
    work = asked.work
    if asked.networks == (PICTURE,):
        draw(asked)
        return

    def load(network: str, inputs: Tensors) -> Callable[[], np.ndarray]:
        inputs = {name: values for name, values in inputs.items() if name != "position_ids"}
        if "input_ids" in inputs:
            inputs["input_ids"] = inputs["input_ids"].astype(np.int64)
        run = network_of(work, folder_of(work), network, asked.precision)
        return lambda: run(inputs)[0]

    run_networks(asked, load)


if __name__ == "__main__":
    main()
