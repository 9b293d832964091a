#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What ttnn makes of float32 values on the host: writes values.npy, bfloat16.npy and bfloat8_b.npy.

    record_ttnn_formats.py tests/data/ttnn

Needs ttnn (no device), with a Python that it has a wheel for. ttnn 0.75.0 and 0.81.1 write the
same bytes.
"""

import pathlib
import sys

import numpy as np
import ttnn

ROWS, COLUMNS = 64, 32  # two tiles; a block is 16 values of a row


def make_values() -> np.ndarray:
    """Ordinary values, ties, huge and tiny ones, zeros of both signs, subnormals."""
    rng = np.random.default_rng(7)
    values = rng.standard_normal((ROWS, COLUMNS))
    values[16:32] *= 2.0 ** rng.integers(-12, 12, (16, COLUMNS))
    # Whole numbers of ten bits: full of ties.
    values[32:48] = rng.integers(-512, 512, (16, COLUMNS)) * 2.0 ** rng.integers(
        -4, 5, (16, COLUMNS)
    )
    values[48:56] *= 2.0 ** rng.integers(-60, 60, (8, COLUMNS))
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    edges = [0, -0.0, 1.9999999, -1.9999999, 3.4028235e38, -3.4028235e38, 1.17549435e-38, 1e-40]
    values[56] = np.resize(np.array(edges, np.float32), COLUMNS)
    values[57] = np.resize(
        np.array([0, -0.0, 127, 127.5, 126.5, 0.5, 1.5, 2.5], np.float32), COLUMNS
    )
    values[58] = np.resize(np.array([1e-40, -1e-45, 1e-39, 5e-39], np.float32), COLUMNS)
    values[59] = np.resize(
        np.array([1.17549435e-38, 1.2e-38, -1.5e-38, 3e-38, 1e-40], np.float32), COLUMNS
    )
    values[60] = np.resize(
        np.array([1e-36, 1e-37, 5e-38, 1.2e-38, 1e-39, -1e-38, 3e-37], np.float32), COLUMNS
    )
    values[61] = -0.0
    return values


def through(values: np.ndarray, dtype: ttnn.DataType) -> np.ndarray:
    """To ttnn's type and back."""
    tensor = ttnn.to_dtype(ttnn.Tensor(values, dtype, None, ttnn.TILE_LAYOUT), ttnn.float32)
    return np.ascontiguousarray(tensor.to_numpy(), np.float32).reshape(values.shape)


def main(folder: pathlib.Path) -> None:
    """Write the three files."""
    folder.mkdir(parents=True, exist_ok=True)
    values = make_values()
    np.save(folder / "values.npy", values)
    np.save(folder / "bfloat16.npy", through(values, ttnn.bfloat16))
    np.save(folder / "bfloat8_b.npy", through(values, ttnn.bfloat8_b))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
