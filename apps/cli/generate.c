/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 generate: prompt in, pictures out. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generate_options.h"
#include "interrupt.h"
#include "json_output.h"
#include "measurements.h"
#include "numbers.h"
#include "output.h"
#include "progress.h"
#include "prompt.h"
#include "recipe.h"
#include "show.h"

/* One run of the command. */
typedef struct run {
    cli *cli;
    const generate_settings *settings;
    char *prompt;
    sd14_model *model;
    sd14_session *session;
    sd14_generate_params params;
    recipe recipe;
    progress progress;
    measurements measured; /* of the picture that is drawn */
    json_t *images;        /* what --json says of each picture; NULL without it */
    uint64_t first_seed;
    int32_t n_written;
} run;

static exit_code fail(run *r, sd14_status status, const sd14_error *error)
{
    console_error(&r->cli->console, "%s", error->text);
    return exit_code_of(status);
}

static void on_progress(void *user, const sd14_progress *report)
{
    run *r = user;
    measurements_report(&r->measured, report);
    progress_report(&r->progress, report);
}

static exit_code no_memory(run *r)
{
    console_error(&r->cli->console, "not enough memory to describe the picture");
    return EXIT_CODE_MEMORY;
}

static exit_code interrupted(run *r)
{
    char where[64] = "";
    if (r->progress.steps > 0 && r->progress.step < r->progress.steps) {
        (void)snprintf(where, sizeof(where), " after step %d of %d", r->progress.step,
                       r->progress.steps);
    }
    if (r->settings->batch_count > 1) {
        console_error(&r->cli->console, "interrupted%s; %d of %d pictures were written", where,
                      r->n_written, r->settings->batch_count);
    } else {
        console_error(&r->cli->console, "interrupted%s; no picture was written", where);
    }
    return EXIT_CODE_INTERRUPTED;
}

/* torch's CPU generator, whose noise this is, uses 32 bits of a seed; more would only be longer. */
static bool random_seed(uint64_t *out_seed)
{
    uint32_t seed;
    if (getentropy(&seed, sizeof(seed)) != 0) return false;
    *out_seed = seed;
    return true;
}

/* What can be judged before the model is opened, in the order of the options in the help. */
static exit_code check_settings(run *r)
{
    const generate_settings *s = r->settings;
    console *con = &r->cli->console;
    const exit_code code = prompt_read(s, con, &r->prompt);
    if (code != EXIT_CODE_OK) return code;

    r->first_seed = s->seed.value;
    if (s->seed.random && !random_seed(&r->first_seed)) {
        console_error(con, "no random seed from the system (%s); choose one with -s",
                      strerror(errno));
        return EXIT_CODE_FAILED;
    }
    if (r->first_seed > UINT64_MAX - (uint64_t)(s->batch_count - 1)) {
        console_error(con, "-s %" PRIu64 " -b %d: the last seeds would be too large", r->first_seed,
                      s->batch_count);
        return EXIT_CODE_USAGE;
    }
    interrupt_catch(); /* not before: a prompt from standard input may never end */
    return output_check(s->output, s->batch_count, s->console.json, con);
}

static exit_code set_params(run *r)
{
    const generate_settings *s = r->settings;
    sd14_generate_params *p = &r->params;
    sd14_generate_params_default(r->model, p);
    p->prompt = r->prompt;
    p->negative_prompt = s->negative_prompt != NULL ? s->negative_prompt : "";
    if (s->steps > 0) p->steps = s->steps;
    if (s->guidance >= 0) p->guidance = s->guidance;
    if (s->size[0] > 0) p->width = s->size[0];
    if (s->size[1] > 0) p->height = s->size[1];
    p->eta = s->eta;
    p->seed = r->first_seed;
    p->progress = on_progress;
    p->progress_user = r;

    r->recipe = (recipe){.prompt = p->prompt,
                         .negative_prompt = p->negative_prompt,
                         .sampler = s->sampler,
                         .guidance = p->guidance,
                         .eta = p->eta,
                         .width = p->width,
                         .height = p->height,
                         .steps = p->steps};
    sd14_model_get_info(r->model, &r->recipe.model);
    const bool fits = model_draws_size(&r->recipe.model, p->width, p->height, &r->cli->console);
    return fits ? EXIT_CODE_OK : EXIT_CODE_USAGE;
}

/* The seed of a picture that nobody could draw again is lost: said first, and even with -q if it was not
 * chosen by hand. */
static void say_start(run *r)
{
    console *con = &r->cli->console;
    char guidance[NUMBER_TEXT_BYTES];
    number_float_text(r->params.guidance, guidance);
    if (con->quiet && r->settings->seed.random) {
        (void)fprintf(stderr, "sd14: seed %" PRIu64 "\n", r->first_seed);
    }
    console_note(con, "seed %" PRIu64 ", %dx%d, %d steps, cfg scale %s", r->first_seed,
                 r->params.width, r->params.height, r->params.steps, guidance);
}

static exit_code write_picture(run *r, const sd14_image *image, const char *path)
{
    char *parameters = recipe_parameters(&r->recipe);
    char *json = recipe_json_text(&r->recipe);
    exit_code code = EXIT_CODE_OK;
    if (parameters == NULL || json == NULL) {
        code = no_memory(r);
    } else {
        const sd14_png_text texts[] = {{"parameters", parameters}, {"sd14", json}};
        sd14_error error;
        const sd14_status status = sd14_image_write_png(image, path, texts, 2, &error);
        if (status != SD14_OK) code = fail(r, status, &error);
    }
    free(parameters);
    free(json);
    return code;
}

/* Standard output and standard error after a picture is written. */
static exit_code report_picture(run *r, const char *path)
{
    sd14_timings t;
    sd14_session_get_timings(r->session, &t);
    console_note(&r->cli->console,
                 "%s: %.2f s (text %.2f, weights %.2f, %d steps %.2f, decoding %.2f), "
                 "%dx%d, seed %" PRIu64,
                 strcmp(path, "-") == 0 ? "standard output" : path, t.total_seconds, t.text_seconds,
                 t.prepare_seconds, r->params.steps, t.denoise_seconds, t.decode_seconds,
                 r->params.width, r->params.height, r->recipe.seed);
    if (r->images == NULL) {
        if (strcmp(path, "-") == 0) return EXIT_CODE_OK;
        (void)printf("%s\n", path);
        cli_flush(r->cli); /* a reader may want each as it comes */
        return EXIT_CODE_OK;
    }
    json_t *picture = json_pack(
        "{s:o, s:o, s:o, s:o}", "path", recipe_path(path), "seed", recipe_seed(r->recipe.seed),
        "timings", measurements_timings_json(&t), "step_seconds",
        measurements_steps_json(r->measured.step_seconds, r->measured.n_steps));
    return json_array_append_new(r->images, picture) == 0 ? EXIT_CODE_OK : no_memory(r);
}

/* Seconds for gigabytes, the first time; then the model remembers. */
static exit_code hash_files(run *r)
{
    const console *con = &r->cli->console;
    sd14_error error;
    progress_say(&r->progress, "hashing the model's files ...");
    if (r->n_written == 0) {
        interrupt_at_once(con->redraws ? "\r\033[Ksd14: interrupted; no picture was written\n"
                                       : "sd14: interrupted; no picture was written\n");
    }
    if (interrupt_came()) return interrupted(r); /* just before that */
    const sd14_status status =
        sd14_model_hash_files(r->model, &r->recipe.files, &r->recipe.n_files, &error);
    interrupt_at_once(NULL);
    return status == SD14_OK ? EXIT_CODE_OK : fail(r, status, &error);
}

static exit_code save_picture(run *r, int32_t index, const sd14_image *image)
{
    const generate_settings *s = r->settings;
    char path[PATH_MAX] = "-";
    exit_code code = hash_files(r);
    if (code != EXIT_CODE_OK) return code;
    if (interrupt_came()) return interrupted(r);

    const bool standard = s->output != NULL && strcmp(s->output, "-") == 0;
    if (!standard && !output_name(s->output, index, s->batch_count, path)) {
        console_error(&r->cli->console, "no free name for the picture; give one with -o");
        return EXIT_CODE_FILE;
    }
    code = write_picture(r, image, path);
    if (code != EXIT_CODE_OK) return code;
    r->n_written++;
    code = report_picture(r, path);
    if (code == EXIT_CODE_OK && s->show) {
        show_image(&r->cli->console, image, standard ? NULL : path);
    }
    return code;
}

static exit_code draw_picture(run *r, int32_t index)
{
    r->params.seed = r->first_seed + (uint64_t)index;
    r->recipe.seed = r->params.seed;
    progress_begin(&r->progress, &r->cli->console, index, r->settings->batch_count);

    sd14_image *image = NULL;
    sd14_error error;
    measurements_begin(&r->measured, r->session);
    const sd14_status status = sd14_generate(r->session, &r->params, &image, &error);
    if (status == SD14_ERROR_CANCELLED) return interrupted(r);
    if (status != SD14_OK) return fail(r, status, &error);
    measurements_see_memory(&r->measured);
    const exit_code code = save_picture(r, index, image);
    sd14_image_destroy(image);
    return code;
}

static exit_code print_json(run *r)
{
    json_t *result = recipe_run(&r->recipe);
    int failed = json_object_set_new(result, "seed", recipe_seed(r->first_seed));
    failed |= json_object_set(result, "images", r->images);
    failed |= json_object_set_new(result, "memory", measurements_memory_json(&r->measured.memory));
    failed |=
        json_object_set_new(result, "peak_rss_bytes", json_integer((json_int_t)peak_rss_bytes()));
    const exit_code code =
        failed != 0 ? no_memory(r) : measurements_add_device(r->session, &r->cli->console, result);
    if (code == EXIT_CODE_OK) return json_output(r->cli, result);
    json_decref(result);
    return code;
}

static exit_code draw_all(run *r)
{
    console *con = &r->cli->console;
    exit_code code = model_settings_load(&r->settings->model, con, &r->model);
    if (code != EXIT_CODE_OK) return code;
    code = set_params(r);
    if (code != EXIT_CODE_OK) return code;
    sd14_error error;
    const sd14_status status = sd14_session_create(r->model, &r->session, &error);
    if (status != SD14_OK) return fail(r, status, &error);
    interrupt_session(r->session);
    say_start(r);
    memory_plan_say(r->session, &r->params, con);

    for (int32_t i = 0; code == EXIT_CODE_OK && i < r->settings->batch_count; i++) {
        /* A signal that found the last picture finished cancels the next: the session remembers. */
        code = draw_picture(r, i);
    }
    console_detail(con, "session memory %.1f MiB, peak %.1f MiB",
                   (double)sd14_session_memory(r->session) / 1048576.0,
                   (double)peak_rss_bytes() / 1048576.0);
    if (code == EXIT_CODE_OK && r->images != NULL) code = print_json(r);
    return code;
}

exit_code command_generate(cli *cli, int argc, char **argv)
{
    generate_settings settings = generate_settings_default();
    exit_code code;
    if (!settings_read(cli, &generate_command, argc, argv, &settings, &settings.console, &code))
        return code;

    run r = {.cli = cli, .settings = &settings};
    code = check_settings(&r);
    if (code == EXIT_CODE_OK && settings.console.json) {
        r.images = json_array();
        if (r.images == NULL) code = no_memory(&r);
    }
    if (code == EXIT_CODE_OK) code = draw_all(&r);

    console_clear(&cli->console);
    interrupt_session(NULL);
    sd14_session_destroy(r.session);
    sd14_model_destroy(r.model);
    json_decref(r.images);
    free(r.prompt);
    return code;
}
