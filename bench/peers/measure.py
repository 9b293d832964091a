# SPDX-License-Identifier: Apache-2.0
"""Runs one process and says how long it took and how much memory it had."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Failed(Exception):
    """The process did not do its work; the text is one line that says why."""


class Measured(NamedTuple):
    """What is known of a process that ended well."""

    seconds: float  # from start to end
    peak_rss_bytes: int
    output: str


def run_process(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Runs it to its end. Its messages are read only if it fails."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as messages:
        start = time.monotonic()
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=messages,
                env={**os.environ, **(environment or {})},
            )
        except OSError as error:
            raise Failed(f"{command[0]}: {error.strerror}") from error
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        messages.seek(0)
        if process.returncode != 0:
            raise Failed(reason_of(process.returncode, messages.read()))
        return Measured(seconds, usage.ru_maxrss * 1024, output.read())


def reason_of(exit_code: int, messages: str) -> str:
    """The last line that a process wrote before it failed."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    how = f"killed by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
    return f"{how}: {lines[-1]}" if lines else how


def last_json(output: str) -> dict:
    """The JSON object on the last line of an output."""
    lines = output.strip().splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise Failed("no JSON object on the last line of its output")
    return found
