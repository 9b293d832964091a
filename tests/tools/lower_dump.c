/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lowers graphs to ttnn calls and prints them as JSON, for tests/ttnn:
 *
 *     lower_dump MODEL PART BATCH HEIGHT WIDTH [OPTION...]
 *     lower_dump cases NUMBER [OPTION...]                          one of support/op_cases.h, alone
 *
 * MODEL needs no weights. PART is text_encoder, unet, denoise, scheduler, vae_decoder or vae_encoder; height and
 * width are of its input. Options: keep-nodes, chips=2, bfp8 (weights), bfp8-activations, composed, approx,
 * coarse (LoFi, sums in bfloat16), l1, sharded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/ttnn/device_plan.h"
#include "backends/ttnn/ttnn_program.h"
#include "models/config.h"
#include "models/networks.h"
#include "support/op_cases.h"

typedef struct request {
    size_t batch, height, width;
    tt_settings settings;
    bool keep_nodes;
} request;

static json_t *sizes(shape of)
{
    json_t *list = json_array();
    for (int i = 0; i < of.rank; i++)
        (void)json_array_append_new(list, json_integer((json_int_t)of.dim[i]));
    return list;
}

/* Rows and columns of cores, rows and columns of a shard; null: interleaved. */
static json_t *shards_json(const tt_tensor *of)
{
    size_t sides[2];
    if (!tt_is_sharded(of)) return json_null();
    tt_shard_sides(of, sides);
    return json_pack("[I,I,I,I]", (json_int_t)of->grid.rows, (json_int_t)of->grid.columns,
                     (json_int_t)sides[0], (json_int_t)sides[1]);
}

static json_t *tensor_json(const tt_tensor *of)
{
    static const char *const memories[] = {"dram", "l1", "host"};
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "as", tt_dtype_names[of->type], "layout",
                     of->layout == TT_TILE ? "tile" : "row_major", "memory", memories[of->memory],
                     "shape", sizes(of->shape), "shards", shards_json(of));
}

static json_t *inputs_json(const tt_program *program)
{
    json_t *list = json_array();
    for (int i = 0; i < program->n_inputs; i++) {
        const tt_input *input = &program->inputs[i];
        json_t *one = tensor_json(&input->tensor);
        (void)json_object_set_new(one, "slot", json_integer(input->slot));
        (void)json_object_set_new(one, "shard",
                                  input->shard < 0 ? json_null() : json_integer(input->shard));
        (void)json_array_append_new(list, one);
    }
    return list;
}

static json_t *weights_json(const tt_program *program)
{
    json_t *list = json_array();
    for (int i = 0; i < program->n_weights; i++) {
        const tt_weight *weight = &program->weights[i];
        json_t *one = tensor_json(&program->slots[weight->slot].tensor);
        (void)json_object_set_new(one, "slot", json_integer(weight->slot));
        (void)json_object_set_new(one, "key", json_string(weight->key));
        (void)json_array_append_new(list, one);
    }
    return list;
}

static json_t *outputs_json(const tt_program *program, const tt_output *outputs, int n_outputs)
{
    json_t *list = json_array();
    for (int i = 0; i < n_outputs; i++) {
        const graph_node *node = &program->graph->nodes[outputs[i].node];
        (void)json_array_append_new(list,
                                    json_pack("{s:i, s:i, s:i, s:s, s:o}", "slot", outputs[i].slot,
                                              "call", outputs[i].call, "chips", outputs[i].chips,
                                              "node", node->name, "shape", sizes(node->shape)));
    }
    return list;
}

/* What every slot that a tensor is made in should hold. */
static json_t *slots_json(const tt_program *program)
{
    json_t *list = json_array();
    for (int i = 0; i < program->n_slots; i++) {
        const tt_slot *slot = &program->slots[i];
        (void)json_array_append_new(list, slot->kind == TT_SLOT_VALUE ? tensor_json(&slot->tensor)
                                                                      : json_null());
    }
    return list;
}

static json_t *plan_json(const tt_program *program)
{
    device_plan plan;
    if (device_plan_make(program, &device_wormhole, &plan, NULL) != SD14_OK) return json_null();
    return json_pack("{s:I, s:I, s:I, s:I, s:i, s:I}", "weights", (json_int_t)plan.weights,
                     "padding", (json_int_t)plan.padding, "inputs", (json_int_t)plan.inputs,
                     "values", (json_int_t)plan.values, "fullest", plan.fullest, "l1_values",
                     (json_int_t)plan.l1_values);
}

static void print_program(const tt_program *program)
{
    json_t *all = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "plan", plan_json(program),
                            "setup", tt_program_calls_json(program->setup, program->n_setup, NULL),
                            "body", tt_program_calls_json(program->body, program->n_body, NULL),
                            "inputs", inputs_json(program), "weights", weights_json(program),
                            "outputs", outputs_json(program, program->outputs, program->n_outputs),
                            "taps", outputs_json(program, program->taps, program->n_taps), "slots",
                            slots_json(program));
    (void)json_dumpf(all, stdout, JSON_COMPACT | JSON_SORT_KEYS);
    (void)putchar('\n');
    json_decref(all);
}

static sd14_status make_graph(
    const model_config *config, const char *part, const request *of, graph **out, sd14_error *error)
{
    const size_t tokens = config->text_encoder.max_position_embeddings;
    const denoise_size step = {1, of->batch == 2, of->height, of->width, tokens, true, DEEP_INSIDE};
    if (strcmp(part, "text_encoder") == 0)
        return clip_text_graph(&config->text_encoder, of->batch, tokens, out, error);
    if (strcmp(part, "unet") == 0)
        return unet_graph(&config->unet, of->batch, of->height, of->width, tokens, out, error);
    if (strcmp(part, "denoise") == 0) return denoise_graph(&config->unet, &step, out, error);
    if (strcmp(part, "scheduler") == 0)
        return ddim_step_graph(shape_4(of->batch, of->height, of->width, config->unet.in_channels),
                               true, true, out, error);
    if (strcmp(part, "vae_encoder") == 0)
        return vae_encoder_graph(&config->vae, of->batch, of->height, of->width, out, error);
    return vae_decoder_graph(&config->vae, of->batch, of->height, of->width, out, error);
}

static void read_option(request *of, const char *option)
{
    of->keep_nodes = of->keep_nodes || strcmp(option, "keep-nodes") == 0;
    if (strcmp(option, "chips=2") == 0) of->settings.chips = 2;
    for (int i = 0; i < TT_COMPONENTS; i++) {
        tt_component_settings *component = &of->settings.component[i];
        if (strcmp(option, "bfp8") == 0) component->weights = TT_BFLOAT8_B;
        if (strcmp(option, "bfp8-activations") == 0) component->activations = TT_BFLOAT8_B;
        if (strcmp(option, "composed") == 0) component->group_norm = TT_GROUP_NORM_COMPOSED;
        if (strcmp(option, "approx") == 0) component->math_approx = true;
        if (strcmp(option, "coarse") == 0) {
            component->fidelity = TT_LOFI;
            component->fp32_dest_acc = false;
            component->packer_l1_acc = true;
        }
        if (strcmp(option, "l1") == 0) component->memory = TT_PLACEMENT_L1;
        if (strcmp(option, "sharded") == 0) component->memory = TT_PLACEMENT_SHARDED;
    }
}

static sd14_status
read_graph(int count, char **words, request *of, graph **out_graph, sd14_error *error)
{
    const bool is_case = count > 2 && strcmp(words[1], "cases") == 0;
    const int first_option = is_case ? 3 : 6;
    if (count < first_option) FAIL(error, INVALID_ARGUMENT, "see the head of lower_dump.c");
    for (int i = first_option; i < count; i++) read_option(of, words[i]);
    if (is_case) {
        const size_t number = strtoul(words[2], NULL, 10);
        if (number >= OP_CASE_COUNT) FAIL(error, INVALID_ARGUMENT, "%d cases", OP_CASE_COUNT);
        return op_case_graph(&op_cases[number], out_graph, error);
    }
    model_config config;
    TRY(model_config_read(words[1], &config, error));
    of->batch = strtoul(words[3], NULL, 10);
    of->height = strtoul(words[4], NULL, 10);
    of->width = strtoul(words[5], NULL, 10);
    return make_graph(&config, words[2], of, out_graph, error);
}

int main(int count, char **words)
{
    sd14_error error = {{0}};
    request of = {.settings = tt_settings_default()};
    graph *graph = NULL;
    tt_program *program = NULL;
    sd14_status status = read_graph(count, words, &of, &graph, &error);
    if (status == SD14_OK)
        status = tt_program_create(graph, &of.settings, of.keep_nodes, &program, &error);
    if (status == SD14_OK) print_program(program);
    if (status != SD14_OK) (void)fprintf(stderr, "lower_dump: %s\n", error.text);
    tt_program_destroy(program);
    graph_destroy(graph);
    return status == SD14_OK ? 0 : 1;
}
