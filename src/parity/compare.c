/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/compare.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "parity/compare_parts.h"

enum { SENTENCE_BYTES = 1024 };

const char *side_name(int side)
{
    return side == SIDE_A ? "A" : "B";
}

/* Makes room for one more element of a growing array; false, and remembered: no memory. */
static bool grow(comparison *in, void **array, size_t *capacity, size_t count, size_t bytes)
{
    if (count < *capacity) return true;
    const size_t wider = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = mem_resize(*array, wider, bytes);
    if (grown == NULL) {
        in->out_of_memory = true;
        return false;
    }
    *array = grown;
    *capacity = wider;
    return true;
}

static char *keep(comparison *in, const char *string)
{
    char *copy = mem_string(string);
    if (copy == NULL) in->out_of_memory = true;
    return copy;
}

/* For names that may come from a file's name: one line of UTF-8, whatever they were. */
static char *keep_line(comparison *in, const char *string)
{
    char *copy = keep(in, string);
    if (copy != NULL) text_to_line(copy);
    return copy;
}

void compare_find(comparison *in,
                  compared_item *item,
                  compared_tensor *about,
                  bool fails,
                  const char *subject,
                  const char *format,
                  ...)
{
    char sentence[SENTENCE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    text_to_line(sentence);

    void *findings = in->findings;
    if (!grow(in, &findings, &in->finding_capacity, in->finding_count, sizeof(*in->findings))) {
        return;
    }
    in->findings = findings;
    in->findings[in->finding_count++] = (compare_finding){
        .item = item == NULL ? NULL : keep(in, item->id),
        .subject = keep_line(in, subject),
        .sentence = keep(in, sentence),
        .fails = fails,
    };
    if (!fails) return;
    in->failure_count++;
    if (item != NULL) item->fails = true;
    if (about != NULL) about->fails = true;
}

compared_item *compare_add_item(comparison *to, const char *id)
{
    /* `items` has its final size: compare_manifests() and compare_files() know how many there are. */
    compared_item *item = &to->items[to->item_count++];
    item->id = keep_line(to, id);
    return item->id == NULL ? NULL : item;
}

compared_tensor *compare_add_tensor(comparison *in, compared_item *to, const char *name)
{
    void *tensors = to->tensors;
    if (!grow(in, &tensors, &to->tensor_capacity, to->tensor_count, sizeof(*to->tensors))) {
        return NULL;
    }
    to->tensors = tensors;
    compared_tensor *added = &to->tensors[to->tensor_count];
    *added = (compared_tensor){.name = keep_line(in, name), .finite = true};
    if (added->name == NULL) return NULL;
    for (measure m = 0; m < MEASURE_COUNT; m++) added->values[m] = (double)NAN;
    to->tensor_count++;
    return added;
}

static void release_item(compared_item *item)
{
    for (size_t i = 0; i < item->tensor_count; i++) mem_free(item->tensors[i].name);
    mem_free(item->tensors);
    mem_free(item->id);
}

void comparison_destroy(comparison *of)
{
    if (of == NULL) return;
    for (size_t i = 0; i < of->item_count; i++) release_item(&of->items[i]);
    for (size_t i = 0; i < of->finding_count; i++) {
        mem_free(of->findings[i].item);
        mem_free(of->findings[i].subject);
        mem_free(of->findings[i].sentence);
    }
    mem_free(of->items);
    mem_free(of->findings);
    mem_free(of->order);
    for (int side = 0; side < SIDES; side++) {
        run_folder_close(&of->runs[side]);
        mem_free((void *)(uintptr_t)of->request.path[side]);
    }
    mem_free((void *)(uintptr_t)of->request.thresholds_path);
    thresholds_release(&of->limits);
    mem_free(of);
}

/* ---- making it ------------------------------------------------------------------------------------ */

static sd14_status is_folder(const char *path, bool *out_is, sd14_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        FAIL(error, FILE, "%s: no such file or folder; give a run's folder, or a file", path);
    }
    *out_is = S_ISDIR(about.st_mode);
    return SD14_OK;
}

/* A run compared with itself passes and proves nothing. */
static void note_same_path(comparison *in)
{
    struct stat about[SIDES];
    for (int side = 0; side < SIDES; side++) {
        if (stat(in->request.path[side], &about[side]) != 0) return;
    }
    if (about[SIDE_A].st_dev != about[SIDE_B].st_dev ||
        about[SIDE_A].st_ino != about[SIDE_B].st_ino)
        return;
    compare_find(in, NULL, NULL, false, "paths",
                 "A and B are the same, so that nothing can differ");
}

static sd14_status compare_runs(comparison *in, sd14_error *error)
{
    for (int side = 0; side < SIDES; side++) {
        TRY(run_folder_open(in->request.path[side], &in->runs[side], error));
    }
    const size_t most = in->runs[SIDE_A].item_count + in->runs[SIDE_B].item_count;
    in->items = mem_array(most, sizeof(*in->items));
    if (in->items == NULL) FAIL_NO_MEMORY(error, "the items to compare");
    compare_manifests(in);
    if (in->out_of_memory) FAIL_NO_MEMORY(error, "the items to compare");
    if (in->request.verify) TRY(compare_hashes(in, error));
    for (size_t i = 0; i < in->item_count; i++) {
        compared_item *item = &in->items[i];
        if (item->run[SIDE_A] == NULL || item->run[SIDE_B] == NULL) continue;
        TRY(compare_item(in, item, error));
    }
    return SD14_OK;
}

static void find_worst(compared_item *item)
{
    /* The last one, the picture, stands for an item whose tensors are all equal. */
    if (item->tensor_count > 0) item->worst = item->tensor_count - 1;
    for (size_t i = 0; i < item->tensor_count; i++) {
        compared_tensor *tensor = &item->tensors[i];
        if (tensor->fails && tensor->excess <= 1.0) tensor->excess = (double)INFINITY;
        item->total += tensor->excess;
        if (tensor->excess > item->excess) {
            item->excess = tensor->excess;
            item->worst = i;
        }
    }
    if (item->fails && item->excess <= 1.0) item->excess = (double)INFINITY;
}

/* Failing ones first, then the larger excess. Pictures that are one level apart somewhere are many: among
 * equals the tensors together decide. */
static bool comes_before(const compared_item *a, const compared_item *b)
{
    if (a->fails != b->fails) return a->fails;
    if (a->excess != b->excess) return a->excess > b->excess;
    return a->total > b->total;
}

static sd14_status sort_items(comparison *in, sd14_error *error)
{
    in->order = mem_array(in->item_count, sizeof(*in->order));
    if (in->order == NULL) FAIL_NO_MEMORY(error, "the items to compare");
    for (size_t i = 0; i < in->item_count; i++) {
        find_worst(&in->items[i]);
        in->failed_item_count += in->items[i].fails;
        size_t at = i; /* insertion keeps equal ones in order */
        for (; at > 0 && comes_before(&in->items[i], &in->items[in->order[at - 1]]); at--) {
            in->order[at] = in->order[at - 1];
        }
        in->order[at] = i;
    }
    return SD14_OK;
}

static sd14_status make(comparison *in, const compare_request *request, sd14_error *error)
{
    in->request = (compare_request){
        .path = {keep(in, request->path[SIDE_A]), keep(in, request->path[SIDE_B])},
        .thresholds_path =
            request->thresholds_path == NULL ? NULL : keep(in, request->thresholds_path),
        .verify = request->verify,
    };
    if (in->out_of_memory) FAIL_NO_MEMORY(error, "a comparison");
    TRY(thresholds_load(in->request.thresholds_path, &in->limits, error));

    bool folder[SIDES];
    for (int side = 0; side < SIDES; side++) {
        TRY(is_folder(in->request.path[side], &folder[side], error));
    }
    if (folder[SIDE_A] != folder[SIDE_B]) {
        FAIL(error, INVALID_ARGUMENT, "%s is a folder and %s is a file; give two of a kind",
             in->request.path[folder[SIDE_A] ? SIDE_A : SIDE_B],
             in->request.path[folder[SIDE_A] ? SIDE_B : SIDE_A]);
    }
    in->of_runs = folder[SIDE_A];
    note_same_path(in);
    TRY(in->of_runs ? compare_runs(in, error) : compare_files(in, error));
    if (in->out_of_memory) FAIL_NO_MEMORY(error, "a comparison");
    return sort_items(in, error);
}

sd14_status
comparison_make(const compare_request *request, comparison **out_comparison, sd14_error *error)
{
    comparison *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a comparison");
    const sd14_status status = make(made, request, error);
    if (status != SD14_OK) {
        comparison_destroy(made);
        return status;
    }
    *out_comparison = made;
    return SD14_OK;
}
