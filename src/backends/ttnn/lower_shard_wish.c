/* SPDX-License-Identifier: Apache-2.0 */

/* What each function takes and gives in block shards, as ttnn was seen to (the cases of shards in
 * tests/ttnn/standin/tests), and backwards from it who would profit. */
#include <string.h>

#include "backends/ttnn/lower_shard.h"

static const sharding shardings[] = {
    {"conv2d", RESULT_CONVOLVES, true, true, 320},
    {"group_norm", RESULT_FOLLOWS, true, false, 512},
    {"layer_norm", RESULT_FOLLOWS, true, false, 384},
    {"linear", RESULT_KEEPS, false, true, 512},
    {"typecast", RESULT_FOLLOWS, false, false, 512},
    {"silu", RESULT_FOLLOWS, false, false, 512},
    {"gelu", RESULT_FOLLOWS, false, false, 512},
    {"reshape", RESULT_FOLLOWS, false, false, 512},
    {"add", RESULT_CHOOSES, false, true, 512},
    {"multiply", RESULT_CHOOSES, false, true, 512},
    {"concat", RESULT_GATHERS, false, true, 512},
};

const sharding *shard_rule(const tt_call *call)
{
    for (size_t i = 0; i < sizeof(shardings) / sizeof(shardings[0]); i++) {
        if (strcmp(shardings[i].function, call->function) == 0) return &shardings[i];
    }
    return NULL;
}

tt_slot *shard_slot(const sharder *s, int slot)
{
    return &s->l->program->slots[slot];
}

int shard_slot_in(const json_t *value)
{
    const json_t *number = json_object_get(value, "s");
    return number == NULL ? TT_NO_SLOT : (int)json_integer_value(number);
}

int shard_result(const tt_call *call)
{
    const json_t *out = json_is_array(call->out) ? json_array_get(call->out, 0) : call->out;
    return json_is_integer(out) ? (int)json_integer_value(out) : TT_NO_SLOT;
}

int shard_source(const tt_call *call)
{
    const json_t *source = json_object_get(call->kwargs, "input_tensor");
    return shard_slot_in(source != NULL ? source : json_array_get(call->args, 0));
}

bool shard_is_view(const sharder *s, int slot)
{
    return shard_slot(s, slot)->storage != slot;
}

bool shard_takes(const sharder *s, const tt_call *call, const sharding *rule)
{
    if (rule == NULL || rule->result == RESULT_GATHERS) return false;
    if (json_object_get(call->kwargs, "activation") != NULL) return false; /* linear refuses both */
    return strcmp(call->function, "reshape") != 0 || shard_is_view(s, shard_result(call));
}

static void visit(sharder *s, json_t *value, int call, bool takes, shard_visit_fn *each)
{
    const int slot = shard_slot_in(value);
    if (slot >= 0 && shard_slot(s, slot)->kind == TT_SLOT_VALUE) each(s, value, call, takes);
    for (size_t i = 0; i < json_array_size(value); i++)
        visit(s, json_array_get(value, i), call, takes, each);
}

void shard_visit(sharder *s, int call, bool takes, shard_visit_fn *each)
{
    const char *name;
    json_t *value;
    visit(s, s->calls[call].args, call, takes, each);
    json_object_foreach(s->calls[call].kwargs, name, value) visit(s, value, call, takes, each);
}

static void note_reader(sharder *s, json_t *value, int call, bool takes)
{
    const int slot = shard_slot_in(value);
    if (!takes) {
        s->plain[slot] = true;
    } else if (s->last[slot] < call) {
        s->last[slot] = call;
    }
}

bool shard_seeks_source(const sharder *s, const sharding *rule, int made)
{
    const bool chain = rule->result == RESULT_FOLLOWS && !rule->gives_plain;
    return rule->seeks || (chain && made >= 0 && s->seeks[made]);
}

void shard_wish(sharder *s, int call)
{
    const sharding *rule = shard_rule(&s->calls[call]);
    const int made = shard_result(&s->calls[call]);
    const bool takes = shard_takes(s, &s->calls[call], rule);
    shard_visit(s, call, takes, note_reader);
    const int source = shard_source(&s->calls[call]);
    if (!takes || made < 0 || source < 0) return;
    if (shard_is_view(s, made) && s->last[source] < s->last[made]) s->last[source] = s->last[made];
    if (rule->seeks || s->wants[made] || strcmp(rule->function, "linear") == 0)
        s->wants[source] = true;
    if (shard_seeks_source(s, rule, made)) s->seeks[source] = true;
    const int second = shard_slot_in(json_array_get(s->calls[call].args, 1));
    if (rule->result == RESULT_CHOOSES && second >= 0 && s->wants[made]) s->wants[second] = true;
}
