/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <sd14/plan.h>

#include "api/model.h"
#include "api/plan_card.h"
#include "base/memory.h"
#include "models/folder.h"
#include "models/networks.h"

/* The public part first: its strings are the rest's. */
typedef struct owned_plan {
    sd14_plan made;
    char *path, *name;
    graph *graphs[SD14_PLAN_NETWORKS];
    sd14_error problems[SD14_PLAN_CARDS];
} owned_plan;

void sd14_plan_params_default(sd14_plan_params *out_params)
{
    *out_params = (sd14_plan_params){.guidance = -1.0F};
}

void sd14_plan_destroy(sd14_plan *plan)
{
    if (plan == NULL) return;
    owned_plan *owned = (owned_plan *)plan;
    for (int i = 0; i < SD14_PLAN_NETWORKS; i++) graph_destroy(owned->graphs[i]);
    mem_free(owned->path);
    mem_free(owned->name);
    mem_free(owned);
}

/* Checks what is to be drawn, and fills in what the model says. */
static sd14_status settle_params(const sd14_plan_params *params,
                                 const model_config *config,
                                 sd14_plan *to,
                                 sd14_error *error)
{
    const model_defaults *defaults = &config->defaults;
    if (params->steps < 0 || params->steps > SCHEDULE_STEPS_MAX) {
        FAIL(error, INVALID_ARGUMENT, "steps %d: must be 0 (the model's) to %d", (int)params->steps,
             SCHEDULE_STEPS_MAX);
    }
    if (!(params->guidance <= 100.0F)) {
        FAIL(error, INVALID_ARGUMENT, "guidance %g: must be at most 100, or below 0: the model's",
             (double)params->guidance);
    }
    if (!(params->eta >= 0.0F && params->eta <= 1.0F))
        FAIL(error, INVALID_ARGUMENT, "eta %g: must be 0 to 1", (double)params->eta);
    to->width = params->width == 0 ? (int32_t)defaults->width : params->width;
    to->height = params->height == 0 ? (int32_t)defaults->height : params->height;
    to->steps = params->steps == 0 ? defaults->steps : params->steps;
    to->guidance = params->guidance < 0 ? (float)defaults->guidance_scale : params->guidance;
    TRY(model_check_side(config, "width", to->width, error));
    return model_check_side(config, "height", to->height, error);
}

/* ---- on the CPU -------------------------------------------------------------------------------------- */

static sd14_status plan_memory(const sd14_model_params *model,
                               const sd14_plan_params *params,
                               sd14_plan *to,
                               sd14_error *error)
{
    sd14_model *opened = NULL;
    sd14_session *session = NULL;
    TRY(sd14_model_load(model, &opened, error));
    sd14_status status = sd14_session_create(opened, &session, error);
    if (status == SD14_OK) {
        sd14_generate_params drawing;
        sd14_generate_params_default(opened, &drawing);
        drawing.width = to->width;
        drawing.height = to->height;
        drawing.guidance = to->guidance;
        drawing.eta = params->eta;
        status = sd14_session_plan(session, &drawing, &to->memory, error);
    }
    sd14_session_destroy(session);
    sd14_model_destroy(opened);
    return status;
}

/* ---- on a card ----------------------------------------------------------------------------------------- */

static sd14_status make_graphs(const model_config *config,
                               const sd14_plan_params *params,
                               owned_plan *plan,
                               sd14_error *error)
{
    const size_t scale = vae_scale(&config->vae);
    const size_t height = (size_t)plan->made.height / scale;
    const size_t width = (size_t)plan->made.width / scale;
    const bool guided = plan->made.guidance > 1.0F;
    const size_t tokens = config->text_encoder.max_position_embeddings;
    const denoise_size step = {1, guided, height, width, tokens, params->eta > 0.0F, DEEP_INSIDE};
    TRY(clip_text_graph(&config->text_encoder, guided ? 2 : 1, tokens, &plan->graphs[0], error));
    TRY(denoise_graph(&config->unet, &step, &plan->graphs[1], error));
    return vae_decoder_graph(&config->vae, 1, height, width, &plan->graphs[2], error);
}

static sd14_status plan_cards(const sd14_model_params *model,
                              const model_config *config,
                              const sd14_plan_params *params,
                              owned_plan *plan,
                              sd14_error *error)
{
    static const char *const names[SD14_PLAN_CARDS] = {"N150", "N300"};
    const int32_t runs[SD14_PLAN_NETWORKS] = {1, plan->made.steps, 1};
    ttnn_options options;
    TRY(ttnn_options_read(model->device_options, &options, error));
    TRY(make_graphs(config, params, plan, error));
    const int chips = options.settings.chips;
    for (int i = 0; i < SD14_PLAN_CARDS; i++) {
        sd14_card_plan *card = &plan->made.cards[i];
        options.settings.chips = i + 1;
        TRY(plan_card_make(&options, plan->graphs, runs, card, &plan->problems[i], error));
        card->name = names[i];
    }
    plan->made.n_cards = SD14_PLAN_CARDS;
    plan->made.problem = plan->made.cards[chips - 1].problem;
    return SD14_OK;
}

/* ---- both ------------------------------------------------------------------------------------------------ */

static sd14_status make(const sd14_model_params *model,
                        const sd14_plan_params *params,
                        owned_plan *plan,
                        sd14_error *error)
{
    model_config config;
    TRY(model_check_params(model, error));
    TRY(folder_check(model->path, error));
    TRY(model_config_read(model->path, &config, error));
    TRY(settle_params(params, &config, &plan->made, error));
    plan->path = mem_string(model->path);
    plan->name = model_name_of(model->path);
    if (plan->path == NULL || plan->name == NULL) FAIL_NO_MEMORY(error, "the model's name");
    plan->made.model_path = plan->path;
    plan->made.model_name = plan->name;
    const bool on_card = strcmp(model->backend, "ttnn") == 0;
    plan->made.backend = on_card ? "ttnn" : "cpu";
    return on_card ? plan_cards(model, &config, params, plan, error)
                   : plan_memory(model, params, &plan->made, error);
}

sd14_status sd14_plan_make(const sd14_model_params *model,
                           const sd14_plan_params *params,
                           sd14_plan **out_plan,
                           sd14_error *error)
{
    if (params == NULL || out_plan == NULL)
        FAIL(error, INVALID_ARGUMENT, "no parameters or no place for the plan given");
    owned_plan *plan = mem_array(1, sizeof(*plan));
    if (plan == NULL) FAIL_NO_MEMORY(error, "the plan");
    const sd14_status status = make(model, params, plan, error);
    if (status != SD14_OK) {
        sd14_plan_destroy(&plan->made);
        return status;
    }
    *out_plan = &plan->made;
    return SD14_OK;
}
