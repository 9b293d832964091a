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

TEXT_PREFIX = "text_model."

# Module that makes the output of each network.
OUTPUT_OF = {
    "text_encoder": "text_model.final_layer_norm",
    "unet": "conv_out",
    "vae_decoder": "decoder.conv_out",
    "vae_encoder": "quant_conv",
}


def silence() -> None:
    """No progress bars, no advice; errors still show."""
    for library in (diffusers, transformers):
        library.logging.set_verbosity_error()
        library.logging.disable_progress_bar()


def load_pipeline(folder: Path) -> StableDiffusionPipeline:
    """The folder's models upcast to float32, with DDIM in place of whatever scheduler it names."""
    silence()
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder, dtype=torch.float32, safety_checker=None, local_files_only=True
    )
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


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
    sink: Callable[[str, torch.Tensor], None],
) -> Iterator[None]:
    """Hands (module path, output) of every wanted module to `sink` in the order in which they run.

    Outputs are channels-last and borrowed: the sink copies what it keeps. Modules of the text
    encoder get the prefix that their weights have in the published files.
    """
    prefix = TEXT_PREFIX if isinstance(model, transformers.CLIPTextModel) else ""

    def tap(name: str) -> Callable:
        def hook(module: torch.nn.Module, _inputs: tuple, output: object) -> None:
            tensor = first_tensor(output)
            if tensor is None:
                return
            if isinstance(module, torch.nn.GroupNorm) and tensor.dim() == 3:
                tensor = tensor.transpose(1, 2)  # the VAE's attention: [b, c, tokens]
            sink(name, channels_last(tensor.detach()))

        return hook

    handles = [
        module.register_forward_hook(tap(prefix + name.removeprefix(prefix)))
        for name, module in model.named_modules()
        if wanted(name, module)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def first_tensor(output: object) -> torch.Tensor | None:
    """A module's tensor, or the first of the tuple it returns."""
    if isinstance(output, tuple) and output:
        output = output[0]
    return output if isinstance(output, torch.Tensor) else None
