# SPDX-License-Identifier: Apache-2.0
import common


class Help(common.Case):
    def output(self, *arguments):
        done = self.run_cli(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""), arguments)
        return done.stdout.decode()

    def test_version(self):
        self.assertEqual(self.output("version"), "sd14 0.1.0\n")
        self.assertEqual(self.output("--version"), "sd14 0.1.0\n")

    def test_same_help_everywhere(self):
        program = self.output("help")
        self.assertEqual(self.output("--help"), program)
        self.assertEqual(self.output("-h"), program)
        for command in ("generate", "bench"):
            text = self.output("help", command)
            self.assertEqual(self.output(command, "--help"), text)
            self.assertEqual(self.output(command, "-h"), text)
            self.assertEqual(self.output(command, "--steps", "5", "-h", "--nonsense"), text)

    def test_what_it_teaches(self):
        program = self.output("help")
        for code in ("  0  done", "  1  ", "  2  ", "  3  ", "  4  ", "  5  ", "  6  ", "130  "):
            self.assertIn(code, program)
        for command in ("generate", "bench"):
            text = self.output("help", command)
            self.assertLess(text.index("Examples:"), text.index("Usage:"))
            self.assertLess(text.index("Usage:"), text.index("--model"))
            self.assertLessEqual(max(map(len, text.splitlines())), 90)


common.main()
