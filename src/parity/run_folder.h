/* SPDX-License-Identifier: Apache-2.0 */

/** A recorded run of a suite, read: its manifest.json, and one folder per item. */
#ifndef SD14_PARITY_RUN_FOLDER_H
#define SD14_PARITY_RUN_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "formats/json.h"

/** A file of an item as the manifest has it. */
typedef struct run_file {
    const char *name; /**< inside the run's folder: "red-apple/noise.npy" */
    const char *sha256;
    int64_t bytes;
} run_file;

/** A latent that was kept. */
typedef struct run_checkpoint {
    const char *name; /**< "latents_050": of the .npy file and of the tensor */
    int64_t percent;
    int64_t step; /**< steps done */
} run_checkpoint;

typedef struct run_item {
    const char *id; /**< a-z, 0-9 and '-': the name of its folder */
    const json_t
        *all; /**< its whole object: prompt, seed, steps, ...; these are there, sides up to 65536 */
    run_checkpoint *checkpoints;
    size_t checkpoint_count;
    run_file *files;
    size_t file_count;
} run_item;

typedef struct run_folder {
    char *path;
    json_document manifest; /**< holds the strings */
    run_item *items;        /**< at least one, in the manifest's order */
    size_t item_count;
} run_folder;

/**
 * Reads DIR/manifest.json and checks what is relied on: ids and file names stay inside the folder.
 * @return SD14_ERROR_FILE (no run, one that is not finished, damaged, of another format); SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status run_folder_open(const char *path,
                                           run_folder *out_run,
                                           sd14_error *error);

/** As run_folder_open(), from DIR/<manifest>, which may have no items yet. */
SD14_NODISCARD sd14_status run_folder_open_manifest(const char *path,
                                                    const char *manifest,
                                                    run_folder *out_run,
                                                    sd14_error *error);

/** An all-zero or closed run is fine. */
void run_folder_close(run_folder *run);

/** The item of that id; NULL: none. */
const run_item *run_folder_find(const run_folder *run, const char *id);

/** A value near the manifest's top by up to two keys ("producer", "version"); NULL: none. `inner` may be
 * NULL. */
const json_t *run_folder_value(const run_folder *run, const char *key, const char *inner);

/** "DIR/red-apple/noise.npy"; the caller's to mem_free(), NULL: no memory. */
char *run_folder_path(const run_folder *run, const char *name);

/** How a file compares with what the manifest says. */
typedef enum run_file_state {
    RUN_FILE_SAME,
    RUN_FILE_MISSING,
    RUN_FILE_SIZE,   /**< longer or shorter */
    RUN_FILE_CHANGED /**< other bytes */
} run_file_state;

/** Hashes a file again. @return SD14_ERROR_FILE: it is there and cannot be read. */
SD14_NODISCARD sd14_status run_folder_check_file(const run_folder *run,
                                                 const run_file *file,
                                                 run_file_state *out_state,
                                                 sd14_error *error);

#endif /* SD14_PARITY_RUN_FOLDER_H */
