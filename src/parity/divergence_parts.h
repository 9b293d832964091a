/* SPDX-License-Identifier: Apache-2.0 */

/** What the divergence_*.c files share. */
#ifndef SD14_PARITY_DIVERGENCE_PARTS_H
#define SD14_PARITY_DIVERGENCE_PARTS_H

#include "parity/divergence.h"

enum { DIVERGENCE_NAME_BYTES = 512 };

/** One search. */
typedef struct divergence_run {
    const divergence_params *params;
    divergence *found;
    size_t batch;                   /**< of the UNet: 2 when guided */
    size_t height, width, channels; /**< of a latent */
} divergence_run;

/** Elements of a latent. */
static inline size_t divergence_latent_count(const divergence_run *run)
{
    return run->height * run->width * run->channels;
}

/* ---- divergence_items.c ----------------------------------------------------------------------------- */

/** "unet/conv_in", or "noise" of an empty name; returns `out`. */
const char *
divergence_name(divergence_stage stage, const char *name, char out[DIVERGENCE_NAME_BYTES]);

/** Whether `params.nodes` asks for it. */
bool divergence_wants(const divergence_run *run, divergence_stage stage, const char *name);

/** What one comparison is about. */
typedef struct divergence_subject {
    divergence_stage stage;
    const char *name; /**< without the stage's; may be "" */
    const char *op;   /**< or NULL */
    shape shape;
} divergence_subject;

/** Compares all elements of the subject's shape and adds the item, if it is asked for. */
SD14_NODISCARD sd14_status divergence_add(divergence_run *run,
                                          const divergence_subject *subject,
                                          const float *ours,
                                          const float *theirs,
                                          sd14_error *error);

/** The same against recorded values, which may be a digest. */
SD14_NODISCARD sd14_status divergence_add_recorded(divergence_run *run,
                                                   const divergence_subject *subject,
                                                   const float *ours,
                                                   const recorded_values *theirs,
                                                   sd14_error *error);

/** Adds an item that side A could not make; `why` becomes the stage's note. */
SD14_NODISCARD sd14_status divergence_add_missing(divergence_run *run,
                                                  const divergence_subject *subject,
                                                  const char *why,
                                                  sd14_error *error);

/* ---- divergence_network.c ---------------------------------------------------------------------------- */

/** A network of both sides and the reference's inputs, which both get. */
typedef struct divergence_network {
    divergence_stage stage;
    const graph *ours, *theirs;                /**< theirs NULL: recorded */
    const tensor *our_tensors, *their_tensors; /**< NULL for a network without weights */
    const void *const *inputs;                 /**< one per graph input */
    float *output;                             /**< live: the reference's, written; may be NULL */
    const char *prefix; /**< recorded: what the names begin with: "unet@951" */
} divergence_network;

/** Runs the reference, then side A, and compares every node that is asked for. */
SD14_NODISCARD sd14_status divergence_compare_live(divergence_run *run,
                                                   const divergence_network *network,
                                                   sd14_error *error);

/** Runs side A and compares every module that was recorded. */
SD14_NODISCARD sd14_status divergence_compare_recorded(divergence_run *run,
                                                       const divergence_network *network,
                                                       sd14_error *error);

/** Whether any node of the graph is asked for. */
bool divergence_wants_network(const divergence_run *run, divergence_stage stage, const graph *of);

/* ---- divergence_whole.c ------------------------------------------------------------------------------ */

/** What a side's whole run made. */
typedef struct divergence_whole {
    float *
        latents; /**< [steps + 1, height, width, channels]: the noise first; `done` + 1 are filled in */
    int done;      /**< steps; -1: not even the noise */
    float *pixels; /**< [height, width, 3], 0 to 255; NULL: not asked for */
} divergence_whole;

/**
 * Runs a side by itself as far as the latent after `last` steps, or to its picture.
 * @return VERIFICATION (NaN in a latent or in the picture: what came before is there), and others.
 */
SD14_NODISCARD sd14_status divergence_whole_run(const divergence_run *run,
                                                const divergence_side *side,
                                                int last,
                                                bool picture,
                                                divergence_whole *out_whole,
                                                sd14_error *error);

void divergence_whole_release(divergence_whole *of);

/** The last step whose latent is asked for (0: the noise); -1: none. */
int divergence_last_latent(const divergence_run *run);

bool divergence_wants_picture(const divergence_run *run);

/** Compares noise, latents and picture. @param failure  why side A did not get to the end; "" */
SD14_NODISCARD sd14_status divergence_compare_whole(divergence_run *run,
                                                    const divergence_whole *ours,
                                                    const divergence_whole *theirs,
                                                    const char *failure,
                                                    sd14_error *error);

#endif /* SD14_PARITY_DIVERGENCE_PARTS_H */
