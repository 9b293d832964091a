# SPDX-License-Identifier: Apache-2.0
"""Asks the real ttnn all of cases.py and prints its answers as answers-VERSION.json keeps them.

    eval "$(tools/ttnn/mock_environment.py --ttnn VERSION)"
    python record_answers.py "$SD14_TTNN_PYTHON/bin/python" >answers-VERSION.json

A call that ends its process counts as a refusal.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def ask(interpreter, *arguments):
    """Runs cases.py as far as it comes: its exit status, and its answers."""
    done = subprocess.run(
        [interpreter, "-B", HERE / "cases.py", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"name"')]
    return done.returncode, [json.loads(line) for line in lines]


def ask_all(interpreter):
    """The answer to each case, by name: what is accepted, or None for a refusal."""
    status, names = ask(interpreter, "--names")
    names = [item["name"] for item in names]
    if status or not names:
        raise SystemExit(f"{interpreter}: no ttnn, or no device that it can open")
    answers, begin = {}, 0
    while begin < len(names):
        status, found = ask(interpreter, "--from", names[begin])
        answers.update({item["name"]: item.get("accepted") for item in found})
        if status == 0:
            break
        if not found and begin == 0:
            raise SystemExit(f"{interpreter}: the device does not open")
        begin += len(found)
        answers.setdefault(names[min(begin, len(names) - 1)])
        begin += 1
    return answers


def main():
    """One line per case, so that differences can be read."""
    answers = ask_all(sys.argv[1])
    lines = [f"  {json.dumps(name)}: {json.dumps(answer)}" for name, answer in answers.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
