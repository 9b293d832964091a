/* SPDX-License-Identifier: Apache-2.0 */

/** The names that files have used for the same tensor over the years. */
#ifndef SD14_MODELS_WEIGHT_NAMES_H
#define SD14_MODELS_WEIGHT_NAMES_H

#include <stdbool.h>

enum { WEIGHT_NAME_BYTES = 256 };

/**
 * Today's diffusers name of a tensor: VAE attention "query", "key", "value", "proj_attn" become "to_q",
 * "to_k", "to_v", "to_out.0"; text encoder names get the prefix "text_model.".
 * @return false for a tensor that no network reads (position_ids, text_projection).
 */
bool weight_name_today(const char *component, const char *name, char out_name[WEIGHT_NAME_BYTES]);

#endif /* SD14_MODELS_WEIGHT_NAMES_H */
