# SPDX-License-Identifier: Apache-2.0
"""sd14 config on the small model (argv[2]): one hash, the same anywhere, and what a silent file gives."""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import model_folder

PROGRAM, MODEL = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()


def config(folder, *arguments):
    done = subprocess.run([PROGRAM, "config", folder, "--json", "--quiet", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


class ConfigDump(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "elsewhere"
        model_folder.copy_model(MODEL, self.folder)

    def test_the_hash_is_that_of_the_text_without_it(self):
        text = config(MODEL).rstrip("\n")
        digest = json.loads(text)["sha256"]
        without = text.replace(f',"sha256":"{digest}"', "")
        self.assertEqual(hashlib.sha256(without.encode()).hexdigest(), digest)

    def test_a_copy_has_the_same_text(self):
        self.assertEqual(config(self.folder), config(MODEL))

    def test_a_changed_value_changes_the_hash(self):
        before = json.loads(config(self.folder))
        model_folder.edit_json(self.folder, "vae/config.json", scaling_factor=0.5)
        after = json.loads(config(self.folder))
        self.assertNotEqual(before["sha256"], after["sha256"])
        self.assertEqual(after["components"]["vae"]["config"]["scaling_factor"], {"source": "file", "value": 0.5})

    def test_settings(self):
        dump = json.loads(config(MODEL, "--steps", "4", "--size", "192x320"))
        self.assertEqual(dump["settings"], {"width": 192, "height": 320, "steps": 4})
        derived = dump["components"]["scheduler"]["derived"]
        self.assertEqual(derived["timesteps"]["value"], [751, 501, 251, 1])  # DDIM, leading, offset 1
        self.assertEqual(dump["components"]["pipeline"]["derived"]["latent_shape"]["value"], [1, 4, 40, 24])

    def test_a_silent_scheduler_file(self):
        """What config_diffusers.py found for such a file: DDIMScheduler's defaults, and the pipeline's own."""
        model_folder.write(self.folder, "scheduler/scheduler_config.json", json.dumps({
            "_class_name": "PNDMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear",
            "beta_start": 0.00085, "skip_prk_steps": True}))
        scheduler = json.loads(config(self.folder))["components"]["scheduler"]
        for key, value, source in (("clip_sample", False, "pipeline"), ("steps_offset", 1, "pipeline"),
                                   ("set_alpha_to_one", True, "default"), ("skip_prk_steps", True, "file")):
            self.assertEqual(scheduler["config"][key], {"source": source, "value": value}, key)
        self.assertEqual(scheduler["derived"]["final_alpha_cumprod"]["value"], 1.0)


unittest.main(argv=sys.argv[:1])
