# SPDX-License-Identifier: Apache-2.0
"""sd14 plan: what is printed where, and the exit codes."""
import json

import common


class Plan(common.Case):
    def plan(self, *arguments):
        done = self.run_cli("plan", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""), arguments)
        return done.stdout.decode()

    def test_processor(self):
        text = self.plan("--size", "64x128", "--steps", "7", "-g", "2")
        for words in ("m, 64x128, 7 steps, guidance 2, cpu\n", "UNet                    4.0         12.0          5.0          6.0",
                      "10.0 MiB for all else; at most 11 MiB at once; the smallest --max-ram is 3M"):
            self.assertIn(words, text)
        result = json.loads(self.plan("--json"))
        self.assertEqual((result["backend"], result["fits"], result["problem"], result["cards"]),
                         ("cpu", True, None, []))
        self.assertEqual(result["memory"]["vae_decoder"],
                         {"weights_bytes": 7 << 20, "streamed_bytes": 0, "activations_bytes": 8 << 20, "scratch_bytes": 9 << 20})
        self.assertEqual(result["memory"]["peak_bytes"], 11 << 20)
        self.assertEqual(result["memory"]["least_bytes"], 3 << 20)

    def test_cards(self):
        text = self.plan("--backend", "ttnn", "m")
        lines = text.splitlines()
        self.assertLessEqual(max(map(len, lines)), 100)
        for words in ("\nN150\n", "\nN300, each of its two chips\n", "needs 12 of 1024 MiB of DRAM: fits",
                      "a picture takes at least 0.500 s", "a picture takes at least 0.250 s", "not measured"):
            self.assertIn(words, text)
        rows = {line[:36].strip(): line[36:].split() for line in lines if len(line) == 81}
        self.assertEqual(rows["runs per picture"], ["1", "20", "1"])
        self.assertEqual(rows["DRAM: values, fullest call, MiB"], ["2.5"] * 3)
        self.assertEqual(rows["DRAM: their padding, at most, MiB"], ["0.2"] * 3)
        self.assertEqual(rows["L1 of a core: placed, KiB"], ["2.0"] * 3)
        self.assertEqual(rows["of these running kernels"], ["7"] * 3)
        self.assertEqual(rows["a run takes at least, ms"], ["4.00"] * 3)
        self.assertNotIn("conv_in", text)

    def test_calls(self):
        text = self.plan("--backend", "ttnn", "-v")
        self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.assertIn("denoise: DRAM is fullest at conv2d of conv_in\n"
                      "    2.000 ms =   2 x scaled_dot_product_attention "
                      "...tentions.0.transformer_blocks.0.attn1.attention\n", text)

    def test_json(self):
        result = json.loads(self.plan("--backend", "ttnn", "--json", "-m", "m", "--steps", "3"))
        self.assertIsNone(result["memory"])
        self.assertEqual([(card["name"], card["chips"], card["fits"]) for card in result["cards"]],
                         [("N150", 1, True), ("N300", 2, True)])
        network = result["cards"][0]["networks"][1]
        self.assertEqual((network["name"], network["runs"], network["calls"], network["kernel_calls"]),
                         ("denoise", 3, 9, 7))
        self.assertEqual(network["fullest_call"], {"function": "conv2d", "node": "conv_in"})
        self.assertEqual(network["forecast"], {
            "macs": 2000000000, "dram_bytes": 4 << 20, "l1_bytes": 1 << 20, "compute_seconds": 0.003,
            "dram_seconds": 0.002, "l1_seconds": 0.001, "seconds": 0.004})
        self.assertEqual(network["slowest_calls"][0]["count"], 2)

    def test_what_does_not_fit(self):
        for arguments in ([], ["--json"]):
            done = self.run_cli("plan", "--backend", "ttnn", "--width", "2048", *arguments)
            self.assertEqual((done.returncode, done.stderr), (5, b"sd14: the device has 7 MiB\n"))
            self.assertTrue(b"does not fit" in done.stdout or json.loads(done.stdout)["problem"])
        self.plan("--backend", "ttnn", "--width", "2048", "--tt-chips", "2")

    def test_refusals(self):
        self.refused(3, "plan", "broken", says="broken")
        self.refused(2, "plan", "a", "b", says="one model")
        self.refused(2, "plan", "--eta", "2", says="--eta")
        self.refused(2, "plan", "--steps", "0", says="--steps")


common.main()
