/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The parent's side of the device process: sd14-ttnn-device, which holds Python, ttnn and the device.
 *
 *     channel_start(&options, &channel, error)
 *     channel_reserve(channel, bytes, &memory, error)     memory that both see: tensors go through it
 *     channel_ask(channel, &request, &reply, error)       one request, its notes, its reply
 *     channel_close(channel, 10000)
 *
 * A device call that hangs cannot be interrupted, so every wait has an end: after it the process is killed,
 * and every later request fails at once with the reason. One thread at a time.
 */
#ifndef SD14_TTNN_CHANNEL_H
#define SD14_TTNN_CHANNEL_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/status.h"

typedef struct channel channel;

typedef struct channel_options {
    const char *program; /**< the device process's file: device_program_find() */
    const char *const
        *environment; /**< of the device process, "NAME=value", ends with NULL; NULL: this one's */
    const log_target
        *log; /**< gets what Python and ttnn print, a line each, as LOG_LEVEL_DEBUG; may be NULL */
} channel_options;

/**
 * Starts the process; nothing of Python is loaded yet. Its environment, no descriptor of the caller's: only
 * the channel's own. It ends when this process ends, however that ends.
 * @param options  the log's target is kept, the rest is not.
 * @return SD14_ERROR_DEVICE: it could not be started; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status channel_start(const channel_options *options,
                                         channel **out_channel,
                                         sd14_error *error);

/**
 * Makes the shared memory at least that large; what is in it stays.
 * @param out_memory  its start, page aligned, valid until the next channel_reserve() or channel_close().
 * @return SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status channel_reserve(channel *of,
                                           size_t bytes,
                                           uint8_t **out_memory,
                                           sd14_error *error);

typedef struct channel_request {
    json_t *message;    /**< borrowed; gets "shared_bytes" when the memory has grown */
    const char *stage;  /**< in words, for errors: "opening the device", "UNet, step 3" */
    int64_t silence_ms; /**< longest wait for the next note or the reply; must be given */
    int64_t total_ms;   /**< longest wait for the reply; 0: as long as notes come */
    void (*note)(void *user, const json_t *note); /**< gets each note; may be NULL */
    void *note_user;
    const atomic_bool *cancel; /**< looked at while waiting; may be NULL */
} channel_request;

/**
 * Sends a request and waits for its reply.
 * @param out_reply  the caller's to json_decref(); an object with "ok": true. NULL on failure.
 * @return SD14_OK
 *         SD14_ERROR_DEVICE      the process refused (channel_refusal() says more; the next request may work),
 *                                took too long (it was killed), or ended (with its last words)
 *         SD14_ERROR_CANCELLED   a run stops between two calls; what does not stop soon is killed
 *         SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD sd14_status channel_ask(channel *of,
                                       const channel_request *request,
                                       json_t **out_reply,
                                       sd14_error *error);

/** Why the process refused the last request. */
typedef struct channel_refusal {
    char kind[16]; /**< "python", "ttnn", "device", "protocol", "memory"; "": it did not refuse */
    int64_t call;  /**< of the request's or program's calls; -1: none */
    int64_t node;  /**< the graph's node that the call belongs to; -1: none */
} channel_refusal;

const channel_refusal *channel_last_refusal(const channel *of);

/** Whether the process can still be asked. */
bool channel_alive(const channel *of);

/** The process's id, for tests and messages. */
int64_t channel_process(const channel *of);

/**
 * Closes the device in order, waits that long for the process to end, then kills it. No process is left
 * behind. NULL is fine.
 */
void channel_close(channel *of, int64_t deadline_ms);

#endif /* SD14_TTNN_CHANNEL_H */
