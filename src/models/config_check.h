/* SPDX-License-Identifier: Apache-2.0 */

/** What config files share: keys whose value these networks fix, sizes, lists of sizes. */
#ifndef SD14_MODELS_CONFIG_CHECK_H
#define SD14_MODELS_CONFIG_CHECK_H

#include "formats/json.h"

/** A key that may be absent, or must hold one of these values (canonical JSON, separated by '|'). */
typedef struct config_fixed {
    const char *key;
    const char *values;
} config_fixed;

/** Checks one of them. */
SD14_NODISCARD sd14_status config_check_fixed(const json_node *root,
                                              const config_fixed *fixed,
                                              sd14_error *error);

/**
 * Checks every fixed key and refuses keys that are neither fixed nor in `read`, unless they are switched
 * off (null or false) or private (`_...`).
 * @param read  keys the caller reads itself; NULL-terminated.
 */
SD14_NODISCARD sd14_status config_check_keys(const json_node *root,
                                             const config_fixed *fixed,
                                             size_t n_fixed,
                                             const char *const *read,
                                             sd14_error *error);

/** A whole number, min to max; must be there. */
SD14_NODISCARD sd14_status config_size(const json_node *root,
                                       const char *key,
                                       size_t min,
                                       size_t max,
                                       size_t *out_size,
                                       sd14_error *error);

/** As config_size(), with a value for when the key is absent or null. */
SD14_NODISCARD sd14_status config_size_or(const json_node *root,
                                          const char *key,
                                          size_t absent,
                                          size_t min,
                                          size_t max,
                                          size_t *out_size,
                                          sd14_error *error);

/** A number from `min` to `max`, with a value for when the key is absent or null. */
SD14_NODISCARD sd14_status config_number_or(const json_node *root,
                                            const char *key,
                                            double absent,
                                            double min,
                                            double max,
                                            double *out_number,
                                            sd14_error *error);

SD14_NODISCARD sd14_status config_bool_or(
    const json_node *root, const char *key, bool absent, bool *out_bool, sd14_error *error);

/** block_out_channels: 1 to CONFIG_BLOCKS_MAX sizes, all multiples of `groups`. */
SD14_NODISCARD sd14_status config_channels(
    const json_node *root, size_t groups, size_t *out_sizes, size_t *out_count, sd14_error *error);

/** A list of `count` block types: out_flags[i] is whether the i-th is `yes`, which must else be `no`
 * (NULL: every one must be `yes`). */
SD14_NODISCARD sd14_status config_block_types(const json_node *root,
                                              const char *key,
                                              size_t count,
                                              const char *yes,
                                              const char *no,
                                              bool *out_flags,
                                              sd14_error *error);

#endif /* SD14_MODELS_CONFIG_CHECK_H */
