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
        self.assertEqual(result["step_seconds"], {"min": 0.27, "median": 0.285, "max": 0.3, "count": 8})
        self.assertEqual(result["unet_batch"], 2)
        self.assertEqual(result["first"], result["best_later"])
        self.assertEqual((result["width"], result["steps"], result["repeat"]), (64, 5, 2))
        self.assertEqual(self.files(), ["m", "m/model_index.json"])

    def test_no_guidance_and_one_picture(self):
        result = json.loads(self.bench("--json", "-g", "1"))
        self.assertEqual((result["unet_batch"], result["best_later"], result["steps"]), (1, None, 3))

    def test_first_step(self):
        slow = self.environment(SD14_FAKE_STEP_MS="200")
        result = json.loads(self.bench("--json", "--steps", "2", env=slow))
        self.assertGreaterEqual(result["first_step_done_seconds"], 0.2)
        self.assertLess(result["first_step_done_seconds"], 10)

    def test_text(self):
        text = self.bench("-r", "3", "-t", "2")
        for words in ("m, 128x128, cpu avx2 f32, 2 threads", "text", "preparing weights", "VAE decoding",
                      "0.270 s min, 0.275 s median, 0.280 s max (6 steps, guidance pairs: batch 2)",
                      "first step done", "peak memory", "best later"):
            self.assertIn(words, text)
        text = self.bench("-g", "1")
        self.assertIn("no guidance: batch 1", text)
        self.assertNotIn("best later", text)


common.main()
