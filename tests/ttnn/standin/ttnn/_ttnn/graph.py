# SPDX-License-Identifier: Apache-2.0
"""ttnn._ttnn.graph: begins and ends, and records nothing."""

import enum


class RunMode(enum.Enum):
    """Whether calls are executed."""

    NORMAL = 0
    NO_DISPATCH = 1


class PeakMemoryUsagePerCore:
    """Peaks in bytes: none are known here."""

    def __init__(self):
        """Zeros."""
        self.peak_cb = self.peak_l1 = self.peak_total = 0


def begin_graph_capture(run_mode=RunMode.NORMAL):
    """Nothing to record."""


def end_graph_capture():
    """An empty graph."""
    return []


def extract_peak_L1_memory_usage(trace):  # noqa: N802, ttnn's name
    """Zero."""
    return 0


def extract_resource_usage_per_core(trace, interleaved_storage_cores=64):
    """Zeros."""
    return PeakMemoryUsagePerCore()
