# SPDX-License-Identifier: Apache-2.0
"""sd14 probe and sd14 list: what is printed where, and the exit codes."""
import json

import common


class Probe(common.Case):
    def test_cpu(self):
        done = self.run_cli("probe", "a", "b")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"text, cpu, 2 folders\n", b""))
        done = self.run_cli("probe", "--json")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b'{"backend": "cpu"}\n', b""))

    def test_ttnn(self):
        for arguments in (["--backend", "ttnn"], ["--backend=ttnn", "--json"]):
            done = self.run_cli("probe", *arguments)
            self.assertEqual((done.returncode, done.stderr), (5, b"sd14: no card\n"))
            self.assertIn(b"ttnn", done.stdout)

    def test_refusals(self):
        self.refused(2, "probe", "--backend", "gpu", says=["--backend", "cpu, ttnn"])
        self.refused(2, "probe", *"abcdefghijklmnopq", says="16 folders")
        self.refused(4, "probe", "@oom", says="memory")


class List(common.Case):
    def test_text(self):
        done = self.run_cli("list", "m")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout.decode().splitlines(), [
            "m (given)", "  m", "  pretends", "  128x128, 20 steps, guidance 7.5",
            "  knows these 3; of other words it draws what is nearest:", "    owl            tropical fish  für"])

    def test_columns_fit_the_terminal(self):
        # A pipe has no width; on a terminal of 20 columns each prompt has a line of its own.
        code, text = self.on_terminal("list", "m", columns=20, stdout="terminal")
        self.assertEqual(code, 0)
        self.assertEqual([line.strip() for line in text.split("\r\n")[-4:-1]], ["owl", "tropical fish", "für"])

    def test_json(self):
        result = json.loads(self.run_cli("list", "m", "--json").stdout)
        self.assertEqual(set(result), {"version", "models"})
        self.assertEqual(result["models"], [{
            "name": "m", "path": "m", "source": "given", "revision": None, "loads": True, "problem": None,
            "description": "pretends", "width": 128, "height": 128, "steps": 20, "guidance_scale": 7.5,
            "prompts": ["owl", "tropical fish", "für"]}])

    def test_a_folder_that_is_no_model(self):
        done = self.run_cli("list", "nothing", "m")
        self.assertEqual((done.returncode, done.stderr), (3, b"sd14: nothing: not a model folder\n"))
        self.assertIn(b"cannot be used", done.stdout)
        self.assertIn(b"tropical fish", done.stdout)
        result = json.loads(self.run_cli("list", "nothing", "--json").stdout)
        self.assertFalse(result["models"][0]["loads"])

    def test_none(self):
        done = self.run_cli("list")
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertIn(b"no model found", done.stderr)
        self.assertEqual(json.loads(self.run_cli("list", "--json").stdout)["models"], [])
        self.refused(4, "list", "@oom", says="memory")


common.main()
