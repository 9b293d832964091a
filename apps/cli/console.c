/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"
#define ERASE_TO_END "\033[K"

enum { MESSAGE_BYTES = 4096 };

void console_init(console *con, console_color color)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    const bool dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
    con->redraws = isatty(STDERR_FILENO) != 0 && !dumb;
    /* no-color.org: set and not empty, whatever it says; an option on the command line wins. */
    const bool unwanted = no_color != NULL && no_color[0] != '\0';
    con->color = color == COLOR_ALWAYS || (color == COLOR_AUTO && con->redraws && !unwanted);
}

void console_size(int *out_columns, int *out_rows)
{
    struct winsize size;
    memset(&size, 0, sizeof(size));
    (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    *out_columns = size.ws_col > 0 ? size.ws_col : 80;
    *out_rows = size.ws_row > 0 ? size.ws_row : 24;
}

__attribute__((format(printf, 4, 0))) static void print_message(
    console *con, const char *color, const char *kind, const char *format, va_list arguments)
{
    char text[MESSAGE_BYTES];
    const int length = vsnprintf(text, sizeof(text), format, arguments);
    if (length >= (int)sizeof(text)) memcpy(text + sizeof(text) - 4, "...", 4);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) *c = '?';
    }
    console_clear(con);
    const bool colored = con->color && color[0] != '\0';
    (void)fprintf(stderr, "%ssd14: %s%s%s\n", colored ? color : "", kind, colored ? PLAIN : "",
                  text);
}

void console_error(console *con, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_message(con, RED, "", format, arguments);
    va_end(arguments);
}

void console_warning(console *con, const char *format, ...)
{
    if (con->quiet) return;
    va_list arguments;
    va_start(arguments, format);
    print_message(con, YELLOW, "warning: ", format, arguments);
    va_end(arguments);
}

void console_note(console *con, const char *format, ...)
{
    if (con->quiet) return;
    va_list arguments;
    va_start(arguments, format);
    print_message(con, "", "", format, arguments);
    va_end(arguments);
}

void console_detail(console *con, const char *format, ...)
{
    if (con->verbosity < 1) return;
    va_list arguments;
    va_start(arguments, format);
    print_message(con, "", "", format, arguments);
    va_end(arguments);
}

void console_log(void *user, sd14_log_level level, const char *text)
{
    console *con = user;
    switch (level) {
    case SD14_LOG_ERROR:
        console_error(con, "%s", text);
        break;
    case SD14_LOG_WARNING:
        console_warning(con, "%s", text);
        break;
    case SD14_LOG_INFO:
        console_detail(con, "%s", text);
        break;
    case SD14_LOG_DEBUG:
        if (con->verbosity > 1) console_detail(con, "%s", text);
        break;
    }
}

void console_draw(console *con, const char *line)
{
    if (!con->redraws) return;
    (void)fprintf(stderr, "\r%s" ERASE_TO_END, line);
    (void)fflush(stderr);
    con->line_drawn = true;
}

void console_clear(console *con)
{
    if (!con->line_drawn) return;
    (void)fputs("\r" ERASE_TO_END, stderr);
    (void)fflush(stderr);
    con->line_drawn = false;
}
