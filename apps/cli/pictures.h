/* SPDX-License-Identifier: Apache-2.0 */

/** What sd14 generate draws: every prompt with every seed. */
#ifndef SD14_CLI_PICTURES_H
#define SD14_CLI_PICTURES_H

#include "prompt.h"

enum { PICTURES_MAX = 9999 };

typedef struct pictures {
    prompt_list prompts;
    uint64_t *seeds; /**< [n_seeds] */
    int32_t n_seeds;
    int32_t
        count; /**< prompts.count · n_seeds: all seeds of the first prompt, then of the second */
} pictures;

/** Reads prompts and seeds as the settings say. @param out  pictures_release(), also after a failure. */
exit_code pictures_read(const generate_settings *settings, console *con, pictures *out);

void pictures_release(pictures *of);

const char *pictures_prompt(const pictures *of, int32_t index);
uint64_t pictures_seed(const pictures *of, int32_t index);

#endif /* SD14_CLI_PICTURES_H */
