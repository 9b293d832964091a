/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate_run.h"
#include "interrupt.h"
#include "output.h"
#include "show.h"

static exit_code write_picture(generate_run *r, const sd14_image *image, const char *path)
{
    char *parameters = recipe_parameters(&r->recipe);
    char *json = recipe_json_text(&r->recipe);
    sd14_error error = {"not enough memory to describe the picture"};
    sd14_status status = SD14_ERROR_OUT_OF_MEMORY;
    if (parameters != NULL && json != NULL) {
        const sd14_png_text texts[] = {{"parameters", parameters}, {"sd14", json}};
        status = sd14_image_write_png(image, path, texts, 2, &error);
    }
    free(parameters);
    free(json);
    return status == SD14_OK ? EXIT_CODE_OK : generate_failed(r, status, error.text);
}

static void say_picture(generate_run *r, const char *path, const sd14_timings *t)
{
    console_note(&r->cli->console,
                 "%s: %.2f s (text %.2f, weights %.2f, %d steps %.2f, decoding %.2f), "
                 "%dx%d, seed %" PRIu64,
                 strcmp(path, "-") == 0 ? "standard output" : path, t->total_seconds,
                 t->text_seconds, t->prepare_seconds, r->params.steps, t->denoise_seconds,
                 t->decode_seconds, r->params.width, r->params.height, r->recipe.seed);
}

/* Standard output and standard error after a picture is written. */
static exit_code report_picture(generate_run *r, const char *path, const sd14_timings *t)
{
    say_picture(r, path, t);
    if (r->images == NULL) {
        if (strcmp(path, "-") == 0) return EXIT_CODE_OK;
        (void)printf("%s\n", path);
        cli_flush(r->cli); /* a reader may want each as it comes */
        return EXIT_CODE_OK;
    }
    json_t *picture = json_pack(
        "{s:o, s:s, s:o, s:o, s:o}", "path", recipe_path(path), "prompt", r->recipe.prompt, "seed",
        recipe_seed(r->recipe.seed), "timings", measurements_timings_json(t), "step_seconds",
        measurements_steps_json(r->measured.step_seconds, r->measured.n_steps));
    if (json_array_append_new(r->images, picture) == 0) return EXIT_CODE_OK;
    return generate_failed(r, SD14_ERROR_OUT_OF_MEMORY,
                           "not enough memory to describe the picture");
}

/* Seconds for gigabytes, the first time; then the model remembers. */
static exit_code hash_files(generate_run *r)
{
    const console *con = &r->cli->console;
    sd14_error error;
    progress_say(&r->progress, "hashing the model's files ...");
    if (r->n_written == 0) {
        interrupt_at_once(con->redraws ? "\r\033[Ksd14: interrupted; no picture was written\n"
                                       : "sd14: interrupted; no picture was written\n");
    }
    if (interrupt_came()) return generate_interrupted(r); /* just before that */
    const sd14_status status =
        sd14_model_hash_files(r->model, &r->recipe.files, &r->recipe.n_files, &error);
    interrupt_at_once(NULL);
    return status == SD14_OK ? EXIT_CODE_OK : generate_failed(r, status, error.text);
}

exit_code
generate_save(generate_run *r, int32_t index, const sd14_image *image, const sd14_timings *timings)
{
    const generate_settings *s = r->settings;
    char path[PATH_MAX] = "-";
    exit_code code = hash_files(r);
    if (code != EXIT_CODE_OK) return code;
    if (interrupt_came()) return generate_interrupted(r);

    const bool standard = s->output != NULL && strcmp(s->output, "-") == 0;
    if (!standard && !output_name(s->output, &r->pictures, index, path)) {
        return generate_failed(r, SD14_ERROR_FILE,
                               "no free name for the picture; give one with -o");
    }
    r->recipe.prompt = pictures_prompt(&r->pictures, index);
    r->recipe.seed = pictures_seed(&r->pictures, index);
    code = write_picture(r, image, path);
    if (code != EXIT_CODE_OK) return code;
    r->n_written++;
    code = report_picture(r, path, timings);
    if (code == EXIT_CODE_OK && s->show) {
        show_image(&r->cli->console, image, standard ? NULL : path);
    }
    return code;
}
