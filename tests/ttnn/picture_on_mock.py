# SPDX-License-Identifier: Apache-2.0
"""A picture of the small model on the real ttnn's mock device: every call of every network is one that a card
would take. Run by on_mock.py, which sets the environment.

    picture_on_mock.py PROGRAM DEVICE_PROGRAM MODEL
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, DEVICE, MODEL = (str(pathlib.Path(given).resolve()) for given in sys.argv[1:4])
CHIPS = 2 if "n300" in os.environ["TT_METAL_MOCK_CLUSTER_DESC_PATH"] else 1


class OnMock(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sd14-mock-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def draw(self, code, *arguments):
        environment = {**os.environ, "SD14_TTNN_DEVICE": DEVICE, "XDG_CACHE_HOME": str(self.folder / "cache")}
        done = subprocess.run([PROGRAM, "generate", "a red apple", "-m", MODEL, "--backend", "ttnn", "-s", "1", "-o",
                               "out.png", *arguments], cwd=self.folder, env=environment, capture_output=True,
                              timeout=900, check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        self.assertEqual((self.folder / "out.png").exists(), code == 0)
        return done.stderr.decode()

    def test_the_probe_is_content(self):
        done = subprocess.run([PROGRAM, "probe", "--backend", "ttnn"], cwd=self.folder, capture_output=True,
                              env={**os.environ, "SD14_TTNN_DEVICE": DEVICE}, timeout=300, check=False)
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))

    def test_a_picture(self):
        self.draw(0, "--steps", "2", "--tt-chips", str(CHIPS))

    def test_measures(self):
        """What ttnn says is in use is what was planned."""
        done = subprocess.run([PROGRAM, "bench", "-m", MODEL, "--backend", "ttnn", "--steps", "2", "-r", "2", "--warmup",
                               "0", "--json", "--tt-chips", str(CHIPS)], cwd=self.folder, capture_output=True,
                              env={**os.environ, "SD14_TTNN_DEVICE": DEVICE}, timeout=900, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        device = json.loads(done.stdout)["device"]
        print(json.dumps(device, indent=1))
        planned = sum(n["weights_bytes"] + n["inputs_bytes"] for n in device["networks"].values())
        self.assertGreater(device["dram_bytes"], 0.9 * planned)
        self.assertLess(device["dram_bytes"], 1.2 * planned)
        self.assertGreater(device["networks"]["denoise"]["later_run_seconds"], 0)
        self.assertGreater(device["step_overhead_seconds"], 0)
        self.assertGreater(device["l1_small_bytes"], 0)

    def test_noise_of_the_steps_and_bfloat8(self):
        parts = ("text_encoder", "unet", "vae_decoder")
        options = ", ".join(f'"{part}": {{"weights": "bfloat8_b", "fidelity": "LoFi"}}' for part in parts)
        self.draw(0, "--steps", "1", "--eta", "1", "--device-options", f"{{{options}}}")

    def test_one_size_after_the_other(self):
        """What conv2d keeps in L1 for a size goes when the size changes."""
        sides = (64, 128, 192, 64)
        items = [{"id": f"item-{i}", "prompt": "a red apple", "seed": 1, "width": side, "height": side}
                 for i, side in enumerate(sides)]
        whole = {"name": "sizes", "sampler": "ddim", "items": items,
                 "defaults": {"negative_prompt": "", "steps": 1, "guidance_scale": 4, "width": 64, "height": 64}}
        (self.folder / "suite.json").write_text(json.dumps(whole))
        done = subprocess.run([PROGRAM, "golden", "-m", MODEL, "--backend", "ttnn", "--suite", "suite.json", "-o", "run"],
                              cwd=self.folder, env={**os.environ, "SD14_TTNN_DEVICE": DEVICE}, capture_output=True,
                              timeout=900, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        tables = [json.loads((self.folder / f"run/item-{i}/measurements.json").read_text())["device"]["l1_small_bytes"]
                  for i in range(len(sides))]
        print(f"L1_SMALL of each core after sizes {sides}: {tables}")
        self.assertGreater(tables[0], 0)
        self.assertLessEqual(tables[3], tables[0])

    def test_kept_weights_are_taken(self):
        for _ in range(2):
            self.draw(0, "--steps", "1", "--device-options", '{"cache": true}')
            (self.folder / "out.png").unlink()
        kept = list((self.folder / "cache/sd14/ttnn").iterdir())
        self.assertGreater(len(kept), 300)
        for path in kept[::50]:
            path.write_bytes(b"damaged")
        self.assertIn("made again", self.draw(0, "--steps", "1", "--device-options", '{"cache": true}'))

    def test_a_chip_that_is_not_there(self):
        if CHIPS == 2:
            self.skipTest("this board has two")
        self.assertIn("opening the device", self.draw(5, "--tt-chips", "2"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
