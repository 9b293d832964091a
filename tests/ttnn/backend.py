# SPDX-License-Identifier: Apache-2.0
"""sd14 --backend ttnn on the small model, with the ttnn of standin/, which computes in Tenstorrent's formats.

    backend.py PROGRAM DEVICE_PROGRAM MODEL [unittest's options]
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM, DEVICE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MODEL = pathlib.Path(sys.argv[3]).resolve()
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON = "/usr/bin/python3"
ITEM = {"id": "apple", "prompt": "a red apple", "seed": 1}


def suite(steps):
    return {"name": "small", "sampler": "ddim",
            "defaults": {"negative_prompt": "", "steps": steps, "guidance_scale": 4, "width": 128,
                         "height": 128},
            "items": [ITEM]}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sd14-ttnn-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {**os.environ, "PYTHONPATH": str(HERE / "standin"), "SD14_MODEL": str(MODEL),
                            "SD14_TTNN_DEVICE": DEVICE, "SD14_TTNN_PYTHON": PYTHON}

    def start(self, *arguments):
        return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_it(self, code, *arguments):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=900)
        self.assertEqual(process.returncode, code, err.decode())
        self.assert_no_child(process.pid)
        return out.decode(), err.decode()

    def children(self, parent):
        found = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] != "Z":
                found.append(int(stat.parent.name))
        return found

    def assert_no_child(self, parent):
        self.assertEqual(self.children(parent), [])

    def draw(self, name, *arguments, code=0):
        out, err = self.run_it(code, "generate", "a red apple", "-s", 1, "--backend", "ttnn", "-o", name,
                               *arguments)
        return (self.folder / name).read_bytes() if code == 0 else err

    def change_ttnn(self, lines):
        """The stand-in, and then these lines of Python."""
        self.environment["PYTHONPATH"] = str(self.folder)
        (self.folder / "ttnn").mkdir()
        real = str(HERE / "standin")
        (self.folder / "ttnn" / "__init__.py").write_text(
            f"import sys, time\nsys.path.insert(0, {real!r})\ndel sys.modules['ttnn']\nimport ttnn\n"
            f"sys.modules['ttnn'] = ttnn\n{lines}\n")


class Numbers(Case):
    def golden(self, to, steps, *arguments):
        (self.folder / "suite.json").write_text(json.dumps(suite(steps)))
        self.run_it(0, "golden", "--suite", "suite.json", "-o", to, *arguments)

    def compare(self, *arguments):
        out, _ = self.run_it(0, "compare", "ours", "theirs", "--thresholds",
                             ROOT / "configs/thresholds/ttnn.json", *arguments)
        return out

    def test_twenty_steps_are_the_cpus(self):
        self.golden("theirs", 20)
        self.golden("ours", 20, "--backend", "ttnn")
        out = self.compare()
        psnr = float(re.search(r"PSNR[^0-9]*([0-9.]+)", out).group(1))
        self.assertGreaterEqual(psnr, 25)
        print(out)

    def test_every_node_is_the_cpus(self):
        out, _ = self.run_it(0, "parity", "a red apple", "--backend", "ttnn", "--against-backend", "cpu",
                             "--steps", 4, "--isolate", "--threshold", 0.02, "--json")
        result = json.loads(out)
        self.assertGreater(sum(stage["compared"] for stage in result["stages"]), 400)

    def test_a_broken_node_is_named(self):
        """The comparison can fail: bfloat8_b weights miss what bfloat16 ones keep."""
        out, _ = self.run_it(6, "parity", "a red apple", "--backend", "ttnn", "--against-backend", "cpu",
                             "--steps", 4, "--isolate", "--threshold", 0.006, "--nodes", "unet/*",
                             "--device-options", '{"unet": {"weights": "bfloat8_b"}}')
        self.assertIn("unet/conv_in", out)


class Ways(Case):
    """The same picture by another way."""

    def test_a_trace_changes_nothing(self):
        plain = self.draw("plain.png", "--steps", 4, "--tt-trace", "off")
        self.assertEqual(plain, self.draw("traced.png", "--steps", 4, "--tt-trace", "on"))

    def test_two_chips_change_nothing(self):
        one = self.draw("one.png", "--steps", 2, "--tt-trace", "off")
        two = self.draw("two.png", "--steps", 2, "--tt-trace", "off", "--tt-chips", 2)
        self.assertEqual(one[-2000:], two[-2000:])

    def test_shards_change_nothing(self):
        plain = self.draw("plain.png", "--steps", 2)
        self.assertEqual(plain, self.draw("shards.png", "--steps", 2, "--device-options",
                                          '{"unet": {"memory": "sharded"}}'))

    def test_noise_of_the_steps(self):
        self.assertNotEqual(self.draw("a.png", "--steps", 2), self.draw("b.png", "--steps", 2, "--eta", 1))

    def test_without_guidance(self):
        self.draw("a.png", "--steps", 2, "-g", 1)

    def test_a_second_picture_finds_all_prepared(self):
        _, err = self.run_it(0, "generate", "a red apple", "--backend", "ttnn", "--steps", 2, "-b", 2, "-s", 1,
                             "-o", "p-%d.png", "-v")
        self.assertEqual((self.folder / "p-1.png").exists(), True, err)


class Measures(Case):
    """What the device took, in every report."""

    def check_device(self, device, runs):
        self.assertGreater(device["step_overhead_seconds"], 0)
        self.assertGreaterEqual(device["l1_small_bytes"], 0)
        beyond = sum(max(0, n["first_run_seconds"] - n["later_run_seconds"])
                     for n in device["networks"].values() if n["later_run_seconds"] > 0)
        self.assertAlmostEqual(device["compile_seconds"], beyond, 6)
        self.assertEqual(set(device["networks"]), {"text_encoder", "denoise", "vae_decoder"})
        for name, network in device["networks"].items():
            self.assertGreater(network["calls"], 20)
            self.assertGreater(network["first_run_seconds"], 0)
            self.assertEqual(network["later_run_seconds"] > 0, runs[name] > 1, name)
            self.assertGreater(network["weights_bytes"], 1 << 18)
            self.assertGreater(network["values_bytes"], 0)
        planned = sum(n["weights_bytes"] + n["inputs_bytes"] for n in device["networks"].values())
        self.assertGreater(device["dram_bytes"], 0.9 * planned)  # how much more, the mock knows

    def test_bench_and_golden_and_the_report(self):
        # The second layer_norm of a shape is the quicker one, as with kernels to compile.
        self.change_ttnn("real, seen = ttnn.layer_norm, set()\n"
                         "def slow(x, *a, **k):\n"
                         "    if tuple(x.shape) not in seen:\n"
                         "        seen.add(tuple(x.shape)); time.sleep(0.5)\n"
                         "    return real(x, *a, **k)\n"
                         "ttnn.layer_norm = slow")
        out, _ = self.run_it(0, "bench", "--backend", "ttnn", "--steps", 3, "-r", 2, "--warmup", 0, "--json")
        (self.folder / "device.json").write_text(out)
        bench = json.loads(out)
        self.check_device(bench["device"], {"text_encoder": 1, "denoise": 6, "vae_decoder": 2})
        self.assertGreater(bench["device"]["networks"]["denoise"]["first_run_seconds"], 0.5)
        (self.folder / "suite.json").write_text(json.dumps(suite(2)))
        self.run_it(0, "golden", "--suite", "suite.json", "-o", "golden", "--backend", "ttnn")
        measured = json.loads((self.folder / "golden/apple/measurements.json").read_text())
        self.check_device(measured["device"], {"text_encoder": 1, "denoise": 2, "vae_decoder": 1})
        out, _ = self.run_it(0, "generate", "a red apple", "-s", 1, "--steps", 1, "--json", "-o", "cpu.png")
        self.assertNotIn("device", json.loads(out))  # on the processor it would mean nothing
        (self.folder / "cpu.json").write_text(out)
        out, _ = self.run_it(0, "report", "device.json", "golden", "cpu.json", "--json")
        for run, there in zip(json.loads(out)["runs"], (True, True, False)):
            found = {n["name"]: n["value"] for n in run["numbers"] if n["section"] == "Device"}
            self.assertEqual(len(found), 5)
            self.assertEqual([value is not None for value in found.values()], [there] * 5)
            self.assertIsNotNone(next(n["value"] for n in run["numbers"] if n["unit"] == "images/min"))


class Kept(Case):
    """Converted weights on the disk."""

    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"
        self.environment["XDG_CACHE_HOME"] = str(self.cache)

    def kept(self):
        return {path: path.stat().st_mtime_ns for path in self.cache.glob("sd14/ttnn/*")}

    def picture(self, name, *arguments):
        _, err = self.run_it(0, "generate", "a red apple", "-s", 1, "--backend", "ttnn", "--steps", 2, "-o", name,
                             "--device-options", '{"cache": true}', *arguments)
        return (self.folder / name).read_bytes(), err

    def test_a_second_start_converts_nothing(self):
        first, _ = self.picture("one.png")
        files = self.kept()
        self.assertGreater(len(files), 300)
        self.assertEqual({path.suffix for path in files}, {".tensorbin"})
        second, _ = self.picture("two.png")
        self.assertEqual(first, second)
        self.assertEqual(files, self.kept())

    def test_other_sizes_and_types_have_files_of_their_own(self):
        self.picture("one.png")
        files = self.kept()
        self.picture("two.png", "--size", "64x64")
        more = self.kept()
        self.assertGreater(len(more), len(files))
        self.assertEqual(files, {path: more[path] for path in files})

    def test_damaged_files_are_made_again(self):
        first, _ = self.picture("one.png")
        for path in list(self.kept())[::50]:
            path.write_bytes(b"damaged")
        second, err = self.picture("two.png")
        self.assertEqual(first, second)
        self.assertIn("not used, made again", err)
        third, err = self.picture("three.png")
        self.assertEqual(first, third)
        self.assertNotIn("made again", err)

    def test_a_folder_that_cannot_be_written(self):
        self.cache.write_text("a file")
        _, err = self.picture("one.png")
        self.assertIn("every start converts them again", err)

    def test_nothing_is_kept_unless_asked_for(self):
        self.draw("one.png", "--steps", 1)
        self.assertFalse(self.cache.exists())


class Failures(Case):
    def test_the_probe_knows(self):
        """What opens runs, whatever a card would need besides."""
        out, err = self.run_it(0, "probe", "--backend", "ttnn", "--json")
        self.assertEqual((json.loads(out)["backend"], err), ({"name": "ttnn", "runs": True, "problem": None}, ""))
        self.change_ttnn("raise ImportError('half installed')")
        out, err = self.run_it(5, "probe", "--backend", "ttnn", "--json")
        self.assertIn("half installed", json.loads(out)["backend"]["problem"])
        self.assertEqual(err.count("\n"), 1)
        self.assertIn("cannot run here: ", err)

    def stopped_at_a_step(self, *arguments):
        """A drawing whose device process was killed after its first step."""
        process = self.start("generate", "a red apple", "-s", 1, "--backend", "ttnn", "-o", "out.png",
                             "--steps", 8, "-v", *arguments)
        text = b""
        while b"step 3/" not in text:
            text += os.read(process.stderr.fileno(), 4096)
        device = [child for child in self.children(process.pid)]
        self.assertEqual(len(device), 1)
        os.kill(device[0], signal.SIGKILL)
        out, err = process.communicate(timeout=300)
        self.assert_no_child(process.pid)
        return process.returncode, (text + err).decode()

    def test_a_lost_device_ends_the_run(self):
        code, err = self.stopped_at_a_step()
        self.assertEqual(code, 5, err)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), [])

    def test_a_lost_device_and_the_cpu_goes_on(self):
        code, err = self.stopped_at_a_step("--on-device-failure", "cpu")
        self.assertEqual(code, 0, err)
        self.assertRegex(err, "the device failed; the backend cpu goes on after step [2-4] of 8")
        self.assertTrue((self.folder / "out.png").exists())

    def test_what_does_not_fit_is_refused_before_the_upload(self):
        """14 MiB hold the text encoder and nothing more."""
        self.change_ttnn("import ttnn.device\n"
                         "banks = ttnn.device.BANKS\n"
                         "banks[ttnn.BufferType.DRAM] = (banks[ttnn.BufferType.DRAM][0], (14 << 20) // 12)\n")
        err = self.draw("out.png", "--steps", 2, "-v", code=5)
        self.assertRegex(err, r"the device has 13 MiB of memory; weights and inputs take \d+ MiB")
        self.assertNotIn("step 1/", err)

    def test_a_hang_ends_in_time(self):
        self.change_ttnn("ttnn.layer_norm = lambda *a, **k: time.sleep(1000)")
        begin = time.monotonic()
        err = self.draw("out.png", "--device-options", '{"compile_timeout": 3}', code=5)
        self.assertLess(time.monotonic() - begin, 120)
        self.assertIn("text_encoder", err)

    def test_words_that_are_wrong(self):
        for arguments, says in ((("--device-options", "[]"), "JSON object"),
                                (("--device-options", '{"chip": 1}'), 'unknown device option "chip"'),
                                (("--device-options", '{"chips": 3}'), "1 to 2"),
                                (("--device-options", '{"unet": {"weights": "int8"}}'), '"bfloat8_b"'),
                                (("--device-options", '{"unet": {"heads": 1}}'), "unet.heads"),
                                (("--tt-chips", "3"), "--tt-chips"), (("--tt-trace", "yes"), "--tt-trace"),
                                (("--emulate", "wormhole"), "emulate")):
            with self.subTest(arguments):
                self.assertIn(says, self.draw("out.png", *arguments, code=2))

    def test_operators_are_timed_on_the_cpu(self):
        _, err = self.run_it(2, "bench", "--operators", "--backend", "ttnn")
        self.assertIn("on the backend cpu", err)

    def test_the_cpu_has_no_device_options(self):
        _, err = self.run_it(2, "generate", "x", "--device-options", '{"chips": 1}')
        self.assertIn("cpu has none", err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
