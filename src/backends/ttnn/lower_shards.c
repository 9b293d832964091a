/* SPDX-License-Identifier: Apache-2.0 */

/* Block shards: on which cores an image lies, and ttnn's objects that say so. */
#include <string.h>

#include "backends/ttnn/lower.h"

enum {
    SIDE_MAX = 8, /* of the cores that an N150 and each chip of an N300 have */
    /* Of a core, in bfloat16: a norm has two of these, a convolution buffers beside. */
    SHARD_BYTES_MAX = 160 << 10
};

static size_t groups_of(const lowering *l)
{
    for (graph_value i = 0; i < l->graph->n_nodes; i++) {
        const graph_node *node = &l->graph->nodes[i];
        if (node->op == OP_group_norm) return node->params.group_norm.groups;
    }
    return 1;
}

tt_grid lower_grid(const lowering *l, const tt_tensor *image, size_t items)
{
    const shape of = image->shape;
    const size_t row_tiles = shape_rows(of) / TT_TILE_SIDE;
    const size_t channels = shape_last(of);
    const size_t groups = groups_of(l);
    tt_grid grid = {0};
    if (image->layout != TT_TILE || of.dim[of.rank - 2] % TT_TILE_SIDE != 0 ||
        channels % TT_TILE_SIDE != 0)
        return grid;
    for (size_t n = 1; n <= SIDE_MAX; n++) {
        if (row_tiles % n == 0 && n % items == 0) grid.rows = n;
        if (channels % (n * TT_TILE_SIDE) == 0 && groups % n == 0) grid.columns = n;
    }
    const size_t bytes = 2 * shape_count(of);
    const bool fits =
        grid.rows * grid.columns != 0 && bytes / (grid.rows * grid.columns) <= SHARD_BYTES_MAX;
    return fits ? grid : (tt_grid){0};
}

/* An object's slot is described by what it was made for. */
static int made_for(const lowering *l, const tt_tensor *what)
{
    for (int i = 0; i < l->program->n_slots; i++) {
        const tt_slot *slot = &l->program->slots[i];
        if (slot->kind == TT_SLOT_OBJECT && slot->tensor.grid.rows == what->grid.rows &&
            slot->tensor.grid.columns == what->grid.columns &&
            shape_equal(slot->tensor.shape, what->shape))
            return i;
    }
    return TT_NO_SLOT;
}

static int describe(const lowering *l, int slot, const tt_tensor *what)
{
    if (slot >= 0) l->program->slots[slot].tensor = *what;
    return slot;
}

json_t *lower_core_grid(lowering *l, tt_grid grid)
{
    const tt_tensor what = {.grid = grid, .shape = {.rank = 4}};
    int slot = made_for(l, &what);
    if (slot == TT_NO_SLOT) {
        json_t *kwargs = json_pack("{s:i, s:i}", "x", (int)grid.columns, "y", (int)grid.rows);
        slot = describe(l, lower_object(l, "CoreGrid", kwargs), &what);
    }
    return arg_slot(slot);
}

json_t *lower_shards(lowering *l, const tt_tensor *of)
{
    size_t sides[2];
    tt_shard_sides(of, sides);
    const tt_tensor what = {.grid = of->grid, .shape = shape_4(1, 1, sides[0], sides[1])};
    int slot = made_for(l, &what);
    if (slot == TT_NO_SLOT) {
        json_t *cores = lower_core_grid(l, of->grid);
        json_t *kwargs = json_pack("{s:o, s:o, s:o, s:b}", "shape", arg_tuple(sides, 2),
                                   "core_grid", cores, "strategy", arg_name("ShardStrategy.BLOCK"),
                                   "use_height_and_width_as_shard_shape", 1);
        slot = describe(l, lower_object(l, "create_sharded_memory_config", kwargs), &what);
    }
    return arg_slot(slot);
}
