/* SPDX-License-Identifier: Apache-2.0 */
#include "numbers.h"
#include "plan_output.h"
#include "recipe.h"

static json_t *whole(uint64_t number)
{
    return json_integer((json_int_t)number);
}

/* Takes over `one`; NULL when there is no memory for it. */
static bool append(json_t **array, json_t *one)
{
    if (json_array_append_new(*array, one) == 0) return true;
    json_decref(*array);
    *array = NULL;
    return false;
}

/* ---- on the CPU -------------------------------------------------------------------------------------- */

static json_t *network_memory_json(const sd14_network_memory *of)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "weights_bytes", whole(of->weights_bytes),
                     "streamed_bytes", whole(of->streamed_bytes), "activations_bytes",
                     whole(of->activations_bytes), "scratch_bytes", whole(of->scratch_bytes));
}

static json_t *memory_json(const sd14_memory_plan *of)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "text_encoder",
                     network_memory_json(&of->text), "unet", network_memory_json(&of->unet),
                     "vae_decoder", network_memory_json(&of->decoder), "other_bytes",
                     whole(of->other_bytes), "peak_bytes", whole(of->peak_bytes), "least_bytes",
                     whole(of->least_bytes));
}

/* ---- on a card ----------------------------------------------------------------------------------------- */

static json_t *forecast_json(const sd14_forecast *of)
{
    return json_pack("{s:o, s:o, s:o, s:f, s:f, s:f, s:f}", "macs", whole(of->macs), "dram_bytes",
                     whole(of->dram_bytes), "l1_bytes", whole(of->l1_bytes), "compute_seconds",
                     of->compute_seconds, "dram_seconds", of->dram_seconds, "l1_seconds",
                     of->l1_seconds, "seconds", of->seconds);
}

static json_t *calls_json(const sd14_device_network *of)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < of->n_slowest; i++) {
        const sd14_device_call *call = &of->slowest[i];
        json_t *one =
            json_pack("{s:s, s:s, s:i, s:o}", "function", call->function, "node", call->node,
                      "count", (int)call->count, "forecast", forecast_json(&call->forecast));
        if (!append(&array, one)) break;
    }
    return array;
}

static json_t *network_json(const sd14_device_network *of)
{
    return json_pack("{s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:{s:s, s:s}, s:o, s:o, s:o, s:o}",
                     "name", of->name, "runs", (int)of->runs, "calls", (int)of->calls,
                     "kernel_calls", (int)of->kernel_calls, "weights_bytes",
                     whole(of->weights_bytes), "padding_bytes", whole(of->padding_bytes),
                     "inputs_bytes", whole(of->inputs_bytes), "values_bytes",
                     whole(of->values_bytes), "fullest_call", "function", of->fullest_function,
                     "node", of->fullest_node, "l1_values_bytes", whole(of->l1_values_bytes),
                     "l1_left_bytes", whole(of->l1_left_bytes), "forecast",
                     forecast_json(&of->forecast), "slowest_calls", calls_json(of));
}

static json_t *networks_json(const sd14_card_plan *of)
{
    json_t *array = json_array();
    for (int i = 0; array != NULL && i < SD14_PLAN_NETWORKS; i++) {
        if (!append(&array, network_json(&of->networks[i]))) break;
    }
    return array;
}

static json_t *cards_json(const sd14_plan *plan)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < plan->n_cards; i++) {
        const sd14_card_plan *card = &plan->cards[i];
        json_t *one = json_pack("{s:s, s:i, s:o, s:o, s:b, s:s?, s:o, s:f}", "name", card->name,
                                "chips", (int)card->chips, "dram_bytes", whole(card->dram_bytes),
                                "needed_bytes", whole(card->needed_bytes), "fits",
                                card->problem == NULL, "problem", card->problem, "networks",
                                networks_json(card), "picture_seconds", card->picture_seconds);
        if (!append(&array, one)) break;
    }
    return array;
}

json_t *plan_json(const sd14_plan *plan)
{
    const bool on_card = plan->n_cards > 0;
    return json_pack("{s:s, s:{s:o, s:o}, s:i, s:i, s:i, s:f, s:s, s:b, s:s?, s:o, s:o}", "version",
                     sd14_version(), "model", "path", recipe_path(plan->model_path), "name",
                     recipe_path(plan->model_name), "width", (int)plan->width, "height",
                     (int)plan->height, "steps", (int)plan->steps, "guidance_scale",
                     number_float_shown(plan->guidance), "backend", plan->backend, "fits",
                     plan->problem == NULL, "problem", plan->problem, "memory",
                     on_card ? json_null() : memory_json(&plan->memory), "cards", cards_json(plan));
}
