# SPDX-License-Identifier: Apache-2.0
"""sd14 report on measurements that are known, on real ones, and on what is none.

    report_runs.py PROGRAM MODEL
"""
import csv
import io
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

PROGRAM, MODEL = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
STAGES = ("total_seconds", "text_seconds", "prepare_seconds", "denoise_seconds", "decode_seconds")
ROWS = dict(zip(("whole picture", "text", "preparing weights", "UNet, all steps", "VAE decoding"), STAGES))
SETTINGS = {"width": 64, "height": 64, "steps": 4, "guidance_scale": 7.5, "backend": "cpu", "precision": "f32",
            "isa": "avx2", "threads": 2}


def picture(number, steps=4):
    """Different for each number, in no order."""
    seconds = {stage: (number * 7 % 5 + 1) * (index + 1) / 16 for index, stage in enumerate(STAGES)}
    return {**seconds, "step_seconds": [9.0, *((number * 3 + step * 5) % 11 / 8 + 0.125 for step in range(1, steps))]}


def bench(pictures, **changes):
    return {"version": "0.1.0", "model": {"path": "m", "name": "m"}, **SETTINGS, "pictures": pictures,
            "memory": {"weights_bytes": 3 << 20, "plan_bytes": 1 << 20}, "peak_rss_bytes": 5 << 20, **changes}


def generate(pictures, **changes):
    images = [{"path": "x.png", "seed": 1, "timings": {stage: one[stage] for stage in STAGES},
               "step_seconds": one["step_seconds"]} for one in pictures]
    result = bench([], images=images, **changes)
    del result["pictures"]
    return result


def golden(folder, pictures, **changes):
    sha256 = "0" * 64
    items = []
    for number, one in enumerate(pictures):
        name = f"item-{number}"
        (folder / name).mkdir(parents=True)
        measured = {"id": name, **one, "peak_rss_bytes": (number + 1) << 20}
        (folder / name / "measurements.json").write_text(json.dumps(measured))
        items.append({"id": name, "prompt": "p", "negative_prompt": "", "seed": number,
                      **{key: SETTINGS[key] for key in ("steps", "guidance_scale", "width", "height")},
                      "checkpoints": [{"percent": 0, "step": 0, "name": "latents_000"}],
                      "files": [{"name": f"{name}/picture.png", "sha256": sha256, "bytes": 1}]})
    manifest = {"format": 1, "kind": "golden", "producer": {"name": "diffusers", "version": "0.42.1"},
                "suite": {"name": "s", "sha256": sha256}, "model": {"name": "m", "files": []},
                **{key: SETTINGS[key] for key in ("backend", "precision", "isa", "threads")}, "sampler": "ddim",
                "items": items, **changes}
    (folder / "manifest.json").write_text(json.dumps(manifest))


class Report(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="sd14-report-")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def write(self, name, value):
        (self.folder / name).write_text(value if isinstance(value, str) else json.dumps(value))
        return name

    def run_report(self, *arguments):
        return subprocess.run([PROGRAM, "report", *arguments], cwd=self.folder, capture_output=True, text=True)

    def report(self, *arguments):
        done = self.run_report(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def numbers(self, *runs):
        """-> {(run, name, statistic): (value, ratio)}"""
        rows = csv.DictReader(io.StringIO(self.report("--format", "csv", *runs)))
        return {(r["run"], r["name"], r["statistic"]): (r["value"], r["ratio_to_first"]) for r in rows}

    def refused(self, code, says, *arguments):
        done = self.run_report(*arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(says, done.stderr)

    def check_numbers(self, found, run, pictures):
        """statistics.quantiles' "inclusive" is numpy's linear."""
        for row, stage in ROWS.items():
            samples = [one[stage] for one in pictures]
            self.check_spread(found, run, row, samples)
        steps = [step for one in pictures for step in one["step_seconds"][1:]]
        self.check_spread(found, run, "UNet step", steps)
        rates = {"images": 60 * len(pictures) / sum(one["total_seconds"] for one in pictures),
                 "steps": len(steps) / sum(steps)}
        for row, rate in rates.items():
            self.assertAlmostEqual(float(found[run, row, ""][0]) / rate, 1, 7)

    def check_spread(self, found, run, row, samples):
        expected = {"min": min(samples), "median": statistics.median(samples),
                    "p95": statistics.quantiles(samples, n=100, method="inclusive")[94]}
        for statistic, value in expected.items():
            self.assertAlmostEqual(float(found[run, row, statistic][0]), value, 7, (row, statistic))

    def test_known_numbers_from_each_source(self):
        pictures = [picture(number) for number in range(6)]
        self.write("b.json", bench(pictures))
        self.write("g.json", generate(pictures[:3]))
        golden(self.folder / "gold", pictures[2:])
        found = self.numbers("b.json", "g.json", "gold/")
        self.check_numbers(found, "b", pictures)
        self.check_numbers(found, "g", pictures[:3])
        self.check_numbers(found, "gold", pictures[2:])
        self.assertEqual(found["b", "peak of the process", ""], (str(5 << 20), "1"))
        self.assertEqual(found["b", "prepared weights", ""], (str(3 << 20), "1"))
        self.assertEqual(found["g", "plan: activations and scratch", ""], (str(1 << 20), "1"))
        self.assertEqual(found["gold", "peak of the process", ""], (str(4 << 20), "0.8"))
        self.assertEqual(found["gold", "prepared weights", ""], ("", ""))
        self.assertEqual(found["gold", "program", ""][0], "diffusers 0.42.1")
        self.assertEqual(found["gold", "pictures", ""][0], "4")
        first, other = (float(found[run, "text", "median"][0]) for run in "bg")
        self.assertAlmostEqual(float(found["g", "text", "median"][1]), other / first, 7)

    def test_what_a_device_took(self):
        device = {"compile_seconds": 0, "step_overhead_seconds": 0.125, "dram_bytes": 3 << 20, "l1_bytes": 0,
                  "l1_small_bytes": 2048}
        self.write("d.json", bench([picture(0)], device=device))
        self.write("h.json", bench([picture(1)]))
        found = self.numbers("d.json", "h.json")
        self.assertEqual(found["d", "host overhead of a step", ""][0], "0.125")
        self.assertEqual(found["d", "first use: compiling", ""][0], "0")
        self.assertEqual(found["d", "DRAM of a chip", ""][0], str(3 << 20))
        self.assertEqual(found["h", "DRAM of a chip", ""], ("", ""))
        self.assertIn("## Device\n", self.report("h.json", "d.json"))
        self.assertNotIn("Device", self.report("h.json"))
        self.write("wrong.json", bench([picture(0)], device={**device, "dram_bytes": "much"}))
        done = self.run_report("wrong.json")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (3, 1), done.stderr)
        self.assertIn("dram_bytes", done.stderr)

    def test_formats(self):
        self.write("a.json", bench([picture(0), picture(1)]))
        self.write("b.json", bench([picture(3), picture(2)]))
        markdown = self.report("a.json", "b.json")
        self.assertIn("| | | | a | b |\n|---|---|---|--:|--:|\n", markdown)
        self.assertIn("| whole picture | min | s | 0.06250 | 0.1250 (2.00×) |", markdown)
        self.assertIn("| peak of the process |  | MiB | 5.000 | 5.000 (1.00×) |", markdown)
        self.assertNotIn("Different settings", markdown)
        self.assertEqual(self.report("a.json", "b.json", "-o", "r.md"), "")
        self.assertEqual((self.folder / "r.md").read_text(), markdown)

        page = self.report("a.json", "b.json", "--format", "html")
        self.assertEqual(page.count("<svg"), 2)
        self.assertEqual(page.count("<polyline"), 2)
        for word in ("<script", "http", "src=", "href"):
            self.assertNotIn(word, page)
        for figure in re.findall(r"<svg.*?</svg>", page, flags=re.S):
            xml.dom.minidom.parseString(figure)

        for as_json in ("--json",), ("--format", "json"):
            report = json.loads(self.report("a.json", "b.json", *as_json))
            self.assertEqual(report["different_settings"], [])
            self.assertEqual([run["name"] for run in report["runs"]], ["a", "b"])
            self.assertEqual(report["runs"][1]["numbers"][0], {
                "section": "Latency", "name": "whole picture", "statistic": "min", "unit": "seconds",
                "value": 0.125, "ratio_to_first": 2})

    def test_different_settings_are_named(self):
        self.write("a.json", bench([picture(0)]))
        self.write("b.json", bench([picture(0)], threads=1, steps=9))
        self.assertIn("**Different settings: steps, threads.**", self.report("a.json", "b.json"))
        self.assertIn("| threads | **2** | **1** |", self.report("a.json", "b.json"))
        self.assertIn("Different settings: steps, threads.", self.report("--format=html", "a.json", "b.json"))
        report = json.loads(self.report("a.json", "b.json", "--json"))
        self.assertEqual(report["different_settings"], ["steps", "threads"])

    def test_a_golden_run_of_various_sizes(self):
        golden(self.folder / "gold", [picture(0), picture(1)])
        path = self.folder / "gold" / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["items"][1]["width"] = 128
        path.write_text(json.dumps(manifest))
        self.assertEqual(self.numbers("gold")["gold", "size", ""][0], "various")

    def test_odd_names(self):
        odd = 'a|b`,"<b>&\n'
        name = self.write(odd + ".json", bench([picture(0)], model={"name": "*x*\n</td>"}))
        markdown = self.report(name)
        self.assertIn("| | a\\|b\\`,\"\\<b\\>\\&? |", markdown)
        self.assertIn("| \\*x\\*?\\</td\\> |", markdown)
        self.assertIn(("a|b`,\"<b>&?", "model", ""), self.numbers(name))
        page = self.report(name, "--format", "html")
        self.assertIn("a|b`,&quot;&lt;b&gt;&amp;?", page)
        self.assertNotIn("<b>&", page)

    def test_names_alike_become_paths(self):
        for folder in "xy":
            (self.folder / folder).mkdir()
            self.write(f"{folder}/a.json", bench([picture(0)]))
        self.assertIn("| x/a.json | y/a.json |", self.report("x/a.json", "y/a.json"))

    def test_no_pictures(self):
        self.write("none.json", bench([]))
        self.write("some.json", bench([picture(0, steps=1)]))
        found = self.numbers("none.json", "some.json")
        self.assertEqual(found["none", "whole picture", "p95"], ("", ""))
        self.assertEqual(found["none", "images", ""], ("", ""))
        self.assertEqual(found["some", "whole picture", "p95"][1], "")
        self.assertEqual(found["some", "UNet step", "median"], ("", ""))
        self.assertIn("| whole picture | min | s | – | 0.06250 |", self.report("none.json", "some.json"))
        page = self.report("none.json", "some.json", "--format", "html")
        self.assertNotIn("nan", page)
        self.assertIsNone(json.loads(self.report("none.json", "--json"))["runs"][0]["numbers"][0]["value"])

    def test_what_is_none(self):
        self.write("good.json", bench([picture(0)]))
        self.refused(3, "gone.json", "good.json", "gone.json")
        self.refused(3, "half.json:1:", self.write("half.json", json.dumps(bench([]))[:-20]))
        self.refused(3, "other.json: no measurements", self.write("other.json", {"a": 1}))
        self.refused(3, "list.json: no measurements", self.write("list.json", [1]))
        self.refused(3, "--operators", self.write("operators.json", {"operators": []}))
        self.refused(3, "pictures[0].text_seconds", self.write("minus.json", bench([{**picture(0), "text_seconds": -1}])))
        self.refused(3, "pictures[0].step_seconds[1]",
                     self.write("word.json", bench([{**picture(0), "step_seconds": [1, "x"]}])))
        self.refused(3, "width", self.write("size.json", bench([picture(0)], width="wide")))
        self.refused(3, "model", self.write("model.json", bench([picture(0)], model=None)))
        golden(self.folder / "gold", [picture(0), picture(1)])
        self.refused(3, "give its folder", "gold/manifest.json")
        (self.folder / "gold" / "item-1" / "measurements.json").unlink()
        self.refused(3, "item-1/measurements.json", "gold")
        (self.folder / "empty").mkdir()
        self.refused(3, "empty", "empty")
        self.refused(3, "no/such", "good.json", "-o", "no/such/r.md")

    def test_real_runs(self):
        for command in (["bench", "--steps", "2", "-r", "2", "--warmup", "1", "--size", "64x64"],
                        ["generate", "x", "--steps", "2", "--size", "64x64", "-o", "x.png"]):
            done = subprocess.run([PROGRAM, *command, "-q", "--json", "-m", MODEL], cwd=self.folder,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, text=True)
            self.write(command[0] + ".json", done.stdout)
        found = self.numbers("bench.json", "generate.json")
        for run, pictures in ("bench", "2"), ("generate", "1"):
            self.assertEqual(found[run, "pictures", ""][0], pictures)
            for row in (*ROWS, "UNet step"):
                self.assertGreater(float(found[run, row, "median"][0]), 0, row)
            for row in "peak of the process", "prepared weights", "plan: activations and scratch":
                self.assertGreater(float(found[run, row, ""][0]), 1 << 20, row)
        whole = json.loads((self.folder / "bench.json").read_text())
        for row, key in ROWS.items():
            for statistic in "min", "median", "p95":
                self.assertAlmostEqual(float(found["bench", row, statistic][0]), whole["stages"][key][statistic], 7)


unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
