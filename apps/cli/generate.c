/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 generate: prompts in, pictures out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "generate_run.h"
#include "interrupt.h"
#include "json_output.h"
#include "numbers.h"
#include "output.h"

/* Pictures whose texts are encoded beforehand: of Stable Diffusion 1.4 60 MiB, and the text encoder is read once
 * for that many. */
enum { ENCODED_MAX = 256 };

exit_code generate_failed(generate_run *r, sd14_status status, const char *text)
{
    console *con = &r->cli->console;
    if (r->n_written > 0) {
        console_error(con, "%s; %d of %d pictures were written", text, r->n_written,
                      r->pictures.count);
    } else {
        console_error(con, "%s", text);
    }
    return exit_code_of(status);
}

static void on_progress(void *user, const sd14_progress *report)
{
    generate_run *r = user;
    if (r->saved != EXIT_CODE_OK) return; /* the last line was said */
    measurements_report(&r->measured, report);
    progress_report(&r->progress, report);
}

static exit_code no_memory(generate_run *r)
{
    return generate_failed(r, SD14_ERROR_OUT_OF_MEMORY,
                           "not enough memory to describe the pictures");
}

exit_code generate_interrupted(generate_run *r)
{
    char where[64] = "";
    if (r->progress.steps > 0 && r->progress.step < r->progress.steps) {
        (void)snprintf(where, sizeof(where), " after step %d of %d", r->progress.step,
                       r->progress.steps);
    }
    if (r->pictures.count > 1) {
        console_error(&r->cli->console, "interrupted%s; %d of %d pictures were written", where,
                      r->n_written, r->pictures.count);
    } else {
        console_error(&r->cli->console, "interrupted%s; no picture was written", where);
    }
    return EXIT_CODE_INTERRUPTED;
}

/* What can be judged before the model is opened, in the order of the options in the help. */
static exit_code check_settings(generate_run *r)
{
    const generate_settings *s = r->settings;
    console *con = &r->cli->console;
    const exit_code code = pictures_read(s, con, &r->pictures);
    if (code != EXIT_CODE_OK) return code;
    interrupt_catch(); /* not before: a prompt from standard input may never end */
    return output_check(s->output, &r->pictures, s->console.json, con);
}

static exit_code set_params(generate_run *r)
{
    const generate_settings *s = r->settings;
    sd14_generate_params *p = &r->params;
    sd14_generate_params_default(r->model, p);
    p->prompt = pictures_prompt(&r->pictures, 0);
    p->negative_prompt = s->negative_prompt != NULL ? s->negative_prompt : "";
    if (s->steps > 0) p->steps = s->steps;
    if (s->guidance >= 0) p->guidance = s->guidance;
    if (s->size[0] > 0) p->width = s->size[0];
    if (s->size[1] > 0) p->height = s->size[1];
    p->eta = s->eta;
    p->cache = s->cache;
    p->guidance_start = s->guidance_interval[0];
    p->guidance_end = s->guidance_interval[1];
    p->seed = pictures_seed(&r->pictures, 0);
    p->progress = on_progress;
    p->progress_user = r;

    r->recipe = (recipe){.prompt = p->prompt,
                         .negative_prompt = p->negative_prompt,
                         .sampler = s->sampler,
                         .guidance = p->guidance,
                         .eta = p->eta,
                         .cache = p->cache,
                         .guidance_interval = {p->guidance_start, p->guidance_end},
                         .width = p->width,
                         .height = p->height,
                         .steps = p->steps};
    sd14_model_get_info(r->model, &r->recipe.model);
    const bool fits = model_draws_size(&r->recipe.model, p->width, p->height, &r->cli->console);
    return fits ? EXIT_CODE_OK : EXIT_CODE_USAGE;
}

/* The seed of a picture that nobody could draw again is lost: said first, and even with -q if it was not
 * chosen by hand. */
static void say_start(generate_run *r)
{
    console *con = &r->cli->console;
    char guidance[NUMBER_TEXT_BYTES];
    number_float_text(r->params.guidance, guidance);
    if (con->quiet && r->settings->seed.random) {
        (void)fprintf(stderr, "sd14: seed %" PRIu64 "\n", r->params.seed);
    }
    char pictures[32] = "";
    if (r->pictures.count > 1)
        (void)snprintf(pictures, sizeof(pictures), ", %d pictures", r->pictures.count);
    console_note(con, "seed %" PRIu64 ", %dx%d, %d steps, cfg scale %s%s", r->params.seed,
                 r->params.width, r->params.height, r->params.steps, guidance, pictures);
}

static void receive(void *user, int32_t index, sd14_image *image, const sd14_timings *timings)
{
    generate_run *r = user;
    if (r->saved == EXIT_CODE_OK) {
        measurements_see_memory(&r->measured);
        r->saved = generate_save(r, r->first + index, image, timings);
        if (r->saved != EXIT_CODE_OK) sd14_session_cancel(r->session);
    }
    sd14_image_destroy(image);
}

/* Params of `count` pictures from `first` on. NULL: no memory. */
static sd14_generate_params *make_params(const generate_run *r, int32_t first, int32_t count)
{
    sd14_generate_params *all = calloc((size_t)count, sizeof(*all));
    for (int32_t i = 0; all != NULL && i < count; i++) {
        all[i] = r->params;
        all[i].prompt = pictures_prompt(&r->pictures, first + i);
        all[i].seed = pictures_seed(&r->pictures, first + i);
    }
    return all;
}

/* The end of a call of the library. */
static exit_code finish(generate_run *r, sd14_status status, const sd14_error *error)
{
    if (r->saved != EXIT_CODE_OK) return r->saved; /* and said so */
    if (status == SD14_ERROR_CANCELLED) return generate_interrupted(r);
    return status == SD14_OK ? EXIT_CODE_OK : generate_failed(r, status, error->text);
}

static exit_code draw_together(generate_run *r, int32_t first, int32_t count)
{
    sd14_error error;
    sd14_generate_params *all = make_params(r, first, count);
    if (all == NULL) return no_memory(r);
    r->first = first;
    progress_begin(&r->progress, &r->cli->console, first, r->pictures.count);
    measurements_begin(&r->measured, r->session);
    const sd14_status status = sd14_generate_batch(r->session, all, count, receive, r, &error);
    free(all);
    return finish(r, status, &error);
}

/* So that the text encoder is read once for many prompts. */
static exit_code encode(generate_run *r, int32_t first, int32_t count)
{
    sd14_error error;
    if (r->pictures.prompts.count == 1) return EXIT_CODE_OK; /* drawing does that */
    sd14_generate_params *all = make_params(r, first, count);
    if (all == NULL) return no_memory(r);
    progress_begin(&r->progress, &r->cli->console, first, r->pictures.count);
    progress_say(&r->progress, "reading the prompts ...");
    const sd14_status status = sd14_session_encode(r->session, all, count, &error);
    free(all);
    return finish(r, status, &error);
}

/* How many are drawn together, of `left` that are encoded. */
static exit_code fit(generate_run *r, int32_t left, int32_t *out_count)
{
    sd14_error error;
    const int32_t wanted = left < r->settings->batch_size ? left : r->settings->batch_size;
    const sd14_status status =
        sd14_session_fit_batch(r->session, &r->params, wanted, out_count, &error);
    return status == SD14_OK ? EXIT_CODE_OK : generate_failed(r, status, error.text);
}

static exit_code say_together(generate_run *r)
{
    console *con = &r->cli->console;
    int32_t together = 1;
    const exit_code code = fit(r, r->pictures.count, &together);
    if (code != EXIT_CODE_OK) return code;
    memory_plan_say(r->session, &r->params, together, con);
    if (together < r->settings->batch_size && together < r->pictures.count)
        console_note(con, "%d at a time: --max-ram has no room for more", together);
    return EXIT_CODE_OK;
}

/* A signal that found the last picture finished cancels the next: the session remembers. */
static exit_code draw_pictures(generate_run *r)
{
    const int32_t count = r->pictures.count;
    int32_t together = 1;
    exit_code code = EXIT_CODE_OK;
    for (int32_t i = 0; code == EXIT_CODE_OK && i < count; i += together) {
        const int32_t encoded = i % ENCODED_MAX, left = count - i;
        const int32_t until = left < ENCODED_MAX - encoded ? left : ENCODED_MAX - encoded;
        if (encoded == 0) code = encode(r, i, until);
        if (code == EXIT_CODE_OK) code = fit(r, until, &together);
        if (code == EXIT_CODE_OK) code = draw_together(r, i, together);
    }
    return code;
}

static exit_code print_json(generate_run *r)
{
    r->recipe.prompt = r->params.prompt;
    json_t *result = recipe_run(&r->recipe);
    int failed = json_object_set_new(result, "seed", recipe_seed(r->params.seed));
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

static exit_code draw_all(generate_run *r)
{
    console *con = &r->cli->console;
    exit_code code = model_settings_load(&r->settings->model, con, &r->model);
    if (code != EXIT_CODE_OK) return code;
    code = set_params(r);
    if (code != EXIT_CODE_OK) return code;
    sd14_error error;
    const sd14_status status = sd14_session_create(r->model, &r->session, &error);
    if (status != SD14_OK) return generate_failed(r, status, error.text);
    interrupt_session(r->session);
    say_start(r);
    code = say_together(r);
    if (code == EXIT_CODE_OK) code = draw_pictures(r);
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

    generate_run r = {.cli = cli, .settings = &settings};
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
    pictures_release(&r.pictures);
    return code;
}
