/* SPDX-License-Identifier: Apache-2.0 */

/* Files of measurements: docs/json.md and the folder of a golden run describe them. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "formats/json.h"
#include "parity/report_run.h"
#include "parity/run_folder.h"

enum { PICTURES_MAX = 100000, STEPS_MAX = 1000 };

/* A day per picture and an exabyte are more than anybody measures. */
#define SECONDS_MAX 86400.0
#define BYTES_MAX 1e18

static sd14_status read_timings(const json_node *timings, report_run *run, sd14_error *error)
{
    static const char *const keys[REPORT_STAGES] = {
        [REPORT_TOTAL] = "total_seconds",     [REPORT_TEXT] = "text_seconds",
        [REPORT_PREPARE] = "prepare_seconds", [REPORT_DENOISE] = "denoise_seconds",
        [REPORT_DECODE] = "decode_seconds",
    };
    TRY(json_get_object(timings, error));
    for (int stage = 0; stage < REPORT_STAGES; stage++) {
        const json_node member = json_member(timings, keys[stage]);
        TRY(json_get_number(&member, 0, SECONDS_MAX, &run->stages[stage][run->n_pictures], error));
    }
    run->n_pictures++;
    return SD14_OK;
}

/* The steps of a picture; none where its writer did not keep them. */
static sd14_status read_steps(const json_node *picture, report_run *run, sd14_error *error)
{
    const json_node steps = json_member(picture, "step_seconds");
    size_t count = 0;
    if (!json_present(&steps)) return SD14_OK;
    TRY(json_get_count(&steps, 0, STEPS_MAX, &count, error));
    for (size_t i = 0; i < count; i++) {
        const json_node step = json_element(&steps, i);
        double seconds = 0;
        TRY(json_get_number(&step, 0, SECONDS_MAX, &seconds, error));
        TRY(report_run_add_step(run, i == 0, seconds, error));
    }
    return SD14_OK;
}

/* A number of bytes that may be missing. */
static sd14_status read_bytes(const json_node *of, const char *key, double *most, sd14_error *error)
{
    const json_node member = json_member(of, key);
    double bytes = 0;
    if (!json_present(&member)) return SD14_OK;
    TRY(json_get_number(&member, 0, BYTES_MAX, &bytes, error));
    *most = fmax(*most, bytes);
    return SD14_OK;
}

/* What a device took, where there was one: of the pictures of a golden run the most. */
static sd14_status read_device(const json_node *of, report_run *run, sd14_error *error)
{
    const json_node device = json_member(of, "device");
    const struct {
        const char *key;
        double max, *most;
    } fields[] = {
        {"compile_seconds", SECONDS_MAX, &run->compile_seconds},
        {"step_overhead_seconds", SECONDS_MAX, &run->overhead_seconds},
        {"dram_bytes", BYTES_MAX, &run->dram_bytes},
        {"l1_bytes", BYTES_MAX, &run->l1_bytes},
        {"l1_small_bytes", BYTES_MAX, &run->l1_small_bytes},
    };
    if (!json_present(&device)) return SD14_OK;
    TRY(json_get_object(&device, error));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const json_node member = json_member(&device, fields[i].key);
        double value = 0;
        TRY(json_get_number(&member, 0, fields[i].max, &value, error));
        *fields[i].most = fmax(*fields[i].most, value);
    }
    run->has_device = true;
    return SD14_OK;
}

static sd14_status set_string(
    const json_node *of, const char *key, report_run *run, report_setting to, sd14_error *error)
{
    const json_node member = json_member(of, key);
    const char *value = NULL;
    TRY(json_get_string(&member, &value, error));
    return report_run_set(run, to, value, error);
}

static sd14_status set_count(report_run *run, report_setting to, int64_t count, sd14_error *error)
{
    char number[24];
    (void)snprintf(number, sizeof(number), "%lld", (long long)count);
    return report_run_set(run, to, number, error);
}

/* Of a file, or of an item of a golden run. */
static sd14_status set_work(const json_node *of, report_run *run, sd14_error *error)
{
    const json_node width = json_member(of, "width"), height = json_member(of, "height");
    const json_node steps = json_member(of, "steps"), guidance = json_member(of, "guidance_scale");
    int64_t w = 0, h = 0, n = 0;
    double scale = 0;
    char words[64];
    TRY(json_get_int(&width, 1, INT32_MAX, &w, error));
    TRY(json_get_int(&height, 1, INT32_MAX, &h, error));
    TRY(json_get_int(&steps, 1, STEPS_MAX, &n, error));
    TRY(json_get_number(&guidance, 0, 1e6, &scale, error));
    (void)snprintf(words, sizeof(words), "%dx%d", (int)w, (int)h);
    TRY(report_run_set(run, REPORT_SIZE, words, error));
    TRY(set_count(run, REPORT_STEPS, n, error));
    (void)snprintf(words, sizeof(words), "%.7g", scale);
    return report_run_set(run, REPORT_GUIDANCE, words, error);
}

/* Of a file, or of the manifest of a golden run. */
static sd14_status set_machine(const json_node *of, report_run *run, sd14_error *error)
{
    const json_node model = json_member(of, "model"), threads = json_member(of, "threads");
    int64_t count = 0;
    TRY(set_string(&model, "name", run, REPORT_MODEL, error));
    TRY(set_string(of, "backend", run, REPORT_BACKEND, error));
    TRY(set_string(of, "precision", run, REPORT_PRECISION, error));
    TRY(set_string(of, "isa", run, REPORT_ISA, error));
    TRY(json_get_int(&threads, 0, INT32_MAX, &count, error));
    return set_count(run, REPORT_THREADS, count, error);
}

static sd14_status
set_program(report_run *run, const char *name, const json_node *version, sd14_error *error)
{
    const char *number = NULL;
    text program = {0};
    TRY(json_get_string(version, &number, error));
    text_add(&program, "%s %s", name, number);
    if (text_failed(&program)) {
        text_release(&program);
        FAIL_NO_MEMORY(error, "a run's settings");
    }
    const sd14_status status = report_run_set(run, REPORT_PROGRAM, text_get(&program), error);
    text_release(&program);
    return status;
}

/* `pictures`: the array in question; its elements have timings, or are timings. */
static sd14_status read_file(const json_node *root,
                             const json_node *pictures,
                             const char *writer,
                             report_run *run,
                             sd14_error *error)
{
    const json_node version = json_member(root, "version"), memory = json_member(root, "memory");
    size_t count = 0;
    TRY(set_program(run, "sd14", &version, error));
    TRY(report_run_set(run, REPORT_WRITER, writer, error));
    TRY(set_work(root, run, error));
    TRY(set_machine(root, run, error));
    TRY(read_bytes(root, "peak_rss_bytes", &run->peak_bytes, error));
    TRY(read_bytes(&memory, "weights_bytes", &run->weights_bytes, error));
    TRY(read_bytes(&memory, "plan_bytes", &run->plan_bytes, error));
    TRY(read_device(root, run, error));

    TRY(json_get_count(pictures, 0, PICTURES_MAX, &count, error));
    TRY(report_run_reserve(run, count, error));
    for (size_t i = 0; i < count; i++) {
        const json_node picture = json_element(pictures, i);
        const json_node timings = json_member(&picture, "timings");
        TRY(read_timings(json_present(&timings) ? &timings : &picture, run, error));
        TRY(read_steps(&picture, run, error));
    }
    return SD14_OK;
}

static sd14_status read_document(const json_document *document, report_run *run, sd14_error *error)
{
    const json_node root = json_document_root(document);
    const json_node pictures = json_member(&root, "pictures");
    const json_node images = json_member(&root, "images");
    const json_node operators = json_member(&root, "operators");
    const json_node items = json_member(&root, "items");
    if (json_present(&pictures)) return read_file(&root, &pictures, "sd14 bench", run, error);
    if (json_present(&images)) return read_file(&root, &images, "sd14 generate", run, error);
    if (json_present(&operators)) {
        FAIL(error, FILE, "%s: times of operators, not of pictures; leave out bench's --operators",
             document->name);
    }
    if (json_present(&items)) {
        FAIL(error, FILE, "%s: one file of a golden run; give its folder", document->name);
    }
    FAIL(error, FILE,
         "%s: no measurements; give what sd14 bench --json or sd14 generate --json printed, or the "
         "folder of a golden run",
         document->name);
}

static sd14_status read_measurements(const run_folder *folder,
                                     const run_item *item,
                                     report_run *run,
                                     sd14_error *error)
{
    text name = {0};
    json_document measured = {0};
    text_add(&name, "%s/measurements.json", item->id);
    char *path = text_failed(&name) ? NULL : run_folder_path(folder, text_get(&name));
    text_release(&name);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    sd14_status status = json_document_load(path, SD14_ERROR_FILE, &measured, error);
    mem_free(path);
    TRY(status);
    const json_node root = json_document_root(&measured);
    status = read_timings(&root, run, error);
    if (status == SD14_OK) status = read_steps(&root, run, error);
    if (status == SD14_OK) status = read_bytes(&root, "peak_rss_bytes", &run->peak_bytes, error);
    if (status == SD14_OK) status = read_device(&root, run, error);
    json_document_release(&measured);
    return status;
}

static sd14_status read_manifest(const run_folder *folder, report_run *run, sd14_error *error)
{
    const json_node root = json_document_root(&folder->manifest);
    const json_node producer = json_member(&root, "producer");
    const json_node producer_name = json_member(&producer, "name");
    const json_node version = json_member(&producer, "version");
    const json_node items = json_member(&root, "items");
    const char *name = NULL;
    TRY(json_get_string(&producer_name, &name, error));
    TRY(set_program(run, name, &version, error));
    TRY(report_run_set(run, REPORT_WRITER, "golden run", error));
    TRY(set_machine(&root, run, error));
    TRY(report_run_reserve(run, folder->item_count, error));
    for (size_t i = 0; i < folder->item_count; i++) {
        const json_node item = json_element(&items, i);
        TRY(set_work(&item, run, error));
        TRY(read_measurements(folder, &folder->items[i], run, error));
    }
    return SD14_OK;
}

static void sum_up(report_run *run)
{
    double total = 0, steps = 0;
    for (size_t i = 0; i < run->n_pictures; i++) total += run->stages[REPORT_TOTAL][i];
    for (size_t i = 0; i < run->n_later_steps; i++) steps += run->later_steps[i];
    if (total > 0) run->images_per_minute = 60 * (double)run->n_pictures / total;
    if (steps > 0) run->steps_per_second = (double)run->n_later_steps / steps;
    for (int stage = 0; stage < REPORT_STAGES; stage++)
        run->stage_seconds[stage] = spread_of(run->stages[stage], run->n_pictures);
    run->step_seconds = spread_of(run->later_steps, run->n_later_steps);
}

/* "runs/a.json" and "runs/a/" -> "a". */
static sd14_status name_run(report_run *run, const char *path, sd14_error *error)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') start--;
    if (end - start > 5 && strncmp(path + end - 5, ".json", 5) == 0) end -= 5;
    text_add_bytes(&run->name, path + start, end - start);
    if (text_failed(&run->name)) FAIL_NO_MEMORY(error, "a run's name");
    text_to_line(run->name.bytes);
    return SD14_OK;
}

sd14_status report_run_read(const char *path, report_run *out_run, sd14_error *error)
{
    struct stat about;
    sd14_status status = SD14_OK;
    *out_run = (report_run){0};
    TRY(name_run(out_run, path, error));
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        run_folder folder = {0};
        TRY(run_folder_open(path, &folder, error));
        status = read_manifest(&folder, out_run, error);
        run_folder_close(&folder);
    } else {
        json_document document = {0};
        TRY(json_document_load(path, SD14_ERROR_FILE, &document, error));
        status = read_document(&document, out_run, error);
        json_document_release(&document);
    }
    TRY(status);
    TRY(set_count(out_run, REPORT_PICTURES, (int64_t)out_run->n_pictures, error));
    sum_up(out_run);
    return SD14_OK;
}
