/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Where two computations of one picture part: side A against a reference, side B, which is another model,
 * backend, precision or instruction set, or what was recorded of diffusers.
 *
 *     tokens ─▶ schedule ─▶ noise ─▶ text_encoder ─▶ unet (one step) ─▶ scheduler ─▶ latents ─▶ vae_decoder ─▶ picture
 *
 * Every network of side A gets the reference's inputs, so a fault in one is not found again in the next; with
 * `isolate` so does every node by itself, and then each node that differs is at fault on its own. Only noise,
 * latents and picture come from a whole run of each side by itself.
 *
 * Memory: the reference runs first, network after network, and its nodes' values go to a file (base/spill.h)
 * that side A's are compared with as they appear. So never more than one network of one side is in memory.
 */
#ifndef SD14_PARITY_DIVERGENCE_H
#define SD14_PARITY_DIVERGENCE_H

#include "base/log.h"
#include "base/text.h"
#include "graph/backend.h"
#include "models/model.h"
#include "parity/recording.h"
#include "tensor/distance.h"
#include "tensor/statistics.h"

/** Stages in the order of the chain. */
typedef enum divergence_stage {
    DIVERGENCE_TOKENS,
    DIVERGENCE_SCHEDULE,
    DIVERGENCE_NOISE,
    DIVERGENCE_TEXT_ENCODER,
    DIVERGENCE_UNET,
    DIVERGENCE_SCHEDULER,
    DIVERGENCE_LATENTS,
    DIVERGENCE_VAE_DECODER,
    DIVERGENCE_PICTURE,
    DIVERGENCE_STAGES
} divergence_stage;

/** "tokens", "schedule", ...: what names begin with. */
const char *divergence_stage_name(divergence_stage stage);

/** One side. All borrowed. */
typedef struct divergence_side {
    const model *model;
    backend *backend;
    const char *path;
    const char *isa;
    const char *precision;
} divergence_side;

/** Ranges are the caller's to check; sizes are multiples of model_pixel_multiple(). All borrowed. */
typedef struct divergence_params {
    divergence_side ours;
    divergence_side theirs; /**< model NULL: `recorded` is the reference */
    const recording *recorded;
    const char *recording_path;
    const char *prompt, *negative_prompt;
    size_t width, height; /**< pixels */
    int steps;
    float guidance;
    uint64_t seed;
    int step;          /**< whose UNet nodes are compared, 0 to steps - 1 */
    const char *nodes; /**< glob on "unet/conv_in" and its like; NULL: all */
    bool isolate;      /**< two live sides only */
    double threshold;  /**< relative L2 for all but the tokens; below 0: divergence_limit() */
    const log_target *log;
    void (*progress)(void *user, const char *what); /**< or NULL */
    void *progress_user;
} divergence_params;

/** One comparison. */
typedef struct divergence_item {
    char *name;     /**< "unet/down_blocks.0.resnets.0.conv1" */
    const char *op; /**< operator; NULL where no operator made it */
    shape shape;
    tensor_distance distance;
    bool sampled; /**< the reference holds samples and sums of it, not all values */
    bool beyond;
} divergence_item;

/** Index of no item. */
#define DIVERGENCE_NONE SIZE_MAX

typedef struct divergence_stage_result {
    divergence_item *items; /**< in the network's order */
    size_t count, capacity;
    double limit;        /**< relative L2 */
    size_t beyond;       /**< how many are */
    size_t first, worst; /**< beyond; the largest relative L2 (or the first not finite) */
    tensor_statistics ours, theirs; /**< of `first` */
    char note[512]; /**< why something has no figures; "" when there is nothing to say */
} divergence_stage_result;

typedef struct divergence {
    divergence_stage_result stages[DIVERGENCE_STAGES];
    int timestep; /**< of params.step */
} divergence;

/** The default limit of a stage, relative L2. @param exact  both sides compute in float32 */
double divergence_limit(divergence_stage stage, bool exact);

/**
 * @param out_found  set on success, whether or not something diverges; to give to divergence_destroy().
 * @return SD14_OK; INVALID_ARGUMENT (sides of different shape, no node of that name, a step that was not
 *         recorded); FILE (the recording, the temporary file); VERIFICATION (NaN in the reference); MODEL;
 *         OUT_OF_MEMORY; DEVICE.
 */
SD14_NODISCARD sd14_status divergence_find(const divergence_params *params,
                                           divergence **out_found,
                                           sd14_error *error);

/** NULL is fine. */
void divergence_destroy(divergence *found);

/** The first item beyond its limit, in the order of the chain; its stage. NULL: there is none. */
const divergence_item *divergence_first(const divergence *found, divergence_stage *out_stage);

/** A table of stages and what is known of the first divergence. */
void divergence_text(const divergence_params *params, const divergence *found, text *to);

/** The same, and every item, as JSON: docs/json.md. */
SD14_NODISCARD sd14_status divergence_json(const divergence_params *params,
                                           const divergence *found,
                                           text *to,
                                           sd14_error *error);

#endif /* SD14_PARITY_DIVERGENCE_H */
