/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/python_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "backends/ttnn/child_process.h"
#include "backends/ttnn/child_words.h"
#include "base/clock.h"
#include "base/text.h"

extern const char embedded_python_ask[];

enum { ASK_MS = 30000, ENDING_MS = 5000, ANSWER_BYTES_MAX = 1 << 20 };

/* The ends of a pipe: reading ones do not block. */
typedef struct ends {
    int reading;
    int writing;
} ends;

static bool make_pipe(ends *out)
{
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return false;
    *out = (ends){pipe_ends[0], pipe_ends[1]};
    (void)fcntl(out->reading, F_SETFL, O_NONBLOCK);
    return true;
}

static void close_end(int *descriptor)
{
    if (*descriptor >= 0) (void)close(*descriptor);
    *descriptor = -1;
}

/* Reads what the program prints until it closes both pipes. false: it took too long. */
static bool read_answer(int *answer, child_words *words, text *out)
{
    const int64_t end = clock_ns() + (int64_t)ASK_MS * 1000000;
    char bytes[4096];
    while (*answer >= 0 || words->descriptor >= 0) {
        struct pollfd files[] = {{.fd = *answer, .events = POLLIN},
                                 {.fd = words->descriptor, .events = POLLIN}};
        const int64_t left_ms = (end - clock_ns()) / 1000000;
        if (left_ms <= 0) return false;
        (void)poll(files, 2, (int)left_ms);
        child_words_read(words);
        if (*answer < 0) continue;
        const ssize_t got = read(*answer, bytes, sizeof(bytes));
        if (got > 0 && out->length < ANSWER_BYTES_MAX) text_add_bytes(out, bytes, (size_t)got);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) close_end(answer);
    }
    return true;
}

/* The last line that is not empty: a package's .pth file may print before it. */
static const char *last_line(const char *answer)
{
    const char *last = answer;
    for (const char *line = answer; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line != '\0' && *line != '\n') last = line;
        if (*line == '\0') break;
    }
    return last;
}

static sd14_status take_answer(const char *program,
                               const child_process *process,
                               const child_words *words,
                               const text *answer,
                               json_t **out_facts,
                               sd14_error *error)
{
    char ending[CHILD_ENDING_BYTES];
    char last[CHILD_WORDS_LAST];
    if (text_failed(answer)) FAIL_NO_MEMORY(error, "an interpreter's answer");
    *out_facts = json_loads(last_line(text_get(answer)), JSON_DISABLE_EOF_CHECK, NULL);
    if (json_is_object(*out_facts)) return SD14_OK;
    json_decref(*out_facts);
    *out_facts = NULL;
    child_words_last(words, last);
    FAIL(error, DEVICE, "%s: it does not work as a Python interpreter (%s)%s%s", program,
         child_process_ending(process, ending), last[0] == '\0' ? "" : ": ", last);
}

static sd14_status run(const machine *on,
                       const char *program,
                       ends *answer_pipe,
                       ends *words_pipe,
                       json_t **out_facts,
                       sd14_error *error)
{
    const char *const arguments[] = {program, "-c", embedded_python_ask, NULL};
    const int descriptors[] = {-1, answer_pipe->writing, words_pipe->writing};
    const child_process_start_options options = {.program = program,
                                                 .arguments = arguments,
                                                 .environment = on->environment,
                                                 .descriptors = descriptors,
                                                 .descriptor_count = 3};
    child_process process;
    text answer = {0};
    TRY(child_process_start(&options, &process, error));
    close_end(&answer_pipe->writing);
    close_end(&words_pipe->writing);
    child_words words = {.descriptor = words_pipe->reading};
    words_pipe->reading = -1;
    sd14_status status = SD14_OK;
    if (read_answer(&answer_pipe->reading, &words, &answer) &&
        child_process_wait(&process, ENDING_MS)) {
        status = take_answer(program, &process, &words, &answer, out_facts, error);
    } else {
        status = error_set(error, SD14_ERROR_DEVICE, "%s: no answer within %d s; is it Python?",
                           program, ASK_MS / 1000);
    }
    child_process_kill(&process);
    child_words_close(&words);
    text_release(&answer);
    return status;
}

sd14_status
python_ask(const machine *on, const char *program, json_t **out_facts, sd14_error *error)
{
    ends answer = {-1, -1};
    ends words = {-1, -1};
    sd14_status status = SD14_OK;
    char real[PATH_MAX];
    *out_facts = NULL;
    if (!machine_path(on, program, real)) FAIL(error, DEVICE, "%s: too long a path", program);
    if (make_pipe(&answer) && make_pipe(&words)) {
        status = run(on, real, &answer, &words, out_facts, error);
    } else {
        status =
            error_set(error, SD14_ERROR_DEVICE, "no pipe to ask %s: %s", program, strerror(errno));
    }
    close_end(&answer.reading);
    close_end(&answer.writing);
    close_end(&words.reading);
    close_end(&words.writing);
    return status;
}
