/* SPDX-License-Identifier: Apache-2.0 */

/** Text that the library made: reports, dumps. */
#ifndef SD14_TEXT_H
#define SD14_TEXT_H

#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Gives back a text that a call handed out. NULL is fine. */
SD14_API void sd14_text_destroy(char *text);

/**
 * Writes a text into a file: whole, under a temporary name, then renamed; "-" is standard output.
 *
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_FILE (nothing is left behind);
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_text_write(const char *text,
                                                    const char *path,
                                                    sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_TEXT_H */
