/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: sd14/bench.h of the library that pretends. Two operators; a model named "broken" has none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sd14/bench.h>

#include "base/spread.h"

void sd14_spread_of(double *samples, size_t count, sd14_spread *out_spread)
{
    const spread of = spread_of(samples, count);
    *out_spread = (sd14_spread){of.min, of.median, of.p95, of.max, of.count};
}

void sd14_operator_bench_params_default(sd14_operator_bench_params *out_params)
{
    *out_params =
        (sd14_operator_bench_params){.batch = 2, .warmup = 1, .repetitions = 3, .seconds = 0.02};
}

sd14_status sd14_bench_operators(const sd14_model_params *model,
                                 const sd14_operator_bench_params *params,
                                 sd14_operator_bench **out_bench,
                                 sd14_error *error)
{
    static sd14_operator_time rows[2];
    static sd14_operator_bench bench;
    if (strcmp(model->path, "broken") == 0) {
        (void)snprintf(error->text, sizeof(error->text), "%s: not a model folder", model->path);
        return SD14_ERROR_MODEL;
    }
    if (!params->progress(params->progress_user, 0, 2, "conv_in")) return SD14_ERROR_CANCELLED;
    const uint64_t steps = params->steps == 0 ? 20 : (uint64_t)params->steps;
    const size_t count = (size_t)params->repetitions;
    rows[0] = (sd14_operator_time){.part = "unet",
                                   .operator_name = "conv2d",
                                   .node = "conv_in",
                                   .shapes = "[2,16,16,4] -> [2,16,16,64], kernel 3",
                                   .calls = 2,
                                   .calls_per_picture = 2 * steps,
                                   .macs = 1000000,
                                   .bytes = 4096,
                                   .seconds = {1e-3, 2e-3, 3e-3, 4e-3, count},
                                   .gflops = 1,
                                   .peak_fraction = 0.25,
                                   .share = 0.75};
    rows[1] = (sd14_operator_time){.part = "unet",
                                   .operator_name = "silu",
                                   .node = "act",
                                   .shapes = "[2,16,16,64] -> [2,16,16,64]",
                                   .calls = 1,
                                   .calls_per_picture = steps,
                                   .bytes = 8192,
                                   .seconds = {1e-3, 1e-3, 1e-3, 1e-3, count},
                                   .share = 0.25};
    bench = (sd14_operator_bench){.operators = rows,
                                  .n_operators = 2,
                                  .model_path = model->path,
                                  .model_name = "m",
                                  .width = 128,
                                  .height = 128,
                                  .steps = (int32_t)steps,
                                  .batch = params->batch,
                                  .threads = 2,
                                  .backend = "cpu",
                                  .precision = "f32",
                                  .isa = "avx2",
                                  .peak_gflops = 4};
    *out_bench = &bench;
    return SD14_OK;
}

void sd14_operator_bench_destroy(sd14_operator_bench *bench)
{
    (void)bench;
}
