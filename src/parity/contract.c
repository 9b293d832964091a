/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/contract.h"

#include <string.h>

/* In the order of contract_part. */
#define PARTS(PART)                                                                                \
    PART(text_encoder)                                                                             \
    PART(unet)                                                                                     \
    PART(scheduler)                                                                                \
    PART(vae_decoder)                                                                              \
    PART(vae_encoder)

/* The files of contracts/, which CMakeLists.txt puts into the library. */
#define PART(name)                                                                                 \
    extern const char embedded_contract_##name[];                                                  \
    extern const size_t embedded_contract_##name##_size;
PARTS(PART)
#undef PART

const char *contract_part_name(contract_part part)
{
#define PART(name) #name,
    static const char *const names[CONTRACT_PARTS] = {PARTS(PART)};
#undef PART
    return names[part];
}

static sd14_status
parse_embedded(contract_part part, json_document *out_document, sd14_error *error)
{
#define PART(name) embedded_contract_##name,
    static const char *const texts[CONTRACT_PARTS] = {PARTS(PART)};
#undef PART
#define PART(name) &embedded_contract_##name##_size,
    static const size_t *const sizes[CONTRACT_PARTS] = {PARTS(PART)};
#undef PART
    return json_document_parse(texts[part], *sizes[part], contract_part_name(part), SD14_ERROR_FILE,
                               out_document, error);
}

static sd14_status
read_length(const json_node *node, contract_length *out_length, sd14_error *error)
{
    int64_t number = 0;
    *out_length = (contract_length){0};
    if (json_is_string(node->value)) return json_get_string(node, &out_length->text, error);
    TRY(json_get_int(node, 1, INT32_MAX, &number, error));
    out_length->number = (size_t)number;
    return SD14_OK;
}

static sd14_status read_shape(const json_node *shape, contract_tensor *to, sd14_error *error)
{
    size_t rank = 0;
    TRY(json_get_count(shape, 0, SHAPE_RANK_MAX, &rank, error));
    to->rank = (int)rank;
    for (size_t i = 0; i < rank; i++) {
        const json_node length = json_element(shape, i);
        TRY(read_length(&length, &to->shape[i], error));
    }
    return SD14_OK;
}

static sd14_status read_type(const json_node *node, dtype *out_type, sd14_error *error)
{
    const char *name = NULL;
    TRY(json_get_string(node, &name, error));
    for (int type = 0; type < DTYPE_COUNT; type++) {
        if (strcmp(name, dtype_name((dtype)type)) != 0) continue;
        *out_type = (dtype)type;
        return SD14_OK;
    }
    return json_fail(node, error, "\"%.40s\" is no type; use float32, int32, uint8 and the like",
                     name);
}

static sd14_status read_range(const json_node *range, contract_tensor *to, sd14_error *error)
{
    const json_node min = json_member(range, "min");
    const json_node max = json_member(range, "max");
    const json_node below = json_member(range, "below");
    TRY(json_get_number(&min, -1e38, 1e38, &to->min, error));
    to->has_below = json_present(&below);
    if (to->has_below) return read_length(&below, &to->below, error);
    return json_get_number(&max, to->min, 1e38, &to->max, error);
}

static sd14_status read_recorded(const json_node *recorded, contract_tensor *to, sd14_error *error)
{
    if (!json_present(recorded)) return SD14_OK;
    const json_node names = json_member(recorded, "names");
    const json_node layout = json_member(recorded, "layout");
    size_t count = 0;
    TRY(json_get_count(&names, 1, CONTRACT_NAMES_MAX - 1, &count, error));
    for (size_t i = 0; i < count; i++) {
        const json_node name = json_element(&names, i);
        TRY(json_get_string(&name, &to->recorded[i], error));
    }
    return json_get_string(&layout, &to->recorded_layout, error);
}

/* A layout has a letter per axis, and a recorded one the same letters. */
static sd14_status
check_layouts(const json_node *node, const contract_tensor *tensor, sd14_error *error)
{
    if (strlen(tensor->layout) != (size_t)tensor->rank) {
        return json_fail(node, error, "layout \"%.10s\" is not one letter per axis of %d",
                         tensor->layout, tensor->rank);
    }
    if (tensor->recorded_layout == NULL) return SD14_OK;
    for (const char *axis = tensor->layout; *axis != '\0'; axis++) {
        if (strlen(tensor->recorded_layout) == (size_t)tensor->rank &&
            strchr(tensor->recorded_layout, *axis) != NULL)
            continue;
        return json_fail(node, error, "recorded layout \"%.10s\" has other axes than \"%.10s\"",
                         tensor->recorded_layout, tensor->layout);
    }
    return SD14_OK;
}

static sd14_status read_tensor(const json_node *node, contract_tensor *to, sd14_error *error)
{
    const json_node name = json_member(node, "name");
    const json_node graph = json_member(node, "graph");
    const json_node layout = json_member(node, "layout");
    const json_node type = json_member(node, "dtype");
    const json_node shape = json_member(node, "shape");
    const json_node range = json_member(node, "range");
    const json_node recorded = json_member(node, "recorded");
    const json_node optional = json_member(node, "optional");
    TRY(json_get_string(&name, &to->name, error));
    if (json_present(&graph)) TRY(json_get_string(&graph, &to->graph, error));
    TRY(json_get_string(&layout, &to->layout, error));
    TRY(read_type(&type, &to->type, error));
    TRY(read_shape(&shape, to, error));
    TRY(read_range(&range, to, error));
    TRY(read_recorded(&recorded, to, error));
    if (json_present(&optional)) TRY(json_get_bool(&optional, &to->optional, error));
    return check_layouts(node, to, error);
}

static sd14_status
read_tensors(const json_node *root, const char *key, contract *to, sd14_error *error)
{
    const json_node list = json_member(root, key);
    size_t count = 0;
    TRY(json_get_count(&list, 0, CONTRACT_TENSORS_MAX - to->n_tensors, &count, error));
    for (size_t i = 0; i < count; i++) {
        const json_node node = json_element(&list, i);
        contract_tensor *tensor = &to->tensors[to->n_tensors++];
        tensor->output = strcmp(key, "outputs") == 0;
        TRY(read_tensor(&node, tensor, error));
    }
    return SD14_OK;
}

static sd14_status open_document(const char *folder,
                                 contract_part part,
                                 json_document *out_document,
                                 sd14_error *error)
{
    if (folder == NULL) return parse_embedded(part, out_document, error);
    text path = {0};
    text_add(&path, "%s/%s.json", folder, contract_part_name(part));
    if (text_failed(&path)) FAIL_NO_MEMORY(error, "a path");
    const sd14_status status =
        json_document_load(text_get(&path), SD14_ERROR_FILE, out_document, error);
    text_release(&path);
    return status;
}

static sd14_status
load_part(const char *folder, contract_part part, contract *out_contract, sd14_error *error)
{
    TRY(open_document(folder, part, &out_contract->document, error));
    const json_node root = json_document_root(&out_contract->document);
    const json_node name = json_member(&root, "name");
    TRY(json_get_object(&root, error));
    TRY(json_get_string(&name, &out_contract->name, error));
    if (strcmp(out_contract->name, contract_part_name(part)) != 0) {
        return json_fail(&name, error, "expected \"%s\", the file's name, found \"%.40s\"",
                         contract_part_name(part), out_contract->name);
    }
    TRY(read_tensors(&root, "inputs", out_contract, error));
    return read_tensors(&root, "outputs", out_contract, error);
}

sd14_status contract_set_load(const char *folder, contract_set *out_set, sd14_error *error)
{
    *out_set = (contract_set){0};
    sd14_status status = SD14_OK;
    for (int part = 0; status == SD14_OK && part < CONTRACT_PARTS; part++) {
        status = load_part(folder, (contract_part)part, &out_set->parts[part], error);
    }
    if (status != SD14_OK) contract_set_release(out_set);
    return status;
}

void contract_set_release(contract_set *set)
{
    for (int part = 0; part < CONTRACT_PARTS; part++) {
        json_document_release(&set->parts[part].document);
    }
    *set = (contract_set){0};
}

void contract_set_write(const contract_set *set, text *to)
{
    text_add(to, "{\"contracts\":[");
    for (int part = 0; part < CONTRACT_PARTS; part++) {
        if (part > 0) text_add(to, ",");
        json_canonical(set->parts[part].document.root, to);
    }
    text_add(to, "]}");
}
