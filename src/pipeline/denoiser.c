/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/denoiser.h"

#include "base/memory.h"
#include "sampling/ddim.h"

/* denoise_graph()'s inputs. */
enum { LATENT, TIMESTEP, CONTEXT, COEFFICIENTS, VARIANCE_NOISE, INPUTS };

void denoiser_init(denoiser *of, const model *model, backend *backend)
{
    *of = (denoiser){0};
    stage_init(&of->stage, model, backend, MODEL_UNET);
}

void denoiser_release(denoiser *of)
{
    denoiser_end(of);
    stage_release(&of->stage);
}

sd14_status
denoiser_prepare(denoiser *of, const stage_size *size, const atomic_bool *cancel, sd14_error *error)
{
    return stage_prepare(&of->stage, size, cancel, error);
}

void denoiser_end(denoiser *of)
{
    loop_end(of->loop);
    mem_free(of->timesteps);
    mem_free(of->coefficients);
    of->loop = NULL;
    of->timesteps = NULL;
    of->coefficients = NULL;
}

static size_t batch_of(const denoiser *of)
{
    const stage_size *size = &of->stage.size;
    return size->guided ? 2 * size->batch : size->batch;
}

static void fill_tables(denoiser *of, const denoiser_run *run)
{
    const schedule *schedule = of->stage.model->schedule;
    const size_t batch = batch_of(of);
    for (int i = 0; i < run->steps; i++) {
        const float t = (float)schedule_timestep(schedule, run->steps, i);
        for (size_t b = 0; b < batch; b++) of->timesteps[(size_t)i * batch + b] = t;
        ddim_coefficients(schedule, run->steps, i, run->guidance, run->eta,
                          of->coefficients + (size_t)i * DDIM_STEP_COEFFICIENTS);
    }
}

sd14_status denoiser_begin(denoiser *of, const denoiser_run *run, sd14_error *error)
{
    denoiser_end(of);
    of->timesteps = mem_array((size_t)run->steps * batch_of(of), sizeof(float));
    of->coefficients = mem_array((size_t)run->steps * DDIM_STEP_COEFFICIENTS, sizeof(float));
    if (of->timesteps == NULL || of->coefficients == NULL) FAIL_NO_MEMORY(error, "the schedule");
    fill_tables(of, run);

    const loop_input inputs[INPUTS] = {
        [LATENT] = {LOOP_CARRIED, run->latent}, [TIMESTEP] = {LOOP_TABLE, of->timesteps},
        [CONTEXT] = {LOOP_FIXED, run->context}, [COEFFICIENTS] = {LOOP_TABLE, of->coefficients},
        [VARIANCE_NOISE] = {LOOP_GIVEN, NULL}, /* a graph without it has no such input */
    };
    const loop_description loop = {.backend = of->stage.backend,
                                   .program = of->stage.program,
                                   .graph = of->stage.graph,
                                   .inputs = inputs,
                                   .steps = run->steps};
    return loop_begin(&loop, &of->loop, error);
}

sd14_status denoiser_step(denoiser *of,
                          int step,
                          const float *variance_noise,
                          const atomic_bool *cancel,
                          sd14_error *error)
{
    const void *const given[INPUTS] = {[VARIANCE_NOISE] = variance_noise};
    return loop_step(of->loop, step, given, cancel, error);
}

sd14_status denoiser_read(denoiser *of, float *latent, sd14_error *error)
{
    return loop_read(of->loop, latent, error);
}

bool denoiser_reads_freely(const denoiser *of)
{
    return of->stage.backend->vtable->loop == NULL;
}
