# SPDX-License-Identifier: Apache-2.0
"""Every option and alias arrives where it should; misspelt ones are guessed."""
import json

import common


class Options(common.Case):
    def result(self, *arguments):
        return json.loads(self.generate("--json", *arguments).stdout)

    def check(self, field, value, *arguments):
        for argument in arguments:
            words = argument if isinstance(argument, list) else argument.split(" ")
            with self.subTest(words=words):
                self.assertEqual(self.result("a cat", "--steps", "3", *words)[field], value)

    def test_prompt(self):
        for words in (["a dog"], ["-p", "a dog"], ["-pa dog"], ["--prompt=a dog"],
                      ["--prompt", "a dog"], ["--", "a dog"]):
            self.assertEqual(self.result(*words)["prompt"], "a dog", words)
        self.assertEqual(self.result("--", "-dash")["prompt"], "-dash")
        self.assertEqual(self.result("")["prompt"], "")
        self.assertEqual(self.result("-p", "-x")["prompt"], "-x")

    def test_prompt_file(self):
        (self.folder / "p.txt").write_bytes("zwei Füchse,\nim Schnee\n".encode())
        self.assertEqual(self.result("--prompt-file", "p.txt")["prompt"], "zwei Füchse,\nim Schnee")
        (self.folder / "p.txt").write_bytes(b"windows\r\n")
        self.assertEqual(self.result("--prompt-file=p.txt")["prompt"], "windows")
        done = self.generate("--json", "--prompt_file", "-", stdin=b"from a pipe\n")
        self.assertEqual(json.loads(done.stdout)["prompt"], "from a pipe")

    def test_negative_prompt(self):
        self.check("negative_prompt", "blurry", "-n blurry", "-nblurry", "--negative-prompt blurry",
                   "--negative_prompt=blurry", "--neg-prompt blurry", "--neg_prompt=blurry")
        self.check("negative_prompt", "-1", "-n -1")

    def test_numbers(self):
        self.check("steps", 7, "--steps 7", "--steps=7", "--num-inference-steps 7",
                   "--num_inference_steps=7", "--steps 9 --steps 7", "--steps 007")
        self.check("guidance_scale", 7.1, "--cfg-scale 7.1", "--guidance-scale=7.1", "-g 7.1",
                   "-g7.1", "--guidance 7.1", "--guidance_scale 7.1", "--cfg_scale 71e-1")
        self.check("guidance_scale", 0, "-g 0", "-g 0.0")
        self.check("eta", 0.3, "--eta 0.3", "--eta=.3")
        self.check("threads", 3, "-t 3", "-t3", "--threads 3", "--threads=3")
        self.check("threads", 2, "-t 0")

    def test_seed(self):
        self.check("seed", 5, "-s 5", "-s5", "--seed 5", "--seed=5")
        self.check("seed", 2**63 - 1, "-s 9223372036854775807")
        self.check("seed", "18446744073709551615", "-s 18446744073709551615")
        seeds = {self.result("a", *w.split(" "))["seed"]
                 for w in ("--steps 1", "-s -1", "-s-1", "--seed=random", "-s RANDOM")}
        self.assertEqual(len(seeds), 5)

    def test_size(self):
        self.check("width", 256, "-W 256", "-W256", "--width=256", "--size 256x64", "--size=256X64",
                   "--size 64x64 -W 256")
        self.check("height", 256, "-H 256", "-H256", "--height=256", "--size 64x256")
        self.check("width", 128, "-H 256")

    def test_model(self):
        (self.folder / "other").mkdir()
        (self.folder / "other" / "model_index.json").write_text("{}")
        for words in ("-m other", "-d other", "-mother", "--model other", "--model=other"):
            self.assertEqual(self.result("a", *words.split(" "))["model"]["path"], "other", words)

    def test_choices(self):
        self.check("isa", "ref", "--isa ref", "--isa=REF")
        self.check("isa", "avx2", "--isa auto")
        self.check("backend", "cpu", "--backend cpu")
        self.check("precision", "f32", "--precision f32", "--emulate none", "--emulate wormhole --emulate=none")
        self.check("precision", "f32,exact", "--exact")
        self.check("precision", "wormhole,vae.fidelity=LoFi", "--emulate wormhole,vae.fidelity=LoFi")
        self.check("sampler", "ddim", "--sampler ddim", "--sampler DDIM", "--sampling-method ddim",
                   "--scheduler=ddim", "--sampling_method=ddim")
        for when in ("auto", "always", "never"):
            self.generate("a", "--color", when)
            self.generate("a", "--colour=" + when)

    def test_clusters(self):
        done = self.generate("-vs5", "a", "-o", "x.png", "--steps", "2")
        self.assertIn(b"seed 5", done.stderr)
        self.assertIn(b"session memory", done.stderr)

    def test_defaults(self):
        r = self.result("a")
        self.assertEqual((r["steps"], r["guidance_scale"], r["eta"], r["width"], r["height"]),
                         (20, 7.5, 0, 128, 128))
        self.assertEqual(r["images"][0]["path"], "output.png")

    def test_verbosity(self):
        self.assertIn(b"sd14: warning: the prompt is cut", self.generate("@warn").stderr)
        self.assertEqual(b"", self.generate("@warn", "-q", "-s", "1").stderr)
        self.assertNotIn(b"an information", self.generate("@info").stderr)
        self.assertIn(b"an information", self.generate("@info", "-v").stderr)
        self.assertNotIn(b"a detail", self.generate("@debug", "-v").stderr)
        self.assertIn(b"a detail", self.generate("@debug", "-v", "-v").stderr)
        self.assertIn(b"a detail", self.generate("@debug", "--verbose", "--verbose").stderr)
        self.assertRegex(self.generate("a", "-q").stderr, rb"\Asd14: seed \d+\n\Z")
        self.assertEqual(b"", self.generate("a", "--quiet", "--seed", "1").stderr)

    def test_color(self):
        self.assertNotIn(b"\033", self.generate("@warn").stderr)
        self.assertIn(b"\033[33m", self.generate("@warn", "--color", "always").stderr)

    def test_suggestions(self):
        for wrong, right in (("--step", "--steps"), ("--stpes", "--steps"), ("--sede", "--seed"),
                             ("--negativ-prompt=x", "--negative-prompt"), ("--neg", "--negative-prompt"),
                             ("--tread", "--threads"), ("--widht", "--width"), ("--jsno", "--json"),
                             ("-seed", "--seed"), ("--modle", "--model")):
            text = self.refused(2, "generate", wrong, "a")
            self.assertRegex(text, rf"did you mean {right}\?")
        self.assertNotIn("mean", self.refused(2, "generate", "--zebra", "a", says="sd14 help generate"))
        self.refused(2, "genrate", "a", says="did you mean generate?")
        self.refused(2, "bnech", says="did you mean bench?")
        self.refused(2, "a red apple", says='sd14 generate "a red apple"')
        self.refused(2, "xyzzy", says="sd14 help")


common.main()
