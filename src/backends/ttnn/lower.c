/* SPDX-License-Identifier: Apache-2.0 */

/* Graph to program: every node by its operator's function, then what is downloaded, then who drops what. */
#include "backends/ttnn/lower.h"

#include "base/memory.h"

static lower_fn *const lower_of[OP_COUNT] = {
    [OP_view] = lower_view,
    [OP_linear] = lower_linear,
    [OP_conv2d] = lower_conv2d,
    [OP_group_norm] = lower_group_norm,
    [OP_layer_norm] = lower_layer_norm,
    [OP_attention] = lower_attention,
    [OP_silu] = lower_activation,
    [OP_gelu] = lower_activation,
    [OP_quick_gelu] = lower_quick_gelu,
    [OP_geglu] = lower_geglu,
    [OP_add] = lower_add,
    [OP_scale] = lower_scale,
    [OP_concat_channels] = lower_concat_channels,
    [OP_repeat_batch] = lower_repeat_batch,
    [OP_upsample_nearest_2x] = lower_upsample_nearest_2x,
    [OP_embedding] = lower_embedding,
    [OP_timestep_embedding] = lower_timestep_embedding,
    [OP_guided_ddim_step] = lower_guided_ddim_step,
};

int lower_kernel_config(lowering *l, tt_fidelity fidelity, bool fp32, bool approx, bool packer_l1)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "MathFidelity.%s", tt_fidelity_names[fidelity]);
    json_t *kwargs =
        json_pack("{s:o, s:b, s:b, s:b}", "math_fidelity", arg_name(name), "math_approx_mode",
                  approx, "fp32_dest_acc_en", fp32, "packer_l1_acc", packer_l1);
    return lower_object(l, "WormholeComputeKernelConfig", kwargs);
}

/* ---- what is downloaded -------------------------------------------------------------------------------- */

static tt_output output_of(const lowering *l, graph_value value)
{
    const shape of = l->graph->nodes[value].shape;
    const int slot = l->nodes[value].slot;
    return (tt_output){
        .node = value,
        .slot = slot,
        .call = l->program->n_body - 1,
        .chips = l->nodes[value].split ? l->program->settings.chips : 1,
        .rows = of.rank == 3 ? of.dim[1] : lower_tensor(l, slot).shape.dim[2],
    };
}

static void lower_nodes(lowering *l)
{
    for (graph_value i = 0; i < l->graph->n_nodes && l->status == SD14_OK; i++) {
        const graph_node *node = &l->graph->nodes[i];
        if (node->op == OP_input || l->nodes[i].hidden) continue;
        l->node = i;
        l->nodes[i].slot = lower_of[node->op](l, node);
        if (l->keep_nodes) l->program->taps[l->program->n_taps++] = output_of(l, i);
    }
    for (int i = 0; i < l->graph->n_outputs && l->status == SD14_OK; i++) {
        (void)lower_raw(l, l->graph->outputs[i]); /* an input that is an output, too */
        l->program->outputs[i] = output_of(l, l->graph->outputs[i]);
        l->program->n_outputs++;
    }
}

/* ---- who drops what -------------------------------------------------------------------------------------- */

/* Sets the last call of every slot that a value reads. */
static void note_readers(const json_t *value, int call, int *last)
{
    const json_t *slot = json_object_get(value, "s");
    if (slot != NULL) last[json_integer_value(slot)] = call;
    for (size_t i = 0; i < json_array_size(value); i++)
        note_readers(json_array_get(value, i), call, last);
}

static void find_last_readers(const tt_program *program, int *last)
{
    for (int i = 0; i < program->n_slots; i++) last[i] = program->n_body;
    for (int i = 0; i < program->n_body; i++) {
        const char *name;
        json_t *value;
        note_readers(program->body[i].args, i, last);
        json_object_foreach(program->body[i].kwargs, name, value) note_readers(value, i, last);
    }
    /* A tap is read after its call, so something later has to let go of it. */
    for (int i = 0; i < program->n_taps; i++) {
        int *at = &last[program->taps[i].slot];
        if (*at <= program->taps[i].call) *at = program->taps[i].call + 1;
    }
    for (int i = 0; i < program->n_outputs; i++) last[program->outputs[i].slot] = program->n_body;
}

static sd14_status give_drops(tt_program *program, const int *last, sd14_error *error)
{
    for (int i = 0; i < program->n_slots; i++) {
        if (program->slots[i].kind != TT_SLOT_VALUE || last[i] >= program->n_body) continue;
        program->body[last[i]].n_drop++;
    }
    for (int i = 0; i < program->n_body; i++) {
        tt_call *call = &program->body[i];
        call->drop = mem_array((size_t)call->n_drop, sizeof(*call->drop));
        if (call->drop == NULL) FAIL_NO_MEMORY(error, "the device's program");
        call->n_drop = 0;
    }
    for (int i = 0; i < program->n_slots; i++) {
        if (program->slots[i].kind != TT_SLOT_VALUE || last[i] >= program->n_body) continue;
        tt_call *call = &program->body[last[i]];
        call->drop[call->n_drop++] = i;
    }
    return SD14_OK;
}

static sd14_status find_drops(tt_program *program, sd14_error *error)
{
    int *last = mem_array((size_t)program->n_slots, sizeof(*last));
    if (last == NULL) FAIL_NO_MEMORY(error, "the device's program");
    find_last_readers(program, last);
    const sd14_status status = give_drops(program, last, error);
    mem_free(last);
    return status;
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static sd14_status run_lowering(lowering *l)
{
    const tt_component_settings *settings = l->settings;
    for (graph_value i = 0; i < l->graph->n_nodes; i++) l->nodes[i].slot = TT_NO_SLOT;
    l->node = GRAPH_NONE;
    lower_find_patterns(l);
    lower_find_split(l);
    l->kernel_config = lower_kernel_config(l, settings->fidelity, settings->fp32_dest_acc,
                                           settings->math_approx, settings->packer_l1_acc);
    lower_nodes(l);
    lower_shard(l);
    TRY(l->status);
    TRY(find_drops(l->program, l->error));
    l->node = GRAPH_NONE;
    lower_place(l);
    return l->status;
}

sd14_status tt_program_create(const graph *graph,
                              const tt_settings *settings,
                              bool keep_nodes,
                              tt_program **out_program,
                              sd14_error *error)
{
    const size_t n_nodes = (size_t)graph->n_nodes;
    tt_program *program = mem_array(1, sizeof(*program));
    if (program == NULL) FAIL_NO_MEMORY(error, "the device's program");
    program->graph = graph;
    program->settings = *settings;
    program->outputs = mem_array((size_t)graph->n_outputs, sizeof(*program->outputs));
    program->taps = mem_array(n_nodes, sizeof(*program->taps));
    lowering l = {
        .program = program,
        .graph = graph,
        .settings = &program->settings.component[tt_component_of(graph->name)],
        .keep_nodes = keep_nodes,
        .nodes = mem_array(n_nodes, sizeof(*l.nodes)),
        .exact_config = TT_NO_SLOT,
        .conv_config = TT_NO_SLOT,
        .shard_conv_config = TT_NO_SLOT,
        .error = error,
    };
    sd14_status status = SD14_ERROR_OUT_OF_MEMORY;
    if (program->outputs != NULL && program->taps != NULL && l.nodes != NULL) {
        status = run_lowering(&l);
    } else {
        (void)error_set(error, status, "not enough memory for the device's program");
    }
    mem_free(l.nodes);
    if (status == SD14_OK) {
        *out_program = program;
    } else {
        tt_program_destroy(program);
    }
    return status;
}
