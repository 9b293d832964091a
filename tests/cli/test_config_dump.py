# SPDX-License-Identifier: Apache-2.0
"""sd14 config: its options and output."""
import json

import common


class Config(common.Case):
    def test_table(self):
        done = self.run_cli("config", "m", "--size", "64x128", "--steps", "7")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"unet: UNet\n  in_channels  ", done.stdout)
        self.assertIn(b"memory: float32, 64x128\n  unet.batch", done.stdout)
        self.assertIn(b"sha256: abc\n", done.stdout)

    def test_json(self):
        for arguments in (["m"], ["-m", "m"], ["--model", "m"], []):
            done = self.run_cli("config", *arguments, "--json", "--width", "128", "--steps", "7")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["settings"], {"height": 0, "steps": 7, "width": 128})

    def test_refusals(self):
        self.refused(3, "config", "m", "-m", "nowhere", says="not a model folder")  # the last one counts
        self.refused(2, "config", "m", "other", says="one model")
        self.refused(2, "config", "--steps", "0")
        self.refused(2, "config", "--steps", "999", says="planned to fail")
        self.refused(3, "config", "nowhere", says="not a model folder")


common.main()
