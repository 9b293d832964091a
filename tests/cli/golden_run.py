# SPDX-License-Identifier: Apache-2.0
"""sd14 golden on a real model: what it writes, and that no end of a run, however sudden, changes it.

    golden_run.py PROGRAM MODEL [--suite FILE] [--kills N] [--seed S] [unittest's options]

The suite is a small one of its own unless another is given.
"""
import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time

import common

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("model", type=pathlib.Path)
parser.add_argument("--suite", type=pathlib.Path)
parser.add_argument("--kills", type=int, default=5)
parser.add_argument("--seed", type=int, default=random.randrange(1000000))
ARGUMENTS, REST = parser.parse_known_args()
MODEL = ARGUMENTS.model.resolve()

CHECKPOINTS = ["latents_000", "latents_025", "latents_050", "latents_075", "latents_100"]
FILES = ["picture.png", "noise.npy", *(f"{name}.npy" for name in CHECKPOINTS), "tensors.safetensors"]
SMALL = {"name": "small", "sampler": "ddim",
         "defaults": {"negative_prompt": "", "steps": 2, "guidance_scale": 4, "width": 64, "height": 64},
         "items": [{"id": "one", "prompt": "a fox", "seed": 1},
                   {"id": "two", "prompt": "a rose", "seed": 2, "guidance_scale": 1, "width": 128},
                   {"id": "three", "prompt": "", "seed": 3, "negative_prompt": "a fox", "steps": 3}]}


def npy(path):
    """-> (header, data)"""
    data = path.read_bytes()
    length = struct.unpack("<H", data[8:10])[0]
    return data[10:10 + length].decode().strip(), data[10 + length:]


def tensors(path):
    """-> {name: (dtype, shape, data)}"""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    return {name: (entry["dtype"], entry["shape"], data[start + entry["data_offsets"][0]:
                                                        start + entry["data_offsets"][1]])
            for name, entry in json.loads(data[8:start]).items()}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def contents(folder):
    """Every file's bytes, but for the measurements."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != "measurements.json"}


class Golden(common.Case):
    def setUp(self):
        super().setUp()
        shutil.rmtree(self.folder / "m")
        self.write_suite("small.json", SMALL)
        self.run_folder = self.folder / "run"
        self.suite = (ARGUMENTS.suite or self.folder / "small.json").resolve()

    def environment(self, **extra):
        return super().environment(SD14_MODEL=str(MODEL), **extra)

    def write_suite(self, name, value):
        (self.folder / name).write_text(json.dumps(value))

    def golden(self, *arguments, suite="small.json", out="run", code=0, **options):
        done = self.run_cli("golden", "--suite", str(suite), "-o", out, "-q", "-t", "2", *arguments, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def fails(self, code, *arguments, says, suite="small.json", out="run", **options):
        """One line on standard error."""
        done = self.run_cli("golden", "--suite", str(suite), "-o", out, "-q", *arguments, **options)
        text = done.stderr.decode()
        self.assertEqual((done.returncode, text.count("\n")), (code, 1), text)
        self.assertIn(says, text)

    def verify(self, code, *lines, says=None):
        done = self.run_cli("golden", "--verify", "-o", "run")
        self.assertEqual(done.returncode, code, done.stderr)
        if says:
            self.assertIn(says, done.stderr.decode())
        self.assertEqual(done.stdout.decode().splitlines(), list(lines))

    def manifest(self):
        return json.loads((self.run_folder / "manifest.json").read_text())

    def edit_manifest(self, edit):
        manifest = self.manifest()
        edit(manifest)
        (self.run_folder / "manifest.json").write_text(json.dumps(manifest))


class Layout(Golden):
    def check_item(self, item, wanted):
        folder = self.run_folder / item["id"]
        for key, value in wanted.items():
            self.assertEqual(item[key], value, key)
        self.assertEqual([c["name"] for c in item["checkpoints"]], CHECKPOINTS)
        self.assertEqual([c["step"] for c in item["checkpoints"]],
                         [(item["steps"] * p + 50) // 100 for p in (0, 25, 50, 75, 100)])
        self.assertEqual([f["name"] for f in item["files"]], [f"{item['id']}/{name}" for name in FILES])
        for file in item["files"]:
            path = self.run_folder / file["name"]
            self.assertEqual((file["sha256"], file["bytes"]), (sha256(path), path.stat().st_size))
        self.assertEqual(sorted(p.name for p in folder.iterdir()), sorted([*FILES, "measurements.json"]))
        self.assertEqual(common.png_read((folder / "picture.png").read_bytes())[:2],
                         (item["width"], item["height"]))
        self.check_tensors(item, folder)
        self.check_measurements(item, json.loads((folder / "measurements.json").read_text()))

    def check_tensors(self, item, folder):
        shape = [1, 4, item["height"] // 8, item["width"] // 8]
        stored = tensors(folder / "tensors.safetensors")
        self.assertEqual(set(stored), {"noise", *CHECKPOINTS, "text_embeddings", "input_ids"})
        for name in ("noise", *CHECKPOINTS):
            header, data = npy(folder / f"{name}.npy")
            self.assertEqual(header, "{'descr': '<f4', 'fortran_order': False, 'shape': "
                                     f"({', '.join(map(str, shape))}), }}")
            self.assertEqual(stored[name], ("F32", shape, data))
        self.assertEqual(stored["noise"], stored["latents_000"])
        rows = 2 if item["guidance_scale"] > 1 else 1
        self.assertEqual(stored["text_embeddings"][:2], ("F32", [rows, 77, self.text_width()]))
        self.assertEqual(stored["input_ids"][:2], ("I32", [rows, 77]))

    def text_width(self):
        return json.loads((MODEL / "text_encoder/config.json").read_text())["hidden_size"]

    def check_measurements(self, item, measured):
        self.assertEqual(measured["id"], item["id"])
        self.assertEqual(len(measured["step_seconds"]), item["steps"])
        parts = [measured[f"{part}_seconds"] for part in ("text", "prepare", "denoise", "decode")]
        self.assertTrue(all(part >= 0 for part in [*parts, *measured["step_seconds"]]), measured)
        self.assertLessEqual(sum(parts), measured["total_seconds"] + 1e-6)
        self.assertLessEqual(sum(measured["step_seconds"]), measured["denoise_seconds"] + 1e-6)
        self.assertGreater(measured["peak_rss_bytes"], 1 << 20)

    def test_every_file(self):
        self.golden(suite=self.suite)
        manifest, suite = self.manifest(), json.loads(self.suite.read_text())
        model_files = manifest["model"].pop("files")
        self.assertEqual({f["name"]: f["sha256"] for f in model_files},
                         {f["name"]: sha256(MODEL / f["name"]) for f in model_files})
        self.assertIn("unet/diffusion_pytorch_model.safetensors", {f["name"] for f in model_files})
        items = manifest.pop("items")
        version = self.run_cli("version").stdout.decode().split()[1]
        self.assertIn(manifest.pop("isa"), ("ref", "avx2", "avx_vnni", "avx512", "avx512_vnni"))
        self.assertEqual(manifest, {
            "format": 1, "kind": "golden", "producer": {"name": "sd14", "version": version},
            "suite": {"name": suite["name"], "sha256": sha256(self.suite)}, "model": {"name": MODEL.name},
            "backend": "cpu", "precision": "f32", "threads": 2, "sampler": "ddim"})
        self.assertEqual([item["id"] for item in items], [item["id"] for item in suite["items"]])
        for item, wanted in zip(items, suite["items"]):
            self.check_item(item, {**suite["defaults"], **wanted})
        self.assertEqual(sorted(p.name for p in self.run_folder.iterdir()),
                         sorted(["manifest.json", *(item["id"] for item in items)]))

    def test_threads_change_no_file(self):
        self.golden()
        self.golden("-t", "1", out="other")
        mine, other = contents(self.run_folder), contents(self.folder / "other")
        self.assertNotEqual(mine.pop("manifest.json"), other.pop("manifest.json"))
        self.assertEqual(mine, other)


class Refusals(Golden):
    def test_another_run_in_the_folder(self):
        self.golden()
        before = contents(self.run_folder)
        self.write_suite("other.json", {**SMALL, "name": "other"})
        copy = self.folder / "copy"
        shutil.copytree(MODEL, copy)
        config = copy / "unet/config.json"
        config.write_text(config.read_text() + "\n")
        shutil.copytree(MODEL, self.folder / "renamed" / MODEL.name)
        same = ["-t", "2"]
        for arguments, suite, says in (
                (same, "other.json", 'differs in suite.name: "small" and "other"'),
                (["-t", "1"], "small.json", "differs in threads: 2 and 1"),
                ([*same, "--isa", "ref"], "small.json", "differs in isa: "),
                ([*same, "-m", "copy"], "small.json", f'differs in model.name: "{MODEL.name}" and "copy"'),
                ([*same, "--noise-from", "run"], "small.json", "differs in noise_from: nothing and ")):
            self.fails(3, *arguments, suite=suite, says=says)
        (copy).rename(self.folder / "renamed2")
        (self.folder / "renamed2").rename(self.folder / MODEL.name)
        self.fails(3, *same, "-m", MODEL.name, says='differs in model.files["unet/config.json"].sha256')
        self.assertEqual(contents(self.run_folder), before)
        self.golden("-m", f"renamed/{MODEL.name}")  # where it lies does not matter

    def test_folders(self):
        (self.folder / "file").write_text("")
        (self.folder / "full").mkdir()
        (self.folder / "full" / "letter.txt").write_text("dear")
        self.fails(3, out="no/run", says="no/run: cannot write: the folder does not exist")
        self.fails(3, out="file", says="file: is there and is not a folder")
        self.fails(3, out="full", says="full: is not empty and holds no golden run")
        self.assertEqual([p.name for p in (self.folder / "full").iterdir()], ["letter.txt"])
        if os.geteuid() != 0:  # root may write anywhere
            (self.folder / "shut").mkdir(mode=0o555)
            self.fails(3, out="shut", says="permission denied")

    def test_suites(self):
        self.fails(3, suite="none.json", says="none.json: ")
        self.write_suite("wrong.json", {**SMALL, "items": [{"id": "x", "promt": "", "seed": 1}]})
        self.fails(3, suite="wrong.json",
                   says='wrong.json: items[0]: unknown key "promt"; did you mean "prompt"?')
        self.assertFalse(self.run_folder.exists())

    def test_two_at_once(self):
        self.run_folder.mkdir()
        lock = os.open(self.run_folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)  # the weakest that a run must not share
        self.fails(3, says="run: another program is writing into this folder")
        os.close(lock)
        self.golden()

    def test_no_room(self):
        def limit():  # a file's size stands for the disk's
            resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
        self.fails(3, says="tensors.safetensors: cannot write: File too large", preexec_fn=limit)
        self.assertFalse(list(self.run_folder.rglob("*.tmp")))
        self.golden()
        self.verify(0, "run: 24 files as recorded")


class Verify(Golden):
    def test_names_what_differs(self):
        self.verify(3, says="run: no manifest.json")
        self.golden()
        whole = contents(self.run_folder)
        self.verify(0, "run: 24 files as recorded")
        latents = self.run_folder / "one/latents_050.npy"
        data = bytearray(latents.read_bytes())
        data[-1] ^= 1
        latents.write_bytes(data)
        (self.run_folder / "one/picture.png").unlink()
        with (self.run_folder / "two/noise.npy").open("ab") as file:
            file.write(b"\0")
        os.truncate(self.run_folder / "two/tensors.safetensors", 100)
        self.verify(6, "missing  one/picture.png", "changed  one/latents_050.npy", "size     two/noise.npy",
                    "size     two/tensors.safetensors", says="run: 4 of 24 files are not as manifest.json says")
        self.golden()  # draws again what is not whole
        self.assertEqual(contents(self.run_folder), whole)

    def test_manifest_from_outside(self):
        self.golden()
        (self.folder / "secret").write_text("x")

        def lead_away(manifest):
            manifest["items"][0]["files"][0]["name"] = "../secret"
        self.edit_manifest(lead_away)
        self.verify(3, says='items[0].files[0].name: "../secret" is not a file of one/')
        self.edit_manifest(lambda manifest: manifest.update(kind="bench"))
        self.verify(3, says='kind: "bench": this is no golden run')
        (self.run_folder / "manifest.json").write_text("{")
        self.verify(3, says="not valid JSON")


class Noise(Golden):
    def test_from_another_run(self):
        self.golden(out="theirs")
        theirs = self.folder / "theirs"
        path = theirs / "one/noise.npy"
        header, data = npy(path)
        halves = struct.pack(f"<{len(data) // 4}f", *(v / 2 for v in struct.unpack(f"<{len(data) // 4}f", data)))
        self.replace(theirs, 0, path.read_bytes()[:-len(data)] + halves)
        self.golden("--noise-from", "theirs")
        self.assertEqual(npy(self.run_folder / "one/noise.npy"), (header, halves))
        self.assertEqual(npy(self.run_folder / "one/latents_000.npy"), (header, halves))
        self.assertNotEqual(sha256(self.run_folder / "one/picture.png"), sha256(theirs / "one/picture.png"))
        # Item two has the noise that its seed draws.
        for name in FILES:
            self.assertEqual(sha256(self.run_folder / "two" / name), sha256(theirs / "two" / name))
        self.assertEqual(self.manifest()["noise_from"], {"sha256": sha256(theirs / "manifest.json")})

    def replace(self, folder, index, data):
        """Another noise.npy that the manifest agrees with."""
        manifest = json.loads((folder / "manifest.json").read_text())
        file = manifest["items"][index]["files"][1]
        (folder / file["name"]).write_bytes(data)
        file.update(sha256=sha256(folder / file["name"]), bytes=len(data))
        (folder / "manifest.json").write_text(json.dumps(manifest))

    def test_refused(self):
        self.golden(out="theirs")
        theirs = self.folder / "theirs"
        self.fails(3, "--noise-from", "nobody", says="nobody: no manifest.json")
        items = [{**SMALL["items"][0], "seed": 7}]
        self.write_suite("seed.json", {**SMALL, "items": items})
        self.fails(3, "--noise-from", "theirs", suite="seed.json",
                   says="theirs: item one has another seed than the suite's, 7")
        self.write_suite("id.json", {**SMALL, "items": [{**SMALL["items"][0], "id": "four"}]})
        self.fails(3, "--noise-from", "theirs", suite="id.json", says="theirs: no item four, which the suite has")
        self.write_suite("size.json", {**SMALL, "items": [{**SMALL["items"][0], "width": 128}]})
        self.fails(3, "--noise-from", "theirs", suite="size.json",
                   says="one/noise.npy: float32 [1,4,8,8], expected float32 [1,4,8,16]")
        data = (theirs / "one/noise.npy").read_bytes()
        self.replace(theirs, 0, data[:-4] + struct.pack("<f", float("nan")))
        self.fails(3, "--noise-from", "theirs", says="one/noise.npy: NaN or infinity at element 255")
        (theirs / "one/noise.npy").write_bytes(data)
        self.fails(3, "--noise-from", "theirs", says="theirs/one/noise.npy: not as its manifest says")
        self.assertFalse(self.run_folder.exists())


class Ends(Golden):
    def start(self, suite):
        process = subprocess.Popen([common.PROGRAM, "golden", "--suite", str(suite), "-o", "run", "-t", "2"],
                                   cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    def test_interrupted(self):
        endless = {**SMALL["items"][1], "steps": 500}
        self.write_suite("small.json", {**SMALL, "items": [SMALL["items"][0], endless]})
        process = self.start(self.folder / "small.json")
        while "picture 2/2  step" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (130, "run/one\n"))
        self.assertTrue(err.endswith("sd14: interrupted; 1 of 2 items are there, the same command goes on\n"), err)
        self.verify(3, says="run: this run is not finished")
        self.assertEqual(list(self.recorded()), ["one"])
        self.assertEqual([p.name for p in self.run_folder.iterdir() if p.is_dir()], ["one"])

    def recorded(self):
        """Measurements of the items that the run has finished: these must not be drawn again."""
        partial = self.run_folder / "manifest.partial.json"
        if not partial.exists():
            return {}
        names = [item["id"] for item in json.loads(partial.read_text())["items"]]
        return {name: (self.run_folder / name / "measurements.json").read_bytes() for name in names}

    def wait_for_files(self, process):
        """Until an item's files are being written, or the run ends."""
        before = len(self.files())
        while process.poll() is None and len(self.files()) < before + 2:
            time.sleep(0.0005)

    def kill(self, number, chance, seconds):
        """-> whether it was still running. Every other one dies while it writes."""
        process = self.start(self.suite)
        if number % 2 == 0:
            time.sleep(chance.uniform(0, seconds))
        else:
            self.wait_for_files(process)
            time.sleep(chance.uniform(0, 0.01))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def test_killed(self):
        started = time.monotonic()
        self.golden(suite=self.suite, out="whole")
        seconds = time.monotonic() - started
        whole = contents(self.folder / "whole")
        chance, killed = random.Random(ARGUMENTS.seed), 0
        while killed < ARGUMENTS.kills:
            done = self.recorded()
            if self.kill(killed, chance, seconds):
                killed += 1
            for name, measured in done.items():
                self.assertEqual((self.run_folder / name / "measurements.json").read_bytes(), measured, name)
            if (self.run_folder / "manifest.json").exists():
                self.assertEqual(self.whole_now(), whole, f"--seed {ARGUMENTS.seed}")
                shutil.rmtree(self.run_folder)
        self.golden(suite=self.suite)
        self.assertEqual(contents(self.run_folder), whole, f"--seed {ARGUMENTS.seed}")
        self.verify(0, f"run: {len(whole) - 1} files as recorded")

    def whole_now(self):
        """Killed after manifest.json was there: what may be left over goes with the next run."""
        self.golden(suite=self.suite)
        return contents(self.run_folder)


if __name__ == "__main__":
    common.unittest.main(argv=[sys.argv[0], *REST])
