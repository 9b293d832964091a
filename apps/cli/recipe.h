/* SPDX-License-Identifier: Apache-2.0 */

/** All that is needed to draw a picture again: as texts for its PNG, and as JSON. docs/json.md. */
#ifndef SD14_CLI_RECIPE_H
#define SD14_CLI_RECIPE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include <sd14/sd14.h>

/** Everything is borrowed. */
typedef struct recipe {
    const char *prompt;
    const char *negative_prompt; /**< "": none */
    const char *sampler;
    const sd14_model_file *files;
    size_t n_files;
    sd14_model_info model;
    uint64_t seed;
    float guidance, eta;
    float guidance_interval[2]; /**< parts of the steps; 0, 0: all */
    int32_t cache;              /**< up to 1: none */
    int32_t width, height, steps;
} recipe;

/** The PNG text "parameters", as AUTOMATIC1111 writes it. The caller's to free(); NULL: no memory. */
char *recipe_parameters(const recipe *from);

/** The PNG text "sd14": JSON, keys sorted, no spaces, ASCII. The caller's to free(); NULL: no memory. */
char *recipe_json_text(const recipe *from);

/** Fields shared by all of --json's results: version, model, settings. NULL: no memory. */
json_t *recipe_run(const recipe *from);

/** [{"name": ..., "sha256": ...}, ...] */
json_t *recipe_files(const recipe *from);

/** A number; from 2^63 on a string of digits, because JSON readers (ours too) hold no such integer. */
json_t *recipe_seed(uint64_t seed);

/** A string that may not be UTF-8 (a path): every byte that is not ASCII becomes '?' then. */
json_t *recipe_path(const char *path);

/** The precision that floats need in JSON: nine digits. */
#define RECIPE_JSON_FLAGS (JSON_REAL_PRECISION(9))

#endif /* SD14_CLI_RECIPE_H */
