/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Frames between the library and the device process: four bytes of length, little endian, and that many bytes
 * of JSON, an object.
 */
#ifndef SD14_TTNN_FRAME_H
#define SD14_TTNN_FRAME_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

enum {
    FRAME_HEADER_BYTES = 4,
    FRAME_BYTES_MAX = 64 << 20, /**< a network of ten thousand calls takes five million */
    FRAME_SOCKET = 3,           /**< the device process's descriptor for frames */
    FRAME_MEMORY = 4            /**< and for the shared memory */
};

/** Length and JSON of a message, ready to be sent. @return OUT_OF_MEMORY; INVALID_ARGUMENT: too long. */
SD14_NODISCARD sd14_status frame_write(const json_t *message, text *out, sd14_error *error);

/** A frame's length; 0: no frame begins like this. */
size_t frame_length(const uint8_t header[FRAME_HEADER_BYTES]);

/** The message. @param out_message  the caller's to json_decref(). @return SD14_ERROR_DEVICE: no JSON object. */
SD14_NODISCARD sd14_status frame_read(const char *bytes,
                                      size_t length,
                                      json_t **out_message,
                                      sd14_error *error);

#endif /* SD14_TTNN_FRAME_H */
