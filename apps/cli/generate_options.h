/* SPDX-License-Identifier: Apache-2.0 */

/** The options of sd14 generate. */
#ifndef SD14_CLI_GENERATE_OPTIONS_H
#define SD14_CLI_GENERATE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "commands.h"
#include "settings.h"

typedef struct generate_settings {
    model_settings model;
    console_settings console;
    const char *operand;       /**< the prompt without an option before it, or NULL */
    const char *prompt_option; /**< -p, or NULL */
    const char *prompt_file;   /**< or NULL */
    const char *prompts_file;  /**< or NULL */
    const char *negative_prompt;
    const char *output; /**< NULL: the first free of output.png, output-1.png, ... */
    const char *sampler;
    int32_t steps;  /**< 0: the model's default */
    float guidance; /**< below 0: the model's default */
    float eta;
    int32_t cache;              /**< 0: not said */
    float guidance_interval[2]; /**< 0, 0: not said */
    int32_t size[2];            /**< width, height; 0: the model's default */
    option_seed seed;
    int32_t batch_count; /**< of each prompt */
    int32_t batch_size;
    bool show;
} generate_settings;

generate_settings generate_settings_default(void);

#endif /* SD14_CLI_GENERATE_OPTIONS_H */
