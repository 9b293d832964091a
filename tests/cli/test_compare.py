# SPDX-License-Identifier: Apache-2.0
import json

import common


class Compare(common.Case):
    def asked(self, *arguments):
        done = self.run_cli("compare", "x", "x", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_what_is_asked_of_the_library(self):
        self.assertEqual(self.asked(), {"format": "summary", "thresholds": "", "verify": 1})
        self.assertEqual(self.asked("-v")["format"], "details")
        self.assertEqual(self.asked("--json", "-v")["format"], "json")
        self.assertEqual(self.asked("--no-verify", "--thresholds", "t.json"),
                         {"format": "summary", "thresholds": "t.json", "verify": 0})

    def test_verdict(self):
        self.assertEqual(self.run_cli("compare", "x", "y").returncode, 6)
        self.refused(3, "compare", "@missing", "y", says="@missing: not there")

    def test_html(self):
        done = self.run_cli("compare", "x", "y", "--html", "r.html")
        self.assertEqual(done.returncode, 6)
        self.assertEqual(json.loads((self.folder / "r.html").read_text())["format"], "html")
        self.assertEqual(json.loads(done.stdout)["format"], "summary")
        self.assertFalse(self.run_cli("compare", "x", "x", "--html", "r.html", "-q").stderr)
        for name in ("-", ""):
            self.refused(2, "compare", "x", "x", "--html", name, says="--html needs a file name")
        done = self.run_cli("compare", "x", "x", "--html", "nowhere/r.html")
        self.assertEqual((done.returncode, done.stdout), (3, b""))

    def test_operands(self):
        self.refused(2, "compare", says="nothing to compare")
        self.refused(2, "compare", "x", says="the reference is missing")
        self.refused(2, "compare", "x", "y", "z", says=['unexpected "z"', "sd14 compare A B"])
        self.refused(2, "compare", "x", "y", "--treshold", "t", says="--thresholds")


common.main()
