/* SPDX-License-Identifier: Apache-2.0 */

/* A side's whole run by itself: noise, the latent after every step, the picture. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "parity/divergence_parts.h"
#include "pipeline/text_to_image.h"

typedef struct whole_run {
    const divergence_params *params;
    const char *side;
    text_to_image *pipeline;
    divergence_whole *to;
    size_t n;     /* elements of a latent */
    int last;     /* the step after which nothing more is needed */
    bool picture; /* but the picture */
    bool ended;   /* by ourselves */
} whole_run;

static void keep_latent(void *user, const text_to_image_progress *progress)
{
    whole_run *run = user;
    if (progress->stage != STAGE_DENOISE) return;
    const float *latent = text_to_image_latent(run->pipeline);
    if (latent == NULL) return; /* the run ends with the reason */
    memcpy(run->to->latents + (size_t)progress->step * run->n, latent, run->n * sizeof(float));
    run->to->done = progress->step;
    if (run->params->progress != NULL) {
        char what[64];
        (void)snprintf(what, sizeof(what), "%s: step %d of %d", run->side, progress->step,
                       progress->steps);
        run->params->progress(run->params->progress_user, what);
    }
    if (progress->step == run->last && !run->picture) {
        run->ended = true;
        text_to_image_cancel(run->pipeline);
    }
}

void divergence_whole_release(divergence_whole *of)
{
    mem_free(of->latents);
    mem_free(of->pixels);
    *of = (divergence_whole){0};
}

/* Room for what a run makes. */
static sd14_status make_room(whole_run *run, sd14_error *error)
{
    const divergence_params *p = run->params;
    run->to->done = -1;
    run->to->latents = mem_array(((size_t)p->steps + 1) * run->n, sizeof(float));
    run->to->pixels = run->picture ? mem_array(3 * p->width * p->height, sizeof(float)) : NULL;
    if (run->to->latents == NULL || (run->picture && run->to->pixels == NULL))
        FAIL_NO_MEMORY(error, "the latents");
    return SD14_OK;
}

/* Draws; the picture's bytes become floats, as everything that is compared. */
static sd14_status draw(whole_run *run, sd14_error *error)
{
    const divergence_params *p = run->params;
    const size_t count = 3 * p->width * p->height;
    uint8_t *bytes = mem_array(count, 1);
    if (bytes == NULL) FAIL_NO_MEMORY(error, "the picture");
    const text_to_image_params params = {.prompt = p->prompt,
                                         .negative_prompt = p->negative_prompt,
                                         .width = p->width,
                                         .height = p->height,
                                         .steps = p->steps,
                                         .guidance = p->guidance,
                                         .seed = p->seed,
                                         .progress = keep_latent,
                                         .progress_user = run};
    const sd14_status status = text_to_image_run(run->pipeline, &params, bytes, error);
    for (size_t i = 0; status == SD14_OK && run->picture && i < count; i++)
        run->to->pixels[i] = (float)bytes[i];
    mem_free(bytes);
    return status == SD14_ERROR_CANCELLED && run->ended ? SD14_OK : status;
}

sd14_status divergence_whole_run(const divergence_run *run,
                                 const divergence_side *side,
                                 int last,
                                 bool picture,
                                 divergence_whole *out_whole,
                                 sd14_error *error)
{
    whole_run whole = {.params = run->params,
                       .side = side == &run->params->ours ? "side A" : "side B",
                       .to = out_whole,
                       .n = divergence_latent_count(run),
                       .last = last,
                       .picture = picture};
    TRY(make_room(&whole, error));
    TRY(text_to_image_create(side->model, side->backend, NULL, &whole.pipeline, error));
    const sd14_status status = draw(&whole, error);
    text_to_image_destroy(whole.pipeline);
    return status;
}

/* ---- what is compared of it ----------------------------------------------------------------------- */

static divergence_subject latent_subject(const divergence_run *run, int step, char name[16])
{
    (void)snprintf(name, 16, "%03d", step);
    return (divergence_subject){.stage = step == 0 ? DIVERGENCE_NOISE : DIVERGENCE_LATENTS,
                                .name = step == 0 ? "" : name,
                                .shape = shape_4(1, run->height, run->width, run->channels)};
}

static divergence_subject picture_subject(const divergence_run *run)
{
    return (divergence_subject){.stage = DIVERGENCE_PICTURE,
                                .name = "",
                                .shape = shape_3(run->params->height, run->params->width, 3)};
}

bool divergence_wants_picture(const divergence_run *run)
{
    return divergence_wants(run, DIVERGENCE_PICTURE, "");
}

int divergence_last_latent(const divergence_run *run)
{
    char name[16];
    for (int step = run->params->steps; step >= 0; step--) {
        const divergence_subject subject = latent_subject(run, step, name);
        if (divergence_wants(run, subject.stage, subject.name)) return step;
    }
    return -1;
}

sd14_status divergence_compare_whole(divergence_run *run,
                                     const divergence_whole *ours,
                                     const divergence_whole *theirs,
                                     const char *failure,
                                     sd14_error *error)
{
    const size_t n = divergence_latent_count(run);
    const int last = divergence_last_latent(run);
    char name[16];
    for (int step = 0; step <= last; step++) {
        const divergence_subject subject = latent_subject(run, step, name);
        if (step > ours->done) return divergence_add_missing(run, &subject, failure, error);
        const size_t first = (size_t)step * n;
        TRY(divergence_add(run, &subject, ours->latents + first, theirs->latents + first, error));
    }
    if (!divergence_wants_picture(run)) return SD14_OK;
    const divergence_subject subject = picture_subject(run);
    if (failure[0] != '\0') return divergence_add_missing(run, &subject, failure, error);
    return divergence_add(run, &subject, ours->pixels, theirs->pixels, error);
}
