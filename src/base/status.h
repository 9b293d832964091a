/* SPDX-License-Identifier: Apache-2.0 */

/** The two macros every failing path is written with. */
#ifndef SD14_BASE_STATUS_H
#define SD14_BASE_STATUS_H

#include <stdarg.h>

#include <sd14/status.h>

/** Passes a failure up to the caller, its text already written. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        const sd14_status try_status_ = (expression);                                              \
        if (try_status_ != SD14_OK) return try_status_;                                            \
    } while (0)

/** As TRY, for functions that hold resources: stores the failure in `status` and jumps to `done`.
 */
#define TRY_DONE(expression)                                                                       \
    do {                                                                                           \
        status = (expression);                                                                     \
        if (status != SD14_OK) goto done;                                                          \
    } while (0)

/** Writes the sentence and returns the status: FAIL(error, MODEL, "%s: not a folder", path). */
#define FAIL(error, code, ...) return error_set((error), SD14_ERROR_##code, __VA_ARGS__)

/** As FAIL, for functions that hold resources. */
#define FAIL_DONE(error, code, ...)                                                                \
    do {                                                                                           \
        status = error_set((error), SD14_ERROR_##code, __VA_ARGS__);                               \
        goto done;                                                                                 \
    } while (0)

/**
 * Writes a sentence into `error` (may be NULL) and returns `status`. Control characters and broken UTF-8
 * that came in with a name from outside become '?': an error stays one line. Text too long is cut with
 * "...".
 */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
sd14_status
error_set(sd14_error *error, sd14_status status, const char *format, ...);

/** The FAIL of an allocation: names what the memory was for. */
#define FAIL_NO_MEMORY(error, what)                                                                \
    FAIL(error, OUT_OF_MEMORY,                                                                     \
         "not enough memory for %s; close other programs or use a smaller size", what)

#endif /* SD14_BASE_STATUS_H */
