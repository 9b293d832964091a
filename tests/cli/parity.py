# SPDX-License-Identifier: Apache-2.0
"""sd14 parity finds what was broken, by its name: models and recordings with one thing changed.

    parity.py PROGRAM MODEL RECORDING
"""
import json
import math
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

from model_folder import TEXT, UNET, VAE, Weights, copy_model, edit_json

PROGRAM, MODEL, RECORDING = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
SMALL = ("--steps", "1", "--size", "64x64", "a red apple")
SAME, USAGE, FILE, MEMORY, DIVERGED = 0, 2, 3, 4, 6  # documented exit codes
BITS = {"F16": ("<H", 10), "F32": ("<I", 23)}  # struct's letter, bits of fraction


def flip(weights, key, bit, index=0):
    """Flips bit `bit` of an element: 0 is the lowest of the fraction, -1 the highest, -2 the next."""
    kind, fraction = BITS[weights.header[key]["dtype"]]
    at = weights.header[key]["data_offsets"][0] + index * struct.calcsize(kind)
    value, = struct.unpack_from(kind, weights.data, at)
    struct.pack_into(kind, weights.data, at, value ^ 1 << (bit if bit >= 0 else fraction + bit))


def swap(weights, a, b):
    (a0, a1), (b0, b1) = (weights.header[key]["data_offsets"] for key in (a, b))
    weights.data[a0:a1], weights.data[b0:b1] = weights.data[b0:b1], weights.data[a0:a1]


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sd14-parity-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def parity(self, code, *arguments):
        """-> standard output; nothing but the result may be said, and nothing left behind."""
        spill = self.folder / "spill"
        spill.mkdir(exist_ok=True)
        done = subprocess.run([PROGRAM, "parity", *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(spill)}, timeout=300)
        self.assertEqual(done.returncode, code, (arguments, done.stderr.decode()))
        self.assertEqual(list(spill.iterdir()), [])
        if code in (SAME, DIVERGED):
            self.assertEqual(done.stderr, b"")
            return done.stdout.decode()
        self.assertEqual(done.stdout, b"")
        return done.stderr.decode()

    def found(self, code, *arguments):
        """-> the result of --json, and the names beyond their thresholds in order."""
        result = json.loads(self.parity(code, "--json", *arguments))
        beyond = [item["name"] for stage in result["stages"] for item in stage["items"] if item["beyond"]]
        self.assertEqual(result["diverged"], code == DIVERGED)
        self.assertEqual(result["first"]["name"] if result["first"] else None, beyond[0] if beyond else None)
        self.assertEqual([s["beyond"] for s in result["stages"]],
                         [sum(i["beyond"] for i in s["items"]) for s in result["stages"]])
        return result, beyond


class Models(Case):
    def damaged(self, file, change):
        copy_model(MODEL, self.folder / "bad")
        weights = Weights(self.folder / "bad", file)
        change(weights)
        weights.write()
        return ("-m", "bad", "--against-model", str(MODEL), *SMALL)

    def finds(self, file, change, *nodes):
        """The first divergence is nodes[0], and by themselves these nodes and no others differ."""
        arguments = self.damaged(file, change)
        result, _ = self.found(DIVERGED, *arguments)
        self.assertEqual(result["first"]["name"], nodes[0])
        _, beyond = self.found(DIVERGED, "--isolate", *arguments)
        self.assertEqual(beyond, list(nodes))
        return result

    def test_a_bit_of_a_convolution(self):
        key = "down_blocks.1.resnets.0.conv1.weight"
        result = self.finds(UNET, lambda w: flip(w, key, -1, 100), "unet/down_blocks.1.resnets.0.conv1")
        self.assertEqual(result["first"]["op"], "conv2d")
        # What lies before it has the same bits; the text encoder and the decoder, fed by the good side, too.
        for stage in result["stages"]:
            for item in stage["items"]:
                if item["name"] == result["first"]["name"]:
                    break
                if stage["name"] in ("text_encoder", "unet", "vae_decoder"):
                    self.assertEqual(item["relative_l2"], 0, item)

    def test_a_bit_of_an_exponent(self):
        key = "up_blocks.3.resnets.1.conv2.weight"
        self.finds(UNET, lambda w: flip(w, key, BITS[w.header[key]["dtype"]][1]), "unet/up_blocks.3.resnets.1.conv2")

    def test_the_lowest_bit(self):
        """Below the default threshold, but not the same bits."""
        arguments = self.damaged(UNET, lambda w: flip(w, "down_blocks.0.resnets.0.conv1.weight", 0, 4))
        _, beyond = self.found(DIVERGED, "--isolate", "--exact", "--threshold", "0", *arguments)
        self.assertEqual(beyond, ["unet/down_blocks.0.resnets.0.conv1"])

    def test_a_norm(self):
        self.finds(UNET, lambda w: w.poke("mid_block.attentions.0.transformer_blocks.0.norm2.bias", 0.5, 3),
                   "unet/mid_block.attentions.0.transformer_blocks.0.norm2")

    def test_swapped_keys_and_values(self):
        block = "down_blocks.0.attentions.0.transformer_blocks.0.attn2"
        self.finds(UNET, lambda w: swap(w, f"{block}.to_k.weight", f"{block}.to_v.weight"),
                   f"unet/{block}.to_k", f"unet/{block}.to_v")

    def test_the_text_encoder(self):
        key = "text_model.encoder.layers.1.mlp.fc1.weight"
        result = self.finds(TEXT, lambda w: flip(w, key, -1, 5), f"text_encoder/{key[:-len('.weight')]}")
        # The UNet got the good side's embeddings: the fault is not found a second time.
        unet = next(stage for stage in result["stages"] if stage["name"] == "unet")
        self.assertEqual(unet["beyond"], 0)

    def test_the_decoder(self):
        self.finds(VAE, lambda w: flip(w, "decoder.up_blocks.1.resnets.0.conv2.weight", -1, 9),
                   "vae_decoder/decoder.up_blocks.1.resnets.0.conv2")

    def test_nan(self):
        arguments = self.damaged(UNET, lambda w: w.poke("up_blocks.2.resnets.1.norm2.weight", math.nan, 1))
        result, _ = self.found(DIVERGED, *arguments)
        first = result["first"]
        self.assertEqual(first["name"], "unet/up_blocks.2.resnets.1.norm2")
        self.assertFalse(first["finite"])
        self.assertIsNone(first["relative_l2"])
        self.assertGreater(first["side_a"]["nan"], 0)
        self.assertEqual(first["side_b"]["nan"], 0)
        latents = next(stage for stage in result["stages"] if stage["name"] == "latents")
        self.assertEqual([item["name"] for item in latents["items"]], ["latents/001"])  # it got no further
        text = self.parity(DIVERGED, *arguments)
        self.assertIn("first divergence: unet/up_blocks.2.resnets.1.norm2 (group_norm [2,", text)
        self.assertIn("side A has NaN at [0,", text)
        # The other way round there is nothing to compare with.
        done = subprocess.run([PROGRAM, "parity", "-m", MODEL, "--against-model", "bad", *SMALL], cwd=self.folder,
                              capture_output=True, timeout=300)
        self.assertEqual((done.returncode, done.stdout), (DIVERGED, b""))
        self.assertIn(b"the reference: the latent has NaN", done.stderr)

    def test_the_schedule(self):
        copy_model(MODEL, self.folder / "bad")
        edit_json(self.folder / "bad", "scheduler/scheduler_config.json", beta_end=0.02)
        result, beyond = self.found(DIVERGED, "-m", "bad", "--against-model", str(MODEL), *SMALL)
        self.assertEqual(beyond[0], "schedule/alphas_cumprod")
        self.assertIn("scheduler/prev_sample", beyond)
        self.assertFalse([name for name in beyond if name.startswith(("unet/", "text_encoder/", "vae_decoder/"))])

    def test_the_tokenizer(self):
        copy_model(MODEL, self.folder / "bad")
        ids = json.loads((MODEL / "tokenizer/vocab.json").read_text())
        ids["red</w>"], ids["apple</w>"] = ids["apple</w>"], ids["red</w>"]
        (self.folder / "bad/tokenizer/vocab.json").write_text(json.dumps(ids))
        result, beyond = self.found(DIVERGED, "-m", "bad", "--against-model", str(MODEL), *SMALL)
        self.assertEqual(beyond[0], "tokens/prompt")
        self.assertNotIn("tokens/negative_prompt", beyond)
        # Its networks got the good side's tokens: only what its own run made differs too.
        self.assertEqual({name.split("/")[0] for name in beyond}, {"tokens", "latents", "picture"})


class SameModel(Case):
    def test_instruction_sets_give_the_same_bits(self):
        # By itself a convolution behind an upsampling takes another way than with it, unless it is exact.
        for isolate in ((), ("--isolate", "--exact")):
            result, beyond = self.found(SAME, "-m", str(MODEL), "--against-isa", "ref", "--threshold", "0", *isolate,
                                        "--steps", "1", "--size", "64x64", "a red apple")
            self.assertEqual(beyond, [])
            self.assertIsNone(result["first"])
            compared = {stage["name"]: stage["compared"] for stage in result["stages"]}
            self.assertGreater(compared["unet"], 300)
            self.assertEqual("picture" in compared, not isolate)
            for stage in result["stages"]:
                for item in stage["items"]:
                    self.assertEqual((item["relative_l2"], item["max_abs"]), (0, 0), item)

    def test_direct_convolutions(self):
        result, _ = self.found(SAME, "-m", str(MODEL), "--against-exact", *SMALL)
        self.assertEqual([result["sides"][side]["precision"] for side in "ab"], ["f32", "f32,exact"])
        items = {item["name"]: item["relative_l2"] for stage in result["stages"] for item in stage["items"]}
        self.assertEqual(items["unet/conv_in"], 0, "4 channels: direct on either side")
        self.assertGreater(items["unet/mid_block.resnets.0.conv1"], 0)
        result, _ = self.found(SAME, "-m", str(MODEL), "--exact", "--against-isa", "ref", "--threshold", "0", *SMALL)
        self.assertEqual(result["sides"]["b"]["precision"], "f32,exact")

    def test_only_some_nodes(self):
        against = ("-m", str(MODEL), "--against-isa", "auto")
        result, _ = self.found(SAME, *against, "--nodes", "unet/down_blocks.0.*", *SMALL)
        self.assertEqual([stage["name"] for stage in result["stages"]], ["unet"])
        self.assertTrue(all(i["name"].startswith("unet/down_blocks.0.") for i in result["stages"][0]["items"]))
        for nodes, names in (("latents/001", ["latents/001"]), ("noise", ["noise"]), ("picture", ["picture"]),
                             ("scheduler/*", ["scheduler/prev_sample"]),
                             ("tokens/*", ["tokens/negative_prompt", "tokens/prompt"]),
                             ("*/conv_in", ["unet/conv_in"])):
            result, _ = self.found(SAME, *against, "--nodes", nodes, "--step", "1", *SMALL, "--steps", "2")
            self.assertEqual([item["name"] for stage in result["stages"] for item in stage["items"]], names)
        self.assertIn("no node is called like", self.parity(USAGE, *against, "--nodes", "unet/nothing", *SMALL))

    def test_without_guidance(self):
        result, _ = self.found(SAME, "-m", str(MODEL), "--against-isa", "auto", "-g", "1", "-s", "7", *SMALL)
        self.assertEqual((result["guidance_scale"], result["seed"], result["steps"]), (1, 7, 1))
        self.assertEqual(result["stages"][0]["items"][0]["name"], "tokens/prompt")
        conv_in = next(i for s in result["stages"] for i in s["items"] if i["name"] == "unet/conv_in")
        self.assertEqual(conv_in["shape"][0], 1)

    def test_text(self):
        text = self.parity(SAME, "-m", str(MODEL), "--against-isa", "auto", *SMALL)
        for words in (f"side A  {MODEL}, cpu ", "side B  ", '"a red apple", seed 0, 1 steps', "64x64; UNet at step 0 (t = ",
                      "stage         compared  beyond", "\nvae_decoder ", "\nno divergence\n"):
            self.assertIn(words, text)

    def test_a_prompt_keeps_to_its_line(self):
        arguments = ("-m", str(MODEL), "--against-isa", "auto", "--nodes", "tokens*", "-W", "64", "-H", "64")
        text = self.parity(SAME, *arguments, "a\033[31m\nb")
        self.assertIn('"a?[31m?b", seed 0', text)
        text = self.parity(SAME, *arguments, "--json", "a\033[31m\nb")
        self.assertEqual(json.loads(text)["prompt"], "a\033[31m\nb")
        text = self.parity(SAME, *arguments, "-q", "é" * 500)
        self.assertIn('"' + "é" * 100 + '...", seed 0', text)

    def test_refusals(self):
        against = ("-m", str(MODEL), "--against-isa", "auto")
        for code, says, arguments in (
                (USAGE, "nothing to compare with", ("-m", str(MODEL), "a red apple")),
                (USAGE, "--on-device-failure", ("-m", str(MODEL), "a red apple", "--on-device-failure", "cpu",
                                                "--against-isa", "ref")),
                (USAGE, "two references", (*against, "--recording", "x", "a red apple")),
                (USAGE, "--isolate needs", ("-m", str(MODEL), "--recording", "x", "--isolate")),
                (USAGE, "no prompt", against),
                (USAGE, "--seed random", (*against, "-s", "random", "a red apple")),
                (USAGE, "step 1", (*against, "--step", "1", *SMALL)),
                (USAGE, "width 96", (*against, "-W", "96", "a red apple")),
                (USAGE, "emulate: no setting \"dtype\"", (*against, "--emulate", "wormhole,unet.dtype=f32", *SMALL)),
                (MEMORY, "with every node kept", (*against, "--max-ram", "50M", "--nodes", "text_encoder/*", *SMALL)),
                (FILE, "missing", ("-m", str(MODEL), "--against-model", "missing", "a red apple")),
                (FILE, "missing", ("-m", str(MODEL), "--recording", "missing"))):
            self.assertIn(says, self.parity(code, *arguments))


class Recordings(Case):
    def setUp(self):
        super().setUp()
        shutil.copy(RECORDING, self.folder)
        shutil.copy(RECORDING.with_name("manifest.json"), self.folder)
        self.arguments = ("-m", str(MODEL), "--recording", RECORDING.name)

    def change(self, change):
        recording = Weights(self.folder, RECORDING.name)
        change(recording)
        recording.write()

    def test_diffusers_computed_the_same(self):
        result, _ = self.found(SAME, *self.arguments)
        self.assertEqual((result["prompt"], result["negative_prompt"]), ("a red apple", "a green apple"))
        compared = {stage["name"]: stage["compared"] for stage in result["stages"]}
        names = Weights(self.folder, RECORDING.name).tensors()
        for stage, prefix, inputs in (("text_encoder", "text_encoder/", 1), ("unet", "unet@951/", 0),
                                      ("vae_decoder", "vae_decoder/", 0)):
            recorded = [n for n in names if n.startswith(prefix) and not n.endswith(".stats")]
            self.assertEqual(compared[stage], len(recorded) - inputs)
        self.assertEqual(compared["latents"], 20)
        for step, timestep in ((9, 501), (19, 1)):
            result, _ = self.found(SAME, *self.arguments, "--step", str(step), "--nodes", "unet/*")
            self.assertEqual(result["timestep"], timestep)
        self.assertIn("was not recorded", self.parity(USAGE, *self.arguments, "--step", "3"))

    def finds(self, change, name):
        """It and nothing else of its stage."""
        self.change(change)
        _, beyond = self.found(DIVERGED, *self.arguments, "--nodes", name.split("/")[0] + "/*")
        self.assertEqual(beyond, [name])

    def test_samples_of_a_block(self):
        self.finds(lambda r: flip(r, "unet@951/down_blocks.1.resnets.0", -1, 40), "unet/down_blocks.1.resnets.0")

    def test_sums_of_a_block(self):
        def larger(recording):
            at = recording.header["vae_decoder/decoder.up_blocks.1.resnets.0.stats"]["data_offsets"][0] + 8
            squares, = struct.unpack_from("<d", recording.data, at)
            struct.pack_into("<d", recording.data, at, squares * 1.001)
        self.finds(larger, "vae_decoder/decoder.up_blocks.1.resnets.0")

    def test_a_latent(self):
        self.finds(lambda r: flip(r, "trajectory/latents", -1, 5 * 16 * 16 * 4 + 10), "latents/005")

    def test_nan(self):
        self.finds(lambda r: r.poke("unet@951/mid_block.resnets.0", math.nan, 2), "unet/mid_block.resnets.0")

    def test_another_run(self):
        self.assertIn("trajectory/latents", self.parity(FILE, *self.arguments, "--size", "64x64"))
        self.assertIn("scheduler/timesteps", self.parity(FILE, *self.arguments, "--steps", "10"))
        _, beyond = self.found(DIVERGED, *self.arguments, "--nodes", "to*", "a rocket")
        self.assertEqual(beyond[0], "tokens/prompt")
        _, beyond = self.found(DIVERGED, *self.arguments, "--nodes", "[nt]*", "-s", "1")
        self.assertEqual(beyond[0], "noise")

    def test_damaged(self):
        (self.folder / "manifest.json").write_text('{"prompt": "x"}')
        self.assertIn("manifest.json", self.parity(FILE, *self.arguments))
        (self.folder / "manifest.json").unlink()
        self.assertIn("manifest.json", self.parity(FILE, *self.arguments))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
