# SPDX-License-Identifier: Apache-2.0
"""Gives an emoji another colour, in Oklab, where equal steps look equal.

Only what has the picture's main hue changes: a blue apple keeps its green leaf. Hue and mean
chroma become the wanted colour's; lightness follows a power curve that takes the main part's mean
lightness to the colour's and keeps black and white, so shading and highlights stay.

Oklab: Björn Ottosson, "A perceptual color space for image processing" (2020).
"""

import numpy as np

# Name to Oklch: lightness 0 to 1, chroma, hue in degrees.
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.60, 0.22, 27.0),
    "orange": (0.74, 0.18, 58.0),
    "yellow": (0.88, 0.18, 96.0),
    "green": (0.66, 0.19, 143.0),
    "blue": (0.58, 0.17, 250.0),
    "purple": (0.52, 0.20, 305.0),
    "pink": (0.76, 0.15, 355.0),
}
HUE_REACH, HUE_EDGE = (
    50.0,
    20.0,
)  # degrees from the main hue: full effect up to, none beyond the sum
GREY = 0.03  # chroma below which a hue means nothing

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_oklab(rgb: np.ndarray) -> np.ndarray:
    """[..., 3] of sRGB, 0 to 1, to Oklab."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T


def _linear_from_oklab(lab: np.ndarray) -> np.ndarray:
    return ((lab @ np.linalg.inv(_TO_LAB).T) ** 3) @ np.linalg.inv(_TO_LMS).T


def from_oklab(lab: np.ndarray) -> np.ndarray:
    """Oklab to sRGB 0 to 1; chroma is reduced until the colour fits."""
    low, high = np.zeros(lab.shape[:-1]), np.ones(lab.shape[:-1])
    for _ in range(10):  # bisection to a thousandth of the chroma
        share = (low + high) / 2
        linear = _linear_from_oklab(lab * np.stack([np.ones_like(share), share, share], -1))
        fits = ((linear > -1e-3) & (linear < 1 + 1e-3)).all(-1)
        low, high = np.where(fits, share, low), np.where(fits, high, share)
    share = np.where(high > 0.999, 1.0, low)
    linear = _linear_from_oklab(lab * np.stack([np.ones_like(share), share, share], -1)).clip(0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _hue_distance(hue: np.ndarray, centre: float) -> np.ndarray:
    return np.abs((hue - centre + 180) % 360 - 180)


def _main_part(lab: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """How much each pixel takes part, 0 to 1: those with the picture's most frequent hue."""
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    weight = np.where(chroma > GREY, chroma * alpha, 0)
    bins = np.bincount((hue // 5).astype(int).ravel() % 72, weight.ravel(), minlength=72)
    smooth = sum(np.roll(bins, shift) for shift in range(-4, 5))
    centre = 5 * int(smooth.argmax()) + 2.5
    reach = 1 - (_hue_distance(hue, centre) - HUE_REACH) / HUE_EDGE
    return reach.clip(0, 1) * (chroma / GREY).clip(0, 1)


def recolour(picture: np.ndarray, colour: str) -> np.ndarray:
    """A picture [128, 128, 4] (see EmojiFont.picture) in another colour of COLOURS."""
    lightness, chroma, hue = COLOURS[colour]
    lab, alpha = to_oklab(picture[..., :3].astype(np.float64)), picture[..., 3]
    part = _main_part(lab, alpha)
    weight = part * alpha / (part * alpha).sum()
    pixel_chroma = np.hypot(lab[..., 1], lab[..., 2])
    power = np.log(lightness) / np.log((lab[..., 0] * weight).sum().clip(0.05, 0.95))
    new_chroma = pixel_chroma * chroma / (pixel_chroma * weight).sum()
    angle = np.radians(hue)
    wanted = np.stack(
        [
            lab[..., 0].clip(0, 1) ** power,
            new_chroma * np.cos(angle),
            new_chroma * np.sin(angle),
        ],
        -1,
    )
    mixed = lab + part[..., None] * (wanted - lab)
    return np.concatenate([from_oklab(mixed), alpha[..., None]], -1).astype(np.float32)
