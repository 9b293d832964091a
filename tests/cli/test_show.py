# SPDX-License-Identifier: Apache-2.0
"""--show: the right protocol for the terminal, with the right pixels."""
import base64
import re

import common


class Show(common.Case):
    def show(self, *arguments, rows=24, **environment):
        code, text = self.on_terminal("generate", "a", "-s", "0", "--show", "--size", "64x64", *arguments,
                                      env=self.environment(**environment), rows=rows)
        self.assertEqual(code, 0, text)
        return text

    def pixels(self):
        return bytes((i // 3 + i % 3 * 64) % 256 for i in range(64 * 64 * 3))

    def test_kitty(self):
        for environment in ({"KITTY_WINDOW_ID": "1"}, {"TERM": "xterm-kitty"}, {"TERM_PROGRAM": "ghostty"}):
            text = self.show(**environment)
            chunks = re.findall("\033_G([^;]*);([A-Za-z0-9+/=]*)\033\\\\", text)
            self.assertEqual(chunks[0][0], "a=T,f=24,q=2,s=64,v=64,m=1")
            self.assertEqual([keys for keys, _ in chunks[1:]], ["q=2,m=1"] * 2 + ["q=2,m=0"])
            self.assertTrue(all(len(data) <= 4096 for _, data in chunks))
            self.assertEqual(base64.b64decode("".join(data for _, data in chunks)), self.pixels())

    def test_iterm2(self):
        for program in ("iTerm.app", "WezTerm"):
            text = self.show("-o", "x.png", TERM_PROGRAM=program)
            size, data = re.search("\033]1337;File=inline=1;size=(\\d+):([A-Za-z0-9+/=]*)\a", text).groups()
            png = (self.folder / "x.png").read_bytes()
            self.assertEqual((int(size), base64.b64decode(data)), (len(png), png))

    def test_blocks(self):
        text = self.show(COLORTERM="truecolor", rows=60)
        lines = [line for line in text.split("\r\n") if "▀" in line]
        cells = [re.findall("\033\\[38;2;(\\d+);(\\d+);(\\d+)m\033\\[48;2;(\\d+);(\\d+);(\\d+)m▀", line)
                 for line in lines]
        self.assertEqual((len(cells), {len(row) for row in cells}), (40, {80}))
        self.assertEqual(cells[0][0][:3], ("0", "64", "128"))
        lines = [line for line in self.show(COLORTERM="truecolor", rows=12).split("\r\n") if "▀" in line]
        self.assertEqual(len(lines), 10)
        self.assertEqual(lines[0].count("▀"), 20)

    def test_a_multiplexer_gets_blocks(self):
        text = self.show(KITTY_WINDOW_ID="1", TMUX="x", COLORTERM="truecolor")
        self.assertNotIn("\033_G", text)
        self.assertIn("▀", text)

    def test_cannot(self):
        self.assertIn("cannot show pictures", self.show())
        self.assertIn(b"cannot show pictures", self.generate("a", "--show").stderr)


common.main()
