# SPDX-License-Identifier: Apache-2.0
"""ttnn's enumerations, of which str() gives the same text."""

import enum


class DataType(enum.Enum):
    """What a tensor's numbers are stored as."""

    UINT32 = "uint32"
    BFLOAT16 = "bfloat16"
    BFLOAT8_B = "bfloat8_b"
    BFLOAT4_B = "bfloat4_b"
    FLOAT32 = "float32"
    INT32 = "int32"
    UINT16 = "uint16"
    UINT8 = "uint8"

    @property
    def is_float(self):
        """Whether it has fractions."""
        return "float" in self.value

    @property
    def is_block_float(self):
        """Whether values share exponents: these exist in tiles only."""
        return self.value.endswith("_b")


class Layout(enum.Enum):
    """How a tensor's numbers lie in memory."""

    ROW_MAJOR = 0
    TILE = 1


class StorageType(enum.Enum):
    """Where a tensor is."""

    HOST = 0
    DEVICE = 1


class BufferType(enum.Enum):
    """Which of the device's memories."""

    DRAM = 0
    L1 = 1
    L1_SMALL = 3


class TensorMemoryLayout(enum.Enum):
    """How a tensor is spread over a memory's banks."""

    INTERLEAVED = 0
    HEIGHT_SHARDED = 2
    WIDTH_SHARDED = 3
    BLOCK_SHARDED = 4


class ShardOrientation(enum.Enum):
    """In which order cores take shards."""

    ROW_MAJOR = 0
    COL_MAJOR = 1


class ShardStrategy(enum.Enum):
    """Of what each core takes a part."""

    HEIGHT = 1
    WIDTH = 2
    BLOCK = 3


class MathFidelity(enum.Enum):
    """How many phases the matrix engine takes; see matrix_engine.py."""

    LoFi = 0
    HiFi2 = 2
    HiFi3 = 3
    HiFi4 = 4


class Arch(enum.Enum):
    """The processor."""

    WORMHOLE_B0 = 2


class Topology(enum.Enum):
    """How chips are connected."""

    Ring = 1
    Linear = 2


class FabricConfig(enum.Enum):
    """What routes data between chips."""

    DISABLED = 0
    FABRIC_1D = 1


class UnaryOpType(enum.Enum):
    """Functions that can be fused at the end of others."""

    EXP = "exp"
    GELU = "gelu"
    RELU = "relu"
    SIGMOID = "sigmoid"
    SILU = "silu"
