/* SPDX-License-Identifier: Apache-2.0 */

/** Ctrl-C and SIGTERM: the first asks the drawing to stop, the second ends the program at once. */
#ifndef SD14_CLI_INTERRUPT_H
#define SD14_CLI_INTERRUPT_H

#include <stdbool.h>

#include <sd14/generate.h>

/** Starts catching. A signal that the caller had set to be ignored (nohup) stays ignored. */
void interrupt_catch(void);

/** The session that a signal cancels from now on; NULL: none. */
void interrupt_session(sd14_session *session);

/** While set, a signal writes this text to standard error and ends the program, with exit code 130: for
 * work that cannot be cancelled and leaves nothing behind. NULL: no more. Borrowed. */
void interrupt_at_once(const char *farewell);

/** Whether a signal came. */
bool interrupt_came(void);

#endif /* SD14_CLI_INTERRUPT_H */
