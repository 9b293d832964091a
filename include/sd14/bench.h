/* SPDX-License-Identifier: Apache-2.0 */

/** How fast a model's operators run on this machine, and how repeated measurements are summed up. */
#ifndef SD14_BENCH_H
#define SD14_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sd14/model.h>
#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How measurements lie. */
typedef struct sd14_spread {
    double min, median, p95, max; /**< all 0 when count is 0 */
    size_t count;
} sd14_spread;

/**
 * The spread of `count` finite samples, which are sorted in place. A quantile between two samples lies on
 * the line between them.
 *
 * Source: numpy.percentile's default method "linear"; equal to it bit by bit.
 */
SD14_API void sd14_spread_of(double *samples, size_t count, sd14_spread *out_spread);

/** What sd14_bench_operators() measures. Fill with sd14_operator_bench_params_default() first. */
typedef struct sd14_operator_bench_params {
    int32_t width,
        height; /**< Pixels of the picture, as in sd14_generate_params; 0 (default): the model's. */
    int32_t steps;       /**< Of the picture whose time is shared out; 0 (default): the model's. */
    int32_t batch;       /**< Latents per UNet step: 2 (default), a guidance pair, or 1. */
    int32_t warmup;      /**< Calls of each operator that are not counted, 0 to 1000. Default 1. */
    int32_t repetitions; /**< Counted calls of each operator at least, 1 to 1000. Default 3. */
    double seconds; /**< Time for each operator at least, in at most 1000 calls. Default 0.02. */
    /** Called before each operator; false ends it all with SD14_ERROR_CANCELLED. NULL: none. */
    bool (*progress)(void *user, size_t done, size_t count, const char *node);
    void *progress_user;
} sd14_operator_bench_params;

SD14_API void sd14_operator_bench_params_default(sd14_operator_bench_params *out_params);

/** One operator at one set of shapes, as often as a network has it. */
typedef struct sd14_operator_time {
    const char *part;           /**< "text_encoder", "unet", "scheduler", "vae_decoder" */
    const char *operator_name;  /**< "conv2d"; src/graph/ops.h lists them */
    const char *node;           /**< diffusers' name of the first node like this */
    const char *shapes;         /**< "[2,64,64,320] -> [2,64,64,320], kernel 3", channels last */
    uint64_t calls;             /**< in one run of the part */
    uint64_t calls_per_picture; /**< `calls`, times the steps where the part runs once per step */
    uint64_t macs;       /**< multiply-adds of one call; 0 but for linear, conv2d, attention */
    uint64_t bytes;      /**< float32 activations read and written, and weights read, of one call */
    sd14_spread seconds; /**< of one call */
    /** 1e9 operations a second at the median, two per multiply-add of the plain sum of products; 0 without. */
    double gflops;
    double peak_gflops; /**< of the units that compute it: float32's, or those of 16-bit integers */
    /** gflops as a part of peak_gflops, above 1 where Winograd needs fewer; 0 where either is 0. */
    double peak_fraction;
    double share; /**< of the time of all operators of a picture, by their medians: 0 to 1 */
} sd14_operator_time;

typedef struct sd14_operator_bench {
    sd14_operator_time *operators; /**< greatest share first */
    size_t n_operators;
    const char *model_path, *model_name; /**< as in sd14_model_info */
    int32_t width, height, steps, batch, threads;
    const char *backend, *precision, *isa; /**< in use */
    /** Of the processor's float32 multiply-add units with these threads, measured before and after, the
     * greater; 0: the plain C kernels use none. */
    double peak_gflops;
} sd14_operator_bench;

/**
 * Times every operator of a picture, each alone: one call on the backend with random weights and values.
 * What a backend fuses (on the CPU a silu after group_norm, an addition after a product) is timed apart.
 * Equal operators at equal shapes are timed once. The model's folder needs its configurations only: neither
 * weights nor tokenizer are opened.
 *
 * @param out_bench  Set on success; the caller owns it: sd14_operator_bench_destroy(). Untouched on failure.
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  a parameter is out of its range
 *         SD14_ERROR_MODEL             no configurations, or not of a model this library can run
 *         SD14_ERROR_DEVICE            the backend is not there, or failed
 *         SD14_ERROR_OUT_OF_MEMORY
 *         SD14_ERROR_CANCELLED         progress() returned false
 */
SD14_NODISCARD SD14_API sd14_status sd14_bench_operators(const sd14_model_params *model,
                                                         const sd14_operator_bench_params *params,
                                                         sd14_operator_bench **out_bench,
                                                         sd14_error *error);

/** NULL is fine. */
SD14_API void sd14_operator_bench_destroy(sd14_operator_bench *bench);

#ifdef __cplusplus
}
#endif

#endif /* SD14_BENCH_H */
