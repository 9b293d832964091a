/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SD14_PARITY_GOLDEN_DIFFERENCE_H
#define SD14_PARITY_GOLDEN_DIFFERENCE_H

#include "formats/json.h"

/**
 * The first value that two JSON objects do not share: where, and both values.
 *
 *     model.files["unet/config.json"].sha256: "ab..." and "cd..."
 *
 * @param ignored  a key of theirs that is not looked at
 * @return whether there is one; `to` (appended to) then says which. Out of memory shows in text_failed().
 */
bool golden_difference(const json_t *a, const json_t *b, const char *ignored, text *to);

#endif /* SD14_PARITY_GOLDEN_DIFFERENCE_H */
