# SPDX-License-Identifier: Apache-2.0
"""Emoji pictures out of the bitmaps of Debian's fonts-noto-color-emoji."""

import io
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
SIDE = 128


class EmojiFont:
    """The PNG bitmaps (136 x 128) of a CBDT font."""

    def __init__(self, path: Path = FONT) -> None:
        """Reads the font's tables."""
        font = TTFont(path, lazy=True)
        self._glyphs = font.getBestCmap()
        self._bitmaps = font["CBDT"].strikeData[0]

    def picture(self, code_point: int) -> np.ndarray:
        """One emoji as float32 [128, 128, 4]: R, G, B not premultiplied and alpha, 0 to 1.

        The 136 columns are fitted into 128, the rows keep the aspect ratio.
        """
        bitmap = self._bitmaps[self._glyphs[code_point]].imageData
        glyph = Image.open(io.BytesIO(bitmap)).convert("RGBA")
        side = max(glyph.size)
        square = Image.new("RGBA", (side, side), (255, 255, 255, 0))
        square.paste(glyph, ((side - glyph.width) // 2, (side - glyph.height) // 2))
        premultiplied = square.convert("RGBa").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        return np.asarray(premultiplied.convert("RGBA"), np.float32) / 255


def on_white(picture: np.ndarray) -> np.ndarray:
    """A picture with alpha as uint8 [128, 128, 3] on a white background."""
    alpha = picture[..., 3:]
    return np.rint((picture[..., :3] * alpha + 1 - alpha) * 255).astype(np.uint8)
