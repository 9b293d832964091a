/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backends/cpu/conv_winograd.h"
#include "backends/cpu/matmul_i16.h"
#include "backends/cpu/winograd_form.h"
#include "base/memory.h"
#include "base/sizes.h"

enum {
    TAPS = 9,
    /* outputs · channels; U of SD 1.4's larger ones would take 8 GB, of integers 3.4 */
    KEPT_WEIGHTS = 400000,
    KEPT_WEIGHTS_I16 = 1250000
};

bool conv_winograd_suits(const matmul_shape *of)
{
    return of->kernel == 3 && of->stride == 1 && of->pad_before == 1 && of->pad_after == 1 &&
           of->channels >= GEMM_PANEL && of->outputs >= GEMM_PANEL;
}

bool conv_winograd_keeps(shape weight, bool integers)
{
    return weight.dim[0] * weight.dim[1] <= (size_t)(integers ? KEPT_WEIGHTS_I16 : KEPT_WEIGHTS);
}

size_t conv_winograd_count(shape weight, bool upsampled)
{
    return ceil_div(weight.dim[0], GEMM_PANEL) * winograd_form_of(upsampled)->products *
           winograd_u_stride(weight.dim[1]);
}

typedef struct prepare_work {
    winograd_weight_f32_fn *transform;
    float *u;
    size_t channels, products;
} prepare_work;

/* The taps lie where the last products' will: the kernel has read a vector of all before it writes one. */
static void prepare_panel(void *context, size_t panel, int thread)
{
    (void)thread;
    const prepare_work *work = context;
    const size_t stride = winograd_u_stride(work->channels);
    float *u = work->u + panel * work->products * stride;
    work->transform(u, stride, u + (work->products - TAPS) * stride, stride,
                    work->channels * GEMM_PANEL);
}

void conv_winograd_prepare(
    thread_pool *pool, const cpu_kernels *kernels, const tensor *weight, bool upsampled, float *u)
{
    prepare_work work = {.transform = winograd_weight_of(kernels, upsampled),
                         .u = u,
                         .channels = weight->shape.dim[1],
                         .products = winograd_form_of(upsampled)->products};
    const size_t stride = winograd_u_stride(work.channels);
    matmul_pack_apart(pool, weight, u + (work.products - TAPS) * stride, work.products * stride,
                      stride);
    thread_pool_run(pool, ceil_div(weight->shape.dim[0], GEMM_PANEL), prepare_panel, &work);
}

/* ---- integers ----------------------------------------------------------------------------------- */

typedef struct pack_i16_work {
    const cpu_kernels *kernels;
    const tensor *weight;
    bool upsampled;
    size_t outputs, channels, products, panels;
    size_t depth; /* of an output in integers */
    int16_t *packed;
    float *scales;
    /* Per thread: an output's taps, its products and their scales; then a panel's outputs in integers. */
    char *scratch;
    size_t scratch_stride;
} pack_i16_work;

static pack_i16_work describe_i16(shape weight, bool upsampled)
{
    pack_i16_work work = {.upsampled = upsampled,
                          .outputs = weight.dim[0],
                          .channels = weight.dim[1],
                          .products = winograd_form_of(upsampled)->products,
                          .panels = ceil_div(weight.dim[0], GEMM_PANEL)};
    work.depth = work.products * i16_padded(work.channels);
    const size_t floats = (TAPS + work.products) * work.channels + work.products;
    const size_t bytes = floats * sizeof(float) + GEMM_PANEL * work.depth * sizeof(int16_t);
    work.scratch_stride = ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
    return work;
}

size_t conv_winograd_i16_bytes(shape weight, bool upsampled)
{
    const pack_i16_work work = describe_i16(weight, upsampled);
    return work.panels * GEMM_PANEL *
           (work.depth * sizeof(int16_t) + work.products * sizeof(float));
}

size_t conv_winograd_i16_pack_scratch_bytes(shape weight, bool upsampled)
{
    return describe_i16(weight, upsampled).scratch_stride;
}

static void pack_i16_panel(void *context, size_t item, int thread)
{
    const pack_i16_work *work = context;
    const size_t channels = work->channels, products = work->products;
    const size_t outputs = smaller(work->outputs - item * GEMM_PANEL, GEMM_PANEL);
    float *taps = (float *)(void *)(work->scratch + (size_t)thread * work->scratch_stride);
    float *u = taps + TAPS * channels, *scales = u + products * channels;
    int16_t *values = (int16_t *)(void *)(scales + products);
    float *panel_scales = work->scales + item * products * GEMM_PANEL;

    memset(panel_scales, 0, products * GEMM_PANEL * sizeof *panel_scales);
    memset(values + outputs * work->depth, 0,
           (GEMM_PANEL - outputs) * work->depth * sizeof *values);
    for (size_t lane = 0; lane < outputs; lane++) {
        matmul_read_output(work->weight, item * GEMM_PANEL + lane, taps);
        winograd_weight_of(work->kernels, work->upsampled)(u, channels, taps, channels, channels);
        work->kernels->quantize_rows_i16(values + lane * work->depth, scales, u, products, 1,
                                         channels, I16_NORM);
        for (size_t p = 0; p < products; p++) panel_scales[p * GEMM_PANEL + lane] = scales[p];
    }
    matmul_i16_interleave(values, work->depth, work->packed + item * GEMM_PANEL * work->depth);
}

void conv_winograd_i16_pack(thread_pool *pool,
                            const cpu_kernels *kernels,
                            const tensor *weight,
                            bool upsampled,
                            void *packed,
                            void *scratch)
{
    pack_i16_work work = describe_i16(weight->shape, upsampled);
    work.kernels = kernels;
    work.weight = weight;
    work.packed = packed;
    work.scales = (float *)(void *)(work.packed + work.panels * GEMM_PANEL * work.depth);
    work.scratch = scratch;
    thread_pool_run(pool, work.panels, pack_i16_panel, &work);
}
