/* SPDX-License-Identifier: Apache-2.0 */

/** Prompt suites: lists of pictures to draw with fixed seeds, configs/suites/ and its JSON Schema. */
#ifndef SD14_PARITY_SUITE_H
#define SD14_PARITY_SUITE_H

#include <stdbool.h>

#include "base/sha256.h"
#include "formats/json.h"

/** Most items of a suite, and longest id or name. */
enum { SUITE_ITEMS_MAX = 10000, SUITE_ID_MAX = 64 };

/** One picture. Strings belong to the suite. */
typedef struct suite_item {
    const char *id; /**< [a-z0-9-]{1,64}, no other item's */
    const char *prompt;
    const char *negative_prompt; /**< "": none */
    int64_t seed;                /**< >= 0 */
    int steps;                   /**< 1 to SCHEDULE_STEPS_MAX */
    double guidance_scale;       /**< 0 to 100, as the file says it; to be used as float32 */
    int width, height;           /**< pixels, multiples of 64 from 64 to 2048 */
} suite_item;

typedef struct suite {
    json_document document;         /**< holds the strings */
    const char *name;               /**< as an id */
    const char *sampler;            /**< "ddim" */
    char sha256[SHA256_TEXT_BYTES]; /**< of the file */
    suite_item *items;
    size_t n_items;
} suite;

/**
 * Reads and checks a suite.
 * @return SD14_OK; SD14_ERROR_FILE as "path: items[3].steps: ..." (missing, not JSON, an unknown key, a
 *         value of another type or out of range, an id twice); SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status suite_load(const char *path, suite *out_suite, sd14_error *error);

/** Whether a text is an id: 1 to SUITE_ID_MAX of a-z, 0-9 and -. Ids become folders: nothing in them needs
 * quoting or leads out. */
bool suite_id_is_valid(const char *id);

/** An all-zero or released suite is fine. */
void suite_release(suite *of);

#endif /* SD14_PARITY_SUITE_H */
