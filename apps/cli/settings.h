/* SPDX-License-Identifier: Apache-2.0 */

/** What the commands' options mean: the structs that their tables fill. */
#ifndef SD14_CLI_SETTINGS_H
#define SD14_CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli.h"
#include "options.h"

/** Options that every command which runs a model has. */
typedef struct model_settings {
    const char *path; /**< NULL: look for the built-in model */
    const char *backend;
    const char *precision;
    const char *isa; /**< "auto": the newest this processor has */
    const char *color;
    int32_t threads; /**< 0: the cores this process may use */
    int verbosity;
    bool quiet;
    bool json;
} model_settings;

typedef struct generate_settings {
    model_settings model;
    const char *operand;       /**< the prompt without an option before it, or NULL */
    const char *prompt_option; /**< -p, or NULL */
    const char *prompt_file;   /**< or NULL */
    const char *negative_prompt;
    const char *output; /**< NULL: the first free of output.png, output-1.png, ... */
    const char *sampler;
    int32_t steps;  /**< 0: the model's default */
    float guidance; /**< below 0: the model's default */
    float eta;
    int32_t size[2]; /**< width, height; 0: the model's default */
    option_seed seed;
    int32_t batch_count;
    bool show;
} generate_settings;

typedef struct bench_settings {
    model_settings model;
    const char *operand; /**< unused: bench takes none */
    const char *prompt;
    int32_t steps;
    float guidance;
    int32_t size[2];
    int32_t repeat;
} bench_settings;

extern const option_command generate_command;
extern const option_command bench_command;

generate_settings generate_settings_default(void);
bench_settings bench_settings_default(void);

/** Applies -q, -v and --color. False: they contradict each other, and the console said so. */
bool model_settings_apply(const model_settings *settings, console *con);

/** Opens the model that the settings name, or the built-in one; the console said why not. */
exit_code model_settings_load(const model_settings *settings, console *con, sd14_model **out_model);

/** Whether the model can draw this size; the console said why not. */
bool model_draws_size(const sd14_model_info *info, int32_t width, int32_t height, console *con);

#endif /* SD14_CLI_SETTINGS_H */
