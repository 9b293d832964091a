# SPDX-License-Identifier: Apache-2.0
"""Stands in for Tenstorrent's `ttnn`: the functions that the TT-NN backend calls, computed by numpy
in Tenstorrent's number formats, so that a network's numbers can be proved without a card.

It takes the arguments that both ttnn 0.75 and 0.81 take and refuses what either refuses; where they
accept what no backend should rely on, it is stricter (tests/test_answers.py). formats.py and
matrix_engine.py state the arithmetic and its sources.
"""

import types

from . import _ttnn
from . import transformer as _transformer
from .configs import *  # noqa: F403
from .convolution import conv2d
from .data_movement import (
    concat,
    embedding,
    pad,
    permute,
    repeat,
    reshape,
    slice,
    subscript,
    transpose,
    upsample,
)
from .device import *  # noqa: F403
from .eltwise import BINARY, UNARY, geglu
from .enums import *  # noqa: F403
from .enums import DataType, Layout
from .matmul import linear, matmul
from .mesh import *  # noqa: F403
from .normalization import group_norm, layer_norm, mean, softmax, sum
from .sharding import create_sharded_memory_config
from .tensor import TILE_SIZE, Shape, Tensor
from .transfer import *  # noqa: F403

__version__ = "stand-in"

globals().update(UNARY)
globals().update(BINARY)
globals().update({dtype.value: dtype for dtype in DataType})
TILE_LAYOUT, ROW_MAJOR_LAYOUT = Layout.TILE, Layout.ROW_MAJOR

transformer = types.SimpleNamespace(
    scaled_dot_product_attention=_transformer.scaled_dot_product_attention,
    concatenate_heads=_transformer.concatenate_heads,
)
experimental = types.SimpleNamespace(
    nlp_create_qkv_heads=_transformer.nlp_create_qkv_heads,
    nlp_concat_heads=_transformer.nlp_concat_heads,
)


def GetNumAvailableDevices():  # noqa: N802, ttnn's name
    """As many chips as an N300 has."""
    return 2


def _operator(name, swapped=False):
    return lambda a, b: globals()[name](b, a) if swapped else globals()[name](a, b)


Tensor.__add__ = _operator("add")
Tensor.__sub__ = _operator("subtract")
Tensor.__mul__ = _operator("multiply")
Tensor.__truediv__ = _operator("divide")
Tensor.__matmul__ = _operator("matmul")
Tensor.cpu = lambda tensor: from_device(tensor)  # noqa: F405


Tensor.__getitem__ = subscript
