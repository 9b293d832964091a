# SPDX-License-Identifier: Apache-2.0
"""Cases of files."""

import os

from case_table import BFP8, cases, host, on

import ttnn


def load(d, **where):
    """What is written is what is read."""
    try:
        ttnn.dump_tensor("case.tensorbin", on(d, 33, 5, dtype=BFP8))
        return ttnn.load_tensor("case.tensorbin", **where)
    finally:
        if os.path.exists("case.tensorbin"):
            os.remove("case.tensorbin")


cases(
    "files",
    {
        "load": load,
        "load to the device": lambda d: load(d, device=d),
        "absent": lambda d: ttnn.load_tensor("absent.tensorbin"),
        "suffix": lambda d: ttnn.dump_tensor("case.bin", host(32, 32)),
    },
)
