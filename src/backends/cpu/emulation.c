/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/emulation.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* bfloat16 throughout, products exact and summed in float32: what ttnn offers at its most careful short of float32
 * tensors. */
static const numerics careful = {STORAGE_BFLOAT16, STORAGE_BFLOAT16, FIDELITY_HIFI4,
                                 STORAGE_FLOAT32};

static const char *const component_names[COMPONENTS] = {"text_encoder", "unet", "scheduler", "vae"};
static const char *const fidelity_names[FIDELITIES] = {"LoFi", "HiFi2", "HiFi3", "HiFi4"};

typedef enum setting { WEIGHTS, ACTIVATIONS, FIDELITY, ACCUMULATION, SETTINGS } setting;
static const char *const setting_names[SETTINGS] = {"weights", "activations", "fidelity",
                                                    "accumulation"};

/* ---- one setting --------------------------------------------------------------------------------- */

/* A word of a table: equal ones have one address. */
static const char *get(const numerics *of, setting which)
{
    switch (which) {
    case WEIGHTS:
        return storage_format_name(of->weights);
    case ACTIVATIONS:
        return storage_format_name(of->activations);
    case FIDELITY:
        return fidelity_names[of->fidelity];
    default:
        return storage_format_name(of->accumulation);
    }
}

static const char *words_of(setting which)
{
    switch (which) {
    case FIDELITY:
        return "LoFi, HiFi2, HiFi3 or HiFi4";
    case ACCUMULATION:
        return "float32 or bfloat16";
    default:
        return "float32, bfloat16 or bfloat8_b";
    }
}

static bool set(numerics *of, setting which, const char *word)
{
    if (which == FIDELITY) {
        for (int i = 0; i < FIDELITIES; i++) {
            if (strcasecmp(word, fidelity_names[i]) != 0) continue;
            of->fidelity = (math_fidelity)i;
            return true;
        }
        return false;
    }
    const int formats = which == ACCUMULATION ? STORAGE_BFLOAT8_B : STORAGE_FORMATS;
    for (int i = 0; i < formats; i++) {
        if (strcasecmp(word, storage_format_name((storage_format)i)) != 0) continue;
        storage_format *to = which == WEIGHTS       ? &of->weights
                             : which == ACTIVATIONS ? &of->activations
                                                    : &of->accumulation;
        *to = (storage_format)i;
        return true;
    }
    return false;
}

/* ---- text ---------------------------------------------------------------------------------------- */

static int find(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) return i;
    }
    return -1;
}

/* "unet.weights=bfloat8_b", cut up in place. */
static sd14_status parse_setting(char *item, emulation *to, sd14_error *error)
{
    char *equals = strchr(item, '=');
    if (equals == NULL)
        FAIL(error, INVALID_ARGUMENT,
             "emulate: \"%.60s\": write it as SETTING=WORD, such as unet.weights=bfloat8_b", item);
    *equals = '\0';
    const char *word = equals + 1;
    char *dot = strchr(item, '.');
    const char *name = dot == NULL ? item : dot + 1;
    if (dot != NULL) *dot = '\0';

    const int only = dot == NULL ? -1 : find(component_names, COMPONENTS, item);
    if (dot != NULL && only < 0)
        FAIL(error, INVALID_ARGUMENT,
             "emulate: no component \"%.60s\"; there are text_encoder, unet, scheduler and vae",
             item);
    const int which = find(setting_names, SETTINGS, name);
    if (which < 0)
        FAIL(error, INVALID_ARGUMENT,
             "emulate: no setting \"%.60s\"; there are weights, activations, fidelity and "
             "accumulation",
             name);
    if (only == COMPONENT_SCHEDULER && which != ACTIVATIONS)
        FAIL(error, INVALID_ARGUMENT,
             "emulate: scheduler.%s: the scheduler has no products; it has activations", name);
    for (int c = 0; c < COMPONENTS; c++) {
        if (only < 0 ? c == COMPONENT_SCHEDULER : c != only) continue;
        if (!set(&to->of[c], (setting)which, word))
            FAIL(error, INVALID_ARGUMENT, "emulate: %s \"%.60s\": must be %s", name, word,
                 words_of((setting)which));
    }
    return SD14_OK;
}

sd14_status emulation_parse(const char *text, emulation *out_emulation, sd14_error *error)
{
    char copy[EMULATION_TEXT_BYTES];
    if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
        FAIL(error, INVALID_ARGUMENT, "emulate: longer than %d bytes", EMULATION_TEXT_BYTES - 1);
    for (int c = 0; c < COMPONENTS; c++) out_emulation->of[c] = careful;

    char *rest = copy;
    const char *machine = strsep(&rest, ",");
    if (strcmp(machine, "wormhole") != 0)
        FAIL(error, INVALID_ARGUMENT, "emulate: no machine \"%.60s\"; there is wormhole", machine);
    for (char *item; (item = strsep(&rest, ",")) != NULL;) {
        TRY(parse_setting(item, out_emulation, error));
    }
    return SD14_OK;
}

static void add(char out[EMULATION_TEXT_BYTES], const char *name, setting which, const char *word)
{
    const size_t length = strlen(out);
    (void)snprintf(out + length, EMULATION_TEXT_BYTES - length, ",%s%s%s=%s", name,
                   name[0] == '\0' ? "" : ".", setting_names[which], word);
}

void emulation_text(const emulation *of, char out[EMULATION_TEXT_BYTES])
{
    (void)snprintf(out, EMULATION_TEXT_BYTES, "wormhole");
    for (int s = 0; s < SETTINGS; s++) {
        const setting which = (setting)s;
        const char *usual = get(&careful, which), *unet = get(&of->of[COMPONENT_UNET], which);
        const bool networks_agree = get(&of->of[COMPONENT_TEXT_ENCODER], which) == unet &&
                                    get(&of->of[COMPONENT_VAE], which) == unet;
        if (networks_agree && unet != usual) add(out, "", which, unet);
        for (int c = 0; c < COMPONENTS; c++) {
            const char *word = get(&of->of[c], which);
            if (word == usual || (networks_agree && c != COMPONENT_SCHEDULER)) continue;
            add(out, component_names[c], which, word);
        }
    }
}

/* ---- graphs -------------------------------------------------------------------------------------- */

static bool reads(const graph_node *node, int source, graph_value value)
{
    return node->src[source] == value;
}

component emulation_component(const graph *in, graph_value node)
{
    const bool input = node != GRAPH_NONE && in->nodes[node].op == OP_input;
    for (graph_value i = 0; i < in->n_nodes; i++) {
        if (in->nodes[i].op != OP_guided_ddim_step) continue;
        if (i == node) return COMPONENT_SCHEDULER;
        for (int s = 0; input && s < OP_SOURCES_MAX; s++) {
            if (reads(&in->nodes[i], s, node)) return COMPONENT_SCHEDULER;
        }
    }
    if (strcmp(in->name, "text_encoder") == 0) return COMPONENT_TEXT_ENCODER;
    return strncmp(in->name, "vae", 3) == 0 ? COMPONENT_VAE : COMPONENT_UNET;
}

bool emulation_is_number(const graph *in, graph_value input)
{
    for (graph_value i = 0; i < in->n_nodes; i++) {
        const graph_node *node = &in->nodes[i];
        if (node->op == OP_timestep_embedding && reads(node, 0, input)) return true;
        if (node->op == OP_guided_ddim_step && reads(node, 2, input)) return true;
    }
    return false;
}
