# SPDX-License-Identifier: Apache-2.0
"""bench/scaling.py on the small model, and its parts: SD14 ROOT."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

SD14, ROOT = map(pathlib.Path, sys.argv[1:3])
sys.path.insert(0, str(ROOT / "bench"))

import plot  # noqa: E402
import scaling  # noqa: E402


class Plot(unittest.TestCase):
    def test_ticks(self):
        self.assertEqual(plot.ticks(10), [0, 2, 4, 6, 8, 10])
        self.assertEqual(plot.ticks(768)[-1], 800)
        self.assertGreaterEqual(plot.ticks(0.0123)[-1], 0.0123)

    def test_points_lie_inside_and_in_order(self):
        text = plot.line_plot("a < b", "x", "y", {"one": [(0, 0), (10, 5)], "two": [(5, 2.5)]})
        circles = [node.attrib for node in xml.fromstring(text) if node.tag.endswith("circle")]
        places = [(float(node["cx"]), float(node["cy"])) for node in circles]
        self.assertEqual(places[0], (plot.LEFT, plot.HEIGHT - plot.BOTTOM))
        self.assertEqual(places[1], (plot.WIDTH - plot.RIGHT, plot.TOP))
        self.assertEqual(places[2][0], (places[0][0] + places[1][0]) / 2)


class Table(unittest.TestCase):
    def test_figures(self):
        rows = [{"size": 1000, "step": {1: [4.0, 6.0], 2: [2.5]}, "decode": {1: [9.0], 2: [7.0]}}]
        self.assertEqual(
            scaling.size_table(rows, [1, 2])[-1], "| 1000x1000 | 5.00 s | 2.50 s | 2.00 | 2.5 s | 7.00 s |"
        )

    def test_steady(self):
        line = scaling.steady_line([9.0, *[1.0] * 5, *[1.5] * 5])
        self.assertIn("11 steps in a row", line)
        self.assertIn("the last fifth by the first 1.500", line)


class Whole(unittest.TestCase):
    def test_small_model(self):
        with tempfile.TemporaryDirectory() as folder:
            output = pathlib.Path(folder) / "out"
            done = subprocess.run(
                [sys.executable, "-B", ROOT / "bench" / "scaling.py", ROOT / "models" / "emoji", "--sd14", SD14,
                 "--sizes", "64,128", "--steps", "4", "--rounds", "1", "--threads", "2", "--output", output],
                capture_output=True, text=True, check=False,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(output.with_suffix(".json").read_text())
            self.assertEqual([row["size"] for row in report["sizes"]], [64, 128])
            self.assertEqual(len(report["steady"]), 4)
            self.assertIn("| 128x128 |", output.with_suffix(".md").read_text())
            for name in ("sizes", "steps"):
                xml.parse(output.with_name(f"out-{name}.svg"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
