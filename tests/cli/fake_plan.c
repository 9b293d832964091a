/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: sd14/plan.h of the library that pretends. A model named "broken" has none, and nothing wider than
 * 1024 fits the N150. */
#include <stdio.h>
#include <string.h>

#include <sd14/plan.h>

void sd14_plan_params_default(sd14_plan_params *out_params)
{
    *out_params = (sd14_plan_params){.guidance = -1.0F};
}

static void make_network(sd14_device_network *to, const char *name, int32_t runs)
{
    *to = (sd14_device_network){
        .name = name,
        .runs = runs,
        .calls = 9,
        .kernel_calls = 7,
        .weights_bytes = 3 << 20,
        .padding_bytes = 1 << 18,
        .inputs_bytes = 1 << 20,
        .values_bytes = 5 << 19,
        .fullest_function = "conv2d",
        .fullest_node = "conv_in",
        .l1_values_bytes = 2048,
        .l1_left_bytes = 1 << 20,
        .forecast = {2000000000, 4 << 20, 1 << 20, 0.003, 0.002, 0.001, 0.004},
        .n_slowest = 1,
    };
    to->slowest[0] = (sd14_device_call){
        .function = "transformer.scaled_dot_product_attention",
        .node = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.attention",
        .count = 2,
        .forecast = {1000, 2000, 0, 0.001, 0.0005, 0, 0.001}};
}

static void make_card(sd14_card_plan *to, const char *name, int32_t chips, const sd14_plan *plan)
{
    static const char *const names[SD14_PLAN_NETWORKS] = {"text_encoder", "denoise", "vae_decoder"};
    *to = (sd14_card_plan){.name = name,
                           .chips = chips,
                           .dram_bytes = (uint64_t)1 << 30,
                           .needed_bytes = 12 << 20,
                           .picture_seconds = 0.5 / chips};
    for (int i = 0; i < SD14_PLAN_NETWORKS; i++)
        make_network(&to->networks[i], names[i], i == 1 ? plan->steps : 1);
    if (chips == 1 && plan->width > 1024) to->problem = "the device has 7 MiB";
}

static int chips_asked(const sd14_model_params *model)
{
    return model->device_options != NULL && strstr(model->device_options, "\"chips\":2") != NULL
               ? 2
               : 1;
}

sd14_status sd14_plan_make(const sd14_model_params *model,
                           const sd14_plan_params *params,
                           sd14_plan **out_plan,
                           sd14_error *error)
{
    static sd14_plan plan;
    if (strcmp(model->path, "broken") == 0) {
        (void)snprintf(error->text, sizeof(error->text), "%s: not a model folder", model->path);
        return SD14_ERROR_MODEL;
    }
    plan = (sd14_plan){.model_path = model->path,
                       .model_name = "m",
                       .width = params->width == 0 ? 128 : params->width,
                       .height = params->height == 0 ? 128 : params->height,
                       .steps = params->steps == 0 ? 20 : params->steps,
                       .guidance = params->guidance < 0 ? 7.5F : params->guidance,
                       .backend = model->backend};
    if (strcmp(model->backend, "cpu") == 0) {
        plan.memory = (sd14_memory_plan){.text = {1 << 20, 0, 2 << 20, 3 << 20},
                                         .unet = {4 << 20, 12 << 20, 5 << 20, 6 << 20},
                                         .decoder = {7 << 20, 0, 8 << 20, 9 << 20},
                                         .other_bytes = 10 << 20,
                                         .peak_bytes = 11 << 20,
                                         .least_bytes = 3 << 20};
    } else {
        make_card(&plan.cards[0], "N150", 1, &plan);
        make_card(&plan.cards[1], "N300", 2, &plan);
        plan.n_cards = 2;
        plan.problem = plan.cards[chips_asked(model) - 1].problem;
    }
    *out_plan = &plan;
    return SD14_OK;
}

void sd14_plan_destroy(sd14_plan *plan)
{
    (void)plan;
}
