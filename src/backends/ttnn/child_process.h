/* SPDX-License-Identifier: Apache-2.0 */

/** A program run as a child in a process group of its own, so that killing it takes what it started along. */
#ifndef SD14_TTNN_CHILD_PROCESS_H
#define SD14_TTNN_CHILD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

typedef struct child_process {
    pid_t id; /**< 0: none was started */
    bool ended;
    bool known; /**< how; otherwise somebody else took its end */
    bool by_signal;
    int status; /**< the signal's number or the exit status */
} child_process;

typedef struct child_process_start_options {
    const char *program;
    const char *const *arguments;   /**< the program's name first, ends with NULL */
    const char *const *environment; /**< ends with NULL */
    const int *descriptors;         /**< what is to be 0, 1, ... there; -1: /dev/null */
    size_t descriptor_count;
} child_process_start_options;

/** Signals are as usual there, whatever the caller blocks or ignores. @return SD14_ERROR_DEVICE. */
SD14_NODISCARD sd14_status child_process_start(const child_process_start_options *options,
                                               child_process *out,
                                               sd14_error *error);

/** Waits for the end, `milliseconds` at most; 0 only looks. Returns whether it has ended. */
bool child_process_wait(child_process *of, int64_t milliseconds);

/** Kills what is left of the group and takes the child's end: once for each that was started. A process that
 * the kernel does not let go is given up after a while. */
void child_process_kill(child_process *of);

enum { CHILD_ENDING_BYTES = 48 };

/** "exit status 1", "signal 9". Returns `out`. */
const char *child_process_ending(const child_process *of, char out[CHILD_ENDING_BYTES]);

#endif /* SD14_TTNN_CHILD_PROCESS_H */
