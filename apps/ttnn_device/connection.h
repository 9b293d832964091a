/* SPDX-License-Identifier: Apache-2.0 */

/** The process's side of the channel: frames over one socket, waited for. */
#ifndef SD14_DEVICE_CONNECTION_H
#define SD14_DEVICE_CONNECTION_H

#include <jansson.h>
#include <stdbool.h>

#include "base/status.h"

/** The next message. @return SD14_ERROR_CANCELLED: the parent is gone; DEVICE: no frame; OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status connection_receive(int socket, json_t **out_message, sd14_error *error);

/** @return SD14_ERROR_CANCELLED: the parent is gone; SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status connection_send(int socket, const json_t *message, sd14_error *error);

/** Whether the parent wants something, or is gone. */
bool connection_waits(int socket);

/**
 * Watches on a thread for the end of the parent, and of its side of the socket. Whichever comes first: a while
 * later, in which an idle device is closed in order, this process and what it started are killed.
 *
 * PR_SET_PDEATHSIG would do it too soon: it means the thread that started this process.
 * @return SD14_ERROR_FAILED.
 */
SD14_NODISCARD sd14_status connection_watch(int socket, long parent, sd14_error *error);

#endif /* SD14_DEVICE_CONNECTION_H */
