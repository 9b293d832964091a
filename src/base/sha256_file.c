/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_map.h"
#include "base/sha256.h"

/* Bytes hashed before their pages are given back: a file of gigabytes must not fill the memory, and what is
 * in it at once counts in the memory plan (pipeline/text_to_image_plan.c). */
static const size_t chunk_bytes = (size_t)4 << 20;

sd14_status sha256_file(const char *path, char out_text[SHA256_TEXT_BYTES], sd14_error *error)
{
    file_map map = {0};
    sha256 hash = {0};
    sd14_status status = file_map_open(path, &map, error);
    if (status == SD14_OK) status = sha256_init(&hash, error);
    for (size_t at = 0; status == SD14_OK && at < map.size; at += chunk_bytes) {
        const size_t left = map.size - at;
        const size_t bytes = left < chunk_bytes ? left : chunk_bytes;
        status = sha256_add(&hash, map.bytes + at, bytes, error);
        file_map_forget(map.bytes + at, bytes);
    }
    if (status == SD14_OK) status = sha256_final(&hash, out_text, error);
    sha256_release(&hash);
    file_map_close(&map);
    return status;
}
