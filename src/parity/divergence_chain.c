/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/divergence_chain.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "graph/run_once.h"
#include "models/networks.h"
#include "pipeline/prompt_encoder.h"
#include "sampling/ddim.h"

static void say(const divergence_params *params, const char *what)
{
    if (params->progress != NULL) params->progress(params->progress_user, what);
}

/* ---- tokens and schedule -------------------------------------------------------------------------- */

static const char *const row_names[2] = {"negative_prompt", "prompt"};

/* Row `row` of [batch, tokens]: the prompt's is the last one. */
static const char *row_name(const divergence_chain *c, size_t row)
{
    return row_names[c->run.batch == 2 ? row : 1];
}

/* As float32, which holds every id. */
static sd14_status compare_whole_numbers(divergence_chain *c,
                                         const divergence_subject *subject,
                                         const int32_t *ours,
                                         const int32_t *theirs,
                                         sd14_error *error)
{
    const size_t count = shape_count(subject->shape);
    float *both = mem_array(2 * count, sizeof(float));
    if (both == NULL) FAIL_NO_MEMORY(error, "the tokens");
    for (size_t i = 0; i < count; i++) {
        both[i] = (float)ours[i];
        both[count + i] = (float)theirs[i];
    }
    const sd14_status status = divergence_add(&c->run, subject, both, both + count, error);
    mem_free(both);
    return status;
}

static sd14_status their_tokens(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    if (chain_is_live(p)) {
        if (p->theirs.model->config.text_encoder.max_position_embeddings != c->tokens)
            FAIL(error, INVALID_ARGUMENT, "the two models read prompts of different lengths");
        return prompt_tokens(p->theirs.model, NULL, p->prompt, p->negative_prompt,
                             c->run.batch == 2, c->ids, error);
    }
    float *recorded = NULL;
    const shape shape = shape_2(c->run.batch, c->tokens);
    TRY(recording_read_whole(p->recorded, "text_encoder/input_ids", shape, &recorded, error));
    for (size_t i = 0; i < c->run.batch * c->tokens; i++) c->ids[i] = (int32_t)recorded[i];
    for (size_t i = 0; i < c->tokens; i++) c->ids[c->run.batch * c->tokens + i] = (int32_t)i;
    mem_free(recorded);
    return SD14_OK;
}

sd14_status chain_tokens(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    c->tokens = p->ours.model->config.text_encoder.max_position_embeddings;
    const size_t count = (c->run.batch + 1) * c->tokens;
    c->our_ids = mem_array(count, sizeof(*c->our_ids));
    c->ids = mem_array(count, sizeof(*c->ids));
    if (c->our_ids == NULL || c->ids == NULL) FAIL_NO_MEMORY(error, "the tokens");
    TRY(prompt_tokens(p->ours.model, p->log, p->prompt, p->negative_prompt, c->run.batch == 2,
                      c->our_ids, error));
    TRY(their_tokens(c, error));
    for (size_t row = 0; row < c->run.batch; row++) {
        const divergence_subject subject = {
            .stage = DIVERGENCE_TOKENS, .name = row_name(c, row), .shape = shape_1(c->tokens)};
        TRY(compare_whole_numbers(c, &subject, c->our_ids + row * c->tokens,
                                  c->ids + row * c->tokens, error));
    }
    return SD14_OK;
}

/* Side B's timesteps and alphas; the caller's to free. */
static sd14_status
their_schedule(const divergence_chain *c, int32_t *timesteps, float **out_alphas, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    const size_t trained = (size_t)p->ours.model->schedule->config.train_timesteps;
    if (chain_is_live(p)) {
        const schedule *theirs = p->theirs.model->schedule;
        if ((size_t)theirs->config.train_timesteps != trained) {
            FAIL(error, INVALID_ARGUMENT, "the two models' schedules have %zu and %d timesteps",
                 trained, theirs->config.train_timesteps);
        }
        *out_alphas = mem_array(trained, sizeof(float));
        if (*out_alphas == NULL) FAIL_NO_MEMORY(error, "the schedule");
        memcpy(*out_alphas, theirs->alphas_cumprod, trained * sizeof(float));
        return schedule_timesteps(theirs, p->steps, timesteps, error);
    }
    float *recorded = NULL;
    TRY(recording_read_whole(p->recorded, "scheduler/timesteps", shape_1((size_t)p->steps),
                             &recorded, error));
    for (int i = 0; i < p->steps; i++) timesteps[i] = (int32_t)recorded[i];
    mem_free(recorded);
    return recording_read_whole(p->recorded, "scheduler/alphas_cumprod", shape_1(trained),
                                out_alphas, error);
}

sd14_status chain_schedule(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    const schedule *schedule = p->ours.model->schedule;
    int32_t ours[SCHEDULE_STEPS_MAX] = {0}, theirs[SCHEDULE_STEPS_MAX] = {0};
    float *alphas = NULL;
    TRY(schedule_timesteps(schedule, p->steps, ours, error));
    sd14_status status = their_schedule(c, theirs, &alphas, error);
    if (status == SD14_OK) {
        c->run.found->timestep = theirs[p->step];
        const divergence_subject subject = {.stage = DIVERGENCE_SCHEDULE,
                                            .name = "alphas_cumprod",
                                            .shape =
                                                shape_1((size_t)schedule->config.train_timesteps)};
        status = divergence_add(&c->run, &subject, schedule->alphas_cumprod, alphas, error);
    }
    if (status == SD14_OK) {
        const divergence_subject subject = {
            .stage = DIVERGENCE_SCHEDULE, .name = "timesteps", .shape = shape_1((size_t)p->steps)};
        status = compare_whole_numbers(c, &subject, ours, theirs, error);
    }
    mem_free(alphas);
    return status;
}

/* ---- networks ------------------------------------------------------------------------------------- */

/* A network's graph for both sides; `theirs` stays NULL with a recording. */
static sd14_status make_graphs(const divergence_chain *c,
                               model_part part,
                               size_t batch,
                               graph **out_ours,
                               graph **out_theirs,
                               sd14_error *error)
{
    const divergence_params *p = c->run.params;
    TRY(model_graph(&p->ours.model->config, part, batch, c->run.height, c->run.width, out_ours,
                    error));
    if (!chain_is_live(p)) return SD14_OK;
    return model_graph(&p->theirs.model->config, part, batch, c->run.height, c->run.width,
                       out_theirs, error);
}

/* Compares a part of the model; nothing is run if nobody asks for its nodes or its output. */
static sd14_status compare_part(divergence_chain *c,
                                model_part part,
                                divergence_network *network,
                                size_t batch,
                                bool output_needed,
                                sd14_error *error)
{
    const divergence_params *p = c->run.params;
    graph *ours = NULL, *theirs = NULL;
    sd14_status status = make_graphs(c, part, batch, &ours, &theirs, error);
    const bool wanted = status == SD14_OK &&
                        (output_needed || divergence_wants_network(&c->run, network->stage, ours));
    if (wanted) {
        say(p, model_part_name(part));
        network->ours = ours;
        network->our_tensors = p->ours.model->tensors[part];
        if (chain_is_live(p)) {
            network->theirs = theirs;
            network->their_tensors = p->theirs.model->tensors[part];
            status = divergence_compare_live(&c->run, network, error);
        } else {
            status = divergence_compare_recorded(&c->run, network, error);
        }
    }
    graph_destroy(ours);
    graph_destroy(theirs);
    return status;
}

sd14_status chain_text_encoder(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    const size_t hidden = p->ours.model->config.text_encoder.hidden_size;
    const void *inputs[] = {c->ids, c->ids + c->run.batch * c->tokens};
    divergence_network network = {
        .stage = DIVERGENCE_TEXT_ENCODER, .inputs = inputs, .prefix = "text_encoder"};
    if (chain_is_live(p)) {
        c->context = mem_array(c->run.batch * c->tokens * hidden, sizeof(float));
        if (c->context == NULL) FAIL_NO_MEMORY(error, "the text embeddings");
        network.output = c->context;
    } else {
        TRY(recording_read_whole(p->recorded, "text_encoder/text_model.final_layer_norm",
                                 shape_3(c->run.batch, c->tokens, hidden), &c->context, error));
    }
    return compare_part(c, MODEL_TEXT_ENCODER, &network, c->run.batch, chain_is_live(p), error);
}

/* The sample: the latent of the step for each of the batch; a recording has one of its own. */
static sd14_status make_sample(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    const size_t n = divergence_latent_count(&c->run);
    const shape shape = shape_4(c->run.batch, c->run.height, c->run.width, c->run.channels);
    if (!chain_is_live(p))
        return recording_read_whole(p->recorded, "unet/sample", shape, &c->pair, error);
    c->pair = mem_array(c->run.batch * n, sizeof(float));
    if (c->pair == NULL) FAIL_NO_MEMORY(error, "the latents");
    for (size_t b = 0; b < c->run.batch; b++)
        memcpy(c->pair + b * n, c->whole.latents + (size_t)p->step * n, n * sizeof(float));
    return SD14_OK;
}

sd14_status chain_unet(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    const float timestep = (float)c->run.found->timestep;
    const float timesteps[2] = {timestep, timestep};
    char prefix[32];
    (void)snprintf(prefix, sizeof(prefix), "unet@%d", c->run.found->timestep);
    if (!chain_is_live(p) && !recording_has_prefix(p->recorded, prefix)) {
        FAIL(error, INVALID_ARGUMENT,
             "step %d (t = %d) was not recorded: %s has no \"%s\"; choose another step", p->step,
             c->run.found->timestep, p->recording_path, prefix);
    }
    TRY(make_sample(c, error));
    const void *inputs[] = {c->pair, timesteps, c->context};
    divergence_network network = {.stage = DIVERGENCE_UNET, .inputs = inputs, .prefix = prefix};
    if (chain_is_live(p)) {
        c->noise_pred = mem_array(c->run.batch * divergence_latent_count(&c->run), sizeof(float));
        if (c->noise_pred == NULL) FAIL_NO_MEMORY(error, "the noise prediction");
        network.output = c->noise_pred;
    }
    const bool needed =
        chain_is_live(p) && divergence_wants(&c->run, DIVERGENCE_SCHEDULER, "prev_sample");
    return compare_part(c, MODEL_UNET, &network, c->run.batch, needed, error);
}

/* Guidance and DDIM of the step, on the reference's latent and noise prediction. */
sd14_status chain_scheduler(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    const size_t n = divergence_latent_count(&c->run);
    const shape latent = shape_4(1, c->run.height, c->run.width, c->run.channels);
    float coefficients[DDIM_STEP_COEFFICIENTS];
    graph *graph = NULL;
    if (!divergence_wants(&c->run, DIVERGENCE_SCHEDULER, "prev_sample")) return SD14_OK;
    ddim_coefficients(p->ours.model->schedule, p->steps, p->step, p->guidance, 0.0F, coefficients);
    TRY(ddim_step_graph(latent, c->run.batch == 2, false, &graph, error));

    const float *before = c->whole.latents + (size_t)p->step * n;
    const void *inputs[] = {before, c->noise_pred, coefficients};
    float *after = mem_array(n, sizeof(float));
    sd14_status status = SD14_OK;
    if (after == NULL) FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for the latents");
    const backend_run run = {.inputs = inputs, .outputs = &after};
    TRY_DONE(run_once(p->ours.backend, graph, NULL, &run, error));
    const divergence_subject subject = {.stage = DIVERGENCE_SCHEDULER,
                                        .name = "prev_sample",
                                        .op = op_name(OP_guided_ddim_step),
                                        .shape = latent};
    status = divergence_add(&c->run, &subject, after, before + n, error);
done:
    mem_free(after);
    graph_destroy(graph);
    return status;
}

sd14_status chain_decoder(divergence_chain *c, sd14_error *error)
{
    const void *inputs[] = {c->whole.latents +
                            (size_t)c->run.params->steps * divergence_latent_count(&c->run)};
    divergence_network network = {
        .stage = DIVERGENCE_VAE_DECODER, .inputs = inputs, .prefix = "vae_decoder"};
    return compare_part(c, MODEL_VAE_DECODER, &network, 1, false, error);
}
