# SPDX-License-Identifier: Apache-2.0
"""ttnn._ttnn.device."""

from ..device import get_memory_view as GetMemoryView

__all__ = ["GetMemoryView"]
