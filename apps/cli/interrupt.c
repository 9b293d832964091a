/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* A handler gets no argument: these are all it can see. */
static _Atomic(sd14_session *) running;
static atomic_bool came;
static _Atomic(const char *) last_words;

static const int caught[] = {SIGINT, SIGTERM};
enum { N_CAUGHT = sizeof(caught) / sizeof(caught[0]) };

static void on_signal(int number)
{
    (void)number;
    const int saved = errno;
    for (size_t i = 0; i < N_CAUGHT; i++)
        (void)signal(caught[i], SIG_DFL); /* the second one kills */
    atomic_store(&came, true);
    const char *farewell = atomic_load(&last_words);
    if (farewell != NULL) {
        const ssize_t written = write(STDERR_FILENO, farewell, strlen(farewell));
        (void)written; /* it ends either way */
        _exit(EXIT_CODE_INTERRUPTED);
    }
    sd14_session *session = atomic_load(&running);
    if (session != NULL) sd14_session_cancel(session);
    errno = saved;
}

void interrupt_catch(void)
{
    struct sigaction action, old;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART; /* or every read and write would have to expect EINTR */
    /* The second signal waits until the first one's handler has set its default action. */
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_CAUGHT; i++) (void)sigaddset(&action.sa_mask, caught[i]);
    for (size_t i = 0; i < N_CAUGHT; i++) {
        if (sigaction(caught[i], NULL, &old) != 0 || old.sa_handler == SIG_IGN) continue;
        (void)sigaction(caught[i], &action, NULL);
    }
}

void interrupt_session(sd14_session *session)
{
    atomic_store(&running, session);
    /* The signal may have come before there was a session to cancel. */
    if (session != NULL && atomic_load(&came)) sd14_session_cancel(session);
}

void interrupt_at_once(const char *farewell)
{
    atomic_store(&last_words, farewell);
}

bool interrupt_came(void)
{
    return atomic_load(&came);
}
