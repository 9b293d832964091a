# SPDX-License-Identifier: Apache-2.0
"""Damaged, wrong and malicious model folders, one by one, through the command line.

    hostile_models.py PROGRAM MODEL [NAME ...]

Each case is a copy of MODEL with one thing wrong. The program must end by itself within a time limit, with the
documented exit code, and say what is wrong in one line that names the file.
"""
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import time

import hostile_configs  # noqa: F401 each import adds its cases
import hostile_folders  # noqa: F401
import hostile_tokenizers  # noqa: F401
import hostile_weights  # noqa: F401
from hostile_cases import CASES, MODEL, OK, PROGRAM
from model_folder import copy_model

SECONDS = 60


def check(name, damage, code, words):
    """Runs one case; returns what is wrong with the answer, "" when nothing is."""
    with tempfile.TemporaryDirectory(prefix="sd14-hostile-") as scratch:
        folder = pathlib.Path(scratch) / "m"
        copy_model(MODEL, folder)
        given = damage(folder)
        model = folder if given is None else given
        picture = pathlib.Path(scratch) / "picture.png"
        began = time.monotonic()
        try:
            done = subprocess.run([PROGRAM, "generate", "-m", model, "-W", "64", "-H", "64", "--steps", "1", "-s",
                                   "1", "-t", "2", "-o", picture, "a red apple"] + (["-q"] if code != OK else []),
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"no end after {SECONDS} s"
        for path in folder.rglob("*"):  # or it could not be removed
            if stat.S_ISREG(path.lstat().st_mode):
                path.chmod(0o600)
        return judge(done, code, words, picture.exists(), time.monotonic() - began)


def judge(done, code, words, drawn, seconds):
    text = done.stderr.decode(errors="backslashreplace")
    problems = []
    if done.returncode != code:
        problems.append(f"exit code {done.returncode}, expected {code}")
    if code != OK and (text.count("\n") != 1 or not text.endswith("\n") or not text.startswith("sd14: ")):
        problems.append("not one line that starts with the program's name")
    if any(not line.startswith("sd14: ") for line in text.splitlines()):
        problems.append("a line without the program's name")
    if any((ord(c) < 32 and c != "\n") or ord(c) == 127 for c in text):
        problems.append("control characters")
    problems += [f"does not say {word!r}" for word in words if word not in text]
    if drawn != (code == OK):
        problems.append("a picture was written" if drawn else "no picture was written")
    if os.environ.get("VERBOSE") and not problems:
        print(f"    {seconds:.2f} s  {text.strip()[:300]}")
    return "; ".join(problems) and "; ".join(problems) + f"\n    {text.strip()[:2000]}"


def main():
    wanted = sys.argv[3:]
    failed = skipped = run = 0
    for name, damage, code, words in CASES:
        if wanted and not any(word in name for word in wanted):
            continue
        if name.endswith("may not be read") and os.geteuid() == 0:
            print(f"skipped, root may read everything: {name}")
            skipped += 1
            continue
        if os.environ.get("VERBOSE"):
            print(name)
        run += 1
        problem = check(name, damage, code, words)
        if problem:
            failed += 1
            print(f"FAILED: {name}: {problem}")
    print(f"{run} hostile models, {failed} failed, {skipped} skipped")
    return 1 if failed or run == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
