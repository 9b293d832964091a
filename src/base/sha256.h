/* SPDX-License-Identifier: Apache-2.0 */

/** SHA-256 of bytes as they come, over OpenSSL's libcrypto. */
#ifndef SD14_BASE_SHA256_H
#define SD14_BASE_SHA256_H

#include <stddef.h>

#include "base/status.h"

/** 64 lower-case hexadecimal digits and the final zero. */
enum { SHA256_TEXT_BYTES = 65 };

typedef struct sha256 {
    void *context; /**< libcrypto's; NULL when released */
} sha256;

/** @return SD14_ERROR_OUT_OF_MEMORY; SD14_ERROR_FAILED if libcrypto has no SHA-256. */
SD14_NODISCARD sd14_status sha256_init(sha256 *out_hash, sd14_error *error);

/** Adds bytes; `bytes` may be NULL when `size` is 0. @return SD14_ERROR_FAILED from libcrypto. */
SD14_NODISCARD sd14_status sha256_add(sha256 *hash,
                                      const void *bytes,
                                      size_t size,
                                      sd14_error *error);

/** Writes the digits of all bytes added; the hash can then only be released. */
SD14_NODISCARD sd14_status sha256_final(sha256 *hash,
                                        char out_text[SHA256_TEXT_BYTES],
                                        sd14_error *error);

/** An all-zero or released hash is fine. */
void sha256_release(sha256 *hash);

/** The digits of one block of bytes. */
SD14_NODISCARD sd14_status sha256_bytes(const void *bytes,
                                        size_t size,
                                        char out_text[SHA256_TEXT_BYTES],
                                        sd14_error *error);

/** The digits of a file's bytes. @return also SD14_ERROR_FILE (missing, a folder, unreadable). */
SD14_NODISCARD sd14_status sha256_file(const char *path,
                                       char out_text[SHA256_TEXT_BYTES],
                                       sd14_error *error);

#endif /* SD14_BASE_SHA256_H */
