/* SPDX-License-Identifier: Apache-2.0 */

/* The whole runs of both sides, and the order of all. */
#include "parity/divergence.h"

#include <string.h>

#include "base/memory.h"
#include "parity/divergence_chain.h"

/* The last latent of the reference that anybody needs; -1: none. */
static int
last_needed(const divergence_chain *c, int ours, sd14_error *error, sd14_status *out_status)
{
    const divergence_params *p = c->run.params;
    int last = ours;
    const struct {
        divergence_stage stage;
        model_part part;
        int step;
    } needs[] = {{DIVERGENCE_UNET, MODEL_UNET, p->step},
                 {DIVERGENCE_VAE_DECODER, MODEL_VAE_DECODER, p->steps}};
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        graph *graph = NULL;
        *out_status = model_graph(&p->ours.model->config, needs[i].part, 1, c->run.height,
                                  c->run.width, &graph, error);
        if (*out_status != SD14_OK) return -1;
        if (divergence_wants_network(&c->run, needs[i].stage, graph) && needs[i].step > last)
            last = needs[i].step;
        graph_destroy(graph);
    }
    if (divergence_wants(&c->run, DIVERGENCE_SCHEDULER, "prev_sample") && p->step + 1 > last)
        last = p->step + 1;
    return last;
}

/* Latents, noise predictions of the step, and picture of a recording. */
static sd14_status read_whole(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    const divergence_run *r = &c->run;
    const size_t steps = (size_t)p->steps, n = divergence_latent_count(r);
    float *predictions = NULL;
    TRY(recording_read_whole(p->recorded, "trajectory/latents",
                             shape_4(steps + 1, r->height, r->width, r->channels),
                             &c->whole.latents, error));
    c->whole.done = p->steps;
    TRY(recording_read_whole(p->recorded, "trajectory/picture", shape_3(p->height, p->width, 3),
                             &c->whole.pixels, error));
    TRY(recording_read_whole(p->recorded, "trajectory/noise_pred",
                             shape_4(r->batch * steps, r->height, r->width, r->channels),
                             &predictions, error));
    const size_t count = r->batch * n;
    c->noise_pred = mem_array(count, sizeof(float));
    if (c->noise_pred != NULL)
        memcpy(c->noise_pred, predictions + (size_t)p->step * count, count * sizeof(float));
    mem_free(predictions);
    if (c->noise_pred == NULL) FAIL_NO_MEMORY(error, "the noise prediction");
    return SD14_OK;
}

static sd14_status run_theirs(divergence_chain *c, int ours_last, bool picture, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    if (!chain_is_live(p)) return read_whole(c, error);
    sd14_status status = SD14_OK;
    const int last = last_needed(c, ours_last, error, &status);
    if (status != SD14_OK || (last < 0 && !picture)) return status;
    sd14_error inner;
    status = divergence_whole_run(&c->run, &p->theirs, last, picture, &c->whole, &inner);
    if (status != SD14_OK) return error_set(error, status, "the reference: %s", inner.text);
    return SD14_OK;
}

/* The run of side A by itself; NaN in it is a finding, not a failure. */
static sd14_status
compare_whole_runs(divergence_chain *c, int last, bool picture, sd14_error *error)
{
    divergence_whole ours = {0};
    sd14_error failure = {{0}};
    if (last < 0 && !picture) return SD14_OK;
    sd14_status status =
        divergence_whole_run(&c->run, &c->run.params->ours, last, picture, &ours, &failure);
    if (status == SD14_OK || status == SD14_ERROR_VERIFICATION) {
        if (status == SD14_OK) failure.text[0] = '\0';
        status = divergence_compare_whole(&c->run, &ours, &c->whole, failure.text, error);
    } else {
        (void)error_set(error, status, "%s", failure.text);
    }
    divergence_whole_release(&ours);
    return status;
}

static sd14_status compare_all(divergence_chain *c, sd14_error *error)
{
    const divergence_params *p = c->run.params;
    /* With `isolate` nothing is run as a whole: errors would add up. */
    const int last = p->isolate ? -1 : divergence_last_latent(&c->run);
    const bool picture = !p->isolate && divergence_wants_picture(&c->run);
    TRY(chain_tokens(c, error));
    TRY(chain_schedule(c, error));
    TRY(run_theirs(c, last, picture, error));
    TRY(chain_text_encoder(c, error));
    if (c->whole.latents != NULL) {
        TRY(chain_unet(c, error));
        TRY(chain_scheduler(c, error));
        TRY(chain_decoder(c, error));
    }
    return compare_whole_runs(c, last, picture, error);
}

static sd14_status check_sides(const divergence_run *run, sd14_error *error)
{
    const divergence_params *p = run->params;
    if (!chain_is_live(p)) return SD14_OK;
    const model_config *ours = &p->ours.model->config, *theirs = &p->theirs.model->config;
    if (vae_scale(&ours->vae) == vae_scale(&theirs->vae) &&
        ours->unet.in_channels == theirs->unet.in_channels)
        return SD14_OK;
    FAIL(error, INVALID_ARGUMENT,
         "the two models' latents have different shapes; compare models of one architecture");
}

static sd14_status check_found(const divergence_run *run, sd14_error *error)
{
    for (int s = 0; s < DIVERGENCE_STAGES; s++) {
        if (run->found->stages[s].count > 0) return SD14_OK;
    }
    FAIL(error, INVALID_ARGUMENT,
         "no node is called like \"%.100s\"; names are such as \"unet/conv_in\" or "
         "\"vae_decoder/*\"",
         run->params->nodes == NULL ? "*" : run->params->nodes);
}

/* "f32", "f32,exact" */
static bool is_float32(const divergence_side *side)
{
    return strncmp(side->precision, "f32", 3) == 0;
}

sd14_status
divergence_find(const divergence_params *params, divergence **out_found, sd14_error *error)
{
    const model_config *config = &params->ours.model->config;
    const size_t scale = vae_scale(&config->vae);
    divergence_chain c = {.run = {.params = params,
                                  .batch = params->guidance > 1.0F ? 2 : 1,
                                  .height = params->height / scale,
                                  .width = params->width / scale,
                                  .channels = config->unet.in_channels}};
    const bool exact =
        is_float32(&params->ours) && (!chain_is_live(params) || is_float32(&params->theirs));
    divergence *found = mem_array(1, sizeof(*found));
    if (found == NULL) FAIL_NO_MEMORY(error, "a comparison");
    for (int s = 0; s < DIVERGENCE_STAGES; s++) {
        const double limit = divergence_limit((divergence_stage)s, exact);
        const bool fixed = s == DIVERGENCE_TOKENS || params->threshold < 0.0;
        found->stages[s].limit = fixed ? limit : params->threshold;
    }
    c.run.found = found;
    sd14_status status = check_sides(&c.run, error);
    if (status == SD14_OK) status = compare_all(&c, error);
    if (status == SD14_OK) status = check_found(&c.run, error);
    mem_free(c.our_ids);
    mem_free(c.ids);
    mem_free(c.context);
    mem_free(c.pair);
    mem_free(c.noise_pred);
    divergence_whole_release(&c.whole);
    if (status != SD14_OK) {
        divergence_destroy(found);
        return status;
    }
    *out_found = found;
    return SD14_OK;
}
