/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { DESCRIPTORS_MAX = 8, LOOK_MS = 2, KILL_MS = 5000 };

/* Everything that a program may have set and that outlives exec. */
static int usual_signals(posix_spawnattr_t *attributes)
{
    sigset_t set;
    (void)sigemptyset(&set);
    int code = posix_spawnattr_setsigmask(attributes, &set);
    (void)sigfillset(&set);
    (void)sigdelset(&set, SIGKILL);
    (void)sigdelset(&set, SIGSTOP);
    if (code == 0) code = posix_spawnattr_setsigdefault(attributes, &set);
    if (code == 0) code = posix_spawnattr_setpgroup(attributes, 0);
    if (code == 0) {
        code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                        POSIX_SPAWN_SETPGROUP);
    }
    return code;
}

/* The copies lie above all targets: no dup2 can overwrite what a later one reads. */
static int
copy_descriptors(const int *descriptors, size_t count, int copies[], posix_spawn_file_actions_t *to)
{
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++) {
        if (descriptors[i] < 0) {
            code = posix_spawn_file_actions_addopen(to, (int)i, "/dev/null", O_RDWR, 0);
            continue;
        }
        copies[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, DESCRIPTORS_MAX);
        if (copies[i] < 0) return errno;
        code = posix_spawn_file_actions_adddup2(to, copies[i], (int)i);
    }
    return code;
}

static int spawn(const child_process_start_options *options,
                 const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes,
                 pid_t *out_id)
{
    /* posix_spawn() does not write them. */
    char *const *arguments = (char *const *)(uintptr_t)options->arguments;
    char *const *environment = (char *const *)(uintptr_t)options->environment;
    return posix_spawn(out_id, options->program, actions, attributes, arguments, environment);
}

sd14_status child_process_start(const child_process_start_options *options,
                                child_process *out,
                                sd14_error *error)
{
    int copies[DESCRIPTORS_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    *out = (child_process){0};
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0) FAIL_NO_MEMORY(error, "starting a program");
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
        const size_t count = options->descriptor_count;
        code = count > DESCRIPTORS_MAX
                   ? EINVAL
                   : copy_descriptors(options->descriptors, count, copies, &actions);
        if (code == 0) code = usual_signals(&attributes);
        if (code == 0) code = spawn(options, &actions, &attributes, &out->id);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 0; i < DESCRIPTORS_MAX; i++) {
        if (copies[i] >= 0) (void)close(copies[i]);
    }
    if (code != 0) {
        out->id = 0;
        FAIL(error, DEVICE, "%s: cannot be started: %s", options->program, strerror(code));
    }
    return SD14_OK;
}

/* Leaves the end to be taken: the id stays the child's until child_process_kill(). */
static bool has_ended(child_process *of)
{
    siginfo_t info = {0};
    if (of->id == 0 || of->ended) return true;
    if (waitid(P_PID, (id_t)of->id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        of->ended = errno == ECHILD; /* the program takes its children's ends itself */
    } else if (info.si_pid == of->id) {
        of->ended = true;
        of->known = true;
        of->by_signal = info.si_code != CLD_EXITED;
        of->status = info.si_status;
    }
    return of->ended;
}

bool child_process_wait(child_process *of, int64_t milliseconds)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    const int64_t end = clock_ns() + milliseconds * 1000000;
    while (!has_ended(of)) {
        if (clock_ns() >= end) return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

void child_process_kill(child_process *of)
{
    if (of->id == 0) return;
    if (!has_ended(of) || of->known) (void)kill(-of->id, SIGKILL);
    if (child_process_wait(of, KILL_MS)) (void)waitpid(of->id, NULL, WNOHANG);
    of->id = 0;
}

const char *child_process_ending(const child_process *of, char out[CHILD_ENDING_BYTES])
{
    if (!of->ended) {
        (void)snprintf(out, CHILD_ENDING_BYTES, "still running");
    } else if (!of->known) {
        (void)snprintf(out, CHILD_ENDING_BYTES, "exit status unknown");
    } else {
        (void)snprintf(out, CHILD_ENDING_BYTES, "%s %d", of->by_signal ? "signal" : "exit status",
                       of->status);
    }
    return out;
}
