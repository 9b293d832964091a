/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/wire/frame.h"

static int add_to_text(const char *bytes, size_t size, void *to)
{
    text_add_bytes(to, bytes, size);
    return text_failed(to) ? -1 : 0;
}

sd14_status frame_write(const json_t *message, text *out, sd14_error *error)
{
    static const char header[FRAME_HEADER_BYTES] = {0};
    *out = (text){0};
    text_add_bytes(out, header, sizeof(header));
    if (json_dump_callback(message, add_to_text, out, JSON_COMPACT) != 0 || text_failed(out)) {
        text_release(out);
        FAIL_NO_MEMORY(error, "a message to the device");
    }
    const size_t length = out->length - FRAME_HEADER_BYTES;
    if (length > FRAME_BYTES_MAX) {
        text_release(out);
        FAIL(error, INVALID_ARGUMENT, "a message of %zu bytes is too long for the device", length);
    }
    for (size_t i = 0; i < FRAME_HEADER_BYTES; i++) {
        out->bytes[i] = (char)(uint8_t)(length >> (8 * i));
    }
    return SD14_OK;
}

size_t frame_length(const uint8_t header[FRAME_HEADER_BYTES])
{
    size_t length = 0;
    for (size_t i = 0; i < FRAME_HEADER_BYTES; i++) length |= (size_t)header[i] << (8 * i);
    return length > FRAME_BYTES_MAX ? 0 : length;
}

sd14_status frame_read(const char *bytes, size_t length, json_t **out_message, sd14_error *error)
{
    json_error_t where;
    *out_message = json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
    if (*out_message == NULL) FAIL(error, DEVICE, "a frame is not JSON: %s", where.text);
    if (!json_is_object(*out_message)) {
        json_decref(*out_message);
        *out_message = NULL;
        FAIL(error, DEVICE, "a frame is not a JSON object");
    }
    return SD14_OK;
}
