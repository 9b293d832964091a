/* SPDX-License-Identifier: Apache-2.0 */

/* Each allocation of a comparison and of its reports fails once: a status, and nothing leaks. */
#include <sys/stat.h>

#include <sd14/compare.h>
#include <sd14/text.h>

#include "formats/npy.h"
#include "formats/png.h"
#include "formats/safetensors_write.h"
#include "support/cmocka.h"
#include "support/fail_alloc.h"
#include "support/files.h"

enum { SIDE = 16, FORMATS = 4 };

static char folder[PATH_MAX], path_a[PATH_MAX], path_b[PATH_MAX];

/* One item with one checkpoint; the prompts and the final latents of A and B differ, so there are findings.
 * Its hashes are not its files': they are findings too. */
static void write_run(const char *run, const char *prompt, float last)
{
#define FILE_OF(name) "{\"name\":\"x/" name "\",\"bytes\":1,\"sha256\":\"%064d\"}"
    char manifest[4096], place[PATH_MAX], path[PATH_MAX];
    const int length = snprintf(
        manifest, sizeof(manifest),
        "{\"kind\":\"golden\",\"format\":1,\"sampler\":\"ddim\",\"model\":{\"files\":[{\"name\":"
        "\"u\","
        "\"sha256\":\"%s\"}]},\"items\":[{\"id\":\"x\",\"prompt\":\"%s\",\"negative_prompt\":\"\","
        "\"seed\":1,\"steps\":1,\"guidance_scale\":1.0,\"width\":64,\"height\":64,\"checkpoints\":"
        "[{\"name\":\"latents_100\",\"percent\":100,\"step\":1}],\"files\":[" FILE_OF(
            "noise.npy") "," FILE_OF("latents_100.npy") "]}]}",
        prompt, prompt, 0, 0);
    float values[4] = {1, 2, 3, last};
    uint8_t pixels[SIDE * SIDE * 3] = {(uint8_t)last};
    const tensor latent = {DTYPE_F32, shape_4(1, 1, 2, 2), values};
    const safetensors_item items[] = {
        {"input_ids", {DTYPE_I32, shape_1(4), values}},
        {"latents_100", latent},
        {"noise", latent},
        {"text_embeddings", latent},
    };
    const png_picture picture = {.width = SIDE, .height = SIDE, .pixels = pixels};
    test_files_need(mkdir(run, 0700) == 0, run);
    test_files_need(mkdir(path_in(place, run, "x"), 0700) == 0, place);
    write_file(path_in(path, run, "manifest.json"), manifest, (size_t)length);
    test_files_need(npy_write(path_in(path, place, "noise.npy"), &latent, NULL) == SD14_OK, path);
    test_files_need(npy_write(path_in(path, place, "latents_100.npy"), &latent, NULL) == SD14_OK,
                    path);
    test_files_need(
        png_picture_write(path_in(path, place, "picture.png"), &picture, NULL) == SD14_OK, path);
    test_files_need(safetensors_write(path_in(path, place, "tensors.safetensors"), items, 4, NULL,
                                      0, NULL) == SD14_OK,
                    path);
}

static int make_runs(void **state)
{
    (void)state;
    write_run(path_in(path_a, temp_folder(folder), "a"), "p", 4);
    write_run(path_in(path_b, folder, "b"), "q", 5);
    return 0;
}

static int drop_runs(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static sd14_status compare_and_write(sd14_comparison_format format, sd14_error *error)
{
    sd14_compare_params params;
    sd14_compare_params_default(&params);
    params.a = path_a;
    params.b = path_b;
    sd14_comparison *made = NULL;
    char *text = NULL;
    sd14_status status = sd14_compare(&params, &made, error);
    if (status == SD14_OK) {
        assert_false(sd14_comparison_passed(made));
        status = sd14_comparison_write(made, format, &text, error);
    }
    assert_true((text == NULL) == (status != SD14_OK));
    sd14_text_destroy(text);
    sd14_comparison_destroy(made);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    for (int format = 0; format < FORMATS; format++) {
        int n = 1;
        for (;; n++) {
            sd14_error error = {""};
            fail_alloc_at(n);
            const sd14_status status = compare_and_write((sd14_comparison_format)format, &error);
            if (!fail_alloc_happened()) {
                assert_int_equal(status, SD14_OK);
                break;
            }
            if (status != SD14_ERROR_OUT_OF_MEMORY) {
                fail_msg("allocation %d: %s: %s", n, sd14_status_name(status), error.text);
            }
            if (error.text[0] == '\0') fail_msg("allocation %d: no words", n);
        }
        assert_true(n > 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation)};
    return cmocka_run_group_tests(tests, make_runs, drop_runs);
}
