/* SPDX-License-Identifier: Apache-2.0 */

/* Whole reports about machines that are made up. */
#include "support/fake_machine.h"

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

static void tells_of_an_ordinary_machine(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    put_file(machine->root, "models/tiny/model_index.json", "{}");
    machine->options.builtin_model = "/models/tiny";
    json_t *report = fake_machine_probe(machine, "cpu", &result);

    assert_null(result.missing);
    assert_true(json_is_true(json_at(report, "backend", "runs")));
    assert_string_equal(json_string_value(json_at(report, "cpu", "model")), "Xeon 9");
    assert_string_equal(json_string_value(json_at(report, "cpu", "vendor")), "GenuineIntel");
    assert_int_equal(json_array_size(json_at(report, "cpu", "further_flags")), 2);
    assert_int_equal(json_integer_value(json_at(report, "cpu", "cores_online")), 4);
    assert_int_equal(json_integer_value(json_at(report, "cpu", "cores_usable")), 2);
    assert_true(json_is_null(json_at(report, "cpu", "cores_quota")));
    json_t *cache = json_array_get(json_at(report, "cpu", "caches"), 0);
    assert_int_equal(json_integer_value(json_object_get(cache, "cores")), 2);
    assert_int_equal(json_integer_value(json_at(report, "memory", "total_bytes")), 16LL << 30);
    assert_int_equal(json_integer_value(json_at(report, "memory", "available_bytes")), 8LL << 30);
    assert_int_equal(json_integer_value(json_at(report, "memory", "swap_free_bytes")), 512LL << 20);
    assert_true(json_is_null(json_at(report, "memory", "cgroup_limit_bytes")));
    assert_true(json_is_null(json_at(report, "memory", "address_space_limit_bytes")));
    assert_string_equal(json_string_value(json_at(report, "program", "kernel")), "6.1.0-test");
    assert_string_equal(json_string_value(json_at(report, "program", "sd14")), "1.2.3");
    assert_string_equal(json_string_value(json_at(report, "huge_pages", "transparent_hugepages")),
                        "madvise");
    assert_int_equal(json_array_size(json_at(report, "models", "found")), 1);
    assert_int_equal(json_array_size(json_at(report, "tenstorrent", "cards")), 0);
    assert_non_null(strstr(result.text, "not recorded"));
    assert_null(strstr(result.text, "missing "));
    json_decref(report);
    probe_result_release(&result);
}

static void tells_of_limits(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    put_file(machine->root, "sys/fs/cgroup/cpu.max", "150000 100000\n");
    put_file(machine->root, "sys/fs/cgroup/memory.max", "1073741824\n");
    put_file(machine->root, "proc/self/limits",
             "Max address space         2147483648           unlimited            bytes\n");
    put_file(machine->root, "proc/self/status", "Cpus_allowed_list:\t0-3,8-11\n");
    put_file(machine->root, "sys/kernel/mm/transparent_hugepage/enabled",
             "always madvise [never]\n");
    json_t *report = fake_machine_probe(machine, "cpu", &result);

    assert_null(result.missing); /* slower or smaller, but it runs */
    assert_int_equal(json_integer_value(json_at(report, "cpu", "cores_allowed")), 8);
    assert_int_equal(json_integer_value(json_at(report, "cpu", "cores_quota")), 2);
    assert_int_equal(json_integer_value(json_at(report, "cpu", "cores_usable")), 2);
    assert_int_equal(json_integer_value(json_at(report, "memory", "cgroup_limit_bytes")), 1 << 30);
    assert_true(reports_problem(report, "cpu", "cores_usable"));
    assert_true(reports_problem(report, "memory", "cgroup_limit_bytes"));
    assert_true(reports_problem(report, "memory", "address_space_limit_bytes"));
    assert_false(reports_problem(report, "memory", "available_bytes"));
    assert_true(reports_problem(report, "huge_pages", "transparent_hugepages"));
    assert_true(reports_problem(report, "models", "found"));
    json_decref(report);
    probe_result_release(&result);
}

static void says_why_the_backend_cannot_be_made(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    machine->options.backend_problem = "no threads\nleft";
    json_t *report = fake_machine_probe(machine, "cpu", &result);
    assert_string_equal(result.missing, "backend cpu cannot run here: no threads?left");
    assert_true(json_is_false(json_at(report, "backend", "runs")));
    assert_true(reports_problem(report, "backend", "problem"));
    json_decref(report);
    probe_result_release(&result);
}

/* Files that are folders, pipes, links in a circle, empty, without permission, endless or no text. */
static void survives_broken_files(void **state)
{
    static const char *const names[] = {"proc/cpuinfo",
                                        "proc/meminfo",
                                        "proc/self/status",
                                        "proc/self/limits",
                                        "proc/mounts",
                                        "sys/devices/system/cpu/online",
                                        "sys/kernel/mm/transparent_hugepage/enabled",
                                        "sys/bus/pci/devices/0000:01:00.0/vendor",
                                        "sys/module/tenstorrent/version",
                                        "home/u/.cache/huggingface/token",
                                        "home/u/.cache/huggingface/hub/models--a--b/refs/main"};
    enum { FOLDER, PIPE, CIRCLE, EMPTY, FORBIDDEN, ENDLESS, BYTES, WAYS };
    fake_machine *machine = *state;
    char path[PATH_MAX];
    static char rubbish[1 << 16];
    for (size_t i = 0; i < sizeof(rubbish) - 1; i++) rubbish[i] = (char)(1 + i * 7919 % 255);
    for (int way = 0; way < WAYS; way++) {
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            probe_result result;
            (void)path_in(path, machine->root, names[i]);
            make_parents(machine->root, names[i]);
            (void)unlink(path);
            if (way == FOLDER) assert_int_equal(mkdir(path, 0777), 0);
            if (way == PIPE) assert_int_equal(mkfifo(path, 0666), 0);
            if (way == CIRCLE) assert_int_equal(symlink(path, path), 0);
            if (way == EMPTY) put_file(machine->root, names[i], "");
            if (way == FORBIDDEN) put_file(machine->root, names[i], "1");
            if (way == FORBIDDEN) assert_int_equal(chmod(path, 0), 0);
            if (way == ENDLESS) put_file(machine->root, names[i], "0-");
            if (way == ENDLESS) assert_int_equal(truncate(path, (off_t)1 << 40), 0);
            if (way == BYTES) put_file(machine->root, names[i], rubbish);
            json_decref(fake_machine_probe(machine, i % 2 == 0 ? "cpu" : "ttnn", &result));
            probe_result_release(&result);
            assert_int_equal(remove(path), 0);
        }
    }
}

static void survives_an_empty_machine(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    remove_folder(machine->root);
    machine->environment[0] = NULL;
    json_t *report = fake_machine_probe(machine, "cpu", &result);
    assert_null(result.missing);
    assert_true(json_is_null(json_at(report, "memory", "total_bytes")));
    assert_true(reports_problem(report, "folders", "cache"));
    json_decref(report);
    probe_result_release(&result);
}

static void tells_a_folder_that_cannot_be_written(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    put_file(machine->root, "home/u/file", "");
    fake_machine_set(machine, "XDG_CACHE_HOME=/home/u/file/cache");
    fake_machine_set(machine, "HF_HUB_CACHE=~/new/hub");
    json_t *report = fake_machine_probe(machine, "cpu", &result);
    assert_true(reports_problem(report, "folders", "cache"));
    assert_true(json_is_false(json_object_get(json_at(report, "folders", "cache"), "writable")));
    json_t *hub = json_at(report, "folders", "hugging_face_cache");
    assert_string_equal(json_string_value(json_object_get(hub, "path")), "/home/u/new/hub");
    assert_true(json_is_false(json_object_get(hub, "exists")));
    assert_true(json_is_true(json_object_get(hub, "writable")));
    json_decref(report);
    probe_result_release(&result);
}

/* Nothing of the token, wherever it is, and however it got there. */
static void never_shows_the_token(void **state)
{
    static const char token[] = "hf_SecretSecretSecret";
    static const struct {
        const char *variable, *file;
        bool present, warns;
    } cases[] = {
        {"HF_TOKEN=hf_SecretSecretSecret", NULL, true, false},
        {"HUGGING_FACE_HUB_TOKEN=hf_SecretSecretSecret", NULL, true, true},
        {"HF_TOKEN_PATH=/home/u/hf_Secret", "home/u/hf_Secret", true,
         true}, /* others may read it */
        {"HF_TOKEN_PATH=hf_SecretSecretSecret", NULL, false, false},
        {"HF_HOME=/home/u/hf", "home/u/hf/token", true, true},
        {"X=", "home/u/.cache/huggingface/token", true, true},
        {"X=", "home/u/.huggingface/token", true, true},
        {"HF_TOKEN=", NULL, false, false},
    };
    fake_machine *machine = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[PATH_MAX];
        probe_result result;
        machine->environment[2] = cases[i].variable;
        if (cases[i].file != NULL) put_file(machine->root, cases[i].file, token);
        json_t *report = fake_machine_probe(machine, "cpu", &result);
        assert_int_equal(json_is_true(json_at(report, "hugging_face", "token_present")),
                         cases[i].present);
        assert_int_equal(reports_problem(report, "hugging_face", "token_from"), cases[i].warns);
        assert_null(strstr(result.text, "Secret"));
        assert_null(strstr(result.json, "Secret"));
        json_decref(report);
        probe_result_release(&result);
        if (cases[i].file == NULL) continue;

        /* Its owner's alone, in the place where it belongs: nothing to say. */
        assert_int_equal(chmod(path_in(path, machine->root, cases[i].file), 0600), 0);
        report = fake_machine_probe(machine, "cpu", &result);
        assert_int_equal(reports_problem(report, "hugging_face", "token_from"),
                         strstr(cases[i].file, ".huggingface") != NULL);
        json_decref(report);
        probe_result_release(&result);
        assert_int_equal(unlink(path), 0);
    }
}

static void finds_the_accepted_licence(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    put_file(machine->root, "home/u/.cache/huggingface/hub/sd14-license-accepted.json", "{}");
    json_t *report = fake_machine_probe(machine, "cpu", &result);
    assert_true(json_is_true(json_at(report, "hugging_face", "licence_recorded")));
    json_decref(report);
    probe_result_release(&result);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(tells_of_an_ordinary_machine),
        TEST(tells_of_limits),
        TEST(says_why_the_backend_cannot_be_made),
        TEST(survives_broken_files),
        TEST(survives_an_empty_machine),
        TEST(tells_a_folder_that_cannot_be_written),
        TEST(never_shows_the_token),
        TEST(finds_the_accepted_licence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
