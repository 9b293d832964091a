/* SPDX-License-Identifier: Apache-2.0 */

/** Where huggingface_hub keeps its files, by the rules of its constants.py. */
#ifndef SD14_PROBE_HUGGING_FACE_H
#define SD14_PROBE_HUGGING_FACE_H

#include "machine/machine.h"

/** $HF_HOME, else "huggingface" in the cache folder. */
bool hugging_face_home(const machine *on, char out[PATH_MAX]);

/** Downloads: $HF_HUB_CACHE, else (old) $HUGGINGFACE_HUB_CACHE, else "hub" in the home. */
bool hugging_face_hub(const machine *on, char out[PATH_MAX]);

/** Where a token was found. Its value is never read from a file, copied or measured. */
typedef struct hugging_face_token {
    const char *place; /**< in words, never a path that a variable gave: people put tokens into the
                            wrong variable; NULL: no token */
    bool old_place;    /**< works, but huggingface_hub has given it up */
    bool others_can_read; /**< a file's permissions allow more than its owner */
} hugging_face_token;

hugging_face_token hugging_face_find_token(const machine *on);

#endif /* SD14_PROBE_HUGGING_FACE_H */
