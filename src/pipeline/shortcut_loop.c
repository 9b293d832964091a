/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/shortcut_loop.h"

#include <string.h>

#include "base/memory.h"

size_t shortcut_feature_count(const model *model, const stage_size *size)
{
    const size_t batch = size->guided ? 2 * size->batch : size->batch;
    return batch * size->height * size->width * model->config.unet.block_out_channels[0];
}

sd14_status shortcut_loop_begin(shortcut_loop *to,
                                const model *model,
                                const stage_size *size,
                                bool kept,
                                const float *latent,
                                const float *context,
                                sd14_error *error)
{
    const model_config *config = &model->config;
    *to = (shortcut_loop){.latent_count =
                              size->batch * size->height * size->width * config->unet.in_channels,
                          .context = context};
    to->latent = mem_aligned_array(to->latent_count, sizeof(float));
    if (kept) to->feature = mem_aligned_array(shortcut_feature_count(model, size), sizeof(float));
    if (to->latent == NULL || (kept && to->feature == NULL)) {
        shortcut_loop_end(to);
        FAIL_NO_MEMORY(error, "a loop");
    }
    memcpy(to->latent, latent, to->latent_count * sizeof(float));
    if (size->guided) {
        to->half_context = size->batch * config->text_encoder.max_position_embeddings *
                           config->text_encoder.hidden_size;
    }
    return SD14_OK;
}

sd14_status shortcut_loop_step(shortcut_loop *of,
                               const stage *with,
                               const shortcut_step *step,
                               const atomic_bool *cancel,
                               sd14_error *error)
{
    const void *inputs[LOOP_INPUTS_MAX] = {
        of->latent, step->timestep,
        with->size.guided ? of->context : of->context + of->half_context, step->coefficients};
    size_t next = 4;
    if (with->size.variance_noise) inputs[next++] = step->variance_noise;
    if (with->size.deep == DEEP_GIVEN) inputs[next] = of->feature;
    float *const outputs[] = {of->latent, of->feature};
    const backend_run run = {.inputs = inputs, .outputs = outputs, .cancel = cancel};
    return with->backend->vtable->run(with->program, &run, error);
}

void shortcut_loop_end(shortcut_loop *of)
{
    mem_free(of->latent);
    mem_free(of->feature);
    *of = (shortcut_loop){0};
}
