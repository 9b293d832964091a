/* SPDX-License-Identifier: Apache-2.0 */
#include "models/weight_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "models/folder.h"
#include "models/weight_names.h"

/* ---- opening ------------------------------------------------------------------------------------ */

/* Where weights may be, best first: float32 before float16, whole before shards. */
static const char *const endings[] = {
    ".safetensors",
    ".safetensors.index.json",
    ".fp16.safetensors",
    ".safetensors.index.fp16.json",
};

static sd14_status
find_path(const char *folder, const char *component, char **out_path, sd14_error *error)
{
    const char *stem = strcmp(component, "text_encoder") == 0 ? "model" : "diffusion_pytorch_model";
    char name[128];
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s/%s%s", component, stem, endings[i]);
        char *path = folder_path(folder, name);
        if (path == NULL) FAIL_NO_MEMORY(error, "a path");
        if (access(path, F_OK) == 0) {
            *out_path = path;
            return SD14_OK;
        }
        mem_free(path);
    }
    FAIL(error, MODEL,
         "%s/%s: holds no %s.safetensors (nor .fp16, nor an index of shards); is the download "
         "complete?",
         folder, component, stem);
}

sd14_status weight_files_open(const char *folder,
                              const char *component,
                              weight_files *out_files,
                              sd14_error *error)
{
    *out_files = (weight_files){.component = component};
    TRY(find_path(folder, component, &out_files->path, error));
    const size_t length = strlen(out_files->path);
    const bool sharded = length > 5 && strcmp(out_files->path + length - 5, ".json") == 0;
    return sharded ? safetensors_index_open(out_files->path, &out_files->shards, error)
                   : safetensors_open(out_files->path, &out_files->file, error);
}

void weight_files_close(weight_files *files)
{
    safetensors_close(files->file);
    safetensors_index_close(files->shards);
    mem_free(files->path);
    *files = (weight_files){0};
}

static size_t tensor_count(const weight_files *files)
{
    return files->file != NULL ? safetensors_count(files->file)
                               : safetensors_index_count(files->shards);
}

static const char *tensor_name(const weight_files *files, size_t i)
{
    return files->file != NULL ? safetensors_name(files->file, i)
                               : safetensors_index_name(files->shards, i);
}

static sd14_status
tensor_at(const weight_files *files, size_t i, tensor *out_tensor, sd14_error *error)
{
    return files->file != NULL ? safetensors_at(files->file, i, out_tensor, error)
                               : safetensors_index_at(files->shards, i, out_tensor, error);
}

/* ---- binding ------------------------------------------------------------------------------------ */

/* A list of complaints of one kind, cut after some: a wrong file would fill pages. */
typedef struct complaints {
    text words;
    size_t count;
} complaints;

enum { COMPLAINTS_SHOWN = 6 };

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
complain(complaints *list, const char *format, ...)
{
    list->count++;
    if (list->count > COMPLAINTS_SHOWN) return;
    char words[2 * WEIGHT_NAME_BYTES + 2 * SHAPE_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    text_add(&list->words, "%s%s", list->count == 1 ? "" : ", ", words);
}

static void add_complaints(text *sentence, const char *title, const complaints *list)
{
    if (list->count > 0)
        text_add(sentence, "; %zu %s: %s", list->count, title, text_get(&list->words));
    if (list->count > COMPLAINTS_SHOWN)
        text_add(sentence, " and %zu more", list->count - COMPLAINTS_SHOWN);
}

typedef struct binding {
    const weight_files *files;
    const graph *const *graphs;
    size_t n_graphs;
    tensor *const *tensors;
    complaints missing, misshapen, left_over;
} binding;

/* The same shape but for axes of 1 at the end: a 1x1 convolution's weight is a linear layer's. */
static bool shapes_agree(shape a, shape b)
{
    while (a.rank > 1 && a.dim[a.rank - 1] == 1) a.rank--;
    while (b.rank > 1 && b.dim[b.rank - 1] == 1) b.rank--;
    for (int i = 0; i < a.rank || i < b.rank; i++) {
        if (a.rank != b.rank || a.dim[i] != b.dim[i]) return false;
    }
    return true;
}

static tensor *find_slot(const binding *of, const char *name, const graph_weight **out_weight)
{
    for (size_t g = 0; g < of->n_graphs; g++) {
        for (int w = 0; w < of->graphs[g]->n_weights; w++) {
            if (strcmp(of->graphs[g]->weights[w].name, name) == 0) {
                *out_weight = &of->graphs[g]->weights[w];
                return &of->tensors[g][w];
            }
        }
    }
    return NULL;
}

static sd14_status bind_one(binding *of, size_t i, sd14_error *error)
{
    char today[WEIGHT_NAME_BYTES];
    const char *name = tensor_name(of->files, i);
    if (!weight_name_today(of->files->component, name, today)) return SD14_OK;

    const graph_weight *weight = NULL;
    tensor *slot = find_slot(of, today, &weight);
    if (slot == NULL || slot->data != NULL) {
        complain(&of->left_over, "%.255s", name);
        return SD14_OK;
    }
    TRY(tensor_at(of->files, i, slot, error));
    char found[SHAPE_TEXT_BYTES];
    char expected[SHAPE_TEXT_BYTES];
    if (!dtype_is_float(slot->type)) {
        complain(&of->misshapen, "%.255s is %s, expected a float type", name,
                 dtype_name(slot->type));
    } else if (!shapes_agree(slot->shape, weight->shape)) {
        complain(&of->misshapen, "%.255s is %s, expected %s", name, shape_text(slot->shape, found),
                 shape_text(weight->shape, expected));
    }
    return SD14_OK;
}

static void find_missing(binding *of)
{
    for (size_t g = 0; g < of->n_graphs; g++) {
        for (int w = 0; w < of->graphs[g]->n_weights; w++) {
            if (of->tensors[g][w].data == NULL) {
                complain(&of->missing, "%.255s", of->graphs[g]->weights[w].name);
            }
        }
    }
}

/* All complaints in one sentence; OK when there are none. */
static sd14_status report(const binding *of, sd14_error *error)
{
    if (of->missing.count + of->misshapen.count + of->left_over.count == 0) return SD14_OK;
    text sentence = {0};
    text_add(&sentence, "%s: not the weights its config.json describes", of->files->path);
    add_complaints(&sentence, "missing", &of->missing);
    add_complaints(&sentence, "of the wrong shape or type", &of->misshapen);
    add_complaints(&sentence, "that no part of the model reads", &of->left_over);
    const sd14_status status = error_set(error, SD14_ERROR_MODEL, "%s", text_get(&sentence));
    text_release(&sentence);
    return status;
}

sd14_status weight_files_bind(const weight_files *files,
                              const graph *const *graphs,
                              size_t n_graphs,
                              tensor *const *out_tensors,
                              sd14_error *error)
{
    binding of = {.files = files, .graphs = graphs, .n_graphs = n_graphs, .tensors = out_tensors};
    sd14_status status = SD14_OK;
    for (size_t i = 0; status == SD14_OK && i < tensor_count(files); i++)
        status = bind_one(&of, i, error);
    if (status == SD14_OK) find_missing(&of);

    if (status == SD14_OK) status = report(&of, error);
    text_release(&of.missing.words);
    text_release(&of.misshapen.words);
    text_release(&of.left_over.words);
    return status;
}
