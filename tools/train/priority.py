# SPDX-License-Identifier: Apache-2.0
"""Hours of training on the processor shall not be in anybody's way."""

import os
from pathlib import Path


def yield_to_others() -> None:
    """Lowest priority for this process and, where it leads its session, for that session.

    With autogroups (Linux's default) niceness counts within a session only. The group's own
    niceness is changed only if nobody else lives in it: under setsid, not in a terminal's session.
    """
    os.nice(19 - os.nice(0))
    if os.getsid(0) != os.getpid():
        return
    try:
        Path("/proc/self/autogroup").write_text("19")
    except OSError:
        pass  # no autogroups here
