# SPDX-License-Identifier: Apache-2.0
"""ttnn's configuration classes: keyword arguments by the names that both 0.75 and 0.81 know, and no
others.

What only decides where and how fast something is computed is accepted and changes nothing here.
"""

from .enums import (
    BufferType,
    DataType,
    Layout,
    MathFidelity,
    ShardOrientation,
    TensorMemoryLayout,
    UnaryOpType,
)


class Config:
    """Attributes from keyword arguments.

    FIELDS: name to (type or None for any, default); without a default it is required.
    """

    FIELDS = {}

    def __init__(self, **values):
        """Refuses what ttnn's class does not have, and wrong types."""
        for name, value in values.items():
            if name not in self.FIELDS:
                raise TypeError(f"{type(self).__name__}: no argument named {name}")
            kind = self.FIELDS[name][0]
            if kind is not None and value is not None and type(value) is not kind:
                raise TypeError(f"{type(self).__name__}: {name} is a {kind.__name__}")
        for name, (_, *default) in self.FIELDS.items():
            if name not in values and not default:
                raise TypeError(f"{type(self).__name__}: {name} is missing")
            setattr(self, name, values.get(name, default[0] if default else None))


class WormholeComputeKernelConfig(Config):
    """How a kernel computes."""

    FIELDS = {
        "math_fidelity": (MathFidelity, MathFidelity.LoFi),
        "math_approx_mode": (bool, True),
        "fp32_dest_acc_en": (bool, False),
        "packer_l1_acc": (bool, False),
        "dst_full_sync_en": (bool, False),
        "throttle_level": (None, None),
    }


def init_device_compute_kernel_config(arch, device_kernel_config=None, **values):
    """Fills a kernel configuration; a given one wins over the single values."""
    config = WormholeComputeKernelConfig(**values)
    return device_kernel_config or config


class Conv2dConfig(Config):
    """How a convolution is computed."""

    FIELDS = {
        "weights_dtype": (DataType, None),
        "activation": (None, None),
        "deallocate_activation": (bool, False),
        "reallocate_halo_output": (bool, True),
        "config_tensors_in_dram": (bool, False),
        "act_block_h_override": (int, 0),
        "act_block_w_div": (int, 1),
        "reshard_if_not_optimal": (bool, False),
        "override_sharding_config": (bool, False),
        "shard_layout": (TensorMemoryLayout, None),
        "core_grid": (None, None),
        "transpose_shards": (bool, False),
        "output_layout": (Layout, Layout.TILE),
        "enable_act_double_buffer": (bool, False),
        "enable_weights_double_buffer": (bool, False),
        "full_inner_dim": (bool, False),
        "enable_kernel_stride_folding": (bool, None),
        "enable_activation_reuse": (bool, False),
        "force_split_reader": (bool, None),
        "override_output_sharding_config": (bool, False),
    }


class SDPAProgramConfig(Config):
    """How attention is cut into chunks."""

    FIELDS = {
        "compute_with_storage_grid_size": (None,),
        "sub_core_grids": (None, None),
        "q_chunk_size": (int,),
        "k_chunk_size": (int,),
        "exp_approx_mode": (bool, None),
        "max_cores_per_head_batch": (int, 16),
    }


class CoreCoord:
    """A core's place."""

    def __init__(self, x, y):
        """Column and row."""
        self.x, self.y = x, y


class CoreGrid(Config):
    """A number of columns and rows of cores."""

    FIELDS = {"x": (int,), "y": (int,)}


class CoreRange:
    """The cores from one to another."""

    def __init__(self, start, end):
        """Both belong to it."""
        self.start, self.end = start, end


class CoreRangeSet:
    """Several of these."""

    def __init__(self, ranges):
        """`ranges` is a set or list."""
        self.ranges = list(ranges)


class ShardSpec:
    """Which cores hold a tensor's shards, and how large they are."""

    def __init__(self, grid, shard_shape, shard_orientation):
        """`grid` is a CoreRangeSet."""
        if not isinstance(grid, CoreRangeSet) or not isinstance(
            shard_orientation, ShardOrientation
        ):
            raise TypeError(
                "ShardSpec(grid: CoreRangeSet, shard_shape, shard_orientation: ShardOrientation)"
            )
        self.grid, self.shape, self.orientation = grid, list(shard_shape), shard_orientation

    def __eq__(self, other):
        return isinstance(other, ShardSpec) and repr(self) == repr(other)

    def __repr__(self):
        cores = [(r.start.x, r.start.y, r.end.x, r.end.y) for r in self.grid.ranges]
        return f"ShardSpec(grid={cores}, shape={self.shape}, orientation={self.orientation.name})"


class MemoryConfig:
    """Where a tensor is put."""

    def __init__(
        self,
        memory_layout=TensorMemoryLayout.INTERLEAVED,
        buffer_type=BufferType.DRAM,
        shard_spec=None,
    ):
        """As ttnn's."""
        if not isinstance(memory_layout, TensorMemoryLayout) or not isinstance(
            buffer_type, BufferType
        ):
            raise TypeError(
                "MemoryConfig(memory_layout: TensorMemoryLayout, buffer_type: BufferType)"
            )
        self.memory_layout, self.buffer_type, self.shard_spec = (
            memory_layout,
            buffer_type,
            shard_spec,
        )

    def is_sharded(self):
        """Whether each core has a piece of its own."""
        return self.memory_layout is not TensorMemoryLayout.INTERLEAVED

    def __eq__(self, other):
        return isinstance(other, MemoryConfig) and vars(self) == vars(other)

    def __repr__(self):
        layout, kind = self.memory_layout.name, self.buffer_type.name
        shards = "" if self.shard_spec is None else f",shard_spec={self.shard_spec}"
        return f"MemoryConfig(memory_layout={layout},buffer_type={kind}{shards})"


class UnaryWithParam:
    """A function to fuse, with its parameters."""

    def __init__(self, op_type, *parameters):
        """As ttnn's."""
        if not isinstance(op_type, UnaryOpType):
            raise TypeError("UnaryWithParam(UnaryOpType, ...)")
        self.op_type, self.params = op_type, parameters


DRAM_MEMORY_CONFIG = MemoryConfig()
L1_MEMORY_CONFIG = MemoryConfig(TensorMemoryLayout.INTERLEAVED, BufferType.L1)
L1_HEIGHT_SHARDED_MEMORY_CONFIG = MemoryConfig(TensorMemoryLayout.HEIGHT_SHARDED, BufferType.L1)
L1_WIDTH_SHARDED_MEMORY_CONFIG = MemoryConfig(TensorMemoryLayout.WIDTH_SHARDED, BufferType.L1)
L1_BLOCK_SHARDED_MEMORY_CONFIG = MemoryConfig(TensorMemoryLayout.BLOCK_SHARDED, BufferType.L1)
