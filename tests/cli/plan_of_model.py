# SPDX-License-Identifier: Apache-2.0
"""sd14 plan on the small model (argv[2]) and on Stable Diffusion 1.4's configurations, without a device."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, MODEL = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
SD14 = ROOT / "tools/reference/configs/sd14"  # no weights there
# Tenstorrent's demo of this model on an N150: tt-metal, models/demos/wormhole/stable_diffusion/tests/test_perf.py
PUBLISHED = {"denoise": 0.113, "vae_decoder": 0.749}
PUBLISHED_PICTURE = 4.83


class Plan(unittest.TestCase):
    def run_plan(self, *arguments, code=0):
        # Neither Python nor ttnn may be found or started: there is no PATH.
        with tempfile.TemporaryDirectory() as folder:
            environment = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
            done = subprocess.run([PROGRAM, "plan", "--json", *map(str, arguments)], capture_output=True,
                                  cwd=folder, env={**environment, "PATH": folder, "SD14_TTNN_DEVICE": "/nowhere"})
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return json.loads(done.stdout) if done.stdout else None, done.stderr.decode()

    def card(self, *arguments, index=0):
        return self.run_plan("--backend", "ttnn", *arguments)[0]["cards"][index]

    def network(self, name, *arguments, index=0):
        return next(network for network in self.card(*arguments, index=index)["networks"]
                    if network["name"] == name)

    def test_processor(self):
        result, _ = self.run_plan(MODEL, "--size", "64x64")
        larger, _ = self.run_plan(MODEL, "--size", "256x256")
        self.assertLess(result["memory"]["peak_bytes"], larger["memory"]["peak_bytes"])
        self.assertEqual(result["memory"]["unet"]["weights_bytes"], larger["memory"]["unet"]["weights_bytes"])

    def test_small_model_on_a_card(self):
        card = self.card(MODEL)
        self.assertEqual(card["needed_bytes"], sum(n["weights_bytes"] + n["padding_bytes"] + n["inputs_bytes"]
                                                     for n in card["networks"])
                         + max(n["values_bytes"] for n in card["networks"]))
        self.assertAlmostEqual(card["picture_seconds"], sum(n["runs"] * n["forecast"]["seconds"]
                                                            for n in card["networks"]), 9)
        for network in card["networks"]:
            forecast = network["forecast"]
            self.assertGreater(network["calls"], network["kernel_calls"])
            parts = [forecast[part] for part in ("compute_seconds", "dram_seconds", "l1_seconds")]
            self.assertLessEqual(max(parts), forecast["seconds"])
            self.assertLessEqual(forecast["seconds"], sum(parts))
            times = [call["count"] * call["forecast"]["seconds"] for call in network["slowest_calls"]]
            for longer, shorter in zip(times, times[1:]):
                self.assertGreaterEqual(longer * (1 + 1e-8), shorter)  # nine digits are printed
            self.assertLessEqual(sum(times), forecast["seconds"])

    def test_sd14_fits(self):
        card = self.card(SD14, "--size", "512x512")
        self.assertTrue(card["fits"])
        self.assertEqual([n["runs"] for n in card["networks"]], [1, 50, 1])
        # 860 million weights of two bytes, and what padding of heads adds
        weights = card["networks"][1]["weights_bytes"]
        self.assertTrue(860e6 * 2 < weights < 860e6 * 2 * 1.05, weights)

    def test_settings_count(self):
        exact = self.network("denoise", SD14)
        options = '{"unet": {"weights": "bfloat8_b", "fidelity": "LoFi"}}'
        fast = self.network("denoise", SD14, "--device-options", options)
        self.assertLess(fast["weights_bytes"], 0.56 * exact["weights_bytes"])
        self.assertAlmostEqual(exact["forecast"]["compute_seconds"], 4 * fast["forecast"]["compute_seconds"], 6)
        alone = self.network("denoise", SD14, "-g", "1")
        self.assertAlmostEqual(exact["forecast"]["macs"] / alone["forecast"]["macs"], 2, 1)
        half = self.network("denoise", SD14, index=1)  # a chip of the N300
        self.assertEqual(half["kernel_calls"], exact["kernel_calls"])
        self.assertAlmostEqual(exact["forecast"]["macs"] / half["forecast"]["macs"], 2, 1)

    def test_forecast_is_below_what_was_published(self):
        card = self.card("--config", ROOT / "configs/ttnn-n150-fast.json", SD14)
        for network in card["networks"]:
            published = PUBLISHED.get(network["name"])
            if published is not None:
                ratio = published / network["forecast"]["seconds"]
                self.assertTrue(1 < ratio < 30, (network["name"], ratio))
        self.assertTrue(1 < PUBLISHED_PICTURE / card["picture_seconds"] < 10, card["picture_seconds"])

    def test_what_does_not_fit(self):
        composed = ("--device-options", '{"vae_decoder": {"group_norm": "composed"}}')
        result, problem = self.run_plan("--backend", "ttnn", SD14, "--size", "2048x2048", *composed, code=5)
        self.assertFalse(result["fits"])
        self.assertEqual(problem, f"sd14: {result['problem']}\n")
        self.assertRegex(problem, r"\d+ MiB of memory.*\d+ MiB.*vae_decoder \d+ MiB")
        self.assertGreater(result["cards"][0]["needed_bytes"], result["cards"][0]["dram_bytes"])

    def test_refusals(self):
        for arguments, code, says in (
                (("--backend", "ttnn", "--size", "100x64", MODEL), 2, "100"),
                (("--backend", "ttnn", "--device-options", '{"x": 1}', MODEL), 2, "unknown device option"),
                (("--backend", "ttnn", "/nowhere"), 3, "/nowhere"),
                (("--backend", "cpu", SD14), 3, "")):
            result, text = self.run_plan(*arguments, code=code)
            self.assertIsNone(result)
            self.assertEqual(text.count("\n"), 1, text)
            self.assertIn(says, text)


unittest.main(argv=sys.argv[:1])
