# SPDX-License-Identifier: Apache-2.0
"""Files that are there whole or not at all, however a run ends."""

import os
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Calls `write` with a name beside `path`, forces the bytes to the disk, renames."""
    new = path.with_name("new-" + path.name)
    write(new)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)
