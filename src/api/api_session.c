/* SPDX-License-Identifier: Apache-2.0 */
#include <sd14/generate.h>

#include "api/generate.h"
#include "api/model.h"
#include "api/session.h"
#include "base/memory.h"
#include "pipeline/text_to_image_plan.h"

sd14_status sd14_session_create(sd14_model *model, sd14_session **out_session, sd14_error *error)
{
    if (model == NULL || out_session == NULL)
        FAIL(error, INVALID_ARGUMENT, "no model or no place for the session given");
    sd14_session *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a session");
    made->model = model;
    const sd14_status status =
        text_to_image_create(model->model, model->backend, &model->log, &made->pipeline, error);
    if (status != SD14_OK) {
        mem_free(made);
        return status;
    }
    text_to_image_set_fallback(made->pipeline, model->fallback);
    *out_session = made;
    return SD14_OK;
}

void sd14_session_destroy(sd14_session *session)
{
    if (session == NULL) return;
    text_to_image_destroy(session->pipeline);
    mem_free(session);
}

static sd14_network_memory network_memory(const backend_plan *plan)
{
    return (sd14_network_memory){.weights_bytes = plan->weights,
                                 .streamed_bytes = plan->streamed,
                                 .activations_bytes = plan->program.activations,
                                 .scratch_bytes = plan->program.scratch};
}

/* Of a batch, as its check would have it. */
static sd14_status make_plan(const sd14_session *session,
                             const sd14_generate_params *params,
                             int32_t count,
                             text_to_image_plan *out_plan,
                             sd14_error *error)
{
    TRY(api_check_params(session->model, params, error));
    if (count < 1 || count > SD14_BATCH_MAX) {
        FAIL(error, INVALID_ARGUMENT, "a batch of %d: must be 1 to %d", (int)count, SD14_BATCH_MAX);
    }
    const text_to_image_params inner = session_params(params);
    const sd14_model *model = session->model;
    return text_to_image_plan_make(model->model, model->backend, &inner, (size_t)count,
                                   text_to_image_texts(session->pipeline), out_plan, error);
}

sd14_status sd14_session_plan_batch(const sd14_session *session,
                                    const sd14_generate_params *params,
                                    int32_t count,
                                    sd14_memory_plan *out_plan,
                                    sd14_error *error)
{
    if (session == NULL || out_plan == NULL)
        FAIL(error, INVALID_ARGUMENT, "no session or no place given");
    text_to_image_plan plan;
    TRY(make_plan(session, params, count, &plan, error));
    *out_plan = (sd14_memory_plan){.text = network_memory(&plan.stages[PLANNED_TEXT]),
                                   .unet = network_memory(&plan.stages[PLANNED_UNET]),
                                   .decoder = network_memory(&plan.stages[PLANNED_DECODER]),
                                   .other_bytes = plan.other,
                                   .peak_bytes = plan.peak,
                                   .least_bytes = plan.least};
    return SD14_OK;
}

sd14_status sd14_session_plan(const sd14_session *session,
                              const sd14_generate_params *params,
                              sd14_memory_plan *out_plan,
                              sd14_error *error)
{
    return sd14_session_plan_batch(session, params, 1, out_plan, error);
}

sd14_status sd14_session_fit_batch(const sd14_session *session,
                                   const sd14_generate_params *params,
                                   int32_t count,
                                   int32_t *out_count,
                                   sd14_error *error)
{
    if (session == NULL || out_count == NULL)
        FAIL(error, INVALID_ARGUMENT, "no session or no place given");
    const size_t cap = session->model->backend->memory_cap;
    text_to_image_plan one = {0}, plan = {0};
    TRY(make_plan(session, params, 1, &one, error));
    TRY(make_plan(session, params, count, &plan, error));
    while (count > 1 && cap > 0 && (plan.peak > cap || (plan.alone && !one.alone)))
        TRY(make_plan(session, params, --count, &plan, error));
    *out_count = count;
    return SD14_OK;
}

const float *sd14_session_latent(sd14_session *session)
{
    return text_to_image_latent(session->pipeline);
}

void sd14_session_get_memory(const sd14_session *session, sd14_memory *out_memory)
{
    const stage_memory memory = text_to_image_memory(session->pipeline);
    *out_memory = (sd14_memory){.weights_bytes = memory.weights, .plan_bytes = memory.plan};
}

uint64_t sd14_session_memory(const sd14_session *session)
{
    const stage_memory memory = text_to_image_memory(session->pipeline);
    return memory.weights + memory.plan;
}

void sd14_session_cancel(sd14_session *session)
{
    text_to_image_cancel(session->pipeline);
}
