#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports long functions and files; fails only where a function is beyond reading.

Relies on the format: a function's braces, and no others but those of tables and types, are in column 0.
"""
import pathlib
import subprocess
import sys

FUNCTION_LINES, FUNCTION_LINES_MAX, FILE_LINES = 80, 200, 600


def long_functions(lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start > FUNCTION_LINES:
                yield start, number - start
            start = None


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    names = subprocess.run(["git", "-C", root, "ls-files", "*.c", "*.h", "*.cpp"], check=True,
                           capture_output=True, text=True).stdout.split()
    failed = False
    for name in filter(lambda n: (root / n).exists(), names):
        lines = (root / name).read_text().splitlines()
        if len(lines) > FILE_LINES:
            print(f"{name}: {len(lines)} lines")
        for start, length in long_functions(lines):
            print(f"{name}:{start}: a function of {length} lines")
            failed |= length > FUNCTION_LINES_MAX
    print(f"{len(names)} files")
    return failed


if __name__ == "__main__":
    sys.exit(main())
