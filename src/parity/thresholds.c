/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/thresholds.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* configs/thresholds/f32.json, put here by CMakeLists.txt. */
extern const char embedded_thresholds_f32[];
extern const size_t embedded_thresholds_f32_size;

/* How a limit bounds a measure: from above; from below, 1 being perfect; from below, in decibels. */
typedef enum bound { AT_MOST, AT_LEAST, AT_LEAST_DB } bound;

static const struct {
    const char *name, *title, *key;
    bound bound;
    double lowest, highest; /* a limit's range */
    int decimals;           /* shown; 0: as many as three digits need */
} measures[MEASURE_COUNT] = {
    [MEASURE_PCC] = {"pcc", "PCC", "pcc_min", AT_LEAST, -1, 1, 9},
    [MEASURE_COSINE] = {"cosine", "cosine", "cosine_min", AT_LEAST, -1, 1, 9},
    [MEASURE_MAX_ABS] = {"max_abs", "max abs", "max_abs_max", AT_MOST, 0, 1e30, 0},
    [MEASURE_MEAN_ABS] = {"mean_abs", "mean abs", "mean_abs_max", AT_MOST, 0, 1e30, 0},
    [MEASURE_RELATIVE_L2] = {"relative_l2", "relative L2", "relative_l2_max", AT_MOST, 0, 1e30, 0},
    [MEASURE_PSNR] = {"psnr", "PSNR", "psnr_min", AT_LEAST_DB, 0, 1000, 2},
    [MEASURE_SSIM] = {"ssim", "SSIM", "ssim_min", AT_LEAST, -1, 1, 7},
    [MEASURE_LEVEL] = {"max_level", "max level", "max_level", AT_MOST, 0, 255, 0},
};

const char *measure_name(measure of)
{
    return measures[of].name;
}

const char *measure_title(measure of)
{
    return measures[of].title;
}

bool measure_of_pictures(measure of)
{
    return of >= MEASURE_PSNR;
}

bool measure_is_error(measure of)
{
    return measures[of].bound == AT_MOST;
}

const char *threshold_key(measure of)
{
    return measures[of].key;
}

const char *measure_text(measure of, double value, char buffer[MEASURE_TEXT_BYTES])
{
    if (measures[of].decimals > 0) {
        (void)snprintf(buffer, MEASURE_TEXT_BYTES, "%.*f", measures[of].decimals, value);
    } else {
        (void)snprintf(buffer, MEASURE_TEXT_BYTES, "%.3g", value);
    }
    return buffer;
}

double measure_excess(measure of, double value, double limit)
{
    if (isnan(value)) return (double)INFINITY;
    const bool within = measures[of].bound == AT_MOST ? value <= limit : value >= limit;
    double excess = 0.0;
    if (measures[of].bound == AT_LEAST_DB) {
        excess = pow(10.0, (limit - value) / 20.0);
    } else {
        const double off = measures[of].bound == AT_MOST ? value : 1.0 - value;
        const double allowed = measures[of].bound == AT_MOST ? limit : 1.0 - limit;
        if (off > 0.0) excess = allowed > 0.0 ? off / allowed : (double)INFINITY;
    }
    /* The division may round to 1 on the wrong side of it. */
    if (within) return excess < 1.0 ? excess : 1.0;
    return excess > 1.0 ? excess : nextafter(1.0, 2.0);
}

static bool is_latents(const char *tensor)
{
    return strncmp(tensor, "latents_", 8) == 0;
}

static const char *const networks[] = {"text_encoder", "unet", "vae_decoder"};
enum { NETWORKS = sizeof(networks) / sizeof(networks[0]) };

/* "unet" of "unet", "unet/conv_out" and "unet@951/conv_out"; NULL: it is of none. */
static const char *network_of(const char *tensor)
{
    for (size_t i = 0; i < NETWORKS; i++) {
        const size_t length = strlen(networks[i]);
        if (strncmp(tensor, networks[i], length) == 0 && strchr("/@", tensor[length]) != NULL)
            return networks[i]; /* strchr() finds the end of a string too */
    }
    return NULL;
}

static bool known_tensor(const char *tensor)
{
    static const char *const names[] = {"text_embeddings", "noise", "latents",     "picture",
                                        "text_encoder",    "unet",  "vae_decoder", "tensor"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(tensor, names[i]) == 0) return true;
    }
    const char *digits = tensor + 8;
    return is_latents(tensor) && strlen(digits) == 3 && isdigit((unsigned char)digits[0]) &&
           isdigit((unsigned char)digits[1]) && isdigit((unsigned char)digits[2]);
}

/* {"limit": 1e-5, "reason": "..."} */
static sd14_status read_check(const json_node *node, measure of, threshold *out, sd14_error *error)
{
    static const char *const known[] = {"limit", "reason"};
    TRY(json_check_keys(node, known, 2, error));
    const json_node limit = json_member(node, "limit"), reason = json_member(node, "reason");
    TRY(json_get_number(&limit, measures[of].lowest, measures[of].highest, &out->limit, error));
    TRY(json_get_string(&reason, &out->reason, error));
    if (out->reason[0] == '\0') return json_fail(&reason, error, "say why this limit");
    return SD14_OK;
}

static sd14_status read_row(const json_node *node, threshold_row *out, sd14_error *error)
{
    const bool picture = strcmp(node->key, "picture") == 0;
    const char *known[MEASURE_COUNT];
    size_t count = 0;
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        if (measure_of_pictures(m) == picture) known[count++] = measures[m].key;
    }
    TRY(json_check_keys(node, known, count, error));
    if (json_next_key(node, NULL) == NULL) return json_fail(node, error, "has no limits");
    out->tensor = node->key;
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        const json_node check = json_member(node, measures[m].key);
        if (check.value != NULL) TRY(read_check(&check, m, &out->checks[m], error));
    }
    return SD14_OK;
}

static sd14_status read_rows(const json_node *tensors, thresholds *out, sd14_error *error)
{
    TRY(json_get_object(tensors, error));
    if (json_next_key(tensors, NULL) == NULL) return json_fail(tensors, error, "has no limits");
    out->rows = mem_array(json_object_size(tensors->value), sizeof(*out->rows));
    if (out->rows == NULL) FAIL_NO_MEMORY(error, "the thresholds");
    for (const char *key = NULL; (key = json_next_key(tensors, key)) != NULL;) {
        if (!known_tensor(key)) {
            return json_fail(
                tensors, error,
                "unknown tensor \"%.40s\"; there are text_embeddings, noise, latents, "
                "latents_NNN, picture, text_encoder, unet, vae_decoder, and tensor for "
                "any other",
                key);
        }
        const json_node row = json_member(tensors, key);
        TRY(read_row(&row, &out->rows[out->row_count++], error));
    }
    return SD14_OK;
}

static sd14_status read_document(thresholds *out, sd14_error *error)
{
    static const char *const known[] = {"$schema", "name", "description", "same_model", "tensors"};
    const json_node root = json_document_root(&out->document);
    TRY(json_check_keys(&root, known, 5, error));
    const json_node name = json_member(&root, "name");
    const json_node description = json_member(&root, "description");
    const json_node same_model = json_member(&root, "same_model");
    const json_node tensors = json_member(&root, "tensors");
    TRY(json_get_string(&name, &out->name, error));
    TRY(json_get_string(&description, &out->description, error));
    TRY(json_get_bool(&same_model, &out->same_model, error));
    return read_rows(&tensors, out, error);
}

sd14_status thresholds_load(const char *path, thresholds *out_thresholds, sd14_error *error)
{
    *out_thresholds = (thresholds){0};
    json_document *document = &out_thresholds->document;
    sd14_status status =
        path != NULL
            ? json_document_load(path, SD14_ERROR_FILE, document, error)
            : json_document_parse(embedded_thresholds_f32, embedded_thresholds_f32_size,
                                  "the built-in thresholds", SD14_ERROR_FILE, document, error);
    if (status == SD14_OK) status = read_document(out_thresholds, error);
    if (status != SD14_OK) thresholds_release(out_thresholds);
    return status;
}

void thresholds_release(thresholds *limits)
{
    json_document_release(&limits->document);
    mem_free(limits->rows);
    *limits = (thresholds){0};
}

static const threshold_row *find_row(const thresholds *limits, const char *tensor)
{
    for (size_t i = 0; i < limits->row_count; i++) {
        if (strcmp(limits->rows[i].tensor, tensor) == 0) return &limits->rows[i];
    }
    return NULL;
}

const threshold_row *thresholds_find(const thresholds *limits, const char *tensor)
{
    const threshold_row *found = find_row(limits, tensor);
    const char *network = network_of(tensor);
    if (found == NULL && network != NULL) found = find_row(limits, network);
    if (found == NULL && is_latents(tensor)) found = find_row(limits, "latents");
    if (found == NULL && strcmp(tensor, "picture") != 0) found = find_row(limits, "tensor");
    return found;
}
