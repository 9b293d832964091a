# SPDX-License-Identifier: Apache-2.0
"""Sizes of the networks and lengths of the training: what a result depends on but the code."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .files import write_whole


@dataclass(frozen=True)
class Settings:
    """Lengths are in samples (pictures or captions), so that a slow machine trains no less."""

    emoji: int | None = None  # so many of emoji.txt, None: all
    vae_channels: tuple[int, ...] = (32, 32, 64, 96)
    vae_samples: int = 56_000
    vae_batch: int = 8
    vae_rate: float = 1.0e-3
    unet_channels: tuple[int, ...] = (64, 64, 128, 128)
    unet_samples: int = 220_000
    unet_batch: int = 32
    unet_rate: float = 1.0e-3
    text_width: int = 128
    text_layers: int = 3
    text_samples: int = 200_000
    text_batch: int = 64
    text_rate: float = 2.0e-3
    words_samples: int = 60_000
    words_rate: float = 5.0e-4
    seed: int = 0
    start: str | None = None  # digest of the UNet that is trained further


FULL = Settings()
BUDGETS = {
    "full": FULL,
    "small": replace(
        FULL,
        emoji=60,
        vae_samples=6_000,
        unet_samples=40_000,
        text_samples=30_000,
        words_samples=20_000,
    ),
    "gpu": replace(
        FULL,
        vae_samples=1_000_000,
        vae_batch=32,
        unet_samples=4_000_000,
        unet_batch=256,
        text_samples=500_000,
        text_batch=256,
        words_samples=250_000,
    ),
    "test": replace(
        FULL,
        emoji=4,  # one of them recoloured
        vae_channels=(8, 8, 16, 16),
        vae_samples=24,
        vae_batch=2,
        unet_channels=(32, 32, 32, 32),
        unet_samples=64,
        unet_batch=4,
        text_width=32,
        text_layers=1,
        text_samples=320,
        text_batch=16,
        words_samples=320,
    ),
}


def fix(settings: Settings, folder: Path) -> None:
    """Notes the settings in the folder; refuses a folder that was begun with others."""
    path = folder / "settings.json"
    wanted = json.loads(json.dumps(asdict(settings)))
    if path.exists():
        if json.loads(path.read_text()) != wanted:
            raise SystemExit(f"{folder} was begun with other settings: take another --out")
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda new: new.write_text(json.dumps(wanted, indent=2) + "\n"))


def read(folder: Path) -> Settings:
    """The settings a folder was begun with."""
    kept = json.loads((folder / "settings.json").read_text())
    return Settings(**{k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()})
