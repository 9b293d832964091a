/* SPDX-License-Identifier: Apache-2.0 */

/* A request's frames, waited for with an end in sight. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "backends/ttnn/channel_parts.h"
#include "backends/ttnn/wire/frame.h"
#include "base/clock.h"
#include "base/memory.h"

enum {
    CANCEL_LOOK_MS = 50,     /* how often the caller's flag is looked at */
    CANCEL_GRACE_MS = 10000, /* for the call that runs to end, after which a run stops */
    ENDING_MS = 2000         /* between a closed socket and the process's end */
};

int64_t channel_after(int64_t milliseconds)
{
    return clock_ns() + milliseconds * 1000000;
}

/* The process is of no more use: every later request says why. */
static void give_up(channel *of)
{
    child_process_kill(&of->process);
    child_words_read(&of->words);
    of->alive = false;
}

static sd14_status fail_ended(channel *of, const char *stage, sd14_error *error)
{
    char ending[CHILD_ENDING_BYTES];
    char last[CHILD_WORDS_LAST];
    (void)child_process_wait(&of->process, ENDING_MS);
    (void)child_process_ending(&of->process, ending);
    give_up(of);
    child_words_last(&of->words, last);
    (void)error_set(&of->reason, SD14_ERROR_DEVICE, "%s: the device process ended (%s)%s%s", stage,
                    ending, last[0] == '\0' ? "" : "; it said: ", last);
    return error_set(error, SD14_ERROR_DEVICE, "%s", of->reason.text);
}

static sd14_status
fail_late(channel *of, const channel_wait *wait, int64_t milliseconds, sd14_error *error)
{
    char last[CHILD_WORDS_LAST];
    give_up(of);
    child_words_last(&of->words, last);
    (void)error_set(&of->reason, SD14_ERROR_DEVICE,
                    "%s: the device did not answer within %.3g s, so its process was ended; if it "
                    "happens again reset the card (tt-smi -r), or allow more time%s%s",
                    wait->request->stage, (double)milliseconds / 1000.0,
                    last[0] == '\0' ? "" : "; it said: ", last);
    return error_set(error, SD14_ERROR_DEVICE, "%s", of->reason.text);
}

static sd14_status fail_broken(channel *of, const char *stage, const char *why, sd14_error *error)
{
    give_up(of);
    (void)error_set(&of->reason, SD14_ERROR_DEVICE, "%s: the device process sent nonsense: %s",
                    stage, why);
    return error_set(error, SD14_ERROR_DEVICE, "%s", of->reason.text);
}

static sd14_status fail_cancelled(channel *of, const char *stage, sd14_error *error)
{
    give_up(of);
    (void)error_set(&of->reason, SD14_ERROR_DEVICE,
                    "%s: cancelled, and the device's process was ended because it did not stop",
                    stage);
    return error_set(error, SD14_ERROR_CANCELLED, "%s: cancelled", stage);
}

/* Tells a run to stop before its next call. The frame is short: the socket has room, or the process is not
 * reading, and then the grace ends it. */
static void send_stop(channel *of)
{
    static const char stop[] = "\x0d\0\0\0{\"do\":\"stop\"}";
    (void)send(of->socket, stop, sizeof(stop) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Ends the wait where its time is over, and begins to end it when the caller cancels. */
static sd14_status look_at_limits(channel *of, short events, channel_wait *wait, sd14_error *error)
{
    const channel_request *request = wait->request;
    const int64_t now = clock_ns();
    if (now >= wait->end && wait->cancelled) return fail_cancelled(of, request->stage, error);
    if (now >= wait->end) return fail_late(of, wait, request->total_ms, error);
    if (now >= wait->silence_end) return fail_late(of, wait, request->silence_ms, error);
    if (wait->cancelled || request->cancel == NULL || !atomic_load(request->cancel)) return SD14_OK;
    if (events == POLLOUT) return fail_cancelled(of, request->stage, error);
    send_stop(of);
    wait->cancelled = true;
    wait->end = channel_after(CANCEL_GRACE_MS);
    return SD14_OK;
}

static int time_left(const channel_wait *wait)
{
    const int64_t end = wait->end < wait->silence_end ? wait->end : wait->silence_end;
    const int64_t left_ms = (end - clock_ns()) / 1000000 + 1;
    const int64_t most_ms = wait->request->cancel != NULL ? CANCEL_LOOK_MS : INT_MAX;
    return left_ms < 0 ? 0 : (int)(left_ms < most_ms ? left_ms : most_ms);
}

/* Waits until the socket can be read or written (`events`). */
static sd14_status wait_for(channel *of, short events, channel_wait *wait, sd14_error *error)
{
    for (;;) {
        TRY(look_at_limits(of, events, wait, error));
        struct pollfd files[] = {{.fd = of->socket, .events = events},
                                 {.fd = of->words.descriptor, .events = POLLIN}};
        if (poll(files, 2, time_left(wait)) <= 0) continue; /* nothing yet, or a signal */
        if (files[1].revents != 0) child_words_read(&of->words);
        if (files[0].revents != 0) return SD14_OK;
    }
}

sd14_status channel_send(channel *of, const text *frame, channel_wait *wait, sd14_error *error)
{
    size_t sent = 0;
    while (sent < frame->length) {
        const ssize_t got = send(of->socket, frame->bytes + sent, frame->length - sent,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (got >= 0) {
            sent += (size_t)got;
        } else if (errno == EAGAIN) {
            TRY(wait_for(of, POLLOUT, wait, error));
        } else if (errno != EINTR) {
            return fail_ended(of, wait->request->stage, error);
        }
    }
    return SD14_OK;
}

static sd14_status
receive_all(channel *of, void *bytes, size_t count, channel_wait *wait, sd14_error *error)
{
    size_t received = 0;
    while (received < count) {
        const ssize_t got =
            recv(of->socket, (uint8_t *)bytes + received, count - received, MSG_DONTWAIT);
        if (got > 0) {
            received += (size_t)got;
        } else if (got < 0 && errno == EAGAIN) {
            TRY(wait_for(of, POLLIN, wait, error));
        } else if (got == 0 || errno != EINTR) {
            return fail_ended(of, wait->request->stage, error);
        }
    }
    return SD14_OK;
}

static sd14_status
receive_frame(channel *of, channel_wait *wait, json_t **out_message, sd14_error *error)
{
    uint8_t header[FRAME_HEADER_BYTES];
    sd14_error why;
    TRY(receive_all(of, header, sizeof(header), wait, error));
    const size_t length = frame_length(header);
    if (length == 0) return fail_broken(of, wait->request->stage, "a frame of no length", error);
    char *bytes = mem_array(length, 1);
    if (bytes == NULL) {
        give_up(of); /* the frame would be taken for the next reply */
        FAIL_NO_MEMORY(error, "a reply of the device");
    }
    sd14_status status = receive_all(of, bytes, length, wait, error);
    if (status == SD14_OK && frame_read(bytes, length, out_message, &why) != SD14_OK) {
        status = fail_broken(of, wait->request->stage, why.text, error);
    }
    mem_free(bytes);
    return status;
}

static int64_t number_or_none(const json_t *of, const char *key)
{
    const json_t *value = json_object_get(of, key);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
}

static sd14_status
take_refusal(channel *of, const json_t *refusal, channel_wait *wait, sd14_error *error)
{
    const char *kind = json_string_value(json_object_get(refusal, "kind"));
    const char *words = json_string_value(json_object_get(refusal, "text"));
    if (kind == NULL || words == NULL) {
        return fail_broken(of, wait->request->stage, "an error without kind or text", error);
    }
    (void)snprintf(of->refusal.kind, sizeof(of->refusal.kind), "%s", kind);
    of->refusal.call = number_or_none(refusal, "call");
    of->refusal.node = number_or_none(refusal, "node");
    if (strcmp(kind, "stopped") == 0) {
        return error_set(error, SD14_ERROR_CANCELLED, "%s: cancelled", wait->request->stage);
    }
    const sd14_status status =
        strcmp(kind, "memory") == 0 ? SD14_ERROR_OUT_OF_MEMORY : SD14_ERROR_DEVICE;
    return error_set(error, status, "%s: %s", wait->request->stage, words);
}

/* Hands notes on until the reply. */
sd14_status channel_receive(channel *of, channel_wait *wait, json_t **out_reply, sd14_error *error)
{
    const channel_request *request = wait->request;
    for (;;) {
        json_t *message = NULL;
        TRY(receive_frame(of, wait, &message, error));
        if (json_object_get(message, "note") != NULL) {
            if (request->note != NULL) request->note(request->note_user, message);
            json_decref(message);
            wait->silence_end = channel_after(request->silence_ms);
            continue;
        }
        if (json_is_true(json_object_get(message, "ok"))) {
            *out_reply = message;
            return SD14_OK;
        }
        const json_t *refusal = json_object_get(message, "error");
        const sd14_status status =
            refusal != NULL ? take_refusal(of, refusal, wait, error)
                            : fail_broken(of, request->stage, "neither a note nor a reply", error);
        json_decref(message);
        return status;
    }
}
