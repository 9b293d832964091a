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

#ifdef __cplusplus
}
#endif

#endif /* SD14_TEXT_H */
