# SPDX-License-Identifier: Apache-2.0
"""Standard output, --json and the texts inside the PNG."""
import json
import os
import re

import common

# AUTOMATIC1111's reader of "parameters": its last line must have at least three of these.
PARAMETER = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


def read_parameters(text):
    *lines, last = text.split("\n")
    found = PARAMETER.findall(last)
    assert len(found) >= 3, last
    values = {k: json.loads(v) if v.startswith('"') else v for k, v in found}
    negative = [i for i, line in enumerate(lines) if line.startswith("Negative prompt:")]
    if negative:
        values["negative"] = "\n".join(lines[negative[0]:])[len("Negative prompt: "):]
        lines = lines[:negative[0]]
    values["prompt"] = "\n".join(lines)
    return values


class Results(common.Case):
    def texts(self, *arguments, **options):
        done = self.generate(*arguments, "-o", "x.png", **options)
        self.assertEqual(done.stdout, b"x.png\n")
        return common.png_read((self.folder / "x.png").read_bytes())[2]

    def test_parameters(self):
        text = self.texts("a red apple", "-s", "965400086", "-g", "7", "--steps", "4", "--size",
                          "64x128")["parameters"]
        self.assertEqual(text, "a red apple\nSteps: 4, Sampler: DDIM, CFG scale: 7, Seed: 965400086, Size: 64x128, "
                               "Model hash: 145a07e0f0, Model: m, RNG: CPU, Version: sd14 v0.1.0")
        values = read_parameters(text)
        self.assertEqual(values["Seed"], "965400086")
        self.assertEqual(values["RNG"], "CPU")

    def test_parameters_with_everything(self):
        odd = self.folder / 'mo,d:"el'
        odd.mkdir()
        (odd / "model_index.json").write_text("{}")
        values = read_parameters(self.texts("ein Fuchs, 狐:\nSteps: 1, zwei", "-n", "blurry, dark\nbad", "--eta",
                                            "0.25", "-m", str(odd))["parameters"])
        self.assertEqual(values["prompt"], "ein Fuchs, 狐:\nSteps: 1, zwei")
        self.assertEqual(values["negative"], "blurry, dark\nbad")
        self.assertEqual(values["Model"], 'mo,d:"el')
        self.assertEqual(values["Eta DDIM"], "0.25")
        self.assertEqual(values["Steps"], "20")

    def test_shortcuts(self):
        texts = self.texts("a", "--cache", "3", "--guidance-interval", "0.2,1")
        self.assertIn(", DeepCache interval: 3, Guidance interval: 0.2-1, RNG", texts["parameters"])
        recipe = json.loads(texts["sd14"])
        self.assertEqual((recipe["cache"], recipe["guidance_interval"]), (3, [0.2, 1]))
        result = json.loads(self.generate("a", "--cache", "3", "--guidance-interval", "0.2,1", "--json").stdout)
        self.assertEqual((result["cache"], result["guidance_interval"]), (3, [0.2, 1]))
        self.assertNotIn("cache", self.texts("a", "--cache", "1")["sd14"])

    def test_empty_prompt(self):
        self.assertTrue(self.texts("")["parameters"].startswith("Steps: 20, "))

    def test_recipe(self):
        text = self.texts("ein Füchslein \"x\"\n", "-n", "é", "-s", "7", "-g", "7.1")["sd14"]
        recipe = json.loads(text)
        lower = re.sub(r"\\u\w{4}", lambda escape: escape.group().lower(), text)
        self.assertEqual(lower, json.dumps(recipe, sort_keys=True, separators=(",", ":")))
        self.assertEqual(recipe.pop("model")["files"][1], {
            "name": "unet/diffusion_pytorch_model.safetensors",
            "sha256": "145a07e0f05ec5bbe6e2e9faf608bdb311caf708895cac8c8ed713c59864e1e8"})
        self.assertEqual(recipe, {
            "format": 1, "version": "0.1.0", "prompt": "ein Füchslein \"x\"\n", "negative_prompt": "é", "seed": 7,
            "steps": 20, "guidance_scale": 7.1, "eta": 0, "width": 128, "height": 128, "sampler": "ddim",
            "precision": "f32"})

    def test_same_bytes(self):
        self.generate("a", "-s", "3", "-o", "1.png", "-t", "1", "--isa", "ref")
        self.generate("a", "-s", "3", "-o", "2.png", "-t", "7")
        self.assertEqual((self.folder / "1.png").read_bytes(), (self.folder / "2.png").read_bytes())

    def test_json(self):
        result = json.loads(self.generate("a, b", "--json", "-s", "18446744073709551615", "-n", "c").stdout)
        self.assertEqual(set(result), {
            "version", "model", "prompt", "negative_prompt", "seed", "steps", "guidance_scale", "eta", "width",
            "height", "sampler", "backend", "precision", "isa", "threads", "images", "memory", "peak_rss_bytes"})
        self.assertEqual(result["model"]["path"], "m")
        self.assertEqual(len(result["model"]["files"]), 3)
        self.assertEqual(result["images"], [{
            "path": "output.png", "seed": "18446744073709551615",
            "prompt": "a, b", "step_seconds": [round(0.25 + 0.01 * step, 2) for step in range(1, 21)], "timings": {
                "text_seconds": 0.5, "prepare_seconds": 0.5, "denoise_seconds": 5, "decode_seconds": 0.75,
                "total_seconds": 3}}])
        self.assertGreater(result["peak_rss_bytes"], 1 << 20)
        self.assertLess(result["peak_rss_bytes"], 1 << 30)

    def test_json_with_a_path_that_is_not_utf8(self):
        done = self.generate("a", "--json", "-o", b"\xff.png")
        self.assertEqual(json.loads(done.stdout)["images"][0]["path"], "?.png")

    def test_model_with_a_name_that_is_not_utf8(self):
        os.rename(os.fsencode(self.folder / "m"), os.fsencode(self.folder) + b"/m\xff")
        done = self.generate("a", "-m", b"m\xff", "-o", "x.png")
        self.assertIn("Model: m?,", common.png_read((self.folder / "x.png").read_bytes())[2]["parameters"])

    def test_standard_output_is_pure(self):
        self.assertEqual(self.generate("@warn", "-v", "-v", "-b", "2").stdout, b"output.png\noutput-1.png\n")
        common.png_read(self.generate("@warn", "-v", "-o", "-").stdout)

    def test_seed_is_always_told(self):
        done = self.generate("a", "--json")
        seed = json.loads(done.stdout)["seed"]
        self.assertIn(f"sd14: seed {seed},", done.stderr.decode())


common.main()
