/* SPDX-License-Identifier: Apache-2.0 */

/** What the channel's files share. */
#ifndef SD14_TTNN_CHANNEL_PARTS_H
#define SD14_TTNN_CHANNEL_PARTS_H

#include "backends/ttnn/channel.h"
#include "backends/ttnn/child_process.h"
#include "backends/ttnn/child_words.h"
#include "base/text.h"

struct channel {
    child_process process;
    int socket;
    int memory_descriptor;
    uint8_t *memory;
    size_t memory_bytes;
    size_t told_bytes; /* of the memory, as the process knows */
    child_words words;
    channel_refusal refusal;
    bool alive;
    bool busy;         /* a request has been sent whose reply has not come */
    sd14_error reason; /* why it is not alive */
};

/** A request being waited for. */
typedef struct channel_wait {
    const channel_request *request;
    int64_t silence_end; /**< by clock_ns() */
    int64_t end;
    bool cancelled; /**< the process was told */
} channel_wait;

/** The clock's time that many milliseconds from now. */
int64_t channel_after(int64_t milliseconds);

/** Sends a whole frame. Statuses as channel_ask() has them, here and below. */
SD14_NODISCARD sd14_status channel_send(channel *of,
                                        const text *frame,
                                        channel_wait *wait,
                                        sd14_error *error);

/** Hands notes on until the reply. */
SD14_NODISCARD sd14_status channel_receive(channel *of,
                                           channel_wait *wait,
                                           json_t **out_reply,
                                           sd14_error *error);

#endif /* SD14_TTNN_CHANNEL_PARTS_H */
