# SPDX-License-Identifier: Apache-2.0
import common


class Report(common.Case):
    def runs(self, count):
        names = [f"{number}.json" for number in range(count)]
        for name in names:
            (self.folder / name).touch()
        return names

    def report(self, *arguments):
        done = self.run_cli("report", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode().splitlines()

    def test_runs_in_order(self):
        names = self.runs(32)
        self.assertEqual(self.report(*names), ["format 0", *names])
        self.refused(2, "report", *names, "x.json", says='unexpected "x.json"')
        self.refused(2, "report", says="no run given")

    def test_formats(self):
        (name,) = self.runs(1)
        for number, format_name in enumerate(("markdown", "csv", "html", "json")):
            self.assertEqual(self.report(name, "--format", format_name)[0], f"format {number}")
        self.assertEqual(self.report(name, "--json")[0], "format 3")
        self.assertEqual(self.report(name, "--json", "--format", "json")[0], "format 3")
        self.refused(2, "report", name, "--json", "--format", "csv", says="--json and --format csv")
        self.refused(2, "report", name, "--format", "pdf", says="pdf")

    def test_output(self):
        (name,) = self.runs(1)
        self.assertEqual(self.report(name, "-o", "r.md"), [])
        self.assertEqual((self.folder / "r.md").read_text(), f"format 0\n{name}\n")
        self.assertEqual(self.report(name, "-o", "-"), ["format 0", name])

        self.refused(2, "report", name, "-o", "", says="-o needs a file name")

    def test_a_run_that_is_not_there(self):
        self.refused(3, "report", *self.runs(1), "gone.json", says="gone.json")


common.main()
