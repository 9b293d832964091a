# SPDX-License-Identifier: Apache-2.0
"""Calls of ttnn that the stand-in and the real package must answer alike: accepted with the same
kind of result, or refused by both.

`python cases.py` prints the answer to each as a line of JSON, of whichever ttnn PYTHONPATH finds;
`--from NAME` begins there, as some calls end the real package's process; `--names` prints the names
alone.
"""

import json
import os
import sys

import cases_arguments  # noqa: F401  each fills the table
import cases_arithmetic  # noqa: F401
import cases_files  # noqa: F401
import cases_networks  # noqa: F401
import cases_products  # noqa: F401
import cases_shards  # noqa: F401
import cases_tensors  # noqa: F401
from case_table import CASES

import ttnn


def describe(value):
    """What a result is, without its numbers."""
    if isinstance(value, ttnn.Tensor):
        memory = value.memory_config()
        kinds = (value.dtype, value.layout, value.storage_type())
        kinds += (memory.memory_layout, memory.buffer_type)
        words = [str(kind).rpartition(".")[2] for kind in kinds]
        if memory.memory_layout == ttnn.TensorMemoryLayout.BLOCK_SHARDED:
            words.append(str(list(memory.shard_spec.shape)))
        return " ".join([f"{list(value.shape)} in {list(value.padded_shape)}", *words])
    if isinstance(value, (list, tuple)):
        return [describe(item) for item in value]
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


def main():
    """Prints a line for each case."""
    if sys.argv[1:] == ["--names"]:
        for name in CASES:
            os.write(1, (json.dumps({"name": name}) + "\n").encode())
        return
    device = ttnn.open_device(device_id=0, l1_small_size=32768)
    names = list(CASES)
    first = names.index(sys.argv[2]) if len(sys.argv) > 2 else 0
    for name in names[first:]:
        try:
            answer = {"accepted": describe(CASES[name](device))}
        except Exception as error:  # anything the call says is an answer
            lines = [line for line in str(error).splitlines() if line and " --- " not in line]
            answer = {"refused": type(error).__name__, "text": " | ".join(lines[:4])[:400]}
        os.write(1, (json.dumps({"name": name, **answer}) + "\n").encode())
    ttnn.close_device(device)


if __name__ == "__main__":
    main()
