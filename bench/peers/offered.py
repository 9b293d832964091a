# SPDX-License-Identifier: Apache-2.0
"""What the sd14 at hand can compute with, read from its own help."""

import re
import subprocess
from pathlib import Path

PRECISION = re.compile(
    r"^ +--precision NAME(.*?)(?=^ +(?:-\w, )?--|\n\n|\Z)", re.MULTILINE | re.DOTALL
)
NAME = re.compile(r"^\s*(\w+):", re.MULTILINE)
EXACT = re.compile(r"^ +--exact\b", re.MULTILINE)


def ways_in_help(text: str) -> list[tuple[str, ...]]:
    """The options of each way to compute: ("--precision", "f32"), ("--precision", "fast"), ..."""
    block = PRECISION.search(text)
    names = NAME.findall(block.group(1)) if block else []
    ways = [("--precision", name) for name in names]
    if EXACT.search(text) and "f32" in names:
        ways.insert(1 + names.index("f32"), ("--precision", "f32", "--exact"))
    return ways


def ways_of(program: Path) -> list[tuple[str, ...]]:
    """Of a program."""
    done = subprocess.run([program, "help", "bench"], capture_output=True, text=True, check=True)
    return ways_in_help(done.stdout)


def name_of(way: tuple[str, ...]) -> str:
    """("--precision", "f32", "--exact") -> "f32-exact"."""
    return "-".join(word.removeprefix("--") for word in way[1:])
