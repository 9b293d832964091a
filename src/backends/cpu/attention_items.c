/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/attention_items.h"

#include <string.h>

#include "base/memory.h"
#include "base/sizes.h"

enum { PANELS_MAX = 8, RANGE_FLOATS = 65536 }; /* 256 KiB of Oᵀ */

size_t attention_item_panels(size_t head_dim)
{
    const size_t panels = RANGE_FLOATS / (head_dim * GEMM_PANEL);
    return panels < 1 ? 1 : smaller(panels, PANELS_MAX);
}

static size_t items_per_head(const attention_args *args)
{
    return ceil_div(args->queries, attention_item_panels(args->head_dim) * GEMM_PANEL);
}

size_t attention_items(const attention_args *args)
{
    return args->batch * args->heads * items_per_head(args);
}

attention_item attention_item_of(const attention_args *args, size_t number)
{
    const size_t most = attention_item_panels(args->head_dim) * GEMM_PANEL;
    const size_t head = number / items_per_head(args);
    attention_item item = {.batch = head / args->heads,
                           .head = head % args->heads,
                           .first_query = number % items_per_head(args) * most};
    item.queries = smaller(args->queries - item.first_query, most);
    item.panels = ceil_div(item.queries, GEMM_PANEL);
    return item;
}

void *attention_take(char *base, size_t *used, size_t count, size_t bytes)
{
    void *piece = base == NULL ? NULL : base + *used;
    *used += ceil_div(count * bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
    return piece;
}

static void divide(float *panel, size_t dim, const float *sums)
{
    float sum[GEMM_PANEL];
    memcpy(sum, sums, sizeof sum);
    for (size_t i = 0; i < dim; i++) {
        for (size_t lane = 0; lane < GEMM_PANEL; lane++) panel[i * GEMM_PANEL + lane] /= sum[lane];
    }
}

void attention_store(const attention_args *args,
                     const cpu_kernels *kernels,
                     const attention_item *item,
                     float *output,
                     const float *sum)
{
    const size_t dim = args->head_dim, stride = args->output_stride;
    float *to = args->output + item->head * dim +
                (item->batch * args->queries + item->first_query) * stride;
    for (size_t row = 0; row < item->queries; row += GEMM_PANEL) {
        float *panel = output + row * dim;
        divide(panel, dim, sum + row);
        kernels->transpose_b32(to + row * stride, stride, panel, GEMM_PANEL, dim,
                               smaller(item->queries - row, GEMM_PANEL));
    }
}
