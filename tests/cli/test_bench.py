# SPDX-License-Identifier: Apache-2.0
import json

import common


class Bench(common.Case):
    def bench(self, *arguments, **options):
        done = self.run_cli("bench", *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_json(self):
        result = json.loads(self.bench("--json", "--steps", "5", "-r", "2", "--size=64x64"))
        # The library that pretends says 0.25 + 0.01 * step; step 1 is left out.
        self.assertEqual(result["step_seconds"], {"min": 0.27, "median": 0.285, "p95": 0.3, "max": 0.3, "count": 8})
        self.assertEqual(result["unet_batch"], 2)
        self.assertEqual(result["first"], result["best_later"])
        self.assertEqual((result["width"], result["steps"], result["repeat"]), (64, 5, 2))
        whole = {"min": 3, "median": 3, "p95": 3, "max": 3, "count": 2}
        self.assertEqual(result["stages"]["total_seconds"], whole)
        self.assertEqual(result["throughput"]["images_per_minute"], 20)
        self.assertAlmostEqual(result["throughput"]["steps_per_second"], 1 / 0.285, 6)
        self.assertEqual(result["memory"], {"weights_bytes": 768 << 10, "plan_bytes": 256 << 10})
        self.assertEqual([p["step_seconds"] for p in result["pictures"]], [[0.26, 0.27, 0.28, 0.29, 0.3]] * 2)
        self.assertEqual(self.files(), ["m", "m/model_index.json"])

    def test_no_guidance_and_one_picture(self):
        result = json.loads(self.bench("--json", "-g", "1"))
        self.assertEqual((result["unet_batch"], result["best_later"], result["steps"]), (1, None, 3))

    def test_warmup_is_drawn_and_not_counted(self):
        result = json.loads(self.bench("--json", "--warmup", "2", "--steps", "3"))
        self.assertEqual((result["warmup"], result["repeat"]), (2, 1))
        self.assertEqual(result["step_seconds"]["count"], 2)
        self.assertEqual(len(result["pictures"]), 1)
        self.assertEqual(result["best_later"], result["first"])
        self.assertIn(b"picture 3/3", self.run_cli("bench", "--warmup", "2").stderr)

    def test_first_step(self):
        slow = self.environment(SD14_FAKE_STEP_MS="200")
        result = json.loads(self.bench("--json", "--steps", "2", env=slow))
        self.assertGreaterEqual(result["first_step_done_seconds"], 0.2)
        self.assertLess(result["first_step_done_seconds"], 10)

    def test_text(self):
        text = self.bench("-r", "3", "-t", "2")
        for words in ("m, 128x128, cpu avx2 f32, 2 threads", "text", "preparing weights", "VAE decoding",
                      "3 pictures of 3 steps after 0 to warm up",
                      "UNet step                             0.270 s    0.275 s    0.280 s    0.280 s",
                      "6, the first of each picture left out; guidance pairs: batch 2",
                      "20.00 images/min, 3.636 steps/s", "first step done",
                      "prepared weights 0.8 MiB, plan 0.2 MiB"):
            self.assertIn(words, text)
        row = next(line for line in text.splitlines() if line.startswith("VAE decoding"))
        self.assertEqual(row.split()[2:], ["0.750", "s"] * 5)
        text = self.bench("-g", "1")
        self.assertIn("no guidance: batch 1", text)
        row = next(line for line in text.splitlines() if line.startswith("VAE decoding"))
        self.assertEqual(row.split()[2:], ["0.750", "s"])

    def test_operators(self):
        text = self.bench("--operators", "--steps", "10")
        for words in ("m, 128x128, UNet batch 2, 10 steps, cpu avx2 f32, 2 threads", "4.0 GFLOP/s",
                      " 75.0 %  unet         conv2d                  20      2.0000      3.0000       1.0  25.0 %",
                      "[2,16,16,4] -> [2,16,16,64], kernel 3"):
            self.assertIn(words, text)
        result = json.loads(self.bench("--operators", "--json", "-g", "1", "-r", "7"))
        self.assertEqual((result["unet_batch"], result["steps"], result["peak_gflops"]), (1, 20, 4))
        conv, silu = result["operators"]
        self.assertEqual((conv["macs"], conv["seconds"]["count"], conv["share"]), (1000000, 7, 0.75))
        self.assertEqual((silu["gflops"], silu["peak_fraction"]), (None, None))
        self.assertEqual(result["parts"], [{"part": "unet", "runs": 20, "macs": 2000000, "seconds": 0.005,
                                            "share": 1}])
        self.refused(3, "bench", "--operators", "-m", "broken", says="broken")


common.main()
