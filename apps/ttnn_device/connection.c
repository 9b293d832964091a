/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backends/ttnn/wire/frame.h"
#include "base/memory.h"

enum { CLOSING_SECONDS = 5 };

static sd14_status receive_all(int socket, void *bytes, size_t count, sd14_error *error)
{
    size_t received = 0;
    while (received < count) {
        const ssize_t got = recv(socket, (uint8_t *)bytes + received, count - received, 0);
        if (got > 0) {
            received += (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            FAIL(error, CANCELLED, "the parent is gone");
        }
    }
    return SD14_OK;
}

sd14_status connection_receive(int socket, json_t **out_message, sd14_error *error)
{
    uint8_t header[FRAME_HEADER_BYTES];
    *out_message = NULL;
    TRY(receive_all(socket, header, sizeof(header), error));
    const size_t length = frame_length(header);
    if (length == 0) FAIL(error, DEVICE, "a frame of no length");
    char *bytes = mem_array(length, 1);
    if (bytes == NULL) FAIL_NO_MEMORY(error, "a request");
    sd14_status status = receive_all(socket, bytes, length, error);
    if (status == SD14_OK) status = frame_read(bytes, length, out_message, error);
    mem_free(bytes);
    return status;
}

sd14_status connection_send(int socket, const json_t *message, sd14_error *error)
{
    text frame;
    size_t sent = 0;
    TRY(frame_write(message, &frame, error));
    while (sent < frame.length) {
        const ssize_t got = send(socket, frame.bytes + sent, frame.length - sent, MSG_NOSIGNAL);
        if (got > 0) {
            sent += (size_t)got;
        } else if (errno != EINTR) {
            text_release(&frame);
            FAIL(error, CANCELLED, "the parent is gone");
        }
    }
    text_release(&frame);
    return SD14_OK;
}

bool connection_waits(int socket)
{
    struct pollfd file = {.fd = socket, .events = POLLIN};
    return poll(&file, 1, 0) > 0;
}

typedef struct watched {
    struct pollfd files[2];
} watched;

static void *watch(void *argument)
{
    watched *of = argument;
    while (poll(of->files, 2, -1) < 0 && errno == EINTR) {
    }
    const struct timespec closing = {.tv_sec = CLOSING_SECONDS};
    (void)nanosleep(&closing, NULL);
    (void)kill(0, SIGKILL); /* this process leads its group */
    return NULL;
}

sd14_status connection_watch(int socket, long parent, sd14_error *error)
{
    pthread_t thread;
    watched *of = mem_array(1, sizeof(*of)); /* for as long as the process lives */
    if (of == NULL) FAIL_NO_MEMORY(error, "a thread");
    of->files[0] = (struct pollfd){.fd = socket, .events = POLLRDHUP};
    /* Linux 5.3; where it fails the socket alone is watched. It notices as well, unless a process that the
     * parent forked has it too. */
    of->files[1].fd = (int)syscall(SYS_pidfd_open, parent, 0);
    of->files[1].events = POLLIN;
    if (getppid() != parent) FAIL(error, FAILED, "the parent is gone");
    const int code = pthread_create(&thread, NULL, watch, of);
    if (code != 0) FAIL(error, FAILED, "no thread: %s", strerror(code));
    (void)pthread_detach(thread);
    return SD14_OK;
}
