/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/model_search.h"

#include "probe/hugging_face.h"
#include "support/fake_machine.h"

static const char pipeline[] = "{\"_class_name\": \"StableDiffusionPipeline\"}";
static const char sd14[] = "hub/models--CompVis--stable-diffusion-v1-4/snapshots/";

static int set_up(void **state)
{
    static fake_machine made;
    fake_machine_make(&made);
    *state = &made;
    return 0;
}

static int tear_down(void **state)
{
    fake_machine_remove(*state);
    return 0;
}

static located_models locate(fake_machine *machine, const model_places *places)
{
    located_models found;
    sd14_error error;
    assert_int_equal(models_locate(&machine->options.machine, places, &found, &error), SD14_OK);
    return found;
}

static void put_snapshot(fake_machine *machine, const char *at, const char *index)
{
    char path[PATH_MAX];
    put_file(machine->root, path_in(path, at, "model_index.json"), index);
}

static void keeps_the_rules_of_the_cache(void **state)
{
    static const struct {
        const char *variables[2];
        const char *home, *hub;
    } cases[] = {
        {{"X=", "X="}, "/home/u/.cache/huggingface", "/home/u/.cache/huggingface/hub"},
        {{"XDG_CACHE_HOME=/c", "X="}, "/c/huggingface", "/c/huggingface/hub"},
        {{"HF_HOME=~/hf", "XDG_CACHE_HOME=/c"}, "/home/u/hf", "/home/u/hf/hub"},
        {{"HF_HOME=/h", "HUGGINGFACE_HUB_CACHE=/old"}, "/h", "/old"},
        {{"HF_HUB_CACHE=/new", "HUGGINGFACE_HUB_CACHE=/old"}, "/home/u/.cache/huggingface", "/new"},
        {{"HF_HUB_CACHE=", "HUGGINGFACE_HUB_CACHE=/old"}, "/home/u/.cache/huggingface", "/old"},
    };
    fake_machine *machine = *state;
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        machine->environment[2] = cases[i].variables[0];
        machine->environment[3] = cases[i].variables[1];
        assert_true(hugging_face_home(&machine->options.machine, path));
        assert_string_equal(path, cases[i].home);
        assert_true(hugging_face_hub(&machine->options.machine, path));
        assert_string_equal(path, cases[i].hub);
    }
    machine->environment[0] = NULL;
    assert_false(hugging_face_hub(&machine->options.machine, path));
}

static void finds_in_order(void **state)
{
    fake_machine *machine = *state;
    const char *const given[] = {"/models/b/", "/models/nothing"};
    const model_places places = {"/models/a", given, 2};
    put_snapshot(machine, "models/a", "{}");
    put_snapshot(machine, "models/b", "{}");
    put_file(machine->root, "hub/models--CompVis--stable-diffusion-v1-4/refs/main", "c2\n");
    put_snapshot(machine, "hub/models--CompVis--stable-diffusion-v1-4/snapshots/c1", "rubbish");
    put_snapshot(machine, "hub/models--CompVis--stable-diffusion-v1-4/snapshots/c2", pipeline);
    put_snapshot(machine, "hub/models--Z--other/snapshots/c3", pipeline);
    fake_machine_set(machine, "HF_HUB_CACHE=/hub");
    fake_machine_set(machine, "SD14_MODEL=/models/a");

    located_models found = locate(machine, &places);
    static const struct {
        model_source source;
        const char *name, *path, *revision;
        bool is_main;
    } expected[] = {
        {SOURCE_BUILTIN, "a", "/models/a", NULL, false},
        {SOURCE_ENVIRONMENT, "a", "/models/a", NULL, false},
        {SOURCE_GIVEN, "b", "/models/b/", NULL, false},
        {SOURCE_GIVEN, "nothing", "/models/nothing", NULL, false},
        {SOURCE_HUGGING_FACE, "CompVis/stable-diffusion-v1-4",
         "/hub/models--CompVis--stable-diffusion-v1-4/snapshots/c1", "c1", false},
        {SOURCE_HUGGING_FACE, "CompVis/stable-diffusion-v1-4",
         "/hub/models--CompVis--stable-diffusion-v1-4/snapshots/c2", "c2", true},
        {SOURCE_HUGGING_FACE, "Z/other", "/hub/models--Z--other/snapshots/c3", "c3", false},
    };
    assert_int_equal(found.count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < found.count; i++) {
        assert_int_equal(found.items[i].source, expected[i].source);
        assert_string_equal(found.items[i].name, expected[i].name);
        assert_string_equal(found.items[i].path, expected[i].path);
        assert_int_equal(found.items[i].is_main, expected[i].is_main);
        if (expected[i].revision != NULL)
            assert_string_equal(found.items[i].revision, expected[i].revision);
        else
            assert_null(found.items[i].revision);
    }
    located_models_release(&found);
}

/* Other people's caches hold everything: other pipelines, half downloads, copies without links. */
static void passes_over_what_is_none(void **state)
{
    fake_machine *machine = *state;
    char path[PATH_MAX];
    fake_machine_set(machine, "HF_HUB_CACHE=/hub");
    put_snapshot(machine, "hub/models--a--xl/snapshots/c",
                 "{\"_class_name\": \"StableDiffusionXLPipeline\"}");
    put_snapshot(machine, "hub/models--a--list/snapshots/c", "[1, 2]");
    put_snapshot(machine, "hub/models--a--name/snapshots/c", "{\"_class_name\": 5}");
    put_snapshot(machine, "hub/models--a--broken/snapshots/c", "{");
    put_snapshot(machine, "hub/datasets--a--b/snapshots/c", pipeline);
    put_file(machine->root, "hub/models--a--bert/snapshots/c/config.json", "{}");
    put_file(machine->root, "hub/models--a--file", "");
    put_file(machine->root, "hub/models--a--empty/refs/main", "c");
    put_file(machine->root, "hub/version.txt", "1");
    put_file(machine->root, "hub/models--a--large/snapshots/c/model_index.json", pipeline);
    (void)path_in(path, machine->root, "hub/models--a--large/snapshots/c/model_index.json");
    assert_int_equal(truncate(path, (off_t)1 << 40), 0);
    put_file(machine->root, "hub/models--a--pipe/snapshots/c/x", "");
    (void)path_in(path, machine->root, "hub/models--a--pipe/snapshots/c/model_index.json");
    assert_int_equal(mkfifo(path, 0666), 0);
    located_models found = locate(machine, &(model_places){0});
    assert_int_equal(found.count, 0);
    located_models_release(&found);

    /* A link to a blob that is not there is a download that broke off: worth showing. */
    put_link(machine->root, "hub/models--b--half/snapshots/c/model_index.json", "../../../blobs/0");
    found = locate(machine, &(model_places){0});
    assert_int_equal(found.count, 1);
    assert_string_equal(found.items[0].name, "b/half");
    located_models_release(&found);
}

static void broken_links_are_reported(void **state)
{
    fake_machine *machine = *state;
    char path[PATH_MAX];
    probe_result result;
    fake_machine_set(machine, "HF_HUB_CACHE=/hub");
    (void)snprintf(path, sizeof(path), "%sc1/model_index.json", sd14);
    put_link(machine->root, path, "../../../blobs/0");
    (void)snprintf(path, sizeof(path), "%sc2", sd14);
    put_link(machine->root, path, "nowhere");
    json_t *report = fake_machine_probe(machine, "cpu", &result);
    json_t *found = json_at(report, "models", "found");
    assert_int_equal(json_array_size(found), 2);
    for (size_t i = 0; i < 2; i++) {
        json_t *model = json_array_get(found, i);
        assert_true(json_is_false(json_object_get(model, "loads")));
        assert_true(json_is_string(json_object_get(model, "problem")));
    }
    assert_true(reports_problem(report, "models", "found"));
    json_decref(report);
    probe_result_release(&result);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_rules_of_the_cache),
        TEST(finds_in_order),
        TEST(passes_over_what_is_none),
        TEST(broken_links_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
