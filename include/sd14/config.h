/* SPDX-License-Identifier: Apache-2.0 */

/** The configuration of a model, whole: every value of every component, and where it is from. */
#ifndef SD14_CONFIG_H
#define SD14_CONFIG_H

#include <sd14/model.h>
#include <sd14/text.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the derived values are for. Zero: the model's default. */
typedef struct sd14_config_params {
    int32_t width;  /**< Pixels, as sd14_generate_params.width. */
    int32_t height; /**< As width. */
    int32_t steps;  /**< Denoising steps, 1 to 1000. */
} sd14_config_params;

/**
 * Writes the configuration as canonical JSON: keys sorted, no spaces, one way to write a number, and "sha256",
 * the hash of the text without that key. Equal models give equal texts on every machine: paths, threads and
 * instruction sets are not in it. The form is in docs/json.md.
 *
 * Values are what diffusers' and transformers' objects hold after loading the folder, defaults filled in;
 * derived ones (the schedule's ends, timesteps, head sizes, parameters, multiply-adds, memory) come from the
 * same code that draws. Reads the folder's small files again; runs nothing.
 *
 * @param params    May be NULL: all defaults.
 * @param out_text  Set on success, UTF-8; the caller's: sd14_text_destroy(). Untouched on failure.
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  a field of params is out of its range
 *         SD14_ERROR_MODEL             a file of the folder went away or changed
 *         SD14_ERROR_OUT_OF_MEMORY
 *
 * Source: diffusers 0.42.1, transformers 5.23.0: the config objects of the loaded components.
 * Parity: tests/contract/config_dump.c
 */
SD14_NODISCARD SD14_API sd14_status sd14_config_json(const sd14_model *model,
                                                     const sd14_config_params *params,
                                                     char **out_text,
                                                     sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_CONFIG_H */
