/* SPDX-License-Identifier: Apache-2.0 */

/** Messages to whoever asked for them; silence otherwise. Never from a kernel, never inside a loop. */
#ifndef SD14_BASE_LOG_H
#define SD14_BASE_LOG_H

typedef enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
} log_level;

typedef struct log_target {
    void *user;
    void (*write)(void *user, log_level level, const char *text); /**< NULL: silence */
} log_target;

/** One line of UTF-8, without its newline, by text_to_line(); long ones are cut. `target` may be NULL. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void log_write(const log_target *target, log_level level, const char *format, ...);

#endif /* SD14_BASE_LOG_H */
