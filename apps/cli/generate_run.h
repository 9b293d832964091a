/* SPDX-License-Identifier: Apache-2.0 */

/** One run of sd14 generate, shared by generate.c (draws) and generate_save.c (writes and reports). */
#ifndef SD14_CLI_GENERATE_RUN_H
#define SD14_CLI_GENERATE_RUN_H

#include <jansson.h>

#include "generate_options.h"
#include "measurements.h"
#include "pictures.h"
#include "progress.h"
#include "recipe.h"

typedef struct generate_run {
    cli *cli;
    const generate_settings *settings;
    pictures pictures;
    sd14_model *model;
    sd14_session *session;
    sd14_generate_params params; /**< what all pictures have in common */
    recipe recipe;               /**< of the picture that is saved */
    progress progress;
    measurements measured; /**< of the pictures that are drawn together */
    json_t *images;        /**< what --json says of each picture; NULL without it */
    int32_t first;         /**< of the pictures that are drawn together */
    int32_t n_written;
    exit_code saved; /**< how saving them went */
} generate_run;

/** Says what went wrong, and how many pictures were written before it. @return the status' exit code. */
exit_code generate_failed(generate_run *run, sd14_status status, const char *text);

exit_code generate_interrupted(generate_run *run);

/** Writes picture `index` and tells of it. */
exit_code generate_save(generate_run *run,
                        int32_t index,
                        const sd14_image *image,
                        const sd14_timings *timings);

#endif /* SD14_CLI_GENERATE_RUN_H */
