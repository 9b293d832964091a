# SPDX-License-Identifier: Apache-2.0
"""Tensors in block shards: every core has as many rows and channels of the tensor, in whole tiles.

The numbers are the same wherever they lie; what is checked here is which function takes what.
"""

from .configs import CoreCoord, CoreGrid, CoreRange, CoreRangeSet, MemoryConfig, ShardSpec
from .enums import BufferType, ShardOrientation, ShardStrategy, TensorMemoryLayout
from .tensor import require


def create_sharded_memory_config(
    shape,
    core_grid: CoreGrid,
    strategy: ShardStrategy,
    orientation: ShardOrientation | None = None,
    use_height_and_width_as_shard_shape: bool = False,
):
    """ttnn.create_sharded_memory_config, of the shape of a shard."""
    if not isinstance(core_grid, CoreGrid) or not isinstance(strategy, ShardStrategy):
        raise TypeError(
            "create_sharded_memory_config(shape, core_grid: CoreGrid, strategy: ShardStrategy)"
        )
    require(
        use_height_and_width_as_shard_shape and strategy is ShardStrategy.BLOCK,
        "create_sharded_memory_config: only block shards of a given shape are in the stand-in",
    )
    cores = CoreRangeSet([CoreRange(CoreCoord(0, 0), CoreCoord(core_grid.x - 1, core_grid.y - 1))])
    spec = ShardSpec(cores, list(shape), orientation or ShardOrientation.ROW_MAJOR)
    return MemoryConfig(TensorMemoryLayout.BLOCK_SHARDED, BufferType.L1, spec)


def grid_of(memory):
    """Columns and rows of cores; None: interleaved."""
    if not memory.is_sharded() or memory.shard_spec is None:
        return None
    (cores,) = memory.shard_spec.grid.ranges
    return cores.end.x - cores.start.x + 1, cores.end.y - cores.start.y + 1


def require_plain(name, *tensors, memory=None):
    """For functions that want everything interleaved."""
    for tensor in tensors:
        require(tensor is None or not tensor.is_sharded(), f"{name}: the tensor is in shards")
    require(memory is None or not memory.is_sharded(), f"{name}: the result is in shards")


def require_same(name, x, memory):
    """For functions whose result is where their source is: where that is."""
    memory = memory or x._memory
    require(
        memory.memory_layout is x._memory.memory_layout
        and (not memory.is_sharded() or memory == x._memory),
        f"{name} requires input and output memory layout to match: {x._memory} and {memory}",
    )
    return memory


def require_whole_groups(x, groups, core_grid):
    """group_norm in shards: whole groups of channels and rows of one item on each core."""
    grid = grid_of(x._memory)
    if grid is None:
        return
    columns, rows = grid
    height, width = x._memory.shard_spec.shape
    require(
        core_grid is not None and (core_grid.x, core_grid.y) == grid,
        "group_norm: core_grid is not the shards'",
    )
    require(
        width % (x.shape[3] // groups) == 0 and groups % columns == 0,
        f"group_norm: a core has {width} channels, and a group {x.shape[3] // groups}",
    )
    require(
        (x.shape[1] * x.shape[2]) % height == 0 and rows % x.shape[0] == 0,
        f"group_norm: a core has {height} rows, of more than one item",
    )


def require_product(x, memory, activation):
    """A product in shards: on the cores of its source, without an activation."""
    memory = memory or x._memory
    if not x.is_sharded():
        require(not memory.is_sharded(), "linear: shards of an interleaved source")
        return
    require(
        activation is None,
        "Sharded matmul run with an activation: this should be placed in the program config",
    )
    require(
        not memory.is_sharded() or grid_of(memory) == grid_of(x._memory),
        "linear: output shard grid must lie within that of the source",
    )
