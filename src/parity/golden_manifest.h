/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The folder of a golden run: pictures of a suite with the tensors on their way, to compare with.
 *
 *     DIR/manifest.json            what made them, and the SHA-256 of every file below
 *     DIR/manifest.partial.json    the same while items are missing
 *     DIR/<id>/picture.png
 *     DIR/<id>/noise.npy           float32 [1, channels, height / 8, width / 8]
 *     DIR/<id>/latents_000.npy     the latent after 0, 25, 50, 75 and 100 % of the steps, as noise.npy
 *              ... _100.npy
 *     DIR/<id>/tensors.safetensors the same tensors, text_embeddings float32 [rows, tokens, width] and
 *                                  input_ids int32 [rows, tokens]; rows: negative prompt and prompt when
 *                                  guided, else the prompt
 *     DIR/<id>/measurements.json   seconds and memory: differs from run to run, so not in the manifest
 *
 * tools/reference/golden_diffusers.py writes it too; parity/run_folder.h reads it.
 */
#ifndef SD14_PARITY_GOLDEN_MANIFEST_H
#define SD14_PARITY_GOLDEN_MANIFEST_H

#include "parity/suite.h"

enum { GOLDEN_FORMAT = 1, GOLDEN_CHECKPOINTS = 5, GOLDEN_FILES = 8 };

#define GOLDEN_MANIFEST "manifest.json"
#define GOLDEN_PARTIAL "manifest.partial.json"

/** The files of an item that the manifest lists, in its order. */
extern const char *const golden_file_names[GOLDEN_FILES];

/** A place on the way from noise to the final latent. */
typedef struct golden_checkpoint {
    int percent;
    const char *name; /**< "latents_025" */
} golden_checkpoint;

extern const golden_checkpoint golden_checkpoints[GOLDEN_CHECKPOINTS];

/** Steps done at a checkpoint: percent of the steps, halves rounded up. */
int golden_checkpoint_step(int percent, int steps);

/** One file of the model and its hash. */
typedef struct golden_model_file {
    const char *name;
    const char *sha256;
} golden_model_file;

/** What computes. Everything is borrowed. */
typedef struct golden_machine {
    const char *version; /**< of this program */
    const char *model_name;
    const golden_model_file *files;
    size_t n_files;
    const char *backend, *precision, *isa;
    int threads;
} golden_machine;

/**
 * The manifest of a run without items: format, kind, producer, suite, model, backend, precision, isa,
 * threads, sampler, and noise_from where `noise_sha256` (of another run's manifest) is not NULL.
 * @return NULL without memory; else the caller's to json_decref().
 */
json_t *
golden_manifest_new(const golden_machine *machine, const suite *suite, const char *noise_sha256);

/** An item of the manifest without its files; NULL without memory. */
json_t *golden_manifest_item(const suite_item *item);

/** Appends DIR/<id>/'s files to an item, hashed as they are. */
SD14_NODISCARD sd14_status golden_manifest_add_files(json_t *item,
                                                     const char *folder,
                                                     const char *id,
                                                     sd14_error *error);

/** Writes it as folder/name. */
SD14_NODISCARD sd14_status golden_manifest_write(const json_t *manifest,
                                                 const char *folder,
                                                 const char *name,
                                                 sd14_error *error);

#endif /* SD14_PARITY_GOLDEN_MANIFEST_H */
