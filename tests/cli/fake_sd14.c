/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: the public interface with nothing behind it. It "draws" a gradient, one step per
 * SD14_FAKE_STEP_MS milliseconds (0), so that the command line's tests take seconds and can make every
 * failure happen:
 *
 *   -m DIR      is a model when DIR/model_index.json exists
 *   --max-ram   a picture needs 100 MiB, each further one at the same time 50
 *   prompt      "@failed" "@model" "@oom" "@device" "@nan": that failure at the second step;
 *               "@decode": after the pictures before it; "@warn": a warning in the log; "@info": an information; "@debug"
 */
#include <errno.h>
#include <png.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sd14/sd14.h>

struct sd14_model {
    char path[4096];
    char isa[16];
    char precision[64];
    int32_t threads;
    uint64_t max_ram;
    sd14_log log;
};

struct sd14_session {
    sd14_model *model;
    sd14_timings timings;
    atomic_bool cancelled;
};

static const char hash_a[] = "145a07e0f05ec5bbe6e2e9faf608bdb311caf708895cac8c8ed713c59864e1e8";
static const char hash_b[] = "a2b5134f4dbc140d9c11f11cba3233099e00af40f262f136c691fb7d38d2194c";
static const char *const prompts[] = {"owl", "tropical fish", "f\xc3\xbcr"};
static const sd14_model_file files[] = {
    {"unet/config.json", hash_b},
    {"unet/diffusion_pytorch_model.safetensors", hash_a},
    {"vae/diffusion_pytorch_model.safetensors", hash_b},
};

__attribute__((format(printf, 3, 4))) static sd14_status
fail(sd14_error *error, sd14_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (error != NULL) (void)vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return status;
}

const char *sd14_version(void)
{
    return "0.1.0";
}

const char *sd14_status_name(sd14_status status)
{
    return status == SD14_OK ? "ok" : "failed";
}

void sd14_model_params_default(sd14_model_params *out_params)
{
    *out_params = (sd14_model_params){.backend = "cpu", .precision = "f32"};
}

sd14_status
sd14_model_load(const sd14_model_params *params, sd14_model **out_model, sd14_error *error)
{
    char index[5000];
    (void)snprintf(index, sizeof(index), "%s/model_index.json", params->path);
    if (access(index, R_OK) != 0) {
        return fail(error, SD14_ERROR_MODEL, "%s: not a model folder", params->path);
    }
    if (params->emulate != NULL && strncmp(params->emulate, "wormhole", 8) != 0) {
        return fail(error, SD14_ERROR_INVALID_ARGUMENT, "emulate: no machine \"%s\"",
                    params->emulate);
    }
    if (params->isa != NULL && strcmp(params->isa, "avx512") == 0) {
        return fail(error, SD14_ERROR_DEVICE, "this processor has no avx512");
    }
    sd14_model *model = calloc(1, sizeof(*model));
    if (model == NULL) return fail(error, SD14_ERROR_OUT_OF_MEMORY, "no memory");
    (void)snprintf(model->path, sizeof(model->path), "%s", params->path);
    (void)snprintf(model->isa, sizeof(model->isa), "%s",
                   params->isa != NULL ? params->isa : "avx2");
    (void)snprintf(model->precision, sizeof(model->precision), "%s",
                   params->emulate != NULL ? params->emulate
                   : params->exact         ? "f32,exact"
                                           : "f32");
    model->threads = params->threads > 0 ? params->threads : 2;
    model->max_ram = params->max_ram;
    model->log = params->log;
    *out_model = model;
    return SD14_OK;
}

void sd14_model_destroy(sd14_model *model)
{
    free(model);
}

void sd14_model_get_info(const sd14_model *model, sd14_model_info *out_info)
{
    const char *slash = strrchr(model->path, '/');
    *out_info = (sd14_model_info){.path = model->path,
                                  .name = slash != NULL ? slash + 1 : model->path,
                                  .width = 128,
                                  .height = 128,
                                  .steps = 20,
                                  .guidance = 7.5f,
                                  .pixel_multiple = 8,
                                  .max_prompt_tokens = 75,
                                  .threads = model->threads,
                                  .isa = model->isa,
                                  .backend = "cpu",
                                  .precision = model->precision,
                                  .description = "pretends",
                                  .prompts = prompts,
                                  .n_prompts = sizeof(prompts) / sizeof(prompts[0])};
}

/* Hashing cannot be cancelled: a signal ends no more than one nanosleep(). */
static void work_on_hashes(void)
{
    const char *text = getenv("SD14_FAKE_HASH_SECONDS");
    struct timespec left = {text != NULL ? strtol(text, NULL, 10) : 0, 0};
    while (nanosleep(&left, &left) != 0) {
    }
}

sd14_status sd14_model_hash_files(sd14_model *model,
                                  const sd14_model_file **out_files,
                                  size_t *out_n_files,
                                  sd14_error *error)
{
    (void)model;
    (void)error;
    work_on_hashes();
    *out_files = files;
    *out_n_files = sizeof(files) / sizeof(files[0]);
    return SD14_OK;
}

sd14_status sd14_session_create(sd14_model *model, sd14_session **out_session, sd14_error *error)
{
    sd14_session *session = calloc(1, sizeof(*session));
    if (session == NULL) return fail(error, SD14_ERROR_OUT_OF_MEMORY, "no memory");
    session->model = model;
    *out_session = session;
    return SD14_OK;
}

void sd14_session_destroy(sd14_session *session)
{
    free(session);
}

void sd14_generate_params_default(const sd14_model *model, sd14_generate_params *out_params)
{
    (void)model;
    *out_params = (sd14_generate_params){
        .prompt = "", .width = 128, .height = 128, .steps = 20, .guidance = 7.5f};
}

enum { PICTURE_MIB = 100 };

sd14_status sd14_session_plan_batch(const sd14_session *session,
                                    const sd14_generate_params *params,
                                    int32_t count,
                                    sd14_memory_plan *out_plan,
                                    sd14_error *error)
{
    (void)session;
    (void)params;
    (void)error;
    *out_plan = (sd14_memory_plan){.text = {1 << 20, 4 << 20, 2 << 20, 3 << 20},
                                   .other_bytes = 1 << 19,
                                   .peak_bytes = (uint64_t)(PICTURE_MIB + 50 * (count - 1)) << 20,
                                   .least_bytes = (uint64_t)PICTURE_MIB << 20};
    return SD14_OK;
}

/* Sleeps in slices, as the library looks between operators. */
static void work(sd14_session *session)
{
    const char *text = getenv("SD14_FAKE_STEP_MS");
    const long slices = text != NULL ? strtol(text, NULL, 10) : 0;
    for (long i = 0; i < slices && !atomic_load(&session->cancelled); i++) {
        const struct timespec slice = {0, 1000000};
        (void)nanosleep(&slice, NULL);
    }
}

static sd14_status planned_failure(const char *prompt, sd14_error *error)
{
    static const struct {
        const char *prompt;
        sd14_status status;
    } plan[] = {
        {"@failed", SD14_ERROR_FAILED},     {"@model", SD14_ERROR_MODEL},
        {"@oom", SD14_ERROR_OUT_OF_MEMORY}, {"@device", SD14_ERROR_DEVICE},
        {"@nan", SD14_ERROR_VERIFICATION},  {"@argument", SD14_ERROR_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof(plan) / sizeof(plan[0]); i++) {
        if (strcmp(prompt, plan[i].prompt) == 0) {
            return fail(error, plan[i].status, "planned failure %s", prompt);
        }
    }
    return SD14_OK;
}

static void log_planned(const sd14_log *log, const char *prompt)
{
    if (log->write == NULL) return;
    if (strcmp(prompt, "@warn") == 0) {
        log->write(log->user, SD14_LOG_WARNING, "the prompt is cut");
    }
    if (strcmp(prompt, "@info") == 0) log->write(log->user, SD14_LOG_INFO, "an information");
    if (strcmp(prompt, "@debug") == 0) log->write(log->user, SD14_LOG_DEBUG, "a detail");
}

static sd14_status
draw(sd14_image **out_image, const sd14_generate_params *params, sd14_error *error)
{
    sd14_image *image = calloc(1, sizeof(*image));
    const size_t bytes = (size_t)params->width * (size_t)params->height * 3;
    uint8_t *pixels = calloc(bytes, 1);
    if (image == NULL || pixels == NULL) {
        free(image);
        free(pixels);
        return fail(error, SD14_ERROR_OUT_OF_MEMORY, "no memory");
    }
    for (size_t i = 0; i < bytes; i++) pixels[i] = (uint8_t)(i / 3 + params->seed + i % 3 * 64);
    *image = (sd14_image){params->width, params->height, pixels};
    *out_image = image;
    return SD14_OK;
}

static void report(const sd14_generate_params *params,
                   int32_t first,
                   int32_t together,
                   sd14_stage stage,
                   int32_t step,
                   double seconds)
{
    const sd14_progress progress = {.stage = stage,
                                    .step = step,
                                    .steps = params->steps,
                                    .seconds = seconds,
                                    .step_seconds = step > 0 ? 0.25 + 0.01 * step : 0,
                                    .first = first,
                                    .together = together};
    if (params->progress != NULL) params->progress(params->progress_user, &progress);
}

static sd14_status run_steps(sd14_session *session,
                             const sd14_generate_params *params,
                             int32_t count,
                             sd14_error *error)
{
    report(params, 0, count, SD14_STAGE_DENOISE, 0, 1);
    for (int32_t step = 1; step <= params->steps; step++) {
        work(session);
        if (atomic_exchange(&session->cancelled, false)) {
            return fail(error, SD14_ERROR_CANCELLED, "cancelled");
        }
        report(params, 0, count, SD14_STAGE_DENOISE, step, 1 + 0.25 * step);
        for (int32_t i = 0; step == 2 && i < count; i++) {
            const sd14_status status = planned_failure(params[i].prompt, error);
            if (status != SD14_OK) return status;
        }
    }
    return SD14_OK;
}

sd14_status sd14_generate_batch(sd14_session *session,
                                const sd14_generate_params *params,
                                int32_t count,
                                sd14_image_receiver receiver,
                                void *user,
                                sd14_error *error)
{
    const uint64_t cap = session->model->max_ram;
    if (cap > 0 && cap < (uint64_t)PICTURE_MIB << 20) {
        return fail(error, SD14_ERROR_OUT_OF_MEMORY, "the cap is %llu bytes",
                    (unsigned long long)cap);
    }
    report(params, 0, count, SD14_STAGE_TEXT, 0, 0);
    log_planned(&session->model->log, params->prompt);
    report(params, 0, count, SD14_STAGE_LOAD, 0, 0.5);
    sd14_status status = run_steps(session, params, count, error);
    for (int32_t i = 0; status == SD14_OK && i < count; i++) {
        sd14_image *image = NULL;
        if (strcmp(params[i].prompt, "@decode") == 0)
            return fail(error, SD14_ERROR_VERIFICATION, "planned failure @decode");
        report(params, i, count - i, SD14_STAGE_DECODE, 0, 1 + 0.25 * params->steps);
        session->timings = (sd14_timings){0.5, 0.5, 0.25 * params->steps, 0.75, 3};
        status = draw(&image, &params[i], error);
        if (status == SD14_OK) receiver(user, i, image, &session->timings);
    }
    if (status == SD14_OK && atomic_exchange(&session->cancelled, false))
        return fail(error, SD14_ERROR_CANCELLED, "cancelled");
    return status;
}

static void keep_image(void *user, int32_t index, sd14_image *image, const sd14_timings *timings)
{
    (void)index;
    (void)timings;
    *(sd14_image **)user = image;
}

sd14_status sd14_generate(sd14_session *session,
                          const sd14_generate_params *params,
                          sd14_image **out_image,
                          sd14_error *error)
{
    sd14_image *image = NULL;
    const sd14_status status = sd14_generate_batch(session, params, 1, keep_image, &image, error);
    if (status == SD14_OK) {
        *out_image = image;
    } else {
        sd14_image_destroy(image);
    }
    return status;
}

sd14_status sd14_session_encode(sd14_session *session,
                                const sd14_generate_params *params,
                                int32_t count,
                                sd14_error *error)
{
    (void)params;
    (void)error;
    if (session->model->log.write != NULL) {
        char text[64];
        (void)snprintf(text, sizeof(text), "%d encoded", (int)count);
        session->model->log.write(session->model->log.user, SD14_LOG_DEBUG, text);
    }
    return SD14_OK;
}

/* 50 MiB more for each. */
sd14_status sd14_session_fit_batch(const sd14_session *session,
                                   const sd14_generate_params *params,
                                   int32_t count,
                                   int32_t *out_count,
                                   sd14_error *error)
{
    (void)params;
    (void)error;
    const uint64_t cap = session->model->max_ram >> 20;
    while (count > 1 && cap > 0 && PICTURE_MIB + 50 * ((uint64_t)count - 1) > cap) count--;
    *out_count = count;
    return SD14_OK;
}

void sd14_session_get_timings(const sd14_session *session, sd14_timings *out_timings)
{
    *out_timings = session->timings;
}

const float *sd14_session_latent(sd14_session *session)
{
    (void)session;
    return NULL;
}

uint64_t sd14_session_memory(const sd14_session *session)
{
    (void)session;
    return 1 << 20;
}

void sd14_session_get_memory(const sd14_session *session, sd14_memory *out_memory)
{
    (void)session;
    *out_memory = (sd14_memory){.weights_bytes = 768 << 10, .plan_bytes = 256 << 10};
}

sd14_status sd14_session_get_device(const sd14_session *session,
                                    sd14_device_measures *out_measures,
                                    sd14_error *error)
{
    (void)session;
    (void)error;
    *out_measures = (sd14_device_measures){0};
    return SD14_OK;
}

void sd14_session_cancel(sd14_session *session)
{
    atomic_store(&session->cancelled, true);
}

void sd14_image_destroy(sd14_image *image)
{
    if (image == NULL) return;
    free(image->pixels);
    free(image);
}

static int write_pixels(FILE *file, const sd14_image *image, const sd14_png_text *texts, size_t n)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)) != 0) { /* NOLINT: libpng's way */
        png_destroy_write_struct(&png, &info);
        return -1;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    for (size_t i = 0; i < n; i++) {
        char key[80], lang[1] = "";
        png_text text;
        memset(&text, 0, sizeof(text));
        (void)snprintf(key, sizeof(key), "%s", texts[i].key);
        char *value = strdup(texts[i].value);
        text.compression = PNG_ITXT_COMPRESSION_NONE;
        text.key = key;
        text.text = value;
        text.itxt_length = strlen(texts[i].value);
        text.lang = lang;
        text.lang_key = lang;
        png_set_text(png, info, &text, 1);
        free(value);
    }
    png_write_info(png, info);
    for (int32_t y = 0; y < image->height; y++) {
        png_write_row(png, image->pixels + (size_t)y * (size_t)image->width * 3);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return fflush(file);
}

sd14_status sd14_image_write_png(const sd14_image *image,
                                 const char *path,
                                 const sd14_png_text *texts,
                                 size_t n_texts,
                                 sd14_error *error)
{
    const int standard = strcmp(path, "-") == 0;
    FILE *file = standard ? fdopen(dup(STDOUT_FILENO), "wb") : fopen(path, "wb");
    if (file == NULL) return fail(error, SD14_ERROR_FILE, "%s: %s", path, strerror(errno));
    const int failed = write_pixels(file, image, texts, n_texts);
    if (fclose(file) != 0 || failed != 0) {
        return fail(error, SD14_ERROR_FILE, "%s: cannot write: %s", path, strerror(errno));
    }
    return SD14_OK;
}
