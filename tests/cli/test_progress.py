# SPDX-License-Identifier: Apache-2.0
"""Progress: plain lines in a log, one redrawn line on a terminal."""
import re
import time

import common

ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Progress(common.Case):
    def test_plain(self):
        text = self.generate("a", "--steps", "50").stderr.decode()
        steps = [int(s) for s in re.findall(r"^sd14: step (\d+)/50  0\.25 s/step  0:\d\d left$", text, re.M)]
        self.assertEqual(steps, [1] + list(range(5, 51, 5)))
        self.assertNotIn("\r", text)
        self.assertNotIn("\033", text)
        order = [text.index(word) for word in ("seed ", "reading the prompt", "preparing the weights",
                                               "step 1/50", "decoding", "output.png: ")]
        self.assertEqual(order, sorted(order))
        self.assertIn("step 1/50  0.25 s/step  0:12 left", text)

    def test_few_and_many_steps(self):
        text = self.generate("a", "--steps", "1").stderr.decode()
        self.assertEqual(text.count("step 1/1 "), 1)
        text = self.generate("a", "--steps", "3").stderr.decode()
        self.assertEqual(len(re.findall("step ./3 ", text)), 3)
        text = self.generate("a", "--steps", "1000").stderr.decode()
        self.assertEqual(len(re.findall("step [0-9]+/1000 ", text)), 11)
        self.assertIn("4:10 left", text)

    def test_batch(self):
        text = self.generate("a", "--steps", "2", "-b", "2", "--batch-size", "1").stderr.decode()
        self.assertIn("picture 1/2  step 2/2", text)
        self.assertIn("picture 2/2  step 2/2", text)
        text = self.generate("a", "--steps", "20", "-b", "7", "--batch-size", "3").stderr.decode()
        self.assertIn(", 7 pictures\n", text)
        for words in ("pictures 1-3/7  step 2/20  0.25 s/step  0:11 left", "pictures 4-6/7  step 20/20", "picture 6/7  decoding",
                      "picture 7/7  step 20/20  0.25 s/step  0:00 left"):
            self.assertIn(words, text)

    def lines_drawn(self, text):
        return [ESCAPES.sub("", piece) for piece in re.split(r"[\r\n]", text)]

    def test_terminal(self):
        env = self.environment(SD14_FAKE_STEP_MS="20")
        for columns in (20, 40, 80, 200):
            began = time.monotonic()
            code, text = self.on_terminal("generate", "a", "--steps", "30", "-s", "7", env=env,
                                          columns=columns)
            self.assertEqual(code, 0, text)
            drawn = [line for line in self.lines_drawn(text) if line and not line.startswith("sd14: ")]
            self.assertTrue(all(len(line) < columns for line in drawn), drawn)
            bars = [line for line in drawn if re.fullmatch(r"\[#*\.*\] \d+/30(  [\d.]+ s/step  0:\d\d left)?", line)]
            if columns >= 80:
                self.assertIn("[" + "#" * 40 + "] 30/30  0.25 s/step  0:00 left", bars)
            # 30 steps of 20 ms: at most one line per 100 ms, one per stage, the first and the last.
            self.assertLess(len(drawn), (time.monotonic() - began) / 0.1 + 8)
            self.assertGreater(len(drawn), 5)
            # What stays on the terminal: the seed and the picture, each on a line of its own.
            last = [ESCAPES.sub("", line.split("\r")[-1]) for line in text.replace("\r\n", "\n").split("\n")]
            self.assertEqual(len(last), 3, last)
            self.assertRegex(last[0], r"^sd14: seed 7, ")
            self.assertRegex(last[1], r"^sd14: output.*png: 3\.00 s ")
            self.assertEqual(last[2], "")

    def test_terminal_messages(self):
        code, text = self.on_terminal("generate", "@warn")
        self.assertIn("\r\033[K\033[33msd14: warning: \033[0mthe prompt is cut\r\n", text)
        code, text = self.on_terminal("generate", "@warn", "--color=never")
        self.assertNotIn("\033[33m", text)
        code, text = self.on_terminal("generate", "@warn", env=self.environment(NO_COLOR="1"))
        self.assertNotRegex(text, "\033\\[[0-9]+m")
        code, text = self.on_terminal("generate", "@oom")
        self.assertEqual(code, 4)
        self.assertIn("\r\033[K\033[31msd14: \033[0mplanned failure @oom\r\n", text)

    def test_dumb_terminal_and_quiet(self):
        code, text = self.on_terminal("generate", "a", env=self.environment(TERM="dumb"))
        self.assertIn("sd14: step 2/20", text)
        self.assertNotIn("\033", text)
        code, text = self.on_terminal("generate", "a", "-q", "-s", "1")
        self.assertEqual((code, text), (0, ""))


common.main()
