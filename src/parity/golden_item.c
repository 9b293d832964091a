/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_item.h"

#include "base/folder_write.h"
#include "base/memory.h"
#include "base/peak_memory.h"
#include "formats/npy.h"
#include "formats/png.h"
#include "formats/safetensors_write.h"
#include "models/folder.h"
#include "pipeline/device_measures.h"
#include "tensor/layout.h"

/* A drawing in progress and what is kept of it. */
typedef struct drawing {
    const golden_artist *artist;
    const suite_item *item;
    size_t height, width; /* of the latent */
    float *start;         /* given noise, channels last; NULL: the seed's */
    float *latents;       /* [checkpoints][channels, height, width] */
    double *step_seconds; /* [steps] */
    uint8_t *pixels;
} drawing;

static size_t latent_count(const drawing *of)
{
    return of->artist->channels * of->height * of->width;
}

static tensor checkpoint_tensor(const drawing *of, size_t i)
{
    return (tensor){DTYPE_F32, shape_4(1, of->artist->channels, of->height, of->width),
                    of->latents + i * latent_count(of)};
}

static void on_progress(void *user, const text_to_image_progress *progress)
{
    const drawing *of = user;
    const golden_artist *artist = of->artist;
    if (progress->stage == STAGE_DENOISE) {
        if (progress->step > 0) of->step_seconds[progress->step - 1] = progress->step_seconds;
        for (size_t i = 0; i < GOLDEN_CHECKPOINTS; i++) {
            const int percent = golden_checkpoints[i].percent;
            if (golden_checkpoint_step(percent, progress->steps) != progress->step) continue;
            const float *latent = text_to_image_latent(artist->pipeline);
            if (latent == NULL) break; /* the run ends with the reason */
            layout_channels_first(latent, artist->channels, of->height * of->width,
                                  of->latents + i * latent_count(of));
        }
    }
    if (artist->progress != NULL) artist->progress(artist->user, progress);
}

static sd14_status draw(drawing *of, const golden_noise *noise, sd14_error *error)
{
    const golden_artist *artist = of->artist;
    const suite_item *item = of->item;
    const size_t n = latent_count(of);
    of->latents = mem_array(GOLDEN_CHECKPOINTS * n, sizeof(*of->latents));
    of->step_seconds = mem_array((size_t)item->steps, sizeof(*of->step_seconds));
    of->pixels = mem_array((size_t)item->width * (size_t)item->height, 3);
    if (of->latents == NULL || of->step_seconds == NULL || of->pixels == NULL)
        FAIL_NO_MEMORY(error, "a drawing's latents");
    if (noise != NULL) {
        of->start = mem_array(n, sizeof(*of->start));
        if (of->start == NULL) FAIL_NO_MEMORY(error, "the noise");
        TRY(golden_noise_read(noise, item, artist->channels, artist->scale, of->start, error));
    }
    const text_to_image_params params = {
        .prompt = item->prompt,
        .negative_prompt = item->negative_prompt,
        .width = (size_t)item->width,
        .height = (size_t)item->height,
        .steps = item->steps,
        .guidance = (float)item->guidance_scale,
        .seed = (uint64_t)item->seed,
        .latent = of->start,
        .progress = on_progress,
        .progress_user = of,
    };
    return text_to_image_run(artist->pipeline, &params, of->pixels, error);
}

static sd14_status write_picture(const drawing *of, const char *path, sd14_error *error)
{
    const png_picture picture = {
        .width = of->item->width, .height = of->item->height, .pixels = of->pixels};
    return png_picture_write(path, &picture, error);
}

static sd14_status write_noise(const drawing *of, const char *path, sd14_error *error)
{
    const tensor noise = checkpoint_tensor(of, 0); /* init_noise_sigma is 1 */
    return npy_write(path, &noise, error);
}

static sd14_status
write_checkpoint(const drawing *of, const char *path, size_t i, sd14_error *error)
{
    const tensor latents = checkpoint_tensor(of, i);
    return npy_write(path, &latents, error);
}

static sd14_status write_tensors(const drawing *of, const char *path, sd14_error *error)
{
    enum { OTHERS = 3 };
    const text_to_image_text text = text_to_image_last_text(of->artist->pipeline);
    safetensors_item items[GOLDEN_CHECKPOINTS + OTHERS] = {
        {"noise", checkpoint_tensor(of, 0)},
        {"text_embeddings",
         {DTYPE_F32, shape_3(text.rows, text.tokens, text.width), text.embeddings}},
        {"input_ids", {DTYPE_I32, shape_2(text.rows, text.tokens), text.ids}},
    };
    for (size_t i = 0; i < GOLDEN_CHECKPOINTS; i++) {
        items[OTHERS + i] =
            (safetensors_item){golden_checkpoints[i].name, checkpoint_tensor(of, i)};
    }
    return safetensors_write(path, items, GOLDEN_CHECKPOINTS + OTHERS, NULL, 0, error);
}

static json_t *program_json(const device_program *of)
{
    return json_pack("{s:i, s:f, s:f, s:I, s:I, s:I, s:I}", "calls", of->calls, "first_run_seconds",
                     (double)of->first_ns * 1e-9, "later_run_seconds", (double)of->later_ns * 1e-9,
                     "weights_bytes", (json_int_t)of->weights, "inputs_bytes",
                     (json_int_t)of->inputs, "values_bytes", (json_int_t)of->values,
                     "l1_values_bytes", (json_int_t)of->l1);
}

static json_t *device_json(const device_measures *of)
{
    return json_pack("{s:f, s:f, s:I, s:I, s:I, s:{s:o, s:o, s:o}}", "compile_seconds",
                     of->compile_seconds, "step_overhead_seconds", of->overhead_seconds,
                     "dram_bytes", (json_int_t)of->usage.dram, "l1_bytes", (json_int_t)of->usage.l1,
                     "l1_small_bytes", (json_int_t)of->usage.l1_small, "networks", "text_encoder",
                     program_json(&of->text), "denoise", program_json(&of->unet), "vae_decoder",
                     program_json(&of->decoder));
}

static json_t *measurements(const drawing *of)
{
    const text_to_image_timings t = text_to_image_last_timings(of->artist->pipeline);
    json_t *steps = json_array();
    for (int i = 0; i < of->item->steps; i++) {
        (void)json_array_append_new(steps, json_real(of->step_seconds[i]));
    }
    return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:o, s:I}", "id", of->item->id, //
                     "text_seconds", t.text, "prepare_seconds", t.prepare,           //
                     "denoise_seconds", t.denoise, "decode_seconds", t.decode,       //
                     "total_seconds", t.total, "step_seconds", steps,                //
                     "peak_rss_bytes", (json_int_t)peak_memory_bytes());
}

static sd14_status write_measurements(const drawing *of, const char *folder, sd14_error *error)
{
    device_measures device;
    TRY(device_measures_take(of->artist->pipeline, &device, error));
    json_t *measured = measurements(of);
    if (measured == NULL ||
        (device.present && json_object_set_new(measured, "device", device_json(&device)) != 0)) {
        json_decref(measured);
        FAIL_NO_MEMORY(error, "the measurements");
    }
    const sd14_status status = golden_manifest_write(measured, folder, "measurements.json", error);
    json_decref(measured);
    return status;
}

/* The i-th of golden_file_names. */
static sd14_status write_file(const drawing *of, const char *folder, size_t i, sd14_error *error)
{
    enum { PICTURE, NOISE, LATENTS, TENSORS = LATENTS + GOLDEN_CHECKPOINTS };
    char *path = folder_path(folder, golden_file_names[i]);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    const sd14_status status = i == PICTURE   ? write_picture(of, path, error)
                               : i == NOISE   ? write_noise(of, path, error)
                               : i == TENSORS ? write_tensors(of, path, error)
                                              : write_checkpoint(of, path, i - LATENTS, error);
    mem_free(path);
    return status;
}

static sd14_status write_files(const drawing *of, const char *folder, sd14_error *error)
{
    char *own = folder_path(folder, of->item->id);
    if (own == NULL) FAIL_NO_MEMORY(error, "a path");
    sd14_status status = folder_write_make(own, error);
    if (status == SD14_OK) status = folder_write_sweep(own, NULL, error);
    for (size_t i = 0; status == SD14_OK && i < GOLDEN_FILES; i++) {
        status = write_file(of, own, i, error);
    }
    if (status == SD14_OK) status = write_measurements(of, own, error);
    mem_free(own);
    return status;
}

/* What went wrong in a drawing says nothing of which one it was. */
static sd14_status name_item(sd14_status status, const suite_item *item, sd14_error *error)
{
    if (status == SD14_OK || status == SD14_ERROR_CANCELLED || error == NULL) return status;
    const sd14_error said = *error;
    return error_set(error, status, "item %s: %s", item->id, said.text);
}

sd14_status golden_item_make(const golden_artist *artist,
                             const suite_item *item,
                             const golden_noise *noise,
                             const char *folder,
                             sd14_error *error)
{
    drawing of = {.artist = artist,
                  .item = item,
                  .height = (size_t)item->height / artist->scale,
                  .width = (size_t)item->width / artist->scale};
    sd14_status status = name_item(draw(&of, noise, error), item, error);
    if (status == SD14_OK) status = write_files(&of, folder, error);
    mem_free(of.start);
    mem_free(of.latents);
    mem_free(of.step_seconds);
    mem_free(of.pixels);
    return status;
}
