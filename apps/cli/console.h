/* SPDX-License-Identifier: Apache-2.0 */

/** Standard error as a person sees it: messages of one line each, and one line that is redrawn. */
#ifndef SD14_CLI_CONSOLE_H
#define SD14_CLI_CONSOLE_H

#include <stdbool.h>

#include <sd14/model.h>

typedef enum console_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } console_color;

typedef struct console {
    bool quiet;      /**< errors only */
    int verbosity;   /**< 0; 1: the library's information too; 2: its debug messages too */
    bool color;      /**< escape sequences for colour are welcome */
    bool redraws;    /**< a terminal that can redraw a line */
    bool line_drawn; /**< console_draw()'s line stands on the terminal now */
} console;

/** Looks at standard error and the environment (NO_COLOR, TERM). */
void console_init(console *con, console_color color);

/** Columns and rows of the terminal; 80 x 24 when it does not say. */
void console_size(int *out_columns, int *out_rows);

/**
 * Messages: "sd14: ", the text and a newline. Control characters in the text become '?': what came in
 * with a file name cannot fake a second line or play with the terminal.
 */
#define CONSOLE_FORMAT __attribute__((format(printf, 2, 3)))
CONSOLE_FORMAT void console_error(console *con, const char *format, ...);
CONSOLE_FORMAT void console_warning(console *con, const char *format, ...); /* not with -q */
CONSOLE_FORMAT void console_note(console *con, const char *format, ...);    /* not with -q */
CONSOLE_FORMAT void console_detail(console *con, const char *format, ...);  /* with -v */

/** A sd14_log's write(): its user is the console. */
void console_log(void *user, sd14_log_level level, const char *text);

/** Draws (over the previous one) the line that the next message replaces. Terminals only. */
void console_draw(console *con, const char *line);

/** Takes the redrawn line away. */
void console_clear(console *con);

#endif /* SD14_CLI_CONSOLE_H */
