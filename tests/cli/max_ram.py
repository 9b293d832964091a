# SPDX-License-Identifier: Apache-2.0
"""--max-ram on the program itself: the cap it asks for is enough, one MiB less is refused, and the process stays
below it. argv: program, model folder."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

program, model = sys.argv[1:]
MIB = 1 << 20
# Sanitizers take memory of their own, several times the program's.
PLAIN = not re.search(b"__[at]san_init", pathlib.Path(program).read_bytes())
# A plan far above what is used would refuse what fits: the fixed part of it is 48 MiB, and a picture of its own
# does not need what a second one would (the UNet's weights while the text is encoded).
LOOSE = 56 * MIB
wrong = []


def run(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
                              text=True, timeout=300)


def expect(true, *what):
    if not true:
        wrong.append(" ".join(map(str, what)))


def refused(*arguments):
    """-> the smallest cap that would do, in MiB."""
    done = run(*arguments)
    expect(done.returncode == 4, arguments, "exit code", done.returncode)
    expect(done.stderr.count("\n") == 1 and not done.stdout, arguments, done.stderr, done.stdout)
    found = re.search(r"smallest cap .* is (\d+) MiB$", done.stderr.strip())
    expect(found, arguments, "names no cap:", done.stderr)
    return int(found.group(1)) if found else 0


GENERATE = ["generate", "-m", model, "-q", "--json", "a red apple", "-s1"]
CASES = [[*GENERATE, "--steps=1", "--size=64x64"], [*GENERATE, "--steps=1", "--size=384x256"],
         [*GENERATE, "--steps=2", "--size=128x128", "-b3", "-t7"],
         ["bench", "-m", model, "-q", "--json", "--steps=2", "-r2", "--size=128x128"]]
for arguments in CASES if PLAIN else CASES[:1]:
    cap = refused(*arguments, "--max-ram", "1M")
    expect(refused(*arguments, "--max-ram", f"{cap - 1}M") == cap, arguments, "another cap with", cap - 1)
    done = run(*arguments, "--max-ram", f"{cap}M")
    expect(done.returncode == 0, arguments, "not within its own cap:", done.stderr)
    if done.returncode == 0 and PLAIN:
        peak = json.loads(done.stdout)["peak_rss_bytes"]
        expect(cap * MIB - LOOSE < peak <= cap * MIB, arguments, "cap", cap, "MiB, used", peak / MIB)

print("\n".join(wrong) or "every cap was kept")
sys.exit(bool(wrong))
