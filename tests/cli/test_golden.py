# SPDX-License-Identifier: Apache-2.0
"""sd14 golden on the library that pretends: options, outputs, exit codes, signals. What is written:
golden_run.py."""
import json
import signal
import subprocess

import common


class Golden(common.Case):
    def golden(self, *arguments, code=0, **options):
        done = self.run_cli("golden", *arguments, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    def test_names_items_as_they_come(self):
        out, err = self.golden("--suite", "s", "-o", "run")
        self.assertEqual(out, "run/a\nrun/b\nrun/c\n")
        self.assertIn("picture 2/3  step 4/4", err)
        self.assertTrue(err.endswith("sd14: run: 3 items, 2 drawn, 1 kept\n"), err)
        self.assertEqual(self.golden("--suite", "s", "-o", "run", "-q"), ("run/a\nrun/b\nrun/c\n", ""))

    def test_json(self):
        out, _ = self.golden("--suite", "s", "-o", "run", "--json", "--noise-from", "n")
        result = json.loads(out)
        self.assertGreater(result.pop("peak_rss_bytes"), 0)
        self.assertEqual(result, {"version": "0.1.0", "folder": "run", "items": 3, "drawn": 2, "kept": 1})

    def test_wrong_usage(self):
        self.refused(2, "golden", says="no folder; name it with -o DIR")
        self.refused(2, "golden", "-o", "", "--suite", "s", says="no folder")
        self.refused(2, "golden", "-o", "run", says="no suite; give its file with --suite")
        self.refused(2, "golden", "-o", "run", "--verify", "--suite", "s", says="leave out --suite")
        self.refused(2, "golden", "-o", "run", "--verify", "--noise-from", "n", says="leave out --noise-from")
        self.refused(2, "golden", "-o", "run", "--suit", "s", says="did you mean --suite?")
        self.refused(2, "golden", "run", says="unexpected")

    def test_failures(self):
        self.refused(3, "golden", "--suite", "t", "-o", "run", says="t: no such file")
        self.refused(3, "golden", "--suite", "s", "-o", "run", "--noise-from", "x", says="x: no manifest")
        self.refused(3, "golden", "--suite", "s", "-o", "run", "-m", "nobody", says="not a model folder")
        self.refused(5, "golden", "--suite", "s", "-o", "run", "--isa", "avx512", says="avx512")

    def test_verify(self):
        self.assertEqual(self.golden("--verify", "-o", "run"), ("run: 3 files as recorded\n", ""))
        # No model is looked for.
        self.golden("--verify", "-o", "run", env=self.environment(SD14_MODEL="nobody"))
        out, err = self.golden("--verify", "-o", "damaged", code=6)
        self.assertEqual(out, "changed  a/noise.npy\nmissing  b/noise.npy\n")
        self.assertEqual(err, "sd14: damaged: 2 of 3 files\n")
        self.refused(3, "golden", "--verify", "-o", "unfinished", says="not finished")

    def test_verify_json(self):
        out, _ = self.golden("--verify", "-o", "damaged", "--json", code=6)
        self.assertEqual(json.loads(out), {
            "version": "0.1.0", "folder": "damaged", "files": 3,
            "problems": [{"name": "a/noise.npy", "problem": "changed"},
                         {"name": "b/noise.npy", "problem": "missing"}]})
        out, _ = self.golden("--verify", "-o", "run", "--json")
        self.assertEqual(json.loads(out)["problems"], [])
        self.refused(3, "golden", "--verify", "-o", "unfinished", "--json", says="not finished")

    def test_interrupted(self):
        process = subprocess.Popen([common.PROGRAM, "golden", "--suite", "s", "-o", "run"], cwd=self.folder,
                                   env=self.environment(SD14_FAKE_STEP_MS="300"), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        while "picture 2/3  step 1/4" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out), (130, "run/a\n"))
        self.assertTrue(err.endswith("sd14: interrupted; 1 of 3 items are there, the same command goes on\n"), err)


common.main()
