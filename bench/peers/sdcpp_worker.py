# SPDX-License-Identifier: Apache-2.0
"""stable-diffusion.cpp through its Python package, which draws whole pictures only. See worker.py.

Times of the networks are its own, read from its messages, and come from one short picture. Its
noise and schedule are its own too: nothing of its output is compared.
"""

import ctypes
import os
import re
import time

import stable_diffusion_cpp as binding

from work import GUIDANCE, PICTURE, PROMPT, SEED
from worker import Order, answer, order

TEXT = re.compile(r"computing condition graph completed, taking (\d+) ms")
DECODE = re.compile(r"decode_first_stage completed, taking ([\d.]+)s")


def seconds_in(messages: str) -> dict[str, list[float]]:
    """Of the text encoder but for its first prompt, which loads, and of the decoder."""
    return {
        "text_encoder": [int(found) / 1000 for found in TEXT.findall(messages)[1:]],
        "vae_decoder": [float(found) for found in DECODE.findall(messages)],
    }


def draw(asked: Order, steps: int) -> tuple[dict[str, list[float]], object]:
    """The picture, and the networks' times."""
    messages: list[str] = []
    ends: list[float] = []

    @binding.sd_log_callback
    def heard(_level: int, text: bytes, _data: ctypes.c_void_p) -> None:
        messages.append(text.decode(errors="replace"))

    model = binding.StableDiffusion(
        model_path=str(asked.work.model), wtype=asked.precision, n_threads=asked.work.threads
    )
    binding.sd_set_log_callback(heard, ctypes.c_void_p(0))
    (picture,) = model.generate_image(
        prompt=PROMPT,
        width=asked.work.size,
        height=asked.work.size,
        cfg_scale=GUIDANCE,
        sample_method="ddim_trailing",
        sample_steps=steps,
        seed=SEED,
        progress_callback=lambda _step, _steps, _seconds: ends.append(time.perf_counter()),
    )
    pairs = [after - before for before, after in zip(ends, ends[1:], strict=False)]
    found = {**seconds_in("".join(messages)), "unet": pairs[-asked.work.runs :]}
    return found, picture


def main() -> None:
    """Does what it is asked for."""
    asked = order()
    whole = asked.networks == (PICTURE,)
    output = os.dup(1)
    os.dup2(2, 1)  # the library prints to standard output, which is for the answer
    found, picture = draw(asked, asked.work.steps if whole else 1 + asked.work.runs)
    os.dup2(output, 1)
    if whole:
        picture.save(asked.work.output(asked.engine, PICTURE))
    else:
        answer({network: found[network] for network in asked.networks})


if __name__ == "__main__":
    main()
