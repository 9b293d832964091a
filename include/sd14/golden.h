/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Golden runs: the pictures of a prompt suite kept together with the tensors on their way, so that another
 * machine, precision or backend can be compared with them.
 *
 *     manifest.json                 what made them, and the SHA-256 of every file below
 *     <id>/picture.png
 *     <id>/noise.npy                the initial noise
 *     <id>/latents_000.npy          the latent after 0, 25, 50, 75 and 100 % of the steps
 *          ... latents_100.npy
 *     <id>/tensors.safetensors      the same tensors under the names noise, latents_000, ...;
 *                                   text_embeddings float32 [rows, 77, 768]; input_ids int32 [rows, 77]
 *     <id>/measurements.json        seconds and memory: not in the manifest
 *
 * Noise and latents are float32 [1, 4, height / 8, width / 8]. Rows are the negative prompt and the prompt
 * when guidance is above 1, else the prompt alone. tools/reference/golden_diffusers.py makes such a folder
 * with diffusers. docs/json.md has the manifest's fields.
 */
#ifndef SD14_GOLDEN_H
#define SD14_GOLDEN_H

#include <stddef.h>

#include <sd14/generate.h>
#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What happened to an item. */
typedef enum sd14_golden_event {
    SD14_GOLDEN_KEPT,    /**< it was there from an earlier run, its files as the manifest says */
    SD14_GOLDEN_DRAWING, /**< it begins */
    SD14_GOLDEN_WRITTEN  /**< all of its files are there */
} sd14_golden_event;

/** What to run. Zero it first: fields added later then work. Strings are borrowed during the call. */
typedef struct sd14_golden_params {
    const char *suite;  /**< The suite's file, such as configs/suites/smoke.json. */
    const char *folder; /**< Where to write; made if it is not there. */
    /** Folder of a golden run whose noise.npy replaces the seeds' noise, item by item; NULL: the seeds'. */
    const char *noise_from;
    void (*item)(void *user, sd14_golden_event event, const char *id, size_t index, size_t count);
    void (*progress)(void *user, const sd14_progress *progress); /**< of the item begun; or NULL */
    void *user;                                                  /**< given to both */
} sd14_golden_params;

/**
 * Draws every item of a suite that the folder does not have yet. A run that was ended in any way, kill -9 too,
 * goes on when it is called again with the same parameters, and leaves the same bytes in every file but
 * measurements.json. A folder that holds a run of another suite, model, program version, precision, instruction
 * set, thread count or noise is refused.
 *
 * @param session  Used exclusively for the length of the call; sd14_session_cancel() ends it.
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  a parameter is missing, or the model cannot draw an item's size
 *         SD14_ERROR_FILE              the suite, the noise or the folder: the place is named
 *         else as sd14_generate(), the item named; what was written before stays
 */
SD14_NODISCARD SD14_API sd14_status sd14_golden_run(sd14_session *session,
                                                    const sd14_golden_params *params,
                                                    sd14_error *error);

/** What is wrong with a file. */
typedef enum sd14_golden_problem {
    SD14_GOLDEN_MISSING,
    SD14_GOLDEN_SIZE,   /**< longer or shorter than it was */
    SD14_GOLDEN_CHANGED /**< as long as it was, with other bytes */
} sd14_golden_problem;

/**
 * Hashes every file that a folder's manifest.json names. Needs no model.
 *
 * @param problem      Told of each file that is not as it was; or NULL.
 * @param out_n_files  Files in the manifest; set on SD14_OK and SD14_ERROR_VERIFICATION.
 * @return SD14_OK
 *         SD14_ERROR_VERIFICATION  a file is missing or differs
 *         SD14_ERROR_FILE          no manifest, a damaged one, or a run that is not finished
 *         SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD SD14_API sd14_status sd14_golden_verify(const char *folder,
                                                       void (*problem)(void *user,
                                                                       const char *name,
                                                                       sd14_golden_problem problem),
                                                       void *user,
                                                       size_t *out_n_files,
                                                       sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_GOLDEN_H */
