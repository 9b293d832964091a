/* SPDX-License-Identifier: Apache-2.0 */

/** The options of sd14 bench. */
#ifndef SD14_CLI_BENCH_OPTIONS_H
#define SD14_CLI_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "commands.h"
#include "settings.h"

/** Of the drawings. */
enum { BENCH_STEPS = 3, BENCH_REPEAT = 1 };

typedef struct bench_settings {
    model_settings model;
    console_settings console;
    const char *prompt;
    int32_t steps; /**< 0: BENCH_STEPS; with --operators the model's */
    float guidance;
    int32_t size[2];
    int32_t warmup;
    int32_t repeat; /**< 0: BENCH_REPEAT; with --operators the library's */
    bool operators;
} bench_settings;

bench_settings bench_settings_default(void);

#endif /* SD14_CLI_BENCH_OPTIONS_H */
