/* SPDX-License-Identifier: Apache-2.0 */

/* How a device process ends when things go wrong, and that none is left behind. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "backends/ttnn/channel.h"
#include "support/device_channel.h"

static ttnn_python python;
static char folder[PATH_MAX];

/* A short wait is one that must pass; a long one must not. */
enum { SHORT_MS = 300, LONG_MS = 300000 };

static int make_folder(void **state)
{
    (void)state;
    (void)temp_folder(folder);
    char log[PATH_MAX];
    (void)setenv("FAKE_TTNN_LOG", path_in(log, folder, "log"), 1);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static void expect_log(const char *expected)
{
    char path[PATH_MAX];
    size_t size = 0;
    char *words = (char *)read_file(path_in(path, folder, "log"), &size);
    assert_non_null(words);
    assert_string_equal(words, expected);
    free(words);
}

/* Neither running nor waiting to be taken. */
static void expect_gone(pid_t process)
{
    assert_true(process > 0);
    assert_int_equal(kill(process, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* The process is somebody else's child: its end takes a while to be seen. */
static void wait_until_gone(pid_t process)
{
    for (int i = 0; i < 6000 && kill(process, 0) == 0; i++) (void)usleep(10000);
    expect_gone(process);
}

typedef struct asked {
    const char *calls;
    int64_t silence_ms;
    int64_t total_ms;
    const atomic_bool *cancel;
    bool watch;
} asked;

/* Executes calls, which must fail; the status. */
static sd14_status fail_calls(channel *of, const asked *what)
{
    json_t *reply = NULL;
    json_t *calls = json_loads(what->calls, JSON_ALLOW_NUL, NULL);
    assert_non_null(calls);
    json_t *message =
        json_pack("{s:s, s:o, s:b}", "do", "call", "calls", calls, "watch", what->watch);
    const channel_request request = {.message = message,
                                     .stage = "UNet, step 3",
                                     .silence_ms = what->silence_ms,
                                     .total_ms = what->total_ms,
                                     .cancel = what->cancel};
    const sd14_status status = channel_ask(of, &request, &reply, &ask_error);
    assert_int_not_equal(status, SD14_OK);
    assert_null(reply);
    json_decref(message);
    return status;
}

#define HANG "{\"f\": \"hang\", \"o\": null}"
#define REST "{\"f\": \"rest\", \"a\": [0.02], \"o\": null}"
#define SAY(words) "{\"f\": \"say\", \"a\": [\"" words "\"], \"o\": null}"
#define DIE(number) "{\"f\": \"die\", \"a\": [" #number "], \"o\": null}"
#define WRITE(words) "{\"f\": \"write_to_channel\", \"a\": [\"" words "\"], \"o\": null}"

static void hung_calls_are_ended(void **state)
{
    (void)state;
    channel *of = open_channel(&python, "");
    const pid_t process = (pid_t)channel_process(of);
    const asked what = {"[" SAY("before it hung") ", " HANG "]", .silence_ms = SHORT_MS};
    assert_int_equal(fail_calls(of, &what), SD14_ERROR_DEVICE);
    assert_non_null(strstr(ask_error.text, "UNet, step 3: the device did not answer within 0.3 s"));
    assert_non_null(strstr(ask_error.text, "before it hung"));
    assert_non_null(strstr(ask_error.text, "tt-smi -r"));
    expect_gone(process);
    assert_false(channel_alive(of));
    refused(of, "did not answer within 0.3 s", "{'do': 'memory'}"); /* at once, with the reason */
    channel_close(of, LONG_MS);
}

static void a_step_has_an_end(void **state)
{
    (void)state;
    char calls[1 << 16] = "[" REST;
    for (int i = 0; i < 500; i++)
        (void)strncat(calls, ", " REST, sizeof(calls) - strlen(calls) - 1);
    (void)strncat(calls, "]", sizeof(calls) - strlen(calls) - 1);
    channel *of = open_channel(&python, "");
    /* Notes come all the time, and yet it takes too long. */
    const asked what = {calls, .silence_ms = LONG_MS, .total_ms = SHORT_MS, .watch = true};
    assert_int_equal(fail_calls(of, &what), SD14_ERROR_DEVICE);
    assert_non_null(strstr(ask_error.text, "did not answer within 0.3 s"));
    channel_close(of, LONG_MS);
}

static void opening_has_an_end(void **state)
{
    (void)state;
    (void)setenv("FAKE_TTNN_OPEN", "hang", 1);
    channel *of = start_channel();
    (void)unsetenv("FAKE_TTNN_OPEN");
    json_t *reply = NULL;
    json_t *message = json_pack("{s:s}", "do", "open");
    assert_int_equal(ttnn_python_describe(&python, message, &ask_error), SD14_OK);
    const channel_request request = {
        .message = message, .stage = "opening the device", .silence_ms = 3000};
    assert_int_equal(channel_ask(of, &request, &reply, &ask_error), SD14_ERROR_DEVICE);
    assert_non_null(
        strstr(ask_error.text, "opening the device: the device did not answer within 3 s"));
    json_decref(message);
    channel_close(of, LONG_MS);
}

static void deaths_are_told_with_last_words(void **state)
{
    (void)state;
    channel *of = open_channel(&python, "");
    const pid_t process = (pid_t)channel_process(of);
    const asked what = {"[" SAY("one\\n\\ntwo \\u0007\\nthree") ", " DIE(6) "]",
                        .silence_ms = LONG_MS};
    assert_int_equal(fail_calls(of, &what), SD14_ERROR_DEVICE);
    assert_string_equal(ask_error.text,
                        "UNet, step 3: the device process ended (signal 6); it said: "
                        "three | one | two ? | three");
    expect_gone(process);
    channel_close(of, LONG_MS);

    of = open_channel(&python, "");
    assert_int_equal(kill((pid_t)channel_process(of), SIGKILL), 0); /* between requests */
    refused(of, "the device process ended (signal 9)", "{'do': 'memory'}");
    channel_close(of, LONG_MS);
}

/* Far more than a pipe holds. */
static void talkative_devices_do_not_block(void **state)
{
    (void)state;
    channel *of = open_channel(&python, "");
    char words[2001];
    memset(words, 'x', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    for (int i = 0; i < 50; i++) {
        do_ask(of, "{'do': 'call', 'calls': [{'f': 'say', 'a': ['%s'], 'o': null}]}", words);
    }
    channel_close(of, LONG_MS);
}

typedef struct lines {
    int count;
    char last[256];
} lines;

static void keep_line(void *user, log_level level, const char *text)
{
    lines *of = user;
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    of->count++;
    (void)snprintf(of->last, sizeof(of->last), "%s", text);
}

static void words_go_to_the_log(void **state)
{
    (void)state;
    lines kept = {0};
    const log_target log = {.user = &kept, .write = keep_line};
    const channel_options options = {.program = SD14_TTNN_DEVICE, .log = &log};
    channel *of = NULL;
    assert_int_equal(channel_start(&options, &of, &ask_error), SD14_OK);
    json_decref(ask_at(__LINE__, of, try_open(of, &python, "")));
    do_ask(of, "{'do': 'call', 'calls': [{'f': 'say', 'a': ['hello'], 'o': null}]}");
    channel_close(of, LONG_MS);
    assert_true(kept.count >= 2);
    assert_string_equal(kept.last, "device: hello");
}

static void broken_frames_are_errors(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *words;
    } cases[] = {
        {WRITE("\\u0000\\u0000\\u0000\\u0000"), "a frame of no length"},
        {WRITE("\\u0001\\u0000\\u0000\\u0005"), "a frame of no length"},
        {WRITE("\\u0003\\u0000\\u0000\\u0000abc"), "a frame is not JSON"},
        {WRITE("\\u0002\\u0000\\u0000\\u0000[]"), "not a JSON object"},
        {WRITE("\\u0002\\u0000\\u0000\\u0000{}"), "neither a note nor a reply"},
        {WRITE("\\u000b\\u0000\\u0000\\u0000{\\\"error\\\":1}"), "without kind or text"},
        {WRITE("\\u0009\\u0000\\u0000\\u0000{\\\"a\\\":1") ", " DIE(9), "ended (signal 9)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char calls[512];
        (void)snprintf(calls, sizeof(calls), "[%s]", cases[i].bytes);
        channel *of = open_channel(&python, "");
        const pid_t process = (pid_t)channel_process(of);
        const asked what = {calls, .silence_ms = LONG_MS};
        assert_int_equal(fail_calls(of, &what), SD14_ERROR_DEVICE);
        if (strstr(ask_error.text, cases[i].words) == NULL) {
            fail_msg("\"%s\" is not in \"%s\"", cases[i].words, ask_error.text);
        }
        expect_gone(process);
        channel_close(of, LONG_MS);
    }
}

static void *set_later(void *flag)
{
    (void)usleep(200000);
    atomic_store((atomic_bool *)flag, true);
    return NULL;
}

static void runs_stop_when_cancelled(void **state)
{
    (void)state;
    char calls[1 << 17] = "[" REST;
    for (int i = 0; i < 2000; i++)
        (void)strncat(calls, ", " REST, sizeof(calls) - strlen(calls) - 1); /* 40 s */
    (void)strncat(calls, "]", sizeof(calls) - strlen(calls) - 1);
    channel *of = open_channel(&python, "");
    atomic_bool cancel = false;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, set_later, &cancel), 0);
    const asked what = {calls, .silence_ms = LONG_MS, .cancel = &cancel};
    assert_int_equal(fail_calls(of, &what), SD14_ERROR_CANCELLED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(channel_alive(of)); /* stopped between two calls: goes on */
    do_ask(of, "{'do': 'memory'}");
    assert_int_equal(fail_calls(of, &what), SD14_ERROR_CANCELLED); /* not even sent */
    channel_close(of, LONG_MS);
    expect_log("open\nclose with 0 tensors\n");
}

static void closing_has_an_end(void **state)
{
    (void)state;
    channel *of = open_channel(&python, "");
    const pid_t process = (pid_t)channel_process(of);
    assert_int_equal(kill(process, SIGSTOP), 0); /* hangs in a way that no request sees */
    channel_close(of, SHORT_MS);
    expect_gone(process);
}

/* What ttnn started goes with it. */
static void compilers_are_ended_too(void **state)
{
    (void)state;
    char path[PATH_MAX];
    char calls[2 * PATH_MAX];
    size_t size = 0;
    channel *of = open_channel(&python, "");
    (void)snprintf(
        calls, sizeof(calls),
        "[{\"f\": \"run_program\", \"a\": [\"echo $$ > %s; exec sleep 1000\"], \"o\": null}]",
        path_in(path, folder, "compiler"));
    const asked what = {calls, .silence_ms = 2000};
    assert_int_equal(fail_calls(of, &what), SD14_ERROR_DEVICE);
    channel_close(of, LONG_MS);
    char *words = (char *)read_file(path, &size);
    assert_non_null(words);
    wait_until_gone((pid_t)strtol(words, NULL, 10));
    free(words);
}

/* A parent in a process of its own: opens, tells the device process's id, does something, and is killed. */
static pid_t kill_a_parent(const char *calls)
{
    int ids[2];
    pid_t device = 0;
    assert_int_equal(pipe(ids), 0);
    const pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        channel *of = open_channel(&python, "");
        const pid_t theirs = (pid_t)channel_process(of);
        json_t *reply = NULL;
        json_t *message =
            json_pack("{s:s, s:o}", "do", "call", "calls", json_loads(calls, 0, NULL));
        const channel_request request = {
            .message = message, .stage = "test", .silence_ms = LONG_MS};
        if (write(ids[1], &theirs, sizeof(theirs)) != sizeof(theirs)) _exit(1);
        (void)!channel_ask(of, &request, &reply, NULL);
        (void)pause();
    }
    assert_int_equal(read(ids[0], &device, sizeof(device)), sizeof(device));
    (void)usleep(500000); /* so that the calls have begun */
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    (void)close(ids[0]);
    (void)close(ids[1]);
    return device;
}

static void killed_parents_leave_no_process(void **state)
{
    (void)state;
    wait_until_gone(kill_a_parent("[" HANG "]"));
    expect_log("open\n");
}

static void killed_parents_idle_devices_are_closed(void **state)
{
    (void)state;
    wait_until_gone(kill_a_parent("[]"));
    expect_log("open\nclose with 0 tensors\n");
}

/* PR_SET_PDEATHSIG's trap. */
static void *start_and_leave(void *out)
{
    *(channel **)out = open_channel(&python, "");
    return NULL;
}

static void the_starting_thread_may_end(void **state)
{
    (void)state;
    channel *of = NULL;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, start_and_leave, &of), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)usleep(100000);
    do_ask(of, "{'do': 'memory'}");
    channel_close(of, LONG_MS);
}

static void programs_that_take_every_end(void **state)
{
    (void)state;
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    channel *of = open_channel(&python, "");
    const asked what = {"[" DIE(9) "]", .silence_ms = LONG_MS};
    assert_int_equal(fail_calls(of, &what), SD14_ERROR_DEVICE);
    assert_non_null(strstr(ask_error.text, "exit status unknown"));
    channel_close(of, LONG_MS);
    assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

static void programs_that_are_not_there(void **state)
{
    (void)state;
    channel *of = NULL;
    const channel_options absent = {.program = "/no/sd14-ttnn-device"};
    assert_int_equal(channel_start(&absent, &of, &ask_error), SD14_ERROR_DEVICE);
    assert_string_equal(ask_error.text,
                        "/no/sd14-ttnn-device: cannot be started: No such file or directory");
    assert_null(of);

    const channel_options other = {.program = "/bin/true"};
    assert_int_equal(channel_start(&other, &of, &ask_error), SD14_OK);
    refused(of, "the device process ended (exit status 0)", "{'do': 'memory'}");
    channel_close(of, LONG_MS);
}

static void nobody_is_left(void **state)
{
    (void)state;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

int main(void)
{
    if (!use_fake_ttnn(&python)) return TEST_SKIPPED;
    (void)setenv("LSAN_OPTIONS", "detect_leaks=0",
                 1); /* of device processes: channel.c looks at theirs */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hung_calls_are_ended, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(a_step_has_an_end, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(opening_has_an_end, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(deaths_are_told_with_last_words, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(talkative_devices_do_not_block, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(words_go_to_the_log, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(broken_frames_are_errors, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(runs_stop_when_cancelled, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(closing_has_an_end, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(compilers_are_ended_too, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(killed_parents_leave_no_process, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(killed_parents_idle_devices_are_closed, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(the_starting_thread_may_end, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(programs_that_take_every_end, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(programs_that_are_not_there, make_folder, drop_folder),
        cmocka_unit_test(nobody_is_left),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ttnn_python_release(&python);
    return failed;
}
