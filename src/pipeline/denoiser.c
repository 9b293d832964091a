/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/denoiser.h"

#include <string.h>

#include "base/memory.h"
#include "sampling/ddim.h"

/* denoise_graph()'s inputs. */
enum { LATENT, TIMESTEP, CONTEXT, COEFFICIENTS, VARIANCE_NOISE, INPUTS };

void denoiser_init(denoiser *of, const model *model, backend *backend)
{
    *of = (denoiser){0};
    stage_init(&of->stage, model, backend, MODEL_UNET);
    for (int i = 0; i < STEP_KINDS_MAX - 1; i++)
        stage_init(&of->others[i], model, backend, MODEL_UNET);
}

/* ---- programs -------------------------------------------------------------------------------------------- */

static stage *program_at(denoiser *of, int index)
{
    return index == 0 ? &of->stage : &of->others[index - 1];
}

void denoiser_release(denoiser *of)
{
    denoiser_end(of);
    for (int i = STEP_KINDS_MAX - 1; i >= 0; i--) stage_release(program_at(of, i));
}

void denoiser_rest(denoiser *of)
{
    for (int i = 0; i < STEP_KINDS_MAX; i++) stage_rest(program_at(of, i));
}

void denoiser_give_back(denoiser *of)
{
    for (int i = STEP_KINDS_MAX - 1; i >= 0; i--) stage_give_back(program_at(of, i));
}

stage_memory denoiser_get_memory(const denoiser *of)
{
    stage_memory held = stage_get_memory(&of->stage);
    for (int i = 0; i < STEP_KINDS_MAX - 1; i++) held.plan += stage_get_memory(&of->others[i]).plan;
    return held;
}

sd14_status denoiser_prepare(denoiser *of,
                             const stage_size *size,
                             const shortcut_plan *plan,
                             const atomic_bool *cancel,
                             sd14_error *error)
{
    stage_size sizes[STEP_KINDS_MAX];
    of->plan = *plan;
    of->n_programs = shortcuts_programs(plan, size, sizes);
    of->has_shortcuts = shortcuts_any(&plan->of);
    if (of->has_shortcuts && of->stage.backend->vtable->loop != NULL) {
        FAIL(error, INVALID_ARGUMENT,
             "the backend %s runs every step whole; leave out the cache and the guidance interval",
             of->stage.backend->vtable->name);
    }
    for (int i = of->n_programs; i < STEP_KINDS_MAX; i++) stage_rest(program_at(of, i));
    for (int i = 0; i < of->n_programs; i++) {
        if (i > 0) stage_lend(&of->stage, program_at(of, i));
        TRY(stage_prepare(program_at(of, i), &sizes[i], cancel, error));
    }
    return SD14_OK;
}

sd14_status denoiser_plan(const model *model,
                          backend *backend,
                          const stage_size *size,
                          const shortcut_plan *plan,
                          size_t weights_cap,
                          backend_plan *out_plan,
                          sd14_error *error)
{
    stage_size sizes[STEP_KINDS_MAX];
    const int count = shortcuts_programs(plan, size, sizes);
    TRY(stage_plan(model, backend, MODEL_UNET, &sizes[0], weights_cap, out_plan, error));
    for (int i = 1; i < count; i++) {
        backend_plan more;
        TRY(stage_plan(model, backend, MODEL_UNET, &sizes[i], weights_cap, &more, error));
        out_plan->program.activations += more.program.activations;
        out_plan->program.scratch += more.program.scratch;
        if (more.streamed > 0) out_plan->program.scratch += more.loading; /* into each its own */
    }
    return SD14_OK;
}

/* ---- pictures -------------------------------------------------------------------------------------------- */

void denoiser_end(denoiser *of)
{
    loop_end(of->loop);
    shortcut_loop_end(&of->shortcut);
    mem_free(of->timesteps);
    mem_free(of->coefficients);
    of->loop = NULL;
    of->timesteps = NULL;
    of->coefficients = NULL;
}

/* Of the steps with both halves, if there are some. */
static size_t batch_of(const denoiser *of)
{
    const size_t pictures = of->stage.size.batch;
    return of->plan.guided ? 2 * pictures : pictures;
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

static sd14_status begin_loop(denoiser *of, const denoiser_run *run, sd14_error *error)
{
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

sd14_status denoiser_begin(denoiser *of, const denoiser_run *run, sd14_error *error)
{
    denoiser_end(of);
    of->timesteps = mem_array((size_t)run->steps * batch_of(of), sizeof(float));
    of->coefficients = mem_array((size_t)run->steps * DDIM_STEP_COEFFICIENTS, sizeof(float));
    if (of->timesteps == NULL || of->coefficients == NULL) FAIL_NO_MEMORY(error, "the schedule");
    fill_tables(of, run);
    if (!of->has_shortcuts) return begin_loop(of, run, error);
    stage_size size = of->stage.size;
    size.guided = of->plan.guided;
    return shortcut_loop_begin(&of->shortcut, of->stage.model, &size, size.deep != DEEP_INSIDE,
                               run->latent, run->context, error);
}

static sd14_status shortcut_step_at(denoiser *of,
                                    int step,
                                    const float *variance_noise,
                                    const atomic_bool *cancel,
                                    sd14_error *error)
{
    stage_size sizes[STEP_KINDS_MAX];
    for (int i = 0; i < of->n_programs; i++) sizes[i] = program_at(of, i)->size;
    const int index = shortcuts_program_of(sizes, shortcuts_kind(&of->plan, step));
    const shortcut_step numbers = {.timestep = of->timesteps + (size_t)step * batch_of(of),
                                   .coefficients =
                                       of->coefficients + (size_t)step * DDIM_STEP_COEFFICIENTS,
                                   .variance_noise = variance_noise};
    return shortcut_loop_step(&of->shortcut, program_at(of, index), &numbers, cancel, error);
}

sd14_status denoiser_step(denoiser *of,
                          int step,
                          const float *variance_noise,
                          const atomic_bool *cancel,
                          sd14_error *error)
{
    if (of->has_shortcuts) return shortcut_step_at(of, step, variance_noise, cancel, error);
    const void *const given[INPUTS] = {[VARIANCE_NOISE] = variance_noise};
    return loop_step(of->loop, step, given, cancel, error);
}

sd14_status denoiser_read(denoiser *of, float *latent, sd14_error *error)
{
    if (!of->has_shortcuts) return loop_read(of->loop, latent, error);
    memcpy(latent, of->shortcut.latent, of->shortcut.latent_count * sizeof(float));
    return SD14_OK;
}

bool denoiser_reads_freely(const denoiser *of)
{
    return of->stage.backend->vtable->loop == NULL;
}
