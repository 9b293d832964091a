# SPDX-License-Identifier: Apache-2.0
"""sd14 contracts on the small model (argv[2]): its graphs, its backend and a recorded run keep the contracts, and
every way to break one is named."""
import array
import json
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM, MODEL = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
CONTRACTS = MODEL.parents[1] / "contracts"
TEXT = json.loads((MODEL / "text_encoder/config.json").read_text())
START, END, VOCABULARY = TEXT["bos_token_id"], TEXT["eos_token_id"], TEXT["vocab_size"]
WIDTH, HEIGHT, TOKENS, CHANNELS = 128, 64, 77, TEXT["hidden_size"]
LATENT = (1, 4, HEIGHT // 8, WIDTH // 8)


def sd14(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def count(shape):
    result = 1
    for side in shape:
        result *= side
    return result


def numbers(shape, seed):
    draw = random.Random(seed)
    return array.array("f", (max(-5, min(5, draw.gauss(0, 1))) for _ in range(count(shape)))).tobytes()


def write_tensors(path, tensors):
    header, data = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_npy(path, shape, values):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + values)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def keeps(self, *arguments):
        done = sd14("contracts", "-m", MODEL, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout.decode())
        return done.stdout.decode()

    def breaks(self, sentence, *arguments):
        """Exit code 6, and one violation that says `sentence` (as it begins)."""
        done = sd14("contracts", "-m", MODEL, *arguments)
        lines = done.stdout.decode().splitlines()
        self.assertEqual(done.returncode, 6, lines)
        self.assertTrue(any(line.startswith(sentence) for line in lines), lines)
        return lines


class Broken(Case):
    """A copy of the contracts with something altered."""

    def setUp(self):
        super().setUp()
        self.copy = self.folder / "contracts"
        shutil.copytree(CONTRACTS, self.copy)

    def alter(self, name, change):
        path = self.copy / f"{name}.json"
        contract = json.loads(path.read_text())
        change({t["name"]: t for t in contract["inputs"] + contract["outputs"]}, contract)
        path.write_text(json.dumps(contract))

    def check(self, sentence):
        return self.breaks(sentence, "--check", "--contracts", self.copy)

    def test_unaltered(self):
        self.assertEqual(self.keeps("--check", "--contracts", self.copy), self.keeps("--check"))

    def test_the_program_has_these_contracts(self):
        self.assertEqual(sd14("contracts", "--json").stdout,
                         sd14("contracts", "--json", "--contracts", self.copy).stdout)

    def test_symbol(self):
        self.alter("unet", lambda tensors, _: tensors["sample"]["shape"].__setitem__(1, "width/8"))
        self.check("unet: sample: shape: expected [batch,width/8,width/8,latent_channels] = [2,32,32,4], "
                   "found [2,16,32,4] (graph)")

    def test_unknown_symbol(self):
        self.alter("vae_decoder", lambda tensors, _: tensors["image"]["shape"].__setitem__(1, "heigth"))
        self.check("vae_decoder: image: shape: expected one of batch tokens")

    def test_wrong_factor(self):
        self.alter("vae_encoder", lambda tensors, _: tensors["moments"]["shape"].__setitem__(3, "latent_channels*3"))
        self.check("vae_encoder: moments: shape: expected [batch,height/8,width/8,latent_channels*3] = [2,16,32,12], "
                   "found [2,16,32,8] (graph)")

    def test_dtype(self):
        self.alter("text_encoder", lambda tensors, _: tensors["input_ids"].update(dtype="int64"))
        self.check("text_encoder: input_ids: dtype: expected int64, found int32 (graph)")

    def test_range(self):
        self.alter("scheduler", lambda tensors, _: tensors["prev_sample"]["range"].update(min=0))
        lines = self.check("scheduler: prev_sample: range: expected 0 to 65504, found -")
        self.assertTrue(any(line.endswith("(backend)") for line in lines), lines)

    def test_range_by_symbol(self):
        self.alter("text_encoder", lambda tensors, _: tensors["input_ids"]["range"].update(below="tokens"))
        self.check(f"text_encoder: input_ids: range: expected 0 to below 77, found {START} at element 0 (backend)")

    def test_name(self):
        self.alter("unet", lambda tensors, _: tensors["encoder_hidden_states"].update(graph="context"))
        lines = self.check("unet: encoder_hidden_states: name: expected an input of the graph, "
                           "found not in the contract (graph)")
        self.assertIn("unet: encoder_hidden_states: name: expected context, found the graph has no such input (graph)",
                      lines)

    def test_missing_tensor(self):
        self.alter("scheduler", lambda _, contract: contract["inputs"].pop(3))
        self.check("scheduler: coefficients: name: expected an input of the graph, found not in the contract (graph)")

    def test_no_contract(self):
        for change, says in ((lambda path: path.unlink(), "No such file"),
                             (lambda path: path.write_text("{"), "not valid JSON"),
                             (lambda path: path.write_text("{}"), "name: expected a string"),
                             (lambda path: path.write_text('{"name": "vae"}'), 'expected "unet"')):
            change(self.copy / "unet.json")
            done = sd14("contracts", "-m", MODEL, "--check", "--contracts", self.copy)
            self.assertEqual((done.returncode, done.stdout), (3, b""))
            self.assertIn(says, done.stderr.decode())
            self.assertIn("unet.json", done.stderr.decode())

    def test_not_of_the_form(self):
        for key, value, place in (("dtype", "float33", "inputs[0].dtype"), ("shape", [0], "inputs[0].shape[0]"),
                                  ("layout", "NH", "inputs[0]"), ("name", 3, "inputs[0].name"),
                                  ("range", {"min": 0}, "inputs[0].range.max")):
            shutil.copyfile(CONTRACTS / "unet.json", self.copy / "unet.json")
            self.alter("unet", lambda tensors, _, k=key, v=value: tensors["sample"].update({k: v}))
            done = sd14("contracts", "--contracts", self.copy)
            self.assertEqual((done.returncode, done.stdout), (3, b""))
            self.assertIn(place, done.stderr.decode())


class Run(Case):
    """A recorded run of one picture."""

    def setUp(self):
        super().setUp()
        self.item = self.folder / "run" / "red-apple"
        self.item.mkdir(parents=True)
        self.write_manifest()
        ids = [START, 17, 18] + [END] * (TOKENS - 3)
        latents = {f"latents_{percent:03d}": numbers(LATENT, percent) for percent in (0, 25, 50, 75, 100)}
        self.tensors = {name: ("F32", LATENT, values) for name, values in latents.items()}
        self.tensors["noise"] = self.tensors["latents_000"]
        self.tensors["text_embeddings"] = ("F32", (2, TOKENS, CHANNELS), numbers((2, TOKENS, CHANNELS), 1))
        self.tensors["input_ids"] = ("I32", (2, TOKENS), struct.pack(f"<{2 * TOKENS}i", *ids, *ids))
        for name, values in latents.items():
            write_npy(self.item / f"{name}.npy", LATENT, values)
        done = sd14("generate", "-m", MODEL, "-q", "--steps", 1, "--cfg-scale", 1, "-W", WIDTH, "-H", HEIGHT,
                    "-o", self.item / "picture.png", "a")
        self.assertEqual(done.returncode, 0, done.stderr)

    def write_manifest(self, **changed):
        item = {"id": "red-apple", "prompt": "a red apple", "negative_prompt": "", "seed": 1, "steps": 1,
                "guidance_scale": 4.0, "width": WIDTH, "height": HEIGHT,
                "checkpoints": [{"percent": 0, "step": 0, "name": "latents_000"}],
                "files": [{"name": "red-apple/picture.png", "sha256": "0" * 64, "bytes": 1}]}
        whole = {"format": 1, "kind": "golden", "items": [item], **changed}
        (self.folder / "run" / "manifest.json").write_text(json.dumps(whole))
        return item

    def with_tensors(self, **changed):
        tensors = {name: value for name, value in {**self.tensors, **changed}.items() if value is not None}
        write_tensors(self.item / "tensors.safetensors", tensors)
        return "--run", self.folder / "run"

    def test_unaltered(self):
        self.assertIn("run: 14 tensors checked", self.keeps(*self.with_tensors()))

    def test_altered(self):
        nan = struct.pack("<f", float("nan"))
        large = struct.pack("<f", 70000.0)
        noise = self.tensors["noise"][2]
        for sentence, changed in (
            ("scheduler: noise: range: expected -5.77 to 5.77, found nan at element 7 (run",
             {"noise": ("F32", LATENT, noise[:28] + nan + noise[32:])}),
            ("scheduler: prev_sample: range: expected -65504 to 65504, found 70000 at element 511 (run",
             {"latents_050": ("F32", LATENT, noise[:-4] + large)}),
            ("scheduler: prev_sample: shape: expected [batch,latent_channels,height/8,width/8] = [1,4,8,16], "
             "found [1,4,16,8] (run", {"latents_100": ("F32", (1, 4, 16, 8), noise)}),
            ("text_encoder: input_ids: dtype: expected int32, found int64 (run",
             {"input_ids": ("I64", (2, TOKENS), bytes(2 * TOKENS * 8))}),
            (f"text_encoder: input_ids: range: expected 0 to below {VOCABULARY}, found {VOCABULARY} at element 0 (run",
             {"input_ids": ("I32", (2, TOKENS), struct.pack("<i", VOCABULARY) + self.tensors["input_ids"][2][4:])}),
            ("text_encoder: last_hidden_state: shape: expected [batch,tokens,text_channels] = [2,77,128], "
             "found [1,77,128] (run", {"text_embeddings": ("F32", (1, TOKENS, CHANNELS), numbers((TOKENS * CHANNELS,), 1))}),
            ("text_encoder: last_hidden_state: name: expected text_embeddings, found the file has no such tensor (run",
             {"text_embeddings": None}),
            ("-: latent: name: expected a tensor of a contract, found in no contract (run",
             {"latent": ("F32", LATENT, noise)}),
        ):
            self.breaks(sentence, *self.with_tensors(**changed))

    def test_altered_npy_and_picture(self):
        run = self.with_tensors()
        write_npy(self.item / "latents_025.npy", (4, 1, 8, 16), self.tensors["latents_025"][2])
        self.breaks("scheduler: prev_sample: shape: ", *run)
        manifest = self.folder / "run" / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"width": 128', '"width": 192'))
        self.breaks("vae_decoder: picture: shape: expected [batch,height,width,image_channels] = [1,64,192,3], "
                    "found [1,64,128,3] (run", *run)

    def test_no_run(self):
        run = self.with_tensors()
        item = self.write_manifest()
        for changed, says in (({"items": []}, b"items: expected an array of 1"),
                              ({"kind": "other"}, b"this is no golden run"),
                              ({"items": [{**item, "id": ".."}]}, b"items[0].id: not an id"),
                              ({"items": [{**item, "width": 1 << 17}]}, b"items[0].width: expected")):
            self.write_manifest(**changed)
            done = sd14("contracts", "-m", MODEL, *run)
            self.assertEqual((done.returncode, done.stdout), (3, b""))
            self.assertIn(says, done.stderr)

    def test_damaged(self):
        run = self.with_tensors()
        whole = (self.item / "tensors.safetensors").read_bytes()
        (self.item / "tensors.safetensors").write_bytes(whole[:-8])
        done = sd14("contracts", "-m", MODEL, *run)
        self.assertEqual((done.returncode, done.stdout), (3, b""))
        self.assertIn(b"tensors.safetensors", done.stderr)


unittest.main(argv=sys.argv[:1])
