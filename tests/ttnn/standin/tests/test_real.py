# SPDX-License-Identifier: Apache-2.0
"""The recorded answers and the formats against the real package, bit by bit.

Runs in the environment that tools/ttnn/mock_environment.py prints.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import record_answers
from standin import np, numbers, ttnn

from ttnn.normalization import group_mask

HERE = pathlib.Path(__file__).parent
PYTHON = os.environ.get("SD14_TTNN_PYTHON", "")
if os.path.isdir(PYTHON):
    PYTHON = os.path.join(PYTHON, "bin", "python")

FORMATS = """
import sys, numpy as np, ttnn
values = np.load(sys.argv[1])
for name in ("bfloat16", "bfloat8_b", "bfloat4_b"):
    tensor = ttnn.Tensor(values, getattr(ttnn, name), None, ttnn.TILE_LAYOUT)
    np.save(f"{sys.argv[1]}.{name}.npy", ttnn.to_dtype(tensor, ttnn.float32).to_numpy())
print("done")
"""


MASKS = """
import sys, numpy as np, ttnn
for channels, groups, cores in eval(sys.argv[2]):
    mask = ttnn.create_group_norm_input_mask(channels, groups, cores)
    mask = ttnn.to_dtype(ttnn.to_layout(mask, ttnn.ROW_MAJOR_LAYOUT), ttnn.float32)
    np.save(f"{sys.argv[1]}.{channels}-{groups}-{cores}.npy", mask.to_numpy())
print("done")
"""


def run_real(code, *arguments):
    """Runs a few lines with the real package and gives back what they print last."""
    done = subprocess.run(
        [PYTHON, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


class RealPackage(unittest.TestCase):
    """With the real package at hand."""

    def test_recorded_answers_hold(self):
        if "n150" not in os.environ["TT_METAL_MOCK_CLUSTER_DESC_PATH"]:
            self.skipTest("the answers are those of an N150")
        version = run_real("import importlib.metadata as m; print(m.version('ttnn'))")
        path = HERE / f"answers-{version}.json"
        if not path.exists():
            self.skipTest(f"no answers are recorded of ttnn {version}")
        self.assertEqual(record_answers.ask_all(PYTHON), json.loads(path.read_text()))

    def test_masks_of_groups(self):
        masks = [
            (channels, groups, cores)
            for channels, groups in ((320, 32), (640, 32), (960, 32), (2560, 32), (96, 8), (64, 16))
            for cores in range(1, 9)
            if channels % (cores * 32) == 0 and groups % cores == 0
        ]
        self.assertGreater(len(masks), 12)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "mask")
            self.assertEqual(run_real(MASKS, path, repr(masks)), "done")
            for channels, groups, cores in masks:
                theirs = np.load(f"{path}.{channels}-{groups}-{cores}.npy")
                self.assertTrue(np.array_equal(group_mask(channels, groups), theirs), channels)

    def test_formats_bit_by_bit(self):
        random = np.random.default_rng(3)
        values = numbers(512, 70) * np.exp2(random.integers(-30, 30, (512, 70)).astype(np.float32))
        values[::2] = random.standard_normal((256, 70))
        values[::3] = random.integers(-999, 999, values[::3].shape) / 256
        values[5], values[6, :3] = 0, (3.4e38, 1e-39, -0.0)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "values.npy")
            np.save(path, values)
            self.assertEqual(run_real(FORMATS, path), "done")
            for name in ("bfloat16", "bfloat8_b", "bfloat4_b"):
                ours = ttnn.Tensor(values, getattr(ttnn, name), None, ttnn.TILE_LAYOUT)
                ours = ttnn.to_dtype(ours, ttnn.float32).to_numpy()
                theirs = np.load(f"{path}.{name}.npy")
                self.assertTrue(np.array_equal(ours.view(np.uint32), theirs.view(np.uint32)), name)


if __name__ == "__main__":
    if not PYTHON or not os.environ.get("TT_METAL_MOCK_CLUSTER_DESC_PATH"):
        print("skipped: not in the environment of tools/ttnn/mock_environment.py")
        sys.exit(77)
    os.environ.pop("PYTHONPATH", None)  # the stand-in is imported; what runs below is the real one
    unittest.main()
