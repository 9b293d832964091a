/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/ttnn/channel_parts.h"
#include "backends/ttnn/wire/frame.h"
#include "base/clock.h"
#include "base/memory.h"

static sd14_status open_descriptors(channel *of, int theirs[2], sd14_error *error)
{
    int sockets[2];
    int output[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
        FAIL(error, DEVICE, "no socket for the device process: %s", strerror(errno));
    }
    of->socket = sockets[0];
    theirs[0] = sockets[1];
    if (pipe2(output, O_CLOEXEC) != 0) {
        FAIL(error, DEVICE, "no pipe for the device process: %s", strerror(errno));
    }
    of->words.descriptor = output[0];
    theirs[1] = output[1];
    (void)fcntl(of->socket, F_SETFL, O_NONBLOCK);
    (void)fcntl(of->words.descriptor, F_SETFL, O_NONBLOCK);
    of->memory_descriptor = memfd_create("sd14-ttnn", MFD_CLOEXEC);
    if (of->memory_descriptor < 0) {
        FAIL(error, DEVICE, "no shared memory for the device process: %s", strerror(errno));
    }
    return SD14_OK;
}

static sd14_status
start_process(channel *of, const channel_options *options, const int theirs[2], sd14_error *error)
{
    char parent[24];
    (void)snprintf(parent, sizeof(parent), "%ld", (long)getpid());
    const char *const arguments[] = {"sd14-ttnn-device", parent, NULL};
    const int descriptors[] = {-1, theirs[1], theirs[1], theirs[0], of->memory_descriptor};
    const child_process_start_options start = {
        .program = options->program,
        .arguments = arguments,
        .environment =
            options->environment != NULL ? options->environment : (const char *const *)environ,
        .descriptors = descriptors,
        .descriptor_count = sizeof(descriptors) / sizeof(descriptors[0])};
    return child_process_start(&start, &of->process, error);
}

sd14_status channel_start(const channel_options *options, channel **out_channel, sd14_error *error)
{
    int theirs[2] = {-1, -1};
    *out_channel = NULL;
    channel *of = mem_array(1, sizeof(*of));
    if (of == NULL) FAIL_NO_MEMORY(error, "the device process's channel");
    of->socket = of->memory_descriptor = -1;
    of->words = (child_words){.descriptor = -1, .log = options->log};
    sd14_status status = open_descriptors(of, theirs, error);
    if (status == SD14_OK) status = start_process(of, options, theirs, error);
    for (size_t i = 0; i < 2; i++) {
        if (theirs[i] >= 0) (void)close(theirs[i]);
    }
    if (status != SD14_OK) {
        channel_close(of, 0);
        return status;
    }
    of->alive = true;
    *out_channel = of;
    return SD14_OK;
}

sd14_status channel_reserve(channel *of, size_t bytes, uint8_t **out_memory, sd14_error *error)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (bytes > of->memory_bytes || of->memory == NULL) {
        if (bytes > (size_t)PTRDIFF_MAX - page) FAIL_NO_MEMORY(error, "tensors of the device");
        const size_t size = bytes == 0 ? page : (bytes + page - 1) / page * page;
        if (ftruncate(of->memory_descriptor, (off_t)size) != 0) {
            FAIL_NO_MEMORY(error, "tensors of the device");
        }
        void *memory =
            of->memory == NULL
                ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, of->memory_descriptor, 0)
                : mremap(of->memory, of->memory_bytes, size, MREMAP_MAYMOVE);
        if (memory == MAP_FAILED) FAIL_NO_MEMORY(error, "tensors of the device");
        of->memory = memory;
        of->memory_bytes = size;
    }
    *out_memory = of->memory;
    return SD14_OK;
}

static sd14_status tell_memory(channel *of, json_t *message, sd14_error *error)
{
    if (of->memory_bytes == of->told_bytes) return SD14_OK;
    json_t *bytes = json_integer((json_int_t)of->memory_bytes);
    if (json_object_set_new(message, "shared_bytes", bytes) != 0) {
        FAIL_NO_MEMORY(error, "a message to the device");
    }
    return SD14_OK;
}

sd14_status
channel_ask(channel *of, const channel_request *request, json_t **out_reply, sd14_error *error)
{
    text frame = {0};
    *out_reply = NULL;
    of->refusal = (channel_refusal){.call = -1, .node = -1};
    if (!of->alive) return error_set(error, SD14_ERROR_DEVICE, "%s", of->reason.text);
    if (request->cancel != NULL && atomic_load(request->cancel)) {
        FAIL(error, CANCELLED, "%s: cancelled", request->stage);
    }
    TRY(tell_memory(of, request->message, error));
    TRY(frame_write(request->message, &frame, error));

    channel_wait wait = {
        .request = request, .silence_end = channel_after(request->silence_ms), .end = INT64_MAX};
    if (request->total_ms > 0) wait.end = channel_after(request->total_ms);
    sd14_status status = channel_send(of, &frame, &wait, error);
    text_release(&frame);
    if (status == SD14_OK) status = channel_receive(of, &wait, out_reply, error);
    if (of->alive) of->told_bytes = of->memory_bytes;
    return status;
}

const channel_refusal *channel_last_refusal(const channel *of)
{
    return &of->refusal;
}

bool channel_alive(const channel *of)
{
    return of->alive;
}

int64_t channel_process(const channel *of)
{
    return of->process.id;
}

/* In order: the device first, then the process's own end. */
static void close_in_order(channel *of, int64_t end)
{
    json_t *reply = NULL;
    json_t *message = json_pack("{s:s}", "do", "close");
    const int64_t left_ms = (end - clock_ns()) / 1000000;
    const channel_request request = {
        .message = message, .stage = "closing the device", .silence_ms = left_ms};
    if (message != NULL && left_ms > 0) (void)!channel_ask(of, &request, &reply, NULL);
    json_decref(reply);
    json_decref(message);
}

void channel_close(channel *of, int64_t deadline_ms)
{
    if (of == NULL) return;
    const int64_t end = channel_after(deadline_ms);
    if (of->alive) close_in_order(of, end);
    if (of->socket >= 0)
        (void)close(of->socket); /* also an end for a process that waits for requests */
    while (of->alive && !child_process_wait(&of->process, 20) && clock_ns() < end) {
        child_words_read(&of->words); /* nobody waits for room in the pipe */
    }
    child_process_kill(&of->process);
    child_words_close(&of->words);
    if (of->memory != NULL) (void)munmap(of->memory, of->memory_bytes);
    if (of->memory_descriptor >= 0) (void)close(of->memory_descriptor);
    mem_free(of);
}
