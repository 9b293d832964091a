# SPDX-License-Identifier: Apache-2.0
"""--config: the command line wins, every wrong file has its one line, the schema says what the program does."""
import json
import os
import pathlib

import common

CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"
SCHEMA = json.loads((CONFIGS / "schemas" / "inference.schema.json").read_text())["properties"]
EVERY = {"model": "m", "backend": "cpu", "precision": "f32", "exact": False, "emulate": "none", "isa": "ref", "threads": 3, "max_ram": "2.5G",
         "cache_max": "1G", "batch_size": 2, "steps": 7, "guidance_scale": 2.1, "cache": 3, "guidance_interval": "0.25,0.5", "width": 64, "height": 192, "eta": 0.25, "negative_prompt": "a \"b\"\nc",
         "seed": 11, "sampler": "ddim", "on_device_failure": "stop"}


class Config(common.Case):
    def write(self, value, name="c.json"):
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return name

    def result(self, *arguments, **options):
        return json.loads(self.generate("a", "--json", "-o", "x.png", *arguments, **options).stdout)

    def wrong(self, code, value, *says, arguments=()):
        return self.refused(code, "generate", "a", *arguments, "--config", self.write(value), says=says)

    def test_every_key(self):
        self.assertEqual(set(SCHEMA) - set(EVERY), {"$schema", "description", "device_options"})
        got = self.result("--config", self.write(EVERY))
        self.assertEqual(got["model"]["path"], "m")
        del got["model"]
        self.assertEqual(got.pop("guidance_interval"), [0.25, 0.5])
        shown = set(EVERY) - {"model", "max_ram", "cache_max", "batch_size", "guidance_interval", "exact", "emulate", "on_device_failure"}
        self.assertEqual({k: EVERY[k] for k in shown}, {k: got[k] for k in shown})
        self.assertEqual(self.result("--config", self.write({"exact": True}))["precision"], "f32,exact")
        self.result("--config", self.write({"$schema": "x", "description": "y", "device_options": {}}))

    def test_command_line_wins(self):
        name = self.write(EVERY)
        flags = ["--steps", "9", "-g", "3", "--size", "128x64", "-s", "5", "-n", "", "--isa=avx2", "-t1",
                 "--eta", "0", "-m", "./m"]
        for words in (["--config", name, *flags], [*flags, f"--config={name}"],
                      [*flags[:4], "--config", name, *flags[4:]]):
            got = self.result(*words)
            self.assertEqual([got[k] for k in ("steps", "guidance_scale", "width", "height", "seed", "isa",
                                               "negative_prompt", "threads", "eta")],
                             [9, 3, 128, 64, 5, "avx2", "", 1, 0])
            self.assertEqual(got["model"]["path"], "./m")
        self.assertEqual(self.result("-W", "128", "--config", name)["height"], 192)
        second = self.write({"steps": 8, "seed": 1}, "d.json")
        got = self.result("--config", name, "--config", second)
        self.assertEqual((got["steps"], got["threads"]), (8, 2), "the last one counts, alone")
        self.assertIn(b"--config FILE", self.generate("--config", "nowhere", "--help").stdout)

    def test_it_wins_over_defaults_and_environment(self):
        (self.folder / "n").mkdir()
        (self.folder / "n" / "model_index.json").write_text("{}")
        self.assertEqual(self.result("--config", self.write({"model": "n"}))["model"]["path"], "n")

    def test_the_model_is_beside_the_file(self):
        for model, path in (("../m", "sub/../m"), (str(self.folder / "m"), str(self.folder / "m"))):
            name = self.write({"model": model}, "sub/c.json")
            self.assertEqual(self.result("--config", name)["model"]["path"], path)
        name = self.write({"model": "../m"}, os.fsdecode(b"\xff/c.json"))
        self.assertEqual(self.result("--config", name)["model"]["path"], "?/../m")

    def test_bench_takes_what_it_has(self):
        every = {key: value for key, value in EVERY.items() if key not in ("cache", "guidance_interval")}
        name = self.write({**every, "steps": 4})
        got = json.loads(self.run_cli("bench", "--json", "--config", name).stdout)
        self.assertEqual((got["steps"], got["width"], got["threads"]), (4, 64, 3))
        self.refused(2, "bench", "--config", self.write({"eta": 2}), says="c.json: eta \"2\": must be")
        self.refused(2, "bench", "--config", self.write({"steps": 1}), says="from 2 to 1000")
        self.refused(2, "help", "--config", name)

    def test_unknown_keys(self):
        for key, says in (("step", "\"steps\""), ("guidance", "\"guidance_scale\""), ("negative-prompt",
                          "\"negative_prompt\""), ("num_inference_steps", "\"steps\""), ("scheduler", "\"sampler\""),
                          ("Steps", "\"steps\""), ("cfg_scale", "\"guidance_scale\""), ("$shema", "\"$schema\"")):
            self.wrong(2, {key: 5}, f"c.json: unknown key \"{key}\"; did you mean {says}?")
        for key in ("prompt", "output", "", "x" * 300, "json", "steps\n", "batch_count", "model steps"):
            self.assertIn("c.json: unknown key", self.wrong(2, {key: 5}))
        text = self.wrong(2, {"zzz": 5})
        self.assertEqual(set(text.split("there are: ")[1].split()), set(SCHEMA))

    def test_wrong_types(self):
        for value in (None, 1, "true", [], {}):
            self.wrong(2, {"exact": value}, "c.json: exact: must be true or false")
        for key in set(EVERY) - {"exact"}:
            for value in (None, True, [], {}, [[[{"a": []}]]], {"steps": {"steps": 1}}):
                self.wrong(2, {key: value}, f"c.json: {key}: must be a ")
        for key in ("model", "backend", "precision", "emulate", "isa", "negative_prompt", "sampler",
                    "on_device_failure"):
            self.wrong(2, {key: 5}, f"c.json: {key}: must be a text in quotes")
        for key in ("threads", "steps", "guidance_scale", "width", "height", "eta"):
            self.wrong(2, {key: "5"}, f"c.json: {key}: must be a number without quotes")
        for key in ("$schema", "description"):
            self.wrong(2, {key: 5}, f"c.json: {key}: must be a text in quotes")
        for value in (None, 5, "x", []):
            self.wrong(2, {"device_options": value}, "device_options: must be an object")
        for value in (20.0, 20.5):
            self.wrong(2, {"steps": value}, f"c.json: steps \"{value}\": must be a whole number from 1 to 1000")
        self.wrong(2, {"backend": "gpu"}, "c.json: backend \"gpu\": must be one of cpu, ttnn")
        self.wrong(2, {"precision": "int8"}, "c.json: precision int8: not available yet; use f32")

    def test_the_overridden_is_checked_too(self):
        self.wrong(2, {"steps": 0}, "c.json: steps \"0\": must be a whole number", arguments=["--steps", "5"])

    def test_not_json(self):
        for text, says in ((b"", ""), (b"{", "c.json:1:1: not valid JSON"), (b"{\"steps\": 5,}", "not valid JSON"),
                           (b"{'steps': 5}", "not valid JSON"), (b"{\"steps\": 5} x", "end of file expected"),
                           (b"{\n  \"steps\": 5,\n  \"steps\": 6\n}", "c.json:3:"), (b"[]", "must be a JSON object"),
                           (b"5", "must be a JSON object"), (b"{\"model\": \"\xff\"}", "not valid JSON"),
                           (b"{\"steps\": NaN}", "not valid JSON"), (b"{\"seed\": 18446744073709551615}", "too big"),
                           (b"{\"eta\": 1e999}", "not valid JSON"), (b"{\"model\": \"a\\u0000b\"}", "not valid JSON"),
                           (b"\xef\xbb\xbf{}", "byte order mark"), (b"{\"steps\": 5\0}", "zero bytes"),
                           (b"[" * 60000, "not valid JSON"), (b" " * 70000 + b"{}", "longer than 65536 bytes"),
                           (b"\xff\xfe{\0}\0", "zero bytes"), (b"{\"a\": " * 9000, "not valid JSON")):
            self.wrong(3, text, "c.json", says)

    def test_no_file(self):
        self.refused(3, "generate", "a", "--config", "nowhere.json", says="nowhere.json: cannot read the configuration")
        self.refused(3, "generate", "a", "--config", "m", says="m: cannot read the configuration")
        self.refused(3, "generate", "a", "--config", "", says="cannot read the configuration")
        self.refused(2, "generate", "a", "--config", says="option --config needs a value: --config FILE")
        self.refused(2, "generate", "a", "--config", "-", says="give a file")
        self.refused(2, "generate", "a", "--config", "--json", says="--json follows")
        self.refused(2, "generate", "a", "--stesp", "5", "--config", "nowhere.json", says="did you mean --steps?")

    def test_seeds(self):
        several = self.result("--config", self.write({"seed": "7,18446744073709551615"}))["images"]
        self.assertEqual([i["seed"] for i in several], [7, "18446744073709551615"])
        for given, seed in ((0, 0), (2**63 - 1, 2**63 - 1), (str(2**64 - 1), str(2**64 - 1)), ("7", 7)):
            self.assertEqual(self.result("--config", self.write({"seed": given}))["seed"], seed)
        for given in (-1, "-1", "random"):
            drawn = {self.result("--config", self.write({"seed": given}))["seed"] for _ in range(3)}
            self.assertGreater(len(drawn), 1)
        for given in (-2, "18446744073709551616", "", "x", 1.5, 1.0):
            self.wrong(2, {"seed": given}, "c.json: seed \"", "must be a whole number from 0 to")

    def test_memory(self):
        for given in (0, 104857600, 2**50, "0", "100M", "2.5g"):
            self.result("--config", self.write({"max_ram": given}))
        for given in ("50M", 52428800):
            self.refused(4, "generate", "-qs1", "a", "--config", self.write({"max_ram": given}), says="52428800 bytes")
        self.result("--config", self.write({"max_ram": 5}), "--max-ram", "0")
        for given in (-1, 2**50 + 1, 1.5, 1e9, "5X", "", "1.5"):
            self.wrong(2, {"max_ram": given}, "c.json: max_ram \"", "must be a number of bytes up to 1024T")

    def test_shortcuts_are_for_generate(self):
        for value in ({"cache": 3}, {"guidance_interval": "0,0.5"}):
            name = self.write(value)
            for words in (("bench",), ("golden", "--suite", "x", "-o", "y"), ("parity", "--against-isa", "ref")):
                self.refused(2, *words, "--config", name, says=[f"c.json: {next(iter(value))}: {words[0]} takes no shortcuts"])
            self.result("--config", name)

    def test_schema_has_the_ranges(self):
        """Each bound of the schema is taken and the next value refused; so is a word that is not in its list."""
        count = 0
        for key, rule in SCHEMA.items():
            for value in rule.get("enum", []):
                done = self.run_cli("generate", "a", "--config", self.write({key: value}))
                self.assertIn(done.returncode, (0, 5), (key, value))  # 5: the pretended processor lacks it
                self.wrong(2, {key: value + "x"}, f"c.json: {key}")
                count += 1
            if "minimum" not in rule:
                continue
            step = 1 if rule["type"] == "integer" else 0.001
            for good, bad in ((rule["minimum"], rule["minimum"] - step), (rule["maximum"], rule["maximum"] + step)):
                self.result("--config", self.write({key: good}), "--steps=1", "-W64", "-H64")
                self.wrong(2, {key: bad}, f"c.json: {key} \"{bad}\": must be a ")
                count += 1
        self.assertEqual(count, 29)

    def test_those_that_come_with_it(self):
        for file in CONFIGS.glob("*.json"):
            value = json.loads(file.read_text())
            got = self.result("--config", str(file), "-m", "m")
            # the pretended library has one backend; tests/ttnn asks the real one
            for key in set(value) - {"$schema", "description", "model", "backend", "device_options"}:
                self.assertEqual(got[key], value[key], (file, key))
            self.assertEqual(file.parent / value["$schema"], CONFIGS / "schemas" / "inference.schema.json")
            self.assertTrue(value["model"].startswith("../models/"))
        self.assertGreaterEqual(len(list(CONFIGS.glob("*.json"))), 3)


common.main()
