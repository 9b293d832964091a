/* SPDX-License-Identifier: Apache-2.0 */

/**
 * How a call went, and a sentence about it for a person.
 *
 * Every call that can fail returns an sd14_status and takes an `sd14_error *` as its last
 * parameter. The error is the caller's memory, one per call in flight: there is no global state.
 */
#ifndef SD14_STATUS_H
#define SD14_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#    define SD14_NODISCARD __attribute__((warn_unused_result))
#    define SD14_API __attribute__((visibility("default")))
#else
#    define SD14_NODISCARD
#    define SD14_API
#endif

/** Outcome of a call. The values are part of the ABI. */
typedef enum sd14_status {
    SD14_OK = 0,
    SD14_ERROR_FAILED = 1,           /**< The run failed for a reason none of the others names. */
    SD14_ERROR_INVALID_ARGUMENT = 2, /**< A parameter is out of its range or contradicts another. */
    SD14_ERROR_MODEL = 3,            /**< A model is missing, damaged, or not supported. */
    SD14_ERROR_FILE = 4,             /**< Some other file could not be read or written. */
    SD14_ERROR_OUT_OF_MEMORY = 5,    /**< Host memory, or the cap that was set, is too small. */
    SD14_ERROR_DEVICE = 6,           /**< The backend is unavailable or its device failed. */
    SD14_ERROR_VERIFICATION = 7, /**< Numbers are not what they must be: NaN, or a parity miss. */
    SD14_ERROR_CANCELLED = 8     /**< sd14_session_cancel() was called. */
} sd14_status;

/** Bytes of an error's text, its final zero included. */
#define SD14_ERROR_TEXT_BYTES 2048

/** A sentence about a failure: what, where, what to do. UTF-8, no newline at its end. */
typedef struct sd14_error {
    char text[SD14_ERROR_TEXT_BYTES];
} sd14_error;

/** The status's name in words, e.g. "invalid argument". Never NULL; static storage. */
SD14_API const char *sd14_status_name(sd14_status status);

#ifdef __cplusplus
}
#endif

#endif /* SD14_STATUS_H */
