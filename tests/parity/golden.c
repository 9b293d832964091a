/* SPDX-License-Identifier: Apache-2.0 */

/* sd14/golden.h on the small model: what it writes against what diffusers computed for the same items
 * (tools/reference/golden_diffusers.py), and a folder that is found again. */
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <sd14/sd14.h>

#include "formats/npy.h"
#include "formats/png.h"
#include "formats/safetensors.h"
#include "parity/golden_difference.h"
#include "parity/golden_manifest.h"
#include "parity/run_folder.h"
#include "support/cmocka.h"
#include "support/files.h"
#include "tensor/distance.h"

#define SUITE SD14_SOURCE_DIR "/configs/suites/emoji-smoke.json"
#define THEIRS SD14_SOURCE_DIR "/tests/data/golden/emoji-parity"

/* As in emoji.c: float32 sums in another order, fed back into each other for up to twenty steps; one pass of
 * the text encoder. */
static const double latent_limit = 1e-4;
static const double text_limit = 1e-5;

static const char *const ids[] = {"red-apple", "negative", "no-guidance"};
enum { N_IDS = 3 };

static char folder[PATH_MAX];
static char our_folder[PATH_MAX];
static sd14_error error;

typedef struct counts {
    int kept, drawing, written, steps;
} counts;

static void
count_item(void *user, sd14_golden_event event, const char *id, size_t index, size_t count)
{
    counts *seen = user;
    assert_string_equal(id, ids[index]);
    assert_int_equal(count, N_IDS);
    seen->kept += event == SD14_GOLDEN_KEPT;
    seen->drawing += event == SD14_GOLDEN_DRAWING;
    seen->written += event == SD14_GOLDEN_WRITTEN;
}

static void count_step(void *user, const sd14_progress *progress)
{
    counts *seen = user;
    seen->steps += progress->stage == SD14_STAGE_DENOISE && progress->step > 0;
}

static counts run_suite(const char *noise_from)
{
    sd14_model_params model_params;
    sd14_model *model = NULL;
    sd14_session *session = NULL;
    counts seen = {0};
    sd14_model_params_default(&model_params);
    model_params.path = SD14_SOURCE_DIR "/models/emoji";
    model_params.threads = 2;
    const sd14_golden_params params = {.suite = SUITE,
                                       .folder = our_folder,
                                       .noise_from = noise_from,
                                       .item = count_item,
                                       .progress = count_step,
                                       .user = &seen};
    if (sd14_model_load(&model_params, &model, &error) != SD14_OK ||
        sd14_session_create(model, &session, &error) != SD14_OK ||
        sd14_golden_run(session, &params, &error) != SD14_OK)
        fail_msg("%s", error.text);
    sd14_session_destroy(session);
    sd14_model_destroy(model);
    return seen;
}

static const char *file_of(char path[PATH_MAX], const char *where, const char *id, const char *name)
{
    test_files_need(snprintf(path, PATH_MAX, "%s/%s/%s", where, id, name) < PATH_MAX, name);
    return path;
}

static void compare_arrays(const char *what, const tensor *ours, const tensor *theirs, double limit)
{
    assert_int_equal(ours->type, theirs->type);
    assert_true(shape_equal(ours->shape, theirs->shape));
    const size_t bytes = shape_count(theirs->shape) * dtype_bytes(theirs->type);
    if (limit == 0.0) {
        if (memcmp(ours->data, theirs->data, bytes) != 0) fail_msg("%s: other bytes", what);
        return;
    }
    const tensor_distance apart =
        tensor_measure(ours->data, theirs->data, shape_count(theirs->shape));
    if (!(apart.relative_l2 <= limit))
        fail_msg("%s: relative L2 %.3g, limit %.3g", what, apart.relative_l2, limit);
}

static void compare_npy(const char *id, const char *name, double limit)
{
    char path[PATH_MAX];
    npy ours = {0}, theirs = {0};
    if (npy_open(file_of(path, our_folder, id, name), &ours, &error) != SD14_OK ||
        npy_open(file_of(path, THEIRS, id, name), &theirs, &error) != SD14_OK)
        fail_msg("%s", error.text);
    compare_arrays(path, &ours.tensor, &theirs.tensor, limit);
    npy_close(&ours);
    npy_close(&theirs);
}

static void compare_safetensors(const char *id)
{
    char path[PATH_MAX];
    safetensors *ours = NULL, *theirs = NULL;
    if (safetensors_open(file_of(path, our_folder, id, "tensors.safetensors"), &ours, &error) !=
            SD14_OK ||
        safetensors_open(file_of(path, THEIRS, id, "tensors.safetensors"), &theirs, &error) !=
            SD14_OK)
        fail_msg("%s", error.text);
    assert_int_equal(safetensors_count(ours), safetensors_count(theirs));
    for (size_t i = 0; i < safetensors_count(theirs); i++) {
        const char *name = safetensors_name(theirs, i);
        tensor a = {0}, b = {0};
        if (safetensors_find(ours, name, &a, &error) != SD14_OK ||
            safetensors_find(theirs, name, &b, &error) != SD14_OK)
            fail_msg("%s", error.text);
        const bool exact = strcmp(name, "input_ids") == 0 || strcmp(name, "noise") == 0;
        const bool text = strcmp(name, "text_embeddings") == 0;
        compare_arrays(name, &a, &b, exact ? 0.0 : text ? text_limit : latent_limit);
    }
    safetensors_close(ours);
    safetensors_close(theirs);
}

static void compare_picture(const char *id)
{
    char path[PATH_MAX];
    png_file ours = {0}, theirs = {0};
    if (png_file_read(file_of(path, our_folder, id, "picture.png"), &ours, &error) != SD14_OK ||
        png_file_read(file_of(path, THEIRS, id, "picture.png"), &theirs, &error) != SD14_OK)
        fail_msg("%s", error.text);
    assert_int_equal(ours.picture.width, theirs.picture.width);
    assert_int_equal(ours.picture.height, theirs.picture.height);
    int worst = 0;
    const size_t count = (size_t)theirs.picture.width * (size_t)theirs.picture.height * 3;
    for (size_t i = 0; i < count; i++) {
        const int apart = abs((int)ours.pixels[i] - (int)theirs.pixels[i]);
        worst = apart > worst ? apart : worst;
    }
    assert_in_range(worst, 0, 1);
    png_file_release(&ours);
    png_file_release(&theirs);
}

static void run_equals_diffusers(void **state)
{
    (void)state;
    const counts seen = run_suite(NULL);
    assert_int_equal(seen.kept, 0);
    assert_int_equal(seen.drawing, N_IDS);
    assert_int_equal(seen.written, N_IDS);
    assert_int_equal(seen.steps, 20 + 7 + 3);
    for (size_t i = 0; i < N_IDS; i++) {
        compare_npy(ids[i], "noise.npy", 0.0);
        compare_npy(ids[i], "latents_000.npy", 0.0);
        for (size_t c = 1; c < GOLDEN_CHECKPOINTS; c++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "%s.npy", golden_checkpoints[c].name);
            compare_npy(ids[i], name, latent_limit);
        }
        compare_safetensors(ids[i]);
        compare_picture(ids[i]);
    }
}

/* What both manifests say of an item, but for the hashes. */
static void manifests_agree(void **state)
{
    (void)state;
    run_folder ours, theirs;
    if (run_folder_open(our_folder, &ours, &error) != SD14_OK ||
        run_folder_open(THEIRS, &theirs, &error) != SD14_OK)
        fail_msg("%s", error.text);
    assert_int_equal(ours.item_count, N_IDS);
    assert_true(json_equal(run_folder_value(&ours, "model", NULL),
                           run_folder_value(&theirs, "model", NULL)));
    for (size_t i = 0; i < N_IDS; i++) {
        const run_item *a = &ours.items[i];
        const run_item *b = run_folder_find(&theirs, ids[i]);
        assert_non_null(b);
        assert_int_equal(a->file_count, GOLDEN_FILES);
        text difference = {0};
        if (golden_difference(a->all, b->all, "files", &difference))
            fail_msg("%s: %s", ids[i], text_get(&difference));
    }
    run_folder_close(&ours);
    run_folder_close(&theirs);
}

static void finished_run_is_kept(void **state)
{
    (void)state;
    const counts seen = run_suite(NULL);
    assert_int_equal(seen.kept, N_IDS);
    assert_int_equal(seen.drawing, 0);
    size_t n_files = 0;
    assert_int_equal(sd14_golden_verify(our_folder, NULL, NULL, &n_files, &error), SD14_OK);
    assert_int_equal(n_files, N_IDS * GOLDEN_FILES);
    assert_int_equal(sd14_golden_verify(THEIRS, NULL, NULL, &n_files, &error), SD14_OK);
    assert_int_equal(n_files, 12 * GOLDEN_FILES);
}

static void checkpoints_round_halves_up(void **state)
{
    (void)state;
    static const struct {
        int steps, expected[GOLDEN_CHECKPOINTS];
    } cases[] = {{1, {0, 0, 1, 1, 1}}, {2, {0, 1, 1, 2, 2}},      {3, {0, 1, 2, 2, 3}},
                 {7, {0, 2, 4, 5, 7}}, {50, {0, 13, 25, 38, 50}}, {1000, {0, 250, 500, 750, 1000}}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t c = 0; c < GOLDEN_CHECKPOINTS; c++) {
            const int percent = golden_checkpoints[c].percent;
            const int steps = cases[i].steps;
            assert_int_equal(golden_checkpoint_step(percent, steps), cases[i].expected[c]);
            assert_int_equal(golden_checkpoint_step(percent, steps),
                             (int)floor(steps * percent / 100.0 + 0.5));
        }
    }
}

static int set_up(void **state)
{
    (void)state;
    (void)path_in(our_folder, temp_folder(folder), "run");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_equals_diffusers),
        cmocka_unit_test(manifests_agree),
        cmocka_unit_test(finished_run_is_kept),
        cmocka_unit_test(checkpoints_round_halves_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
