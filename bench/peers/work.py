# SPDX-License-Identifier: Apache-2.0
"""The work that every engine does: networks on the same inputs, and the whole picture."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

NETWORKS = ("text_encoder", "unet", "vae_decoder")
PICTURE = "picture"

PROMPT = "a photograph of an astronaut riding a horse"
GUIDANCE = 7.5
SEED = 1

# Of the two rows of the UNet's batch: the noisiest step and the last one, where errors differ most.
TIMESTEPS = (981.0, 1.0)


@dataclass(frozen=True)
class Work:
    """What to compute, and where its inputs are; handed to workers as JSON."""

    model: Path
    folder: Path  # of the inputs, of float32's outputs and of what engines write
    kept: Path  # what engines made of the model and use again
    size: int  # pixels
    threads: int
    runs: int  # timed ones of a process, after one that is not
    steps: int  # of the whole picture

    def to_json(self) -> str:
        """For the command line of a worker."""
        return json.dumps(dataclasses.asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The reverse."""
        found = json.loads(text)
        for name in ("model", "folder", "kept"):
            found[name] = Path(found[name])
        return cls(**found)

    def inputs(self, network: str) -> Path:
        """The tensors a network is run on, as tests/tools/run_module.c reads them."""
        return self.folder / f"{network}.inputs.safetensors"

    def noise(self) -> Path:
        """The whole picture's initial noise, [1, 4, height / 8, width / 8]."""
        return self.folder / "noise.npy"

    def expected(self, network: str) -> Path:
        """Float32's output, channels first; the picture's is a PNG."""
        return self.folder / f"{network}.expected{'.png' if network == PICTURE else '.npy'}"

    def output(self, engine: str, network: str) -> Path:
        """Where an engine writes what it computed."""
        suffix = ".png" if network == PICTURE else ".npy"
        return self.folder / f"{network}.{engine}{suffix}"
