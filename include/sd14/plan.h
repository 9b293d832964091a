/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What a drawing takes, before anything is loaded or opened: memory, and on a Tenstorrent card a forecast of time.
 *
 * For a card the networks are lowered to the calls that the device would execute; neither a device nor Python nor
 * weights are needed.
 */
#ifndef SD14_PLAN_H
#define SD14_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include <sd14/generate.h>
#include <sd14/model.h>
#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What to draw. Fill with sd14_plan_params_default() first. */
typedef struct sd14_plan_params {
    int32_t width, height; /**< Pixels, as in sd14_generate_params; 0 (default): the model's. */
    int32_t steps;         /**< 1 to 1000; 0 (default): the model's. */
    float
        guidance; /**< 0 to 100, 1 or less: one latent per step; below 0 (default): the model's. */
    float eta;    /**< 0 (default) to 1. */
} sd14_plan_params;

SD14_API void sd14_plan_params_default(sd14_plan_params *out_params);

/** The least work and time of some calls on one chip. Each tensor read or made passes once, every unit at its
 * peak: docs/tenstorrent.md has the assumptions and their sources. */
typedef struct sd14_forecast {
    uint64_t macs;       /**< multiply-adds on whole tiles */
    uint64_t dram_bytes; /**< read and written */
    uint64_t l1_bytes;
    double compute_seconds, dram_seconds, l1_seconds;
    double seconds; /**< call by call the greatest of the three, added up */
} sd14_forecast;

/** Calls of one ttnn function with equal work. */
typedef struct sd14_device_call {
    const char *function;   /**< "conv2d" */
    const char *node;       /**< diffusers' name of the node that the first belongs to */
    int32_t count;          /**< in a run */
    sd14_forecast forecast; /**< of one */
} sd14_device_call;

enum { SD14_PLAN_CALLS = 5 };

/** One network on one chip of a card. */
typedef struct sd14_device_network {
    const char *name;     /**< "text_encoder", "denoise" (UNet, guidance, DDIM) or "vae_decoder" */
    int32_t runs;         /**< per picture */
    int32_t calls;        /**< of ttnn functions in one run */
    int32_t kernel_calls; /**< of these, those that run something on the device */
    uint64_t weights_bytes, inputs_bytes; /**< in DRAM, all the time */
    uint64_t
        padding_bytes;     /**< at most so much more for weights: conv2d fills up a grid of cores */
    uint64_t values_bytes; /**< in DRAM at the fullest call, weights and inputs apart */
    const char *fullest_function, *fullest_node; /**< that call */
    uint64_t l1_values_bytes;                    /**< of each core, placed between calls */
    uint64_t l1_left_bytes; /**< of each core, for what calls take while they run */
    sd14_forecast forecast; /**< of one run */
    sd14_device_call slowest[SD14_PLAN_CALLS]; /**< those that take longest in all, longest first */
    size_t n_slowest;
} sd14_device_network;

enum { SD14_PLAN_NETWORKS = 3, SD14_PLAN_CARDS = 2 };

/** A drawing on a card. */
typedef struct sd14_card_plan {
    const char *name; /**< "N150", "N300" */
    int32_t
        chips; /**< in use: 2 have a half of guidance each, memory and time are of one of them */
    uint64_t dram_bytes;   /**< of a chip */
    uint64_t needed_bytes; /**< weights, their padding and inputs of all networks, and the values
                               of the fullest */
    const char *problem;   /**< NULL: it fits; else a sentence with the numbers */
    sd14_device_network networks[SD14_PLAN_NETWORKS];
    double picture_seconds; /**< all runs of all networks */
} sd14_card_plan;

typedef struct sd14_plan {
    const char *model_path, *model_name; /**< as in sd14_model_info */
    int32_t width, height, steps;
    float guidance;
    const char *backend;
    const char *problem;     /**< NULL: it fits where the model's parameters say it shall run */
    sd14_memory_plan memory; /**< backend "cpu", else all 0 */
    sd14_card_plan cards[SD14_PLAN_CARDS]; /**< backend "ttnn": N150, N300 */
    size_t n_cards;                        /**< backend "cpu": 0 */
} sd14_plan;

/**
 * Plans a drawing. Nothing is drawn, and no device is opened.
 *
 * @param model     With the backend "ttnn" its folder needs its configurations only, and device_options say how
 *                  the networks are computed; "chips" (1: the N150, 2: the N300) decides which card's problem
 *                  is the plan's.
 * @param out_plan  Set on success, also when the drawing does not fit; the caller owns it:
 *                  sd14_plan_destroy(). Untouched on failure.
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  a parameter is out of its range
 *         SD14_ERROR_MODEL             not a model this library can run
 *         SD14_ERROR_DEVICE            no such backend
 *         SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD SD14_API sd14_status sd14_plan_make(const sd14_model_params *model,
                                                   const sd14_plan_params *params,
                                                   sd14_plan **out_plan,
                                                   sd14_error *error);

/** NULL is fine. */
SD14_API void sd14_plan_destroy(sd14_plan *plan);

#ifdef __cplusplus
}
#endif

#endif /* SD14_PLAN_H */
