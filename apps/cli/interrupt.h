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

/** Whether a signal came. */
bool interrupt_came(void);

#endif /* SD14_CLI_INTERRUPT_H */
