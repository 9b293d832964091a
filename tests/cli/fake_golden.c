/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: sd14/golden.h of the library that pretends. A suite called "s" has three items "a", "b" and
 * "c", of which the first is there already; any other file is missing. A folder "unfinished" is no whole
 * run, and in one called "damaged" two of three files are not as they were. */
#include <stdio.h>
#include <string.h>

#include <sd14/golden.h>

static sd14_status fail(sd14_error *error, sd14_status status, const char *what, const char *why)
{
    (void)snprintf(error->text, sizeof(error->text), "%s: %s", what, why);
    return status;
}

static sd14_status draw(sd14_session *session,
                        const sd14_golden_params *params,
                        const char *id,
                        size_t index,
                        sd14_error *error)
{
    sd14_image *image = NULL;
    const sd14_generate_params one = {.prompt = id,
                                      .width = 64,
                                      .height = 64,
                                      .steps = 4,
                                      .progress = params->progress,
                                      .progress_user = params->user};
    params->item(params->user, SD14_GOLDEN_DRAWING, id, index, 3);
    const sd14_status status = sd14_generate(session, &one, &image, error);
    if (status != SD14_OK) return status;
    sd14_image_destroy(image);
    params->item(params->user, SD14_GOLDEN_WRITTEN, id, index, 3);
    return SD14_OK;
}

sd14_status
sd14_golden_run(sd14_session *session, const sd14_golden_params *params, sd14_error *error)
{
    if (strcmp(params->suite, "s") != 0)
        return fail(error, SD14_ERROR_FILE, params->suite, "no such file");
    if (params->noise_from != NULL && strcmp(params->noise_from, "n") != 0)
        return fail(error, SD14_ERROR_FILE, params->noise_from, "no manifest.json");
    params->item(params->user, SD14_GOLDEN_KEPT, "a", 0, 3);
    const sd14_status status = draw(session, params, "b", 1, error);
    return status == SD14_OK ? draw(session, params, "c", 2, error) : status;
}

sd14_status
sd14_golden_verify(const char *folder,
                   void (*problem)(void *user, const char *name, sd14_golden_problem problem),
                   void *user,
                   size_t *out_n_files,
                   sd14_error *error)
{
    *out_n_files = 3;
    if (strcmp(folder, "unfinished") == 0)
        return fail(error, SD14_ERROR_FILE, folder, "this run is not finished");
    if (strcmp(folder, "damaged") != 0) return SD14_OK;
    problem(user, "a/noise.npy", SD14_GOLDEN_CHANGED);
    problem(user, "b/noise.npy", SD14_GOLDEN_MISSING);
    return fail(error, SD14_ERROR_VERIFICATION, folder, "2 of 3 files");
}
