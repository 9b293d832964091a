/* SPDX-License-Identifier: Apache-2.0 */

/**
 * First divergence: one prompt drawn on two sides, and every part of the one compared with the other's, in order,
 * until it is known which node differs first.
 *
 *     tokens -> schedule -> noise -> text_encoder -> unet (one step) -> scheduler -> latents -> vae_decoder -> picture
 *
 * Side A is what is judged. Side B, the reference, is another model, backend, precision or instruction set, or a
 * recording of diffusers (tools/reference/record.py). Each network of side A gets the reference's inputs, so that
 * a fault is found once, in the network that has it; noise, latents and picture are those of a run of each side by
 * itself. Nodes bear diffusers' names behind their stage's: "unet/down_blocks.0.resnets.0.conv1".
 */
#ifndef SD14_PARITY_H
#define SD14_PARITY_H

#include <stdbool.h>
#include <stdint.h>

#include <sd14/model.h>
#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What to compare. Fill with sd14_parity_params_default() first. All pointers are borrowed. */
typedef struct sd14_parity_params {
    /** Side A. */
    sd14_model *model;
    /** Side B, loaded by itself; or NULL. No session of either may be running. */
    sd14_model *reference;
    /** Side B, a file of recorded tensors with manifest.json beside it; or NULL. */
    const char *recording;
    /** UTF-8. NULL: the recording's. */
    const char *prompt;
    /** UTF-8. NULL: the recording's, or none. */
    const char *negative_prompt;
    /** Pixels, as sd14_generate_params has them. 0: the recording's, or the model's. */
    int32_t width, height;
    /** Denoising steps, 1 to 1000. 0: the recording's, or the model's. */
    int32_t steps;
    /** 0 to 100. Below 0: the recording's, or the model's. */
    float guidance;
    /** Whether `seed` counts; else the recording's, or 0. */
    bool has_seed;
    uint64_t seed;
    /** The step whose UNet nodes are compared, 0 to steps - 1. Default 0. */
    int32_t step;
    /** Glob on names, e.g. "unet/down_blocks.0.*"; NULL: everything. */
    const char *nodes;
    /** Every node of side A by itself on the reference's inputs, so that errors do not add up; noise, latents
     * and picture are left out. Not with a recording. */
    bool isolate;
    /** Largest relative L2 distance, |a - b| / |b|, of anything but the tokens, which must be equal. Below 0
     * (default): in float32 1e-5 for nodes, schedule and noise, 1e-4 for latents, 1e-3 for the picture; 2e-2
     * for nodes and 1e-1 for the other two where a side is less precise. */
    double threshold;
    void (*progress)(void *user, const char *what); /**< Told what runs now; or NULL. */
    void *progress_user;
} sd14_parity_params;

/** Sets every field to its default; model, reference, recording and prompt to NULL. */
SD14_API void sd14_parity_params_default(sd14_parity_params *out_params);

/** The outcome. */
typedef struct sd14_parity_report sd14_parity_report;

/**
 * Compares. Values of the reference that side A's are compared with lie in a temporary file in $TMPDIR (or /tmp),
 * which has no name and is gone afterwards: as large as all nodes of one network, gigabytes at 512x512.
 *
 * @param out_report  Set on success, whether or not something diverges; the caller owns it:
 *                    sd14_parity_report_destroy().
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  a field out of its range; models of different shape; a name that no node
 *                                      has; a step that was not recorded
 *         SD14_ERROR_MODEL, SD14_ERROR_FILE  the recording, or the temporary file
 *         SD14_ERROR_VERIFICATION      the reference itself gives NaN or infinity
 *         SD14_ERROR_DEVICE, SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD SD14_API sd14_status sd14_parity_run(const sd14_parity_params *params,
                                                    sd14_parity_report **out_report,
                                                    sd14_error *error);

/** NULL is fine. */
SD14_API void sd14_parity_report_destroy(sd14_parity_report *report);

/** Name of the first thing beyond its limit; NULL: nothing is. Belongs to the report. */
SD14_API const char *sd14_parity_report_first(const sd14_parity_report *report);

/** A table for people. Belongs to the report. */
SD14_API const char *sd14_parity_report_text(const sd14_parity_report *report);

/** The same with every node's figures, as one JSON object (docs/json.md). Belongs to the report. */
SD14_API const char *sd14_parity_report_json(const sd14_parity_report *report);

#ifdef __cplusplus
}
#endif

#endif /* SD14_PARITY_H */
