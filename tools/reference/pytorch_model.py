# SPDX-License-Identifier: Apache-2.0
"""A model folder in PyTorch, float32, with taps on the outputs of its modules."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import diffusers
import torch
import transformers
from diffusers import DDIMScheduler, StableDiffusionPipeline

from digest import channels_last

Taps = list[tuple[str, torch.Tensor]]

TEXT_PREFIX = "text_model."


def load_pipeline(folder: Path) -> StableDiffusionPipeline:
    """The folder's models upcast to float32, with DDIM in place of whatever scheduler it names."""
    diffusers.logging.set_verbosity_error()
    diffusers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder, dtype=torch.float32, safety_checker=None, local_files_only=True
    )
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def latent_size(pipeline: StableDiffusionPipeline) -> int:
    """Height and width of the latents the model was trained on."""
    return pipeline.unet.config.sample_size


def token_ids(pipeline: StableDiffusionPipeline, prompt: str) -> torch.Tensor:
    """[1, tokens] int64, padded and cut to the model's length."""
    tokenizer = pipeline.tokenizer
    return tokenizer(
        prompt,
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    ).input_ids


@contextmanager
def tapped(
    model: torch.nn.Module,
    wanted: Callable[[str, torch.nn.Module], bool],
    keep: Callable[[torch.Tensor], torch.Tensor] = torch.clone,
) -> Iterator[Taps]:
    """Collects (module path, output) of every wanted module in the order in which they run.

    Outputs are channels-last; `keep` says what to hold of each, by default a copy. Modules of the
    text encoder get the prefix that the weights have in the files.
    """
    taps: Taps = []
    prefix = TEXT_PREFIX if isinstance(model, transformers.CLIPTextModel) else ""

    def tap(name: str) -> Callable:
        def hook(_module: torch.nn.Module, _inputs: tuple, output: object) -> None:
            tensor = first_tensor(output)
            if tensor is not None:
                taps.append((name, keep(channels_last(tensor.detach()))))

        return hook

    handles = [
        module.register_forward_hook(tap(prefix + name.removeprefix(prefix)))
        for name, module in model.named_modules()
        if wanted(name, module)
    ]
    try:
        yield taps
    finally:
        for handle in handles:
            handle.remove()


def first_tensor(output: object) -> torch.Tensor | None:
    """A module's tensor, or the first of the tuple it returns."""
    if isinstance(output, (tuple, list)) and output:
        output = output[0]
    return output if isinstance(output, torch.Tensor) else None
