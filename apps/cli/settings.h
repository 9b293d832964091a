/* SPDX-License-Identifier: Apache-2.0 */

/** Options that commands share, and what becomes of them. */
#ifndef SD14_CLI_SETTINGS_H
#define SD14_CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli.h"
#include "options.h"

/** Options about messages, which every command has. */
typedef struct console_settings {
    const char *color;
    int verbosity;
    bool quiet;
    bool json;
} console_settings;

/** Options that every command which runs a model has. */
typedef struct model_settings {
    const char *path; /**< NULL: look for the built-in model */
    const char *backend;
    const char *precision;
    const char *isa;            /**< "auto": the newest this processor has */
    const char *emulate;        /**< "none", or as sd14_model_params has it */
    const char *device_options; /**< JSON; NULL: none */
    const char *ttnn_python;    /**< NULL: look for one */
    int32_t tt_chips;           /**< 0: not said */
    const char *tt_trace;       /**< "auto", "on", "off" */
    const char *on_device_failure;
    int32_t threads;    /**< 0: the cores this process may use */
    uint64_t max_ram;   /**< bytes; 0: no cap */
    uint64_t cache_max; /**< bytes; 0: no cache */
    bool no_cache;
    bool exact;
} model_settings;

/** Their rows, for option_command.shared, and the values they begin with. */
extern const option console_options[];
extern const option model_options[];
extern const console_settings console_settings_default;
extern const model_settings model_settings_default;

/** What they choose from, each list ending with NULL. */
extern const char *const model_backends[];
extern const char *const model_precisions[];
extern const char *const model_precisions_planned[];
extern const char *const model_isas[];

/** Where a row's value goes. */
#define OPTION_AT(type, field) .offset = offsetof(type, field)

/**
 * The beginnings of rows that several tables have: how an option is written and what it accepts. A table adds
 * what it means there: {STEPS_OPTION(1), .help = ..., OPTION_AT(...)}.
 */
#define MODEL_OPTION                                                                               \
    .name = "model", .letter = 'm', .aliases = "d", .kind = OPTION_TEXT, .argument = "DIR"
#define PROMPT_OPTION .name = "prompt", .letter = 'p', .kind = OPTION_TEXT, .argument = "TEXT"
#define NEGATIVE_PROMPT_OPTION                                                                     \
    .name = "negative-prompt", .letter = 'n', .aliases = "neg-prompt", .kind = OPTION_TEXT,        \
    .argument = "TEXT", .help = "what the picture shall not show", .shown = "none"
#define STEPS_OPTION(least)                                                                        \
    .name = "steps", .aliases = "num-inference-steps", .kind = OPTION_INT, .min = (least),         \
    .max = 1000, .argument = "N"
#define GUIDANCE_OPTION                                                                            \
    .name = "cfg-scale", .letter = 'g', .aliases = "guidance-scale guidance",                      \
    .kind = OPTION_NUMBER, .min = 0, .max = 100, .argument = "X",                                  \
    .shown = "the model's; Stable Diffusion 1.4: 7.5"
#define SEED_OPTION .name = "seed", .letter = 's', .kind = OPTION_SEED, .argument = "N"
#define SEEDS_OPTION .name = "seed", .letter = 's', .kind = OPTION_SEEDS, .argument = "N[,N...]"

/** --width, --height and --size, of every command that draws: `settings` has int32_t size[2]. */
#define SIZE_OPTIONS(settings)                                                                     \
    {.name = "width",                                                                              \
     .letter = 'W',                                                                                \
     .kind = OPTION_INT,                                                                           \
     .min = 64,                                                                                    \
     .max = 2048,                                                                                  \
     .argument = "N",                                                                              \
     .help = "pixels, 64 to 2048, a multiple of 64",                                               \
     .shown = "the model's; Stable Diffusion 1.4: 512",                                            \
     .offset = offsetof(settings, size)},                                                          \
        {.name = "height",                                                                         \
         .letter = 'H',                                                                            \
         .kind = OPTION_INT,                                                                       \
         .min = 64,                                                                                \
         .max = 2048,                                                                              \
         .argument = "N",                                                                          \
         .help = "as --width",                                                                     \
         .shown = "the model's; Stable Diffusion 1.4: 512",                                        \
         .offset = offsetof(settings, size) + sizeof(int32_t)},                                    \
    {                                                                                              \
        .name = "size", .kind = OPTION_SIZE, .min = 64, .max = 2048, .argument = "WxH",            \
        .help = "width and height together, such as 512x768", OPTION_AT(settings, size)            \
    }

/**
 * Reads a command's arguments, those of its --config file before them, prints its help where that is
 * asked for, and applies -q, -v and --color.
 *
 * @param settings  The command's, holding the defaults; `messages` is inside of it.
 * @return true: go on; false: return *out_code, the console said why.
 */
bool settings_read(cli *cli,
                   const option_command *command,
                   int argc,
                   char **argv,
                   void *settings,
                   const console_settings *messages,
                   exit_code *out_code);

enum { MODEL_PATH_BYTES = 4096, DEVICE_OPTIONS_BYTES = 16384 };

/** Room for what model_settings_params() makes. */
typedef struct model_texts {
    char builtin[MODEL_PATH_BYTES];
    char device_options[DEVICE_OPTIONS_BYTES];
} model_texts;

/**
 * What the settings say of a model, for opening it. Borrows from the settings, `texts` and `con`.
 * @return EXIT_CODE_OK; EXIT_CODE_FILE: there is no built-in model; EXIT_CODE_USAGE: the device options are no
 *         JSON object. The console said so.
 */
exit_code model_settings_params(const model_settings *settings,
                                console *con,
                                model_texts *texts,
                                sd14_model_params *out_params);

/** Finds the model that comes with the program; false: it is not there. */
bool builtin_model_find(char out[MODEL_PATH_BYTES]);

/** The options of a device belong to side A's backend alone. */
void model_settings_forget_device(model_settings *settings);

/** Opens the model that the settings name, or the built-in one; the console said why not. */
exit_code model_settings_load(const model_settings *settings, console *con, sd14_model **out_model);

/** With -v: says what memory a drawing of `count` pictures together takes, network by network. */
void memory_plan_say(const sd14_session *session,
                     const sd14_generate_params *params,
                     int32_t count,
                     console *con);

/** Whether the model can draw this size; the console said why not. */
bool model_draws_size(const sd14_model_info *info, int32_t width, int32_t height, console *con);

#endif /* SD14_CLI_SETTINGS_H */
