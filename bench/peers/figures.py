# SPDX-License-Identifier: Apache-2.0
"""Statistics of samples, and distances from the reference."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Spread(NamedTuple):
    """Of all samples of all rounds."""

    median: float
    min: float
    max: float


def spread_of(rounds: Sequence[Sequence[float]]) -> Spread:
    """Samples of each round, put together."""
    samples = [sample for samples in rounds for sample in samples]
    return Spread(statistics.median(samples), min(samples), max(samples))


def paired_ratio(theirs: Sequence[Sequence[float]], ours: Sequence[Sequence[float]]) -> float:
    """The median over rounds of their median by ours: what the machine did meanwhile drops out."""
    return statistics.median(
        statistics.median(a) / statistics.median(b) for a, b in zip(theirs, ours, strict=False)
    )


def relative_l2(values: np.ndarray, expected: np.ndarray) -> float:
    """|values - expected| / |expected|."""
    if values.shape != expected.shape:
        raise ValueError(f"shape {values.shape}, expected {expected.shape}")
    expected = expected.astype(np.float64)
    return float(np.linalg.norm(values - expected) / np.linalg.norm(expected))


def errors_by_row(values: np.ndarray, expected: np.ndarray) -> list[float]:
    """relative_l2() of each row of the batch."""
    if values.shape != expected.shape:
        raise ValueError(f"shape {values.shape}, expected {expected.shape}")
    return [relative_l2(a, b) for a, b in zip(values, expected, strict=True)]


def psnr(picture: np.ndarray, expected: np.ndarray) -> float:
    """In dB, of 8-bit pictures; infinity where they are equal."""
    if picture.shape != expected.shape:
        raise ValueError(f"shape {picture.shape}, expected {expected.shape}")
    difference = picture.astype(np.float64) - expected
    error = float(np.mean(difference * difference))
    return float("inf") if error == 0 else float(10 * np.log10(255.0**2 / error))
