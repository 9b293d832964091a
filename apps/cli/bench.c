/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 bench: the time of each part of a drawing, by the public interface alone. */
#include <jansson.h>
#include <stdio.h>

#include "bench_operators.h"
#include "bench_options.h"
#include "bench_pictures.h"
#include "interrupt.h"
#include "json_output.h"
#include "measurements.h"
#include "numbers.h"
#include "progress.h"
#include "prompt.h"
#include "recipe.h"

typedef struct bench {
    cli *cli;
    const bench_settings *settings;
    sd14_model *model;
    sd14_session *session;
    sd14_generate_params params;
    progress progress;
    measurements measured; /* of the picture that is drawn */
    bench_pictures pictures;
    int32_t repeat;
    double first_step; /* seconds from the program's start until the first step was done */
} bench;

static void on_progress(void *user, const sd14_progress *report)
{
    bench *b = user;
    if (report->stage == SD14_STAGE_DENOISE && report->step > 0 && b->first_step <= 0) {
        b->first_step = seconds() - b->cli->started;
    }
    measurements_report(&b->measured, report);
    progress_report(&b->progress, report);
}

static exit_code fail(bench *b, sd14_status status, const sd14_error *error)
{
    if (status == SD14_ERROR_CANCELLED) {
        console_error(&b->cli->console, "interrupted");
    } else {
        console_error(&b->cli->console, "%s", error->text);
    }
    return exit_code_of(status);
}

static void print_spread(const sd14_spread *spread)
{
    (void)printf("  %8.3f s %8.3f s %8.3f s %8.3f s", spread->min, spread->median, spread->p95,
                 spread->max);
}

static void print_text(const bench *b, const sd14_model_info *info, const bench_summary *s)
{
    const sd14_generate_params *p = &b->params;
    const bool several = b->pictures.n_pictures > 1;
    (void)printf("%s, %dx%d, %s %s %s, %d threads\n", info->name, p->width, p->height,
                 info->backend, info->isa, info->precision, info->threads);
    (void)printf("%d pictures of %d steps after %d to warm up\n\n", b->repeat, p->steps,
                 b->settings->warmup);
    (void)printf("%-22s %10s  %10s %10s %10s %10s\n", "", "first", "min", "median", "p95", "max");
    for (int stage = 0; stage < BENCH_STAGES; stage++) {
        (void)printf("%-22s %8.3f s", bench_stages[stage].label,
                     bench_stage_seconds(&bench_stages[stage], &s->first));
        if (several) print_spread(&s->stages[stage]);
        (void)putchar('\n');
    }
    (void)printf("%-22s %10s", "UNet step", "");
    print_spread(&s->steps);
    (void)printf("\n\n%-22s %8zu, the first of each picture left out; %s\n", "steps counted",
                 s->steps.count,
                 p->guidance > 1 ? "guidance pairs: batch 2" : "no guidance: batch 1");
    (void)printf("%-22s %8.2f images/min, %.3f steps/s\n", "throughput", s->images_per_minute,
                 s->steps_per_second);
    (void)printf("%-22s %8.3f s after the program's start\n", "first step done", b->first_step);
    (void)printf("%-22s %8.1f MiB; prepared weights %.1f MiB, plan %.1f MiB\n", "peak memory",
                 (double)peak_rss_bytes() / 1048576.0,
                 (double)b->measured.memory.weights_bytes / 1048576.0,
                 (double)b->measured.memory.plan_bytes / 1048576.0);
    sd14_device_measures device;
    if (sd14_session_get_device(b->session, &device, NULL) != SD14_OK || !device.present) return;
    (void)printf("%-22s %8.3f s\n", "first use, compiling", device.compile_seconds);
    (void)printf("%-22s %8.6f s of a step\n", "host overhead", device.step_overhead_seconds);
    (void)printf("%-22s %8.1f MiB of DRAM on a chip; of each core's L1 %.1f KiB, and %.1f KiB of "
                 "tables\n",
                 "device memory", (double)device.dram_bytes / 1048576.0,
                 (double)device.l1_bytes / 1024.0, (double)device.l1_small_bytes / 1024.0);
}

/* {"text_seconds": {"min": ...}, ...} */
static json_t *stages_json(const bench_summary *s)
{
    json_t *object = json_object();
    for (int stage = 0; object != NULL && stage < BENCH_STAGES; stage++) {
        if (json_object_set_new(object, bench_stages[stage].key,
                                measurements_spread_json(&s->stages[stage])) == 0)
            continue;
        json_decref(object);
        return NULL;
    }
    return object;
}

/* The counted pictures' timings and steps. */
static json_t *pictures_json(const bench_pictures *of)
{
    json_t *array = json_array();
    for (int32_t i = of->warmup; array != NULL && i < of->n_pictures; i++) {
        const bench_picture *picture = &of->pictures[i];
        json_t *one = measurements_timings_json(&picture->timings);
        int failed = json_object_set_new(
            one, "step_seconds", measurements_steps_json(picture->step_seconds, picture->n_steps));
        failed |= json_array_append_new(array, one);
        if (failed == 0) continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

static exit_code print_json(const bench *b, const sd14_model_info *info, const bench_summary *s)
{
    const sd14_generate_params *p = &b->params;
    json_t *result = json_pack(
        "{s:s, s:{s:o, s:o}, s:i, s:i, s:i, s:f, s:i, s:s, s:s, s:s, s:i, s:i, s:i, s:o, s:o, "
        "s:o, s:o, s:{s:f, s:f}, s:f, s:o, s:I, s:o}",                                         //
        "version", sd14_version(), "model", "path", recipe_path(info->path), "name",           //
        recipe_path(info->name), "width", (int)p->width, "height", (int)p->height, "steps",    //
        (int)p->steps, "guidance_scale", number_float_shown(p->guidance), "unet_batch",        //
        p->guidance > 1 ? 2 : 1, "backend", info->backend, "precision", info->precision,       //
        "isa", info->isa, "threads", (int)info->threads, "warmup", (int)b->settings->warmup,   //
        "repeat", (int)b->repeat, "first", measurements_timings_json(&s->first), "best_later", //
        s->has_later ? measurements_timings_json(&s->best_later) : json_null(), "stages",      //
        stages_json(s), "step_seconds", measurements_spread_json(&s->steps), "throughput",     //
        "images_per_minute", s->images_per_minute, "steps_per_second", s->steps_per_second,    //
        "first_step_done_seconds", b->first_step, "memory",                                    //
        measurements_memory_json(&b->measured.memory), "peak_rss_bytes",                       //
        (json_int_t)peak_rss_bytes(), "pictures", pictures_json(&b->pictures));
    const exit_code code = result == NULL
                               ? EXIT_CODE_OK
                               : measurements_add_device(b->session, &b->cli->console, result);
    if (code == EXIT_CODE_OK) return json_output(b->cli, result);
    json_decref(result);
    return code;
}

static exit_code measure(bench *b)
{
    const int32_t count = b->settings->warmup + b->repeat;
    for (int32_t i = 0; i < count; i++) {
        sd14_image *image = NULL;
        sd14_error error;
        sd14_timings timings;
        progress_begin(&b->progress, &b->cli->console, i, count);
        measurements_begin(&b->measured, b->session);
        const sd14_status status = sd14_generate(b->session, &b->params, &image, &error);
        if (status != SD14_OK) return fail(b, status, &error);
        sd14_image_destroy(image);
        measurements_see_memory(&b->measured);
        sd14_session_get_timings(b->session, &timings);
        bench_pictures_add(&b->pictures, &timings, b->measured.step_seconds, b->measured.n_steps);
    }
    console_clear(&b->cli->console);
    bench_summary summary;
    bench_pictures_summarize(&b->pictures, &summary);
    if (summary.steps.count == 0) {
        console_error(&b->cli->console, "the library reported no steps");
        return EXIT_CODE_FAILED;
    }
    sd14_model_info info;
    sd14_model_get_info(b->model, &info);
    if (b->settings->console.json) return print_json(b, &info, &summary);
    print_text(b, &info, &summary);
    return EXIT_CODE_OK;
}

static exit_code prepare(bench *b)
{
    const bench_settings *s = b->settings;
    const exit_code code = model_settings_load(&s->model, &b->cli->console, &b->model);
    if (code != EXIT_CODE_OK) return code;

    sd14_generate_params *p = &b->params;
    sd14_generate_params_default(b->model, p);
    p->prompt = s->prompt;
    p->steps = s->steps > 0 ? s->steps : BENCH_STEPS;
    if (s->guidance >= 0) p->guidance = s->guidance;
    if (s->size[0] > 0) p->width = s->size[0];
    if (s->size[1] > 0) p->height = s->size[1];
    p->progress = on_progress;
    p->progress_user = b;

    sd14_model_info info;
    sd14_model_get_info(b->model, &info);
    if (!model_draws_size(&info, p->width, p->height, &b->cli->console)) return EXIT_CODE_USAGE;
    b->repeat = s->repeat > 0 ? s->repeat : BENCH_REPEAT;
    if (!bench_pictures_init(&b->pictures, s->warmup, b->repeat, p->steps)) {
        console_error(&b->cli->console, "not enough memory for the measurements");
        return EXIT_CODE_MEMORY;
    }
    sd14_error error;
    const sd14_status status = sd14_session_create(b->model, &b->session, &error);
    if (status != SD14_OK) return fail(b, status, &error);
    interrupt_session(b->session);
    memory_plan_say(b->session, p, 1, &b->cli->console);
    return EXIT_CODE_OK;
}

static exit_code bench_drawing(cli *cli, const bench_settings *settings)
{
    bench b = {.cli = cli, .settings = settings};
    exit_code code = prepare(&b);
    if (code == EXIT_CODE_OK) code = measure(&b);

    console_clear(&cli->console);
    interrupt_session(NULL);
    sd14_session_destroy(b.session);
    sd14_model_destroy(b.model);
    bench_pictures_release(&b.pictures);
    return code;
}

exit_code command_bench(cli *cli, int argc, char **argv)
{
    bench_settings settings = bench_settings_default();
    exit_code code;
    if (!settings_read(cli, &bench_command, argc, argv, &settings, &settings.console, &code))
        return code;
    if (!prompt_is_utf8(settings.prompt)) {
        console_error(&cli->console, "the prompt is not valid UTF-8");
        return EXIT_CODE_USAGE;
    }
    interrupt_catch();
    return settings.operators ? bench_operators(cli, &settings) : bench_drawing(cli, &settings);
}
