# SPDX-License-Identifier: Apache-2.0
"""The pictures and what is said about them, made once and kept in two files."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from .captions import Picture, all_pictures, every_text
from .emoji_names import Emoji, chosen_emoji
from .files import write_whole
from .font_pictures import EmojiFont, on_white
from .recolour import recolour
from .tokenizer import cut


@dataclass(frozen=True)
class DataSet:
    """All arrays count pictures alike."""

    names: list[str]  # of the emoji, by index
    pictures: list[Picture]
    pixels: np.ndarray  # uint8 [n, 128, 128, 3], on white
    masks: np.ndarray  # bool [n, 128, 128]: the glyph

    def seen(self) -> list[int]:
        """Indices of the pictures that training may see."""
        return [k for k, picture in enumerate(self.pictures) if not picture.held_out]


def _draw(emoji: list[Emoji], pictures: list[Picture]) -> tuple[np.ndarray, np.ndarray]:
    font = EmojiFont()
    pixels, masks = [], []
    for picture in pictures:
        glyph = font.picture(emoji[picture.emoji].code_point)
        if picture.colour is not None:
            glyph = recolour(glyph, picture.colour)
        pixels.append(on_white(glyph))
        masks.append(glyph[..., 3] > 0.5)
    return np.stack(pixels), np.stack(masks)


def make(folder: Path, count: int | None) -> None:
    """Writes pictures.npz, pictures.json and tokenizer/ for `count` emoji (None: all)."""
    emoji = chosen_emoji(count)
    pictures = all_pictures(emoji)
    pixels, masks = _draw(emoji, pictures)

    def write_arrays(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, pixels=pixels, masks=masks)

    cut(every_text(pictures), folder / "tokenizer")
    about = {"names": [one.name for one in emoji], "pictures": [asdict(p) for p in pictures]}
    text = json.dumps(about, ensure_ascii=False, indent=1)
    write_whole(folder / "pictures.npz", write_arrays)
    write_whole(folder / "pictures.json", lambda new: new.write_text(text, encoding="utf-8"))


def load(folder: Path) -> DataSet:
    """What make() wrote."""
    about = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
    arrays = np.load(folder / "pictures.npz")
    pictures = [
        Picture(p["emoji"], p["colour"], p["held_out"], tuple(p["phrases"]), tuple(p["synonyms"]))
        for p in about["pictures"]
    ]
    return DataSet(about["names"], pictures, arrays["pixels"], arrays["masks"])
