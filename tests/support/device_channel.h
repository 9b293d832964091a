/* SPDX-License-Identifier: Apache-2.0 */

/** Device processes for tests: requests as JSON texts in the manner of printf, with ' for ". */
#ifndef SD14_TEST_DEVICE_CHANNEL_H
#define SD14_TEST_DEVICE_CHANNEL_H

#include "backends/ttnn/channel.h"
#include "backends/ttnn/python_find.h"
#include "support/cmocka.h"
#include "support/files.h"

enum { TEST_SKIPPED = 77, TEST_WAIT_MS = 120000, TEST_REQUEST_BYTES = 1 << 16 };

extern char **environ;

static inline machine this_machine(void)
{
    return (machine){"", (const char *const *)environ};
}

/** A JSON text's value; the caller's. */
__attribute__((format(printf, 1, 0))) static inline json_t *json_of(const char *format,
                                                                    va_list values)
{
    char words[TEST_REQUEST_BYTES];
    json_error_t where;
    (void)vsnprintf(words, sizeof(words), format, values);
    bool quoted = false; /* by ": what is inside stays */
    for (char *at = words; *at != '\0'; at++) {
        if (*at == '"') quoted = !quoted;
        if (*at == '\'' && !quoted) *at = '"';
    }
    json_t *value = json_loads(words, 0, &where);
    if (value == NULL) fail_msg("%s: %s", words, where.text);
    return value;
}

/** Asks and gives the reply, the caller's; NULL: refused, with `error`. */
__attribute__((format(printf, 3, 4))) static inline json_t *
try_ask(channel *of, sd14_error *error, const char *format, ...)
{
    json_t *reply = NULL;
    va_list values;
    va_start(values, format);
    json_t *message = json_of(format, values);
    va_end(values);
    const channel_request request = {
        .message = message, .stage = "test", .silence_ms = TEST_WAIT_MS};
    const sd14_status status = channel_ask(of, &request, &reply, error);
    assert_true((status == SD14_OK) == (reply != NULL));
    json_decref(message);
    return reply;
}

/** As try_ask(), for what must work. */
#define ask(of, ...) ask_at(__LINE__, of, try_ask(of, &ask_error, __VA_ARGS__))

static sd14_error ask_error;

static inline json_t *ask_at(int line, channel *of, json_t *reply)
{
    (void)of;
    if (reply == NULL) fail_msg("line %d: %s", line, ask_error.text);
    return reply;
}

/** For requests whose reply says nothing more. */
#define do_ask(of, ...) json_decref(ask(of, __VA_ARGS__))

/** Must be refused, with that in the text. */
#define refused(of, words, ...) refused_at(__LINE__, words, try_ask(of, &ask_error, __VA_ARGS__))

static inline void refused_at(int line, const char *words, json_t *reply)
{
    if (reply != NULL) fail_msg("line %d: not refused", line);
    if (strstr(ask_error.text, words) == NULL) {
        fail_msg("line %d: \"%s\" is not in \"%s\"", line, words, ask_error.text);
    }
}

/** A process that has opened nothing. */
static inline channel *start_channel(void)
{
    const channel_options options = {.program = SD14_TTNN_DEVICE};
    channel *of = NULL;
    if (channel_start(&options, &of, &ask_error) != SD14_OK) fail_msg("%s", ask_error.text);
    return of;
}

/** Makes "open" requests be about the fake ttnn, under Python 3 of the PATH. false: it cannot be. */
static inline bool use_fake_ttnn(ttnn_python *out)
{
    char program[PATH_MAX];
    (void)setenv("PYTHONPATH", SD14_SOURCE_DIR "/tests/ttnn/fake", 1);
    (void)setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    const machine here = this_machine(); /* setenv() may have moved the environment */
    const char *named = getenv("SD14_TEST_PYTHON");
    (void)snprintf(program, sizeof(program), "%s", named == NULL ? "/usr/bin/python3" : named);
    if (ttnn_python_find(&here, program, out, &ask_error) == SD14_OK) return true;
    (void)printf("skipped: %s\n", ask_error.text);
    return false;
}

/** The "open" request of that Python with further fields, such as "'chips': 2"; the reply. */
static inline json_t *try_open(channel *of, const ttnn_python *python, const char *more)
{
    char *site = json_dumps(python->site, 0);
    assert_non_null(site);
    json_t *reply =
        try_ask(of, &ask_error, "{'do': 'open', 'library': '%s', 'program': '%s', 'site': %s%s%s}",
                python->library, python->program, site, more[0] == '\0' ? "" : ", ", more);
    free(site);
    return reply;
}

static inline channel *open_channel(const ttnn_python *python, const char *more)
{
    channel *of = start_channel();
    json_decref(ask_at(__LINE__, of, try_open(of, python, more)));
    return of;
}

/** A call of a program: function, arguments, result, and more. */
#define CALL(function, arguments, result)                                                          \
    "{'f': '" function "', 'a': [" arguments "], 'o': " result "}"

#endif /* SD14_TEST_DEVICE_CHANNEL_H */
