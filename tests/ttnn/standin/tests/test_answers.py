# SPDX-License-Identifier: Apache-2.0
"""The stand-in answers every call of cases.py as the real packages did (answers-*.json), or is
stricter.
"""

import json
import pathlib
import sys
import unittest

import record_answers
import standin  # noqa: F401, a skip without numpy

HERE = pathlib.Path(__file__).parent
VERSIONS = ("0.75.0", "0.81.1")

# Accepted by a real package, refused here, and why no backend should rely on it.
STRICTER = {
    "arguments: numpy's number to add": "a binding's goodwill",
    "layout: tilize aligned": "to_layout does it",
    "permute: axis twice": "no permutation",
    "concat: other layout": "converted behind the caller's back",
    "pad: too few axes": "which axes is a guess",
    "arithmetic: number minus": "0.75 refuses",
    "mean: rows": "another layout in each version",
    "sum: rows": "another layout in each version",
    "linear: bias of rows": "added in an operation of its own",
    "linear: bias of many rows": "added in an operation of its own",
    "conv2d: row-major output": "gives tiles",
    "group_norm: unaligned height": "0.75 does not say that padded rows stay out",
    "group_norm: too few weights": "reads beyond them",
    "group_norm: rows": "0.75 refuses",
    "group_norm: float32": "0.75 refuses",
    "group_norm: other dtype": "0.81 refuses",
    "layer_norm: rows": "converted behind the caller's back",
    "softmax: rows": "converted behind the caller's back",
    "attention: 77 keys": "padded keys without a mask",
    "attention: 77 keys with a mask": "padded keys outside the mask",
    "shards: linear from DRAM": "on other cores than those that were asked for",
    "heads: concat heads of 40": "padding between heads",
    "others: embedding of a tiled table": "converted behind the caller's back",
    "others: embedding of numbers": "ids are whole numbers",
    "others: geglu of height": "0.81 refuses",
}
# L1 is of another size in each version.
DIFFERENT = {"device: bytes per bank"}


def recorded(version):
    """What one real version answered."""
    return json.loads((HERE / f"answers-{version}.json").read_text())


class Answers(unittest.TestCase):
    """Accepted with the same kind of result, or refused."""

    @classmethod
    def setUpClass(cls):
        cls.ours = record_answers.ask_all(sys.executable)

    def test_every_case_is_recorded(self):
        for version in VERSIONS:
            self.assertEqual(list(recorded(version)), list(self.ours), version)

    def test_same_answers(self):
        for version in VERSIONS:
            for name, theirs in recorded(version).items():
                with self.subTest(name, version=version):
                    if name in STRICTER:
                        self.assertIsNone(self.ours[name])
                    elif name not in DIFFERENT:
                        self.assertEqual(self.ours[name], theirs)

    def test_stricter_is_stricter(self):
        """A name stays in the list only while some version accepts it."""
        for name in STRICTER:
            self.assertTrue(any(recorded(version)[name] for version in VERSIONS), name)


if __name__ == "__main__":
    unittest.main()
