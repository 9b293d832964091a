/* SPDX-License-Identifier: Apache-2.0 */

/** How far a golden run is: what its folder's manifest, whole or partial, says and the files confirm. */
#ifndef SD14_PARITY_GOLDEN_RECORD_H
#define SD14_PARITY_GOLDEN_RECORD_H

#include "parity/golden_manifest.h"

typedef struct golden_record {
    const char *folder; /**< borrowed */
    const suite *suite; /**< borrowed */
    json_t *manifest;   /**< of this run, without items */
    json_t **items; /**< of each item of the suite its place in the manifest; NULL: not there yet */
    bool found_complete; /**< manifest.json was there with every item */
} golden_record;

/**
 * Reads the folder's manifest, hashes the files of its items, and leaves out those that are not whole. When
 * items are missing the folder has a partial manifest from here on.
 * @param manifest  of this run, without items; taken over, also on failure; NULL: there was no memory for it
 * @return SD14_ERROR_FILE: the folder has a run with other settings (named), or other things.
 */
SD14_NODISCARD sd14_status golden_record_open(const char *folder,
                                              json_t *manifest,
                                              const suite *suite,
                                              golden_record *out_record,
                                              sd14_error *error);

/** Adds item i, whose files are written, to the partial manifest. */
SD14_NODISCARD sd14_status golden_record_add(golden_record *record, size_t i, sd14_error *error);

/** Every item is there: writes manifest.json, unless it stands there already. */
SD14_NODISCARD sd14_status golden_record_finish(const golden_record *record, sd14_error *error);

/** An all-zero record is fine. */
void golden_record_release(golden_record *record);

#endif /* SD14_PARITY_GOLDEN_RECORD_H */
