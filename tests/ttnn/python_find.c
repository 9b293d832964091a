/* SPDX-License-Identifier: Apache-2.0 */

/* The Python that has ttnn: what is found, and a sentence with a remedy for whatever is absent. */
#include "backends/ttnn/python_find.h"

#include <errno.h>
#include <sys/wait.h>

#include "backends/ttnn/device_program.h"
#include "support/device_channel.h"

static char root[PATH_MAX];
static sd14_error error;
static ttnn_python found;

static int make_root(void **state)
{
    (void)state;
    (void)temp_folder(root);
    return 0;
}

static int drop_root(void **state)
{
    (void)state;
    remove_folder(root);
    return 0;
}

/* An interpreter that answers like this; its path. */
static const char *put_python(char path[PATH_MAX], const char *name, const char *answer)
{
    char script[4096];
    (void)snprintf(script, sizeof(script), "#!/bin/sh\n%s\n", answer);
    put_file(root, name, script);
    (void)path_in(path, root, name);
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

#define FACTS(ttnn, numpy, library)                                                                \
    "echo '{\"python\": \"3.12\", \"library\": " library ", \"site\": [\"/s\"], \"ttnn\": " ttnn   \
    ", \"ttnn_version\": \"0.81.1\", \"native\": true, \"numpy\": \"/n\", \"numpy_version\": "     \
    "\"" numpy "\"}'"

static sd14_status find_in(const char *const *environment, const char *wanted)
{
    const machine on = {"", environment};
    const sd14_status status = ttnn_python_find(&on, wanted, &found, &error);
    return status;
}

static sd14_status find(const char *wanted)
{
    const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    return find_in(environment, wanted);
}

static void expect_words(const char *words)
{
    if (strstr(error.text, words) == NULL) fail_msg("\"%s\" is not in \"%s\"", words, error.text);
}

static void takes_what_an_interpreter_says(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const char *answer =
        "echo noise; echo more >&2\n" FACTS("\"/s/ttnn\"", "1.26.4", "\"/l/libpython3.12.so\"");
    assert_int_equal(find(put_python(path, "bin/python3", answer)), SD14_OK);
    assert_string_equal(found.program, path);
    assert_string_equal(found.library, "/l/libpython3.12.so");
    assert_string_equal(found.folder, "/s/ttnn");
    assert_string_equal(found.version, "0.81.1");
    assert_true(found.native);
    assert_string_equal(json_string_value(json_array_get(found.site, 0)), "/s");

    json_t *request = json_object();
    assert_int_equal(ttnn_python_describe(&found, request, &error), SD14_OK);
    assert_string_equal(json_string_value(json_object_get(request, "library")),
                        "/l/libpython3.12.so");
    assert_int_equal(json_array_size(json_object_get(request, "site")), 1);
    json_decref(request);
    ttnn_python_release(&found);

    /* a virtual environment's folder; the variable */
    char named[PATH_MAX + 32];
    (void)snprintf(named, sizeof(named), "SD14_TTNN_PYTHON=%s", root);
    const char *const environment[] = {"PATH=/usr/bin:/bin", named, NULL};
    assert_int_equal(find_in(environment, NULL), SD14_OK);
    assert_string_equal(found.program, path);
    ttnn_python_release(&found);
}

static void the_usual_places_are_named(void **state)
{
    (void)state;
    char path[PATH_MAX];
    char variable[PATH_MAX + 32];
    (void)snprintf(variable, sizeof(variable), "PATH=%s/bin:/usr/bin:/bin", root);
    const char *const environment[] = {variable, NULL};
    assert_int_equal(find_in((const char *const[]){"PATH=/no", NULL}, NULL), SD14_ERROR_DEVICE);
    expect_words("no Python 3.10 or 3.12, which ttnn needs: install one");
    expect_words("looked for python3.12, python3.10, python3");

    (void)put_python(path, "bin/python3.10",
                     FACTS("\"/s/ttnn\"", "1.26.4", "\"/l/libpython3.10.so\""));
    assert_int_equal(find_in(environment, NULL), SD14_OK);
    assert_string_equal(found.program, path);
    ttnn_python_release(&found);
}

static void each_lack_has_its_remedy(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        const char *words;
    } cases[] = {
        {FACTS("null", "1.26.4", "\"/l\""),
         "has no ttnn: python3.12 -m venv ~/ttnn && ~/ttnn/bin/pip install ttnn==0.81.1"},
        {FACTS("\"/s/ttnn\"", "2.1.0", "\"/l\""), "has numpy 2.1.0, ttnn needs 1.x: "},
        {FACTS("\"/s/ttnn\"", "10.0", "\"/l\""), "has numpy 10.0, ttnn needs 1.x: "},
        {FACTS("\"/s/ttnn\"", "1.26.4", "null"),
         "no shared libpython: install libpython3.12, or build Python with --enable-shared"},
        {"echo '{\"python\": \"3.12\", \"library\": \"/l\", \"ttnn\": \"/t\", \"numpy\": null}'",
         "-m pip install 'numpy<2'"},
        {"echo '{}'", "does not say which Python it is"},
        {"echo 'no module named json' >&2; exit 3",
         "does not work as a Python interpreter (exit status 3): no module named json"},
        {"echo '{\"python\"'", "does not work as a Python interpreter (exit status 0)"},
        {"kill -9 $$", "does not work as a Python interpreter (signal 9)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[PATH_MAX];
        assert_int_equal(find(put_python(path, "python", cases[i].answer)), SD14_ERROR_DEVICE);
        expect_words(cases[i].words);
        expect_words(path);
    }
    assert_int_equal(find("/no/python"), SD14_ERROR_DEVICE);
    expect_words("/no/python: no Python there: name an interpreter");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombies */
}

static void check(const machine *on, const char *words)
{
    const sd14_status status = ttnn_python_check_device(on, &found, &error);
    if (words == NULL) {
        if (status != SD14_OK) fail_msg("%s", error.text);
        return;
    }
    assert_int_equal(status, SD14_ERROR_DEVICE);
    expect_words(words);
}

static void card_and_compiler_are_looked_for(void **state)
{
    (void)state;
    const char *environment[4] = {"PATH=/bin"};
    const machine on = {root, environment};
    found = (ttnn_python){.native = true, .folder = "/site/ttnn"};
    check(&on, "no Tenstorrent card: there is no /dev/tenstorrent; install its driver");
    put_file(root, "dev/tenstorrent/0", "");
    check(&on, "no sfpi, Tenstorrent's compiler for kernels: install the package");
    expect_words("looked in /site/ttnn/runtime/sfpi, /opt/tenstorrent/sfpi");
    put_file(root, "opt/tenstorrent/sfpi/compiler/bin/riscv-tt-elf-g++", "");
    check(&on, NULL);

    char path[PATH_MAX];
    if (geteuid() != 0) { /* root may everything */
        assert_int_equal(chmod(path_in(path, root, "dev/tenstorrent/0"), 0400), 0);
        check(&on, "/dev/tenstorrent/0: no permission to use the card: check tt-kmd's udev rules");
    }
    remove_folder(path_in(path, root, "dev"));
    remove_folder(path_in(path, root, "opt"));
    environment[1] = "TT_METAL_RUNTIME_ROOT=/r";
    put_file(root, "r/runtime/sfpi/compiler/bin/riscv-tt-elf-g++", "");
    environment[2] = "TT_METAL_MOCK_CLUSTER_DESC_PATH=/n150.yaml";
    check(&on, NULL);
    environment[2] = "TT_METAL_SIMULATOR=/sim";
    check(&on, NULL);
    environment[2] = NULL;
    check(&on, "no Tenstorrent card");
    found.native = false; /* a stand-in needs neither */
    check(&on, NULL);
}

static void a_real_interpreter_answers(void **state)
{
    (void)state;
    ttnn_python real;
    if (!use_fake_ttnn(&real)) skip();
    assert_non_null(strstr(real.library, "libpython3."));
    assert_string_equal(real.folder, SD14_SOURCE_DIR "/tests/ttnn/fake/ttnn");
    assert_string_equal(real.version, "unknown");
    assert_false(real.native);
    ttnn_python_release(&real);
}

static void the_device_program_is_found(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const machine here = {"", (const char *const[]){"PATH=/bin", NULL}};
    assert_int_equal(device_program_find(&here, path, &error), SD14_OK); /* the build's */
    const machine named = {"", (const char *const[]){"SD14_TTNN_DEVICE=/bin/sh", NULL}};
    assert_int_equal(device_program_find(&named, path, &error), SD14_OK);
    assert_string_equal(path, "/bin/sh");
    const machine wrong = {"", (const char *const[]){"SD14_TTNN_DEVICE=/no", NULL}};
    assert_int_equal(device_program_find(&wrong, path, &error), SD14_ERROR_DEVICE);
    expect_words("/no: SD14_TTNN_DEVICE names no program; unset it or correct it");
    const machine elsewhere = {root, (const char *const[]){"PATH=/bin", NULL}};
    assert_int_equal(device_program_find(&elsewhere, path, &error), SD14_ERROR_DEVICE);
    expect_words("sd14-ttnn-device is not installed: set SD14_TTNN_DEVICE");
    expect_words("/libexec/sd14/sd14-ttnn-device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_what_an_interpreter_says, make_root, drop_root),
        cmocka_unit_test_setup_teardown(the_usual_places_are_named, make_root, drop_root),
        cmocka_unit_test_setup_teardown(each_lack_has_its_remedy, make_root, drop_root),
        cmocka_unit_test_setup_teardown(card_and_compiler_are_looked_for, make_root, drop_root),
        cmocka_unit_test_setup_teardown(a_real_interpreter_answers, make_root, drop_root),
        cmocka_unit_test_setup_teardown(the_device_program_is_found, make_root, drop_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
