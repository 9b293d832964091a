# SPDX-License-Identifier: Apache-2.0
"""The package's binding, as far as it is used directly."""

from . import device, graph

__all__ = ["device", "graph"]
