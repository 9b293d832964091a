/* SPDX-License-Identifier: Apache-2.0 */

/*
 * sd14-ttnn-device: holds Python, ttnn and the device for a process that must not hang when the device does.
 * sd14's library starts it, with a socket and shared memory; what it may be asked is in requests.h.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/ttnn/wire/frame.h"
#include "connection.h"
#include "requests.h"

enum { USAGE = 2 };

/* Compilers that ttnn starts get none of the descriptors, nor does this process those of a careless parent. */
static bool take_descriptors(void)
{
    struct stat about;
    if (fstat(FRAME_SOCKET, &about) != 0 || !S_ISSOCK(about.st_mode)) return false;
    if (fstat(FRAME_MEMORY, &about) != 0 || !S_ISREG(about.st_mode)) return false;
    (void)syscall(SYS_close_range, FRAME_MEMORY + 1, ~0U, 0); /* Linux 5.9 */
    return fcntl(FRAME_SOCKET, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(FRAME_MEMORY, F_SETFD, FD_CLOEXEC) == 0;
}

static json_t *refusal(const request *of, sd14_status status, const sd14_error *error)
{
    json_t *reply =
        json_pack("{s:{s:s, s:s}}", "error", "kind", request_kind(status), "text", error->text);
    json_t *inner = json_object_get(reply, "error");
    if (of->place.call >= 0) (void)json_object_set_new(inner, "call", json_integer(of->place.call));
    if (of->place.node >= 0) (void)json_object_set_new(inner, "node", json_integer(of->place.node));
    return reply;
}

/* One request and its reply. @return SD14_ERROR_CANCELLED: there will be no other. */
static sd14_status serve(session *in, sd14_error *error)
{
    json_t *message = NULL;
    TRY(connection_receive(FRAME_SOCKET, &message, error));
    const char *name = json_string_value(json_object_get(message, "do"));
    const bool closes = name != NULL && strcmp(name, "close") == 0;
    sd14_status status = SD14_OK;
    if (name != NULL && strcmp(name, "stop") == 0) goto done; /* came after the run's end */

    request asked = {
        .in = in, .socket = FRAME_SOCKET, .message = message, .reply = json_pack("{s:b}", "ok", 1)};
    sd14_error why;
    in->busy_ns = 0;
    const sd14_status outcome = request_execute(&asked, &why);
    json_t *reply = outcome == SD14_OK ? json_incref(asked.reply) : refusal(&asked, outcome, &why);
    (void)json_object_set_new(reply, "busy_ns", json_integer(in->busy_ns));
    status = connection_send(FRAME_SOCKET, reply, error);
    json_decref(reply);
    json_decref(asked.reply);
    if (status == SD14_OK && closes) status = error_set(error, SD14_ERROR_CANCELLED, "closed");
done:
    json_decref(message);
    return status;
}

/* Also after a parent that went without a word: a card that is closed in order needs no reset. */
static void end(session *in)
{
    sd14_error ignored;
    request closing = {.in = in};
    (void)!request_close(&closing, &ignored);
    if (in->helper != NULL) in->python.Py_DecRef(in->helper);
    if (in->ttnn != NULL) in->python.Py_DecRef(in->ttnn);
    if (in->python.library != NULL) (void)in->python.Py_FinalizeEx();
}

int main(int argc, char **argv)
{
    session in = {0};
    sd14_error error;
    if (argc != 2 || !take_descriptors()) {
        (void)fprintf(stderr, "sd14-ttnn-device is started by sd14 and does nothing by itself\n");
        return USAGE;
    }
    (void)setenv("PYTHONUNBUFFERED", "1", 1); /* the last words before a crash are wanted */
    (void)signal(SIGPIPE, SIG_IGN);           /* what ttnn prints may have no reader any more */
    sd14_status status = connection_watch(FRAME_SOCKET, strtol(argv[1], NULL, 10), &error);
    while (status == SD14_OK) status = serve(&in, &error);
    if (status != SD14_ERROR_CANCELLED) (void)fprintf(stderr, "%s\n", error.text);
    end(&in);
    return status == SD14_ERROR_CANCELLED ? EXIT_SUCCESS : EXIT_FAILURE;
}
