/* SPDX-License-Identifier: Apache-2.0 */

/* The device process with the real ttnn on its mock device, as tests/ttnn/on_mock.py has set the environment. */
#include <signal.h>

#include "backends/ttnn/channel.h"
#include "support/device_channel.h"

static ttnn_python python;
static channel *device;
static uint8_t *shared;
static int chips; /* the board's */

enum { SHARED_BYTES = 1 << 22 };

static int open_board(void **state)
{
    (void)state;
    char more[64];
    (void)snprintf(more, sizeof(more), "'chips': %d, 'l1_small_size': 32768", chips);
    device = open_channel(&python, more);
    assert_int_equal(channel_reserve(device, SHARED_BYTES, &shared, &ask_error), SD14_OK);
    return 0;
}

static int close_board(void **state)
{
    (void)state;
    const pid_t process = (pid_t)channel_process(device);
    channel_close(device, TEST_WAIT_MS);
    assert_int_equal(kill(process, 0), -1);
    return 0;
}

static void show(const json_t *value)
{
    char *words = json_dumps(value, 0);
    (void)printf("%s\n", words);
    free(words);
}

static long long number(const json_t *of, const char *part, const char *key)
{
    const json_t *value = json_object_get(part == NULL ? of : json_object_get(of, part), key);
    if (!json_is_integer(value)) fail_msg("no number %s %s", part == NULL ? "" : part, key);
    return json_integer_value(value);
}

static void opens_each_board(void **state)
{
    (void)state;
    for (int count = 1; count <= chips; count++) {
        char more[64];
        (void)snprintf(more, sizeof(more), "'chips': %d", count);
        channel *of = start_channel();
        json_t *facts = try_open(of, &python, more);
        if (facts == NULL) fail_msg("%s", ask_error.text);
        const char *version = json_string_value(json_object_get(facts, "ttnn"));
        show(facts);
        assert_string_equal(version, python.version);
        assert_string_equal(json_string_value(json_object_get(facts, "arch")), "wormhole_b0");
        assert_int_equal(number(facts, NULL, "chips"), count);
        assert_int_equal(number(facts, "dram", "banks"), 12);
        assert_true(number(facts, "dram", "bytes_per_bank") > 1000000000);
        const json_t *grid = json_object_get(facts, "grid");
        const long long cores = json_integer_value(json_array_get(grid, 0)) *
                                json_integer_value(json_array_get(grid, 1));
        assert_int_equal(number(facts, "l1", "banks"), cores);
        json_decref(facts);
        channel_close(of, TEST_WAIT_MS);
    }
}

/* The mock keeps no values: shapes and sizes are what can be wrong. */
static void tensors_go_there_and_back(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        const char *shape;
    } cases[] = {
        {"'shape': [1, 1, 77, 40], 'dtype': 'float32', 'as': 'bfloat16', 'layout': 'tile', "
         "'memory': 'dram'",
         "[1,1,77,40]"},
        {"'shape': [2, 3, 5, 7], 'dtype': 'float32', 'as': 'float32', 'layout': 'row_major', "
         "'memory': 'dram'",
         "[2,3,5,7]"},
        {"'shape': [1, 1, 64, 64], 'dtype': 'float32', 'as': 'bfloat8_b', 'layout': 'tile', "
         "'memory': 'dram'",
         "[1,1,64,64]"},
        {"'shape': [1, 1, 50, 33], 'dtype': 'float32', 'as': 'bfloat8_b', 'layout': 'tile', "
         "'memory': 'dram'",
         "[1,1,50,33]"},
        {"'shape': [1, 1, 64, 50], 'dtype': 'float32', 'as': 'bfloat4_b', 'layout': 'tile', "
         "'memory': 'l1'",
         "[1,1,64,50]"},
        {"'shape': [1, 77], 'dtype': 'int32', 'as': 'uint32', 'layout': 'row_major', 'memory': "
         "'dram'",
         "[1,77]"},
        {"'shape': [320, 4, 3, 3], 'dtype': 'float32', 'as': 'bfloat16', 'layout': 'row_major', "
         "'memory': 'host'",
         "[320,4,3,3]"},
        {"'shape': [64], 'dtype': 'bfloat16', 'as': 'bfloat16', 'layout': 'tile', 'memory': 'l1'",
         "[64]"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        do_ask(device, "{'do': 'upload', 'slot': %zu, 'offset': 0, %s}", i, cases[i].fields);
        for (int chip = 0; chip < chips; chip++) {
            json_t *reply = ask(
                device, "{'do': 'download', 'slot': %zu, 'offset': 0, 'capacity': %d, 'chip': %d}",
                i, SHARED_BYTES, chip);
            char *shape = json_dumps(json_object_get(reply, "shape"), JSON_COMPACT);
            assert_string_equal(shape, cases[i].shape);
            free(shape);
            json_decref(reply);
        }
    }
}

/* What stays on the host keeps its values. */
static void host_tensors_keep_values(void **state)
{
    (void)state;
    const float values[] = {1.0F, -2.5F, 0.15625F, 1024.0F, 3.0F, 0.0F};
    static const char *const dtypes[] = {"float32", "bfloat16"};
    for (size_t i = 0; i < 2; i++) {
        memcpy(shared, values, sizeof(values));
        do_ask(device,
               "{'do': 'upload', 'slot': 0, 'offset': 0, 'shape': [2, 3], 'dtype': 'float32', "
               "'as': '%s', "
               "'layout': 'tile', 'memory': 'host'}",
               dtypes[i]);
        memset(shared, 0, sizeof(values));
        do_ask(device, "{'do': 'download', 'slot': 0, 'offset': 0, 'capacity': 24, 'chip': %d}",
               chips - 1);
        assert_memory_equal(shared, values, sizeof(values));
    }
}

static void mesh_tensors_are_parted(void **state)
{
    (void)state;
    const float values[] = {1.0F, 2.0F, 3.0F, 4.0F};
    memcpy(shared, values, sizeof(values));
    do_ask(device, "{'do': 'upload', 'slot': 0, 'offset': 0, 'shape': [2, 2], 'dtype': 'float32', "
                   "'as': 'float32', "
                   "'layout': 'row_major', 'memory': 'host', 'shard': 0}");
    json_t *reply =
        ask(device, "{'do': 'download', 'slot': 0, 'offset': 0, 'capacity': 64, 'chip': %d}",
            chips - 1);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(reply, "shape"), 0)),
                     2 / chips);
    if (chips == 2) assert_memory_equal(shared, values + 2, 2 * sizeof(float));
    json_decref(reply);
}

#define EMPTY(slot, shape, memory)                                                                 \
    CALL("empty",                                                                                  \
         shape ", {'t': 'bfloat16'}, {'t': 'TILE_LAYOUT'}, {'device': true}, {'t': '" memory "'}", \
         slot)

static void calls_are_checked(void **state)
{
    (void)state;
    do_ask(
        device,
        "{'do': 'call', 'calls': [" EMPTY("0", "[1, 1, 64, 64]", "DRAM_MEMORY_CONFIG") ", " EMPTY(
            "1", "[1, 1, 96, 64]",
            "DRAM_MEMORY_CONFIG") ", "
                                  "{'f': 'linear', 'a': [{'s': 0}, {'s': 0}], 'k': {'activation': "
                                  "'silu'}, 'o': 2}]}");
    refused(device, "matmul: TT_FATAL @ matmul_device_operation.cpp:",
            "{'do': 'call', 'calls': [" CALL("matmul", "{'s': 0}, {'s': 1}", "3") "]}");
    assert_non_null(
        strstr(ask_error.text,
               "The width of the first tensor must be equal to the height of the second tensor. "
               "Mismatch: width=64 height=96"));
    assert_null(strstr(ask_error.text, "backtrace"));
    assert_string_equal(channel_last_refusal(device)->kind, "ttnn");
    refused(device, "incompatible function arguments",
            "{'do': 'call', 'calls': [" CALL("matmul", "3", "3") "]}");
    assert_null(strstr(ask_error.text, "Available"));
    refused(
        device, "Out of Memory",
        "{'do': 'call', 'calls': [" EMPTY(
            "3", "[1, 1, 65536, 32768]",
            "DRAM_MEMORY_CONFIG") ", " EMPTY("4", "[1, 1, 65536, 32768]",
                                             "DRAM_MEMORY_CONFIG") ", " EMPTY("5",
                                                                              "[1, 1, 65536, "
                                                                              "32768]",
                                                                              "DRAM_MEMORY_"
                                                                              "CONFIG") ","
                                                                                        " " EMPTY(
                                                                                            "6",
                                                                                            "[1, "
                                                                                            "1, "
                                                                                            "65536,"
                                                                                            " 32768"
                                                                                            "]",
                                                                                            "DRAM_"
                                                                                            "MEMORY"
                                                                                            "_CONFI"
                                                                                            "G") "]"
                                                                                                 "}");
    refused(device, "Out of Memory",
            "{'do': 'call', 'calls': [" EMPTY("3", "[1, 1, 65536, 1600]", "L1_MEMORY_CONFIG") "]}");
    do_ask(device, "{'do': 'memory'}"); /* goes on */
}

#define CONV(weight, bias, out)                                                                    \
    "{'f': 'conv2d', 'k': {'input_tensor': {'s': 0}, 'weight_tensor': {'s': " weight               \
    "}, 'bias_tensor': {'s': " bias                                                                \
    "}, 'device': {'device': true}, 'in_channels': 32, 'out_channels': 64, 'batch_size': 1, "      \
    "'input_height': 16, 'input_width': 16, 'kernel_size': {'tuple': [3, 3]}, "                    \
    "'stride': {'tuple': [1, 1]}, 'padding': {'tuple': [1, 1]}" out "}"

static void prepared_weights_are_kept(void **state)
{
    (void)state;
    do_ask(device,
           "{'do': 'upload', 'slot': 1, 'offset': 0, 'shape': [64, 32, 3, 3], 'dtype': 'float32', "
           "'as': 'bfloat16', 'layout': 'row_major', 'memory': 'host'}");
    do_ask(device,
           "{'do': 'upload', 'slot': 2, 'offset': 0, 'shape': [1, 1, 1, 64], 'dtype': 'float32', "
           "'as': 'bfloat16', 'layout': 'row_major', 'memory': 'host'}");
    do_ask(device,
           "{'do': 'upload', 'slot': 0, 'offset': 0, 'shape': [1, 1, 256, 32], 'dtype': 'float32', "
           "'as': 'bfloat16', 'layout': 'tile', 'memory': 'dram'}");
    do_ask(device, "{'do': 'call', 'calls': [" CONV(
                       "1", "2",
                       ", 'return_weights_and_bias': true") ", 'o': [12, [5, 6]], 'd': [1, 2]}]}");
    do_ask(device,
           "{'do': 'define', 'program': 0, 'calls': [" CONV("5", "6", "") ", 'o': 7, 'n': 3}]}");
    for (int i = 0; i < 3; i++)
        do_ask(device, "{'do': 'run', 'program': 0, 'watch': true, 'wait': true}");
    json_t *reply =
        ask(device, "{'do': 'download', 'slot': 7, 'offset': 0, 'capacity': %d}", SHARED_BYTES);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(reply, "shape"), 3)), 64);
    json_decref(reply);
    refused(device, "slot 1 is empty",
            "{'do': 'download', 'slot': 1, 'offset': 0, 'capacity': 64}");
}

static void memory_is_reported(void **state)
{
    (void)state;
    json_t *before = ask(device, "{'do': 'memory'}");
    do_ask(device,
           "{'do': 'call', 'calls': [" EMPTY("0", "[1, 1, 1024, 1024]", "DRAM_MEMORY_CONFIG") "]}");
    json_t *with = ask(device, "{'do': 'memory'}");
    do_ask(device, "{'do': 'drop', 'slots': [0]}");
    json_t *after = ask(device, "{'do': 'memory'}");
    const long long taken = number(with, "dram", "allocated") - number(before, "dram", "allocated");
    assert_true(taken >= 1024 * 1024 * 2 / 12);
    assert_int_equal(number(after, "dram", "allocated"), number(before, "dram", "allocated"));
    json_decref(before);
    json_decref(with);
    json_decref(after);

    do_ask(device,
           "{'do': 'call', 'calls': [" EMPTY("0", "[1, 8, 4096, 64]", "DRAM_MEMORY_CONFIG") "]}");
    do_ask(device, "{'do': 'define', 'program': 1, 'calls': [{'f': "
                   "'transformer.scaled_dot_product_attention', "
                   "'a': [{'s': 0}, {'s': 0}, {'s': 0}], 'k': {'is_causal': false}, 'o': 1}]}");
    json_t *peaks = ask(device, "{'do': 'measure', 'program': 1}");
    show(peaks);
    assert_true(number(peaks, NULL, "circular_buffers_peak") > 10000);
    assert_true(number(peaks, NULL, "l1_peak_per_core") >=
                number(peaks, NULL, "circular_buffers_peak"));
    assert_true(number(peaks, NULL, "dram_peak") >= 8 * 4096 * 64 * 2);
    json_decref(peaks);
}

static void files_appear_whole(void **state)
{
    (void)state;
    char folder[PATH_MAX];
    (void)temp_folder(folder);
    do_ask(device,
           "{'do': 'upload', 'slot': 0, 'offset': 0, 'shape': [1, 1, 64, 32], 'dtype': 'float32', "
           "'as': 'bfloat8_b', 'layout': 'tile', 'memory': 'dram'}");
    do_ask(device, "{'do': 'save', 'slot': 0, 'path': '%s/weight.tensorbin'}", folder);
    do_ask(device, "{'do': 'load', 'slot': 1, 'path': '%s/weight.tensorbin', 'memory': 'dram'}",
           folder);
    do_ask(device, "{'do': 'load', 'slot': 2, 'path': '%s/weight.tensorbin', 'memory': 'host'}",
           folder);
    json_t *reply =
        ask(device, "{'do': 'download', 'slot': 1, 'offset': 0, 'capacity': %d}", SHARED_BYTES);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(reply, "shape"), 2)), 64);
    json_decref(reply);
    refused(device, "load",
            "{'do': 'load', 'slot': 3, 'path': '%s/no.tensorbin', 'memory': 'host'}", folder);
    remove_folder(folder);
}

int main(void)
{
    const machine here = this_machine();
    const char *board = getenv("TT_METAL_MOCK_CLUSTER_DESC_PATH");
    if (board == NULL) {
        (void)printf(
            "skipped: no TT_METAL_MOCK_CLUSTER_DESC_PATH; tests/ttnn/on_mock.py sets it\n");
        return TEST_SKIPPED;
    }
    chips = strstr(board, "n300") != NULL ? 2 : 1;
    if (ttnn_python_find(&here, NULL, &python, &ask_error) != SD14_OK ||
        ttnn_python_check_device(&here, &python, &ask_error) != SD14_OK) {
        (void)printf("%s\n", ask_error.text);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_each_board),
        cmocka_unit_test_setup_teardown(tensors_go_there_and_back, open_board, close_board),
        cmocka_unit_test_setup_teardown(host_tensors_keep_values, open_board, close_board),
        cmocka_unit_test_setup_teardown(mesh_tensors_are_parted, open_board, close_board),
        cmocka_unit_test_setup_teardown(calls_are_checked, open_board, close_board),
        cmocka_unit_test_setup_teardown(prepared_weights_are_kept, open_board, close_board),
        cmocka_unit_test_setup_teardown(memory_is_reported, open_board, close_board),
        cmocka_unit_test_setup_teardown(files_appear_whole, open_board, close_board),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ttnn_python_release(&python);
    return failed;
}
