# SPDX-License-Identifier: Apache-2.0
"""Runs the program (argv[1]) in a scratch folder that holds a model folder `m`."""
import os
import pathlib
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

PROGRAM = os.path.abspath(sys.argv[1])


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sd14-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "m").mkdir()
        (self.folder / "m" / "model_index.json").write_text("{}")

    def environment(self, **extra):
        kept = {k: os.environ[k] for k in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
                if k in os.environ}
        return {**kept, "SD14_MODEL": "m", "TERM": "xterm", **extra}

    def run_cli(self, *arguments, stdin=b"", env=None, **options):
        options.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([PROGRAM, *arguments], input=stdin, stderr=subprocess.PIPE,
                              cwd=self.folder, env=env or self.environment(), timeout=60, **options)

    def generate(self, *arguments, **options):
        """Succeeds, or the test fails."""
        done = self.run_cli("generate", *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def refused(self, code, *arguments, says=None, **options):
        """Exit code, exactly one line on standard error, nothing on standard output, no new file."""
        before = self.files()
        done = self.run_cli(*arguments, **options)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, code, (arguments, text))
        self.assertEqual(text.count("\n"), 1, (arguments, text))
        self.assertTrue(text.startswith("sd14: ") and text.endswith("\n"), (arguments, text))
        self.assertFalse(done.stdout, arguments)
        self.assertEqual(self.files(), before, arguments)
        for word in [says] if isinstance(says, str) else says or []:
            self.assertIn(word, text)
        return text

    def files(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))

    def on_terminal(self, *arguments, columns=80, rows=24, env=None, stdout=None):
        """Standard error is a terminal; returns (exit code, what it received)."""
        import fcntl
        import termios
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   env=env or self.environment(), stderr=side,
                                   stdout=side if stdout == "terminal" else subprocess.DEVNULL)
        os.close(side)
        text, deadline = b"", time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([main], [], [], 1)[0]:
                continue
            try:
                piece = os.read(main, 65536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not piece:
                break
            text += piece
        os.close(main)
        return process.wait(timeout=10), text.decode()


def png_read(data):
    """-> (width, height, {key: text}), with every chunk's checksum checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:16]
    at, texts, size = 8, {}, None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        elif kind == b"tEXt":
            key, value = body.split(b"\0", 1)
            texts[key.decode("latin-1")] = value.decode("latin-1")
        elif kind == b"iTXt":
            key, rest = body.split(b"\0", 1)
            packed, (_language, _translated, value) = rest[0], rest[2:].split(b"\0", 2)
            texts[key.decode("latin-1")] = (zlib.decompress(value) if packed else value).decode()
        at += 12 + length
    assert data[-8:-4] == b"IEND"
    return size[0], size[1], texts


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
