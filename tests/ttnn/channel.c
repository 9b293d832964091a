/* SPDX-License-Identifier: Apache-2.0 */

/* Every request of the device process, on a ttnn that only pretends. */
#include "backends/ttnn/channel.h"

#include <fcntl.h>
#include <math.h>

#include "support/device_channel.h"

static ttnn_python python;
static channel *device;
static uint8_t *shared;
static char folder[PATH_MAX];

static int open_one(void **state)
{
    (void)state;
    (void)temp_folder(folder);
    char log[PATH_MAX];
    (void)setenv("FAKE_TTNN_LOG", path_in(log, folder, "log"), 1);
    device = open_channel(&python, "'l1_small_size': 11, 'trace_region_size': 22");
    assert_int_equal(channel_reserve(device, 4096, &shared, &ask_error), SD14_OK);
    return 0;
}

static int close_one(void **state)
{
    (void)state;
    channel_close(device, TEST_WAIT_MS);
    remove_folder(folder);
    return 0;
}

/* What the fake ttnn wrote down; the caller's. */
static char *read_log(void)
{
    char path[PATH_MAX];
    size_t size = 0;
    char *words = (char *)read_file(path_in(path, folder, "log"), &size);
    assert_non_null(words);
    return words;
}

static void expect_log(const char *expected)
{
    char *words = read_log();
    assert_string_equal(words, expected);
    free(words);
}

static void upload(int slot, const char *fields, const float *values, size_t count)
{
    memcpy(shared + 64, values, count * sizeof(*values));
    do_ask(device, "{'do': 'upload', 'slot': %d, 'offset': 64, %s}", slot, fields);
}

static void expect_values(int slot, int chip, const char *shape, const float *values, size_t count)
{
    memset(shared, 0xff, 4096);
    json_t *reply =
        ask(device, "{'do': 'download', 'slot': %d, 'offset': 128, 'capacity': 1024, 'chip': %d}",
            slot, chip);
    char *found = json_dumps(json_object_get(reply, "shape"), JSON_COMPACT);
    assert_string_equal(found, shape);
    assert_memory_equal(shared + 128, values, count * sizeof(*values));
    assert_int_equal(shared[128 + count * sizeof(*values)], 0xff); /* no byte more */
    free(found);
    json_decref(reply);
}

#define PLAIN "'dtype': 'float32', 'as': 'float32', 'layout': 'row_major', 'memory': 'dram'"

static void opens_with_facts(void **state)
{
    (void)state;
    channel *second = start_channel();
    json_t *reply = try_open(second, &python, "'chips': 2");
    if (reply == NULL) fail_msg("%s", ask_error.text);
    assert_string_equal(json_string_value(json_object_get(reply, "ttnn")), "0.0-fake");
    assert_string_equal(json_string_value(json_object_get(reply, "arch")), "wormhole_b0");
    assert_int_equal(json_integer_value(json_object_get(reply, "chips")), 2);
    assert_int_equal(strncmp(json_string_value(json_object_get(reply, "python")), "3.", 2), 0);
    json_t *grid = json_object_get(reply, "grid");
    assert_int_equal(json_integer_value(json_array_get(grid, 1)), 7);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(reply, "dram"), "banks")),
                     12);
    json_decref(reply);
    refused(second, "asked for before", "{'do': 'open', 'library': 'x'}");
    channel_close(second, TEST_WAIT_MS);
    expect_log("open\nfabric 1d\nopen mesh\nclose with 0 tensors\n");
}

static void tensors_go_there_and_back(void **state)
{
    (void)state;
    const float values[] = {1.0F, -2.5F, 3e-30F, INFINITY, 5.0F, 6.0F};
    upload(3, "'shape': [1, 2, 3], " PLAIN, values, 6);
    expect_values(3, 0, "[1,2,3]", values, 6);
    memset(shared, 0, 4096); /* the tensor kept nothing of the shared memory */
    expect_values(3, 0, "[1,2,3]", values, 6);

    /* bfloat16: the upper halves of 1.0 and -2.0 */
    const uint16_t halves[] = {0x3f80, 0xc000};
    const float wide[] = {1.0F, -2.0F};
    memcpy(shared, halves, sizeof(halves));
    do_ask(device, "{'do': 'upload', 'slot': 4, 'offset': 0, 'shape': [2], 'dtype': 'bfloat16', "
                   "'as': 'bfloat16', "
                   "'layout': 'tile', 'memory': 'l1'}");
    expect_values(4, 0, "[2]", wide, 2);
}

static void memory_grows_and_keeps(void **state)
{
    (void)state;
    enum { MANY = 1 << 20 };
    const float values[] = {7.0F, 8.0F};
    memcpy(shared, values, sizeof(values));
    assert_int_equal(channel_reserve(device, MANY, &shared, &ask_error), SD14_OK);
    assert_memory_equal(shared, values, sizeof(values));
    memcpy(shared + MANY - 8, values, sizeof(values));
    do_ask(device, "{'do': 'upload', 'slot': 0, 'offset': %d, 'shape': [2], " PLAIN "}", MANY - 8);
    expect_values(0, 0, "[2]", values, 2);
    refused(device, "the shared memory has 1048576",
            "{'do': 'upload', 'slot': 0, 'offset': %d, 'shape': [2], " PLAIN "}", MANY - 4);
}

static void calls_use_slots(void **state)
{
    (void)state;
    const float values[] = {1.0F, 2.0F, 3.0F, 4.0F};
    const float sums[] = {11.0F, 12.0F, 13.0F, 14.0F};
    upload(0, "'shape': [1, 4], " PLAIN, values, 4);
    do_ask(device, "{'do': 'call', 'calls': [" CALL("add", "{'s': 0}, 10", "1") ", " CALL(
                       "split_in_two", "{'s': 1}",
                       "[2, [5, null]]") ", "
                                         "{'f': 'transformer.attention', 'k': {'tensor': {'s': "
                                         "5}}, 'o': 6, 'd': [0, 5], 'n': 9}]}");
    expect_values(1, 0, "[1,4]", sums, 4);
    expect_values(2, 0, "[1,2]", sums, 2);
    expect_values(6, 0, "[1,2]", sums + 2, 2);
    refused(device, "slot 0 is empty",
            "{'do': 'download', 'slot': 0, 'offset': 0, 'capacity': 64}");
    refused(device, "slot 5 is empty",
            "{'do': 'download', 'slot': 5, 'offset': 0, 'capacity': 64}");
    do_ask(device, "{'do': 'drop', 'slots': [1, 2, 99]}");
    refused(device, "slot 1 is empty",
            "{'do': 'download', 'slot': 1, 'offset': 0, 'capacity': 64}");
}

static void values_become_pythons(void **state)
{
    (void)state;
    do_ask(device, "{'do': 'call', 'calls': [{'f': 'expect', 'a': ["
                   "1, 2.0, 'text', true, false, null, [1, [2]], {'tuple': [3, 4]}, {'tuple': []}, "
                   "{'dict': {'a': 1}}, {'t': 'bfloat16'}, {'t': 'MathFidelity.HiFi2'}, "
                   "\"((1, 2.0, 'text', True, False, None, [1, [2]], (3, 4), (), {'a': 1}, "
                   "'bfloat16', 'hifi2'), "
                   "{'scale': 0.5, 'n': 9007199254740993})\"], 'k': {'scale': 0.5, 'n': "
                   "9007199254740993}, 'o': null}]}");
}

static void programs_are_kept(void **state)
{
    (void)state;
    const float values[] = {1.0F};
    const float after[] = {8.0F};
    do_ask(device,
           "{'do': 'define', 'program': 7, 'calls': [" CALL("add", "{'s': 0}, 1", "0") ", " CALL(
               "add", "{'s': 0}, 2", "0") ", " CALL("add", "{'s': 0}, 4", "0") "]}");
    upload(0, "'shape': [1], " PLAIN, values, 1);
    do_ask(device, "{'do': 'run', 'program': 7}");
    expect_values(0, 0, "[1]", after, 1);
    upload(0, "'shape': [1], " PLAIN, values, 1);
    do_ask(device, "{'do': 'run', 'program': 7, 'first': 1, 'last': 2, 'wait': true}");
    expect_values(0, 0, "[1]", (const float[]){3.0F}, 1);
    expect_log("open\nsynchronize\n");
    refused(device, "calls 2 to 4 of 3", "{'do': 'run', 'program': 7, 'first': 2, 'last': 4}");
    refused(device, "a program 7 already", "{'do': 'define', 'program': 7, 'calls': []}");
    do_ask(device, "{'do': 'release', 'program': 7}");
    refused(device, "no program 7", "{'do': 'run', 'program': 7}");
}

typedef struct heard {
    int notes;
    int last_index;
} heard;

static void hear(void *user, const json_t *note)
{
    heard *of = user;
    assert_string_equal(json_string_value(json_object_get(note, "note")), "call");
    assert_int_equal(json_integer_value(json_object_get(note, "of")), 3);
    of->last_index = (int)json_integer_value(json_object_get(note, "index"));
    of->notes++;
}

static void watched_runs_tell_calls(void **state)
{
    (void)state;
    json_t *reply = NULL;
    heard of = {0};
    do_ask(device,
           "{'do': 'define', 'program': 0, 'calls': [" CALL("rest", "1.5", "null") ", " CALL(
               "rest", "0.4", "null") ", " CALL("rest", "1.5", "null") "]}");
    json_t *message = json_pack("{s:s, s:i, s:b}", "do", "run", "program", 0, "watch", 1);
    /* Each call takes less than the time given, all together take more. */
    const channel_request request = {
        .message = message, .stage = "test", .silence_ms = 4000, .note = hear, .note_user = &of};
    if (channel_ask(device, &request, &reply, &ask_error) != SD14_OK)
        fail_msg("%s", ask_error.text);
    json_decref(reply);
    json_decref(message);
    assert_int_equal(of.notes, 3);
    assert_int_equal(of.last_index, 2);
}

static void traces_are_recorded(void **state)
{
    (void)state;
    do_ask(device, "{'do': 'define', 'program': 1, 'calls': []}");
    refused(device, "has not been captured", "{'do': 'replay', 'program': 1}");
    do_ask(device, "{'do': 'capture', 'program': 1}");
    do_ask(device, "{'do': 'replay', 'program': 1, 'wait': true}");
    do_ask(device, "{'do': 'define', 'program': 2, 'calls': []}");
    do_ask(device, "{'do': 'release', 'program': 2}"); /* the trace needs what is compiled */
    do_ask(device, "{'do': 'release', 'program': 1}");
    do_ask(device, "{'do': 'define', 'program': 1, 'calls': [" CALL("refuse", "", "null") "]}");
    refused(device, "Mismatch", "{'do': 'capture', 'program': 1}");
    expect_log("open\nbegin trace\nend trace 5\nexecute trace 5\nsynchronize\nrelease trace 5\n"
               "clear program cache\nbegin trace\nend trace 5\nrelease trace 5\n");
}

static void memory_is_reported(void **state)
{
    (void)state;
    do_ask(device, "{'do': 'define', 'program': 1, 'calls': []}");
    json_t *peaks = ask(device, "{'do': 'measure', 'program': 1}");
    assert_int_equal(json_integer_value(json_object_get(peaks, "l1_peak_per_core")), 30);
    assert_int_equal(json_integer_value(json_object_get(peaks, "circular_buffers_peak")), 20);
    assert_int_equal(json_integer_value(json_object_get(peaks, "dram_peak")), 200);
    json_decref(peaks);
    do_ask(device, "{'do': 'define', 'program': 2, 'calls': [" CALL("refuse", "", "null") "]}");
    refused(device, "Mismatch", "{'do': 'measure', 'program': 2}");
    expect_log("open\nbegin graph\nend graph\nbegin graph\nend graph\n");

    upload(0, "'shape': [1], " PLAIN, (const float[]){1.0F}, 1);
    json_t *figures = ask(device, "{'do': 'memory'}");
    assert_non_null(json_object_get(json_object_get(figures, "l1_small"), "allocated"));
    assert_true(json_integer_value(json_object_get(figures, "busy_ns")) > 0);
    json_t *dram = json_object_get(figures, "dram");
    assert_int_equal(json_integer_value(json_object_get(dram, "allocated")), 1);
    json_decref(figures);
}

static void files_appear_whole(void **state)
{
    (void)state;
    const float values[] = {1.0F, 2.0F};
    upload(0, "'shape': [2], " PLAIN, values, 2);
    do_ask(device, "{'do': 'save', 'slot': 0, 'path': '%s/kept.tensorbin'}", folder);
    do_ask(device, "{'do': 'load', 'slot': 1, 'path': '%s/kept.tensorbin', 'memory': 'dram'}",
           folder);
    expect_values(1, 0, "[2]", values, 2);
    refused(device, "No such file", "{'do': 'save', 'slot': 0, 'path': '%s/no/kept.tensorbin'}",
            folder);
    refused(device, "No such file", "{'do': 'load', 'slot': 0, 'path': '%s/no', 'memory': 'host'}",
            folder);
}

static void chips_have_their_parts(void **state)
{
    (void)state;
    channel *before = device;
    const float values[] = {1.0F, 2.0F, 3.0F, 4.0F};
    device = open_channel(&python, "'chips': 2");
    assert_int_equal(channel_reserve(device, 4096, &shared, &ask_error), SD14_OK);
    upload(0, "'shape': [2, 2], 'shard': 0, " PLAIN, values, 4);
    expect_values(0, 0, "[1,2]", values, 2);
    expect_values(0, 1, "[1,2]", values + 2, 2);
    upload(0, "'shape': [2, 2], 'shard': null, " PLAIN, values, 4);
    expect_values(0, 1, "[2,2]", values, 4);
    refused(device, "IndexError",
            "{'do': 'download', 'slot': 0, 'offset': 0, 'capacity': 64, 'chip': 2}");
    channel_close(device, TEST_WAIT_MS);
    device = before;
}

static void refusals_say_where(void **state)
{
    (void)state;
    do_ask(device, "{'do': 'define', 'program': 1, 'calls': [" CALL(
                       "rest", "0", "null") ", {'f': 'refuse', 'a': [], 'o': null, 'n': 42}]}");
    refused(device,
            "refuse: TT_FATAL @ matmul.cpp:79: a[-1] == b[-2]: Mismatch: width=64 height=96",
            "{'do': 'run', 'program': 1}");
    assert_null(strstr(ask_error.text, "backtrace"));
    assert_null(strstr(ask_error.text, " --- "));
    const channel_refusal *why = channel_last_refusal(device);
    assert_string_equal(why->kind, "ttnn");
    assert_int_equal(why->call, 1);
    assert_int_equal(why->node, 42);
    do_ask(device, "{'do': 'memory'}"); /* goes on */
    assert_string_equal(channel_last_refusal(device)->kind, "");
}

static void each_refusal_has_its_kind(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        const char *words;
        const char *request;
    } cases[] = {
        {"protocol", "no such request", "{'do': 'dance'}"},
        {"protocol", "'do' is no text", "{}"},
        {"protocol", "'program' is no whole number", "{'do': 'run', 'program': -1}"},
        {"protocol", "'calls' is no list", "{'do': 'call'}"},
        {"protocol", "a call without a function", "{'do': 'call', 'calls': [{}]}"},
        {"protocol", "-3 is no slot",
         "{'do': 'call', 'calls': [" CALL("add", "{'s': -3}", "0") "]}"},
        {"protocol", "2000000 is no slot",
         "{'do': 'call', 'calls': [" CALL("add", "", "2000000") "]}"},
        {"protocol", "several meanings",
         "{'do': 'call', 'calls': [" CALL("add", "{'s': 1, 't': 'x'}", "0") "]}"},
        {"protocol", "no known kind",
         "{'do': 'call', 'calls': [" CALL("add", "{'x': 1}", "0") "]}"},
        {"protocol", "slot 77 is empty",
         "{'do': 'call', 'calls': [" CALL("add", "{'s': 77}, 1", "0") "]}"},
        {"protocol", "not the sequence of 2",
         "{'do': 'call', 'calls': [" CALL("three", "", "[0, 1]") "]}"},
        {"protocol", "'shape' is no list",
         "{'do': 'upload', 'slot': 0, 'offset': 0, 'dtype': 'float32'}"},
        {"protocol", "whole numbers >= 1",
         "{'do': 'upload', 'slot': 0, 'offset': 0, 'dtype': 'float32', 'shape': "
         "[4611686018427387904, 4]}"},
        {"python", "ttnn has no MathFidelity.HiFi9",
         "{'do': 'define', 'program': 5, 'calls': [" CALL("add", "{'t': 'MathFidelity.HiFi9'}",
                                                          "0") "]}"},
        {"python", "ttnn has no helper.dance",
         "{'do': 'define', 'program': 5, 'calls': [" CALL("helper.dance", "", "0") "]}"},
        {"ttnn", "add: TypeError: add() missing",
         "{'do': 'call', 'calls': [" CALL("add", "", "0") "]}"},
        {"memory", "out_of_memory: MemoryError",
         "{'do': 'call', 'calls': [" CALL("out_of_memory", "", "0") "]}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *reply = try_ask(device, &ask_error, "%s", cases[i].request);
        if (reply != NULL) fail_msg("not refused: %s", cases[i].request);
        for (char *at = ask_error.text; *at != '\0'; at++) {
            if (*at == '"') *at = '\'';
        }
        if (strstr(ask_error.text, cases[i].words) == NULL) {
            fail_msg("%s: \"%s\" is not in \"%s\"", cases[i].request, cases[i].words,
                     ask_error.text);
        }
        assert_string_equal(channel_last_refusal(device)->kind, cases[i].kind);
    }
    do_ask(device, "{'do': 'memory'}");
}

static void opening_fails_in_words(void **state)
{
    (void)state;
    channel *second = start_channel();
    refused(second, "no device is open", "{'do': 'memory'}");
    refused(second, "cannot open shared object", "{'do': 'open', 'library': '/no/libpython3.so'}");
    assert_string_equal(channel_last_refusal(second)->kind, "python");
    refused(second, "is it Python 3.10 or later?", "{'do': 'open', 'library': 'libm.so.6'}");
    channel_close(second, TEST_WAIT_MS);

    (void)setenv("FAKE_TTNN_OPEN", "refuse", 1);
    second = start_channel();
    (void)unsetenv("FAKE_TTNN_OPEN");
    assert_null(try_open(second, &python, ""));
    assert_string_equal(channel_last_refusal(second)->kind, "device");
    assert_non_null(strstr(ask_error.text, "TT_THROW @ cluster.cpp:5: no: The card is in use"));
    channel_close(second, TEST_WAIT_MS);

    (void)setenv("PYTHONPATH", "/no", 1);
    second = start_channel();
    (void)setenv("PYTHONPATH", SD14_SOURCE_DIR "/tests/ttnn/fake", 1);
    refused(second, "import ttnn: ModuleNotFoundError: No module named 'ttnn'",
            "{'do': 'open', 'library': '%s'}", python.library);
    /* "path" comes before everything else; the process can be asked again. */
    do_ask(second,
           "{'do': 'open', 'library': '%s', 'path': ['" SD14_SOURCE_DIR "/tests/ttnn/fake']}",
           python.library);
    channel_close(second, TEST_WAIT_MS);
}

static void no_descriptors_leak(void **state)
{
    (void)state;
    const int open_here = open("/dev/null", O_RDONLY); /* a careless program's: not O_CLOEXEC */
    assert_true(open_here >= 0);
    channel *second = open_channel(&python, "");
    /* 0 to 4, and a pidfd */
    do_ask(second, "{'do': 'call', 'calls': [" CALL("expect_few_files", "6", "null") "]}");
    /* nor do they reach what ttnn starts: 0 to 2 are left, and ls's own */
    do_ask(second,
           "{'do': 'call', 'calls': [" CALL("run_program", "'ls /proc/self/fd | wc -l > %s/count'",
                                            "null") "]}",
           folder);
    char path[PATH_MAX];
    size_t size = 0;
    char *count = (char *)read_file(path_in(path, folder, "count"), &size);
    assert_string_equal(count, "4\n");
    free(count);
    channel_close(second, TEST_WAIT_MS);
    (void)close(open_here);
}

static void two_work_at_once(void **state)
{
    (void)state;
    channel *second = open_channel(&python, "");
    uint8_t *theirs = NULL;
    const float one[] = {1.0F};
    const float two[] = {2.0F};
    assert_int_equal(channel_reserve(second, 4096, &theirs, &ask_error), SD14_OK);
    upload(0, "'shape': [1], " PLAIN, one, 1);
    memcpy(theirs, two, sizeof(two));
    do_ask(second, "{'do': 'upload', 'slot': 0, 'offset': 0, 'shape': [1], " PLAIN "}");
    expect_values(0, 0, "[1]", one, 1);
    do_ask(second, "{'do': 'download', 'slot': 0, 'offset': 64, 'capacity': 4}");
    assert_memory_equal(theirs + 64, two, sizeof(two));
    channel_close(second, TEST_WAIT_MS);
    expect_values(0, 0, "[1]", one, 1);
}

static void closes_in_order(void **state)
{
    (void)state;
    channel *second = open_channel(&python, "");
    do_ask(second, "{'do': 'define', 'program': 1, 'calls': []}");
    do_ask(second, "{'do': 'close'}");
    refused(second, "the device process ended (exit status 0)", "{'do': 'memory'}");
    refused(second, "the device process ended (exit status 0)", "{'do': 'memory'}");
    assert_false(channel_alive(second));
    channel_close(second, 0);
    channel_close(NULL, 0);
    upload(0, "'shape': [1], " PLAIN, (const float[]){1.0F}, 1);
    channel_close(device, TEST_WAIT_MS);
    expect_log(
        "open\nopen\nclose with 0 tensors\nclose with 0 tensors\n"); /* each after its tensors */
    device = NULL;
}

int main(void)
{
    if (!use_fake_ttnn(&python)) return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opens_with_facts, open_one, close_one),
        cmocka_unit_test_setup_teardown(tensors_go_there_and_back, open_one, close_one),
        cmocka_unit_test_setup_teardown(memory_grows_and_keeps, open_one, close_one),
        cmocka_unit_test_setup_teardown(calls_use_slots, open_one, close_one),
        cmocka_unit_test_setup_teardown(values_become_pythons, open_one, close_one),
        cmocka_unit_test_setup_teardown(programs_are_kept, open_one, close_one),
        cmocka_unit_test_setup_teardown(watched_runs_tell_calls, open_one, close_one),
        cmocka_unit_test_setup_teardown(traces_are_recorded, open_one, close_one),
        cmocka_unit_test_setup_teardown(memory_is_reported, open_one, close_one),
        cmocka_unit_test_setup_teardown(files_appear_whole, open_one, close_one),
        cmocka_unit_test_setup_teardown(chips_have_their_parts, open_one, close_one),
        cmocka_unit_test_setup_teardown(refusals_say_where, open_one, close_one),
        cmocka_unit_test_setup_teardown(each_refusal_has_its_kind, open_one, close_one),
        cmocka_unit_test_setup_teardown(opening_fails_in_words, open_one, close_one),
        cmocka_unit_test_setup_teardown(no_descriptors_leak, open_one, close_one),
        cmocka_unit_test_setup_teardown(two_work_at_once, open_one, close_one),
        cmocka_unit_test_setup_teardown(closes_in_order, open_one, close_one),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ttnn_python_release(&python);
    return failed;
}
