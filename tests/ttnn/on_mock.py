#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program on the mock device of each board with each version of ttnn that
tools/ttnn/mock_environment.py has installed; 77, a skip, when that is none.

    on_mock.py PROGRAM [ARGUMENT ...]
"""

import pathlib
import shlex
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/ttnn/mock_environment.py"
SKIPPED = 77


def main():
    ran = 0
    for version in ("0.81.1", "0.75.0"):
        for board in ("n150", "n300"):
            tool = [
                sys.executable,
                TOOL,
                "--installed",
                "--ttnn",
                version,
                "--board",
                board,
            ]
            made = subprocess.run(tool, stdout=subprocess.PIPE, text=True, check=False)
            if made.returncode == SKIPPED:
                continue
            if made.returncode != 0:
                return made.returncode
            print(f"=== ttnn {version} on {board}", flush=True)
            program = shlex.join(
                [str(pathlib.Path(sys.argv[1]).resolve()), *sys.argv[2:]]
            )
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(
                    ["sh", "-c", made.stdout + "\n" + program], cwd=folder, check=False
                )
                litter = list(pathlib.Path(folder).iterdir())
            if done.returncode != 0 or litter:
                print(
                    f"exit status {done.returncode}; left in the working directory: {litter}"
                )
                return 1
            ran += 1
    return 0 if ran > 0 else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
