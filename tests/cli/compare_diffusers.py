# SPDX-License-Identifier: Apache-2.0
"""The small model's golden run against the one that diffusers recorded: it passes, and what is put wrong is named.

    compare_diffusers.py PROGRAM MODEL RECORDED SUITE
"""
import json
import pathlib
import shutil
import sys

MODEL, RECORDED, SUITE = (pathlib.Path(argument).resolve() for argument in sys.argv[2:5])
del sys.argv[2:5]

import common  # noqa: E402 takes what is left of the arguments
from model_folder import UNET, Weights, copy_model  # noqa: E402

ITEMS = ("no-guidance", "one-step", "three-steps")  # the quick ones


class Diffusers(common.Case):
    def setUp(self):
        super().setUp()
        manifest = json.loads((RECORDED / "manifest.json").read_text())
        manifest["items"] = [item for item in manifest["items"] if item["id"] in ITEMS]
        self.assertEqual(len(manifest["items"]), len(ITEMS))
        (self.folder / "theirs").mkdir()
        (self.folder / "theirs/manifest.json").write_text(json.dumps(manifest))
        for name in ITEMS:
            shutil.copytree(RECORDED / name, self.folder / "theirs" / name)

    def ours(self, model=MODEL, **changes):
        suite = json.loads(SUITE.read_text())
        suite["items"] = [{**item, **changes.get(item["id"].replace("-", "_"), {})}
                          for item in suite["items"] if item["id"] in ITEMS]
        (self.folder / "suite.json").write_text(json.dumps(suite))
        done = self.run_cli("golden", "--suite", "suite.json", "-m", str(model), "-o", "ours",
                            *([] if changes else ["--noise-from", "theirs"]))
        self.assertEqual(done.returncode, 0, done.stderr)

    def compare(self, code):
        done = self.run_cli("compare", "ours", "theirs", "--html", "r.html")
        self.assertEqual(done.returncode, code, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode()

    def test_equals_diffusers(self):
        self.ours()
        self.assertIn("verdict: pass: 3 of 3 items", self.compare(0))

    def test_one_bit_of_a_weight(self):
        copy_model(MODEL, self.folder / "changed")
        weights = Weights(self.folder / "changed", UNET)
        weights.data[len(weights.data) // 2] ^= 1
        weights.write()
        self.ours(self.folder / "changed")
        self.assertIn(f"FAIL  {UNET}: another model", self.compare(6))

    def test_another_seed_and_number_of_steps(self):
        self.ours(one_step={"seed": 11}, three_steps={"steps": 4})
        text = self.compare(6)
        for line in ("FAIL  one-step: seed: 11 in A, 10 in B", "FAIL  one-step: noise: max abs",
                     "FAIL  one-step: latents_100: relative L2", "FAIL  three-steps: steps: 4 in A, 3 in B",
                     "FAIL  three-steps: latents_100: after step 4 in A, 3 in B"):
            self.assertIn(line, text)


common.main()
