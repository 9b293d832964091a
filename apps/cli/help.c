/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"

enum { HELP_COLUMN = 26, LEFT_BYTES = 96 };

static void print_left(const option *row)
{
    char left[LEFT_BYTES];
    char letter[5] = "    ";
    if (row->letter != 0) (void)snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    const int length =
        snprintf(left, sizeof(left), "  %s--%s%s%s", letter, row->name,
                 row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
    if (length < HELP_COLUMN) {
        (void)printf("%-*s", HELP_COLUMN, left);
    } else {
        (void)printf("%s\n%*s", left, HELP_COLUMN, "");
    }
}

static void print_aliases(const char *aliases)
{
    (void)printf("%*salso", HELP_COLUMN, "");
    while (*aliases != '\0') {
        const size_t length = strcspn(aliases, " ");
        (void)printf(" %s%.*s", length == 1 ? "-" : "--", (int)length, aliases);
        aliases += length;
        aliases += strspn(aliases, " ");
    }
    (void)putchar('\n');
}

static void print_options(const option *rows)
{
    for (const option *row = rows; row->name != NULL; row++) {
        if (row->group != NULL) (void)printf("\n%s:\n", row->group);
        print_left(row);
        for (const char *line = row->help; line != NULL;) {
            const size_t length = strcspn(line, "\n");
            (void)printf("%.*s\n", (int)length, line);
            line = line[length] == '\n' ? line + length + 1 : NULL;
            if (line != NULL) (void)printf("%*s", HELP_COLUMN, "");
        }
        if (row->shown != NULL) (void)printf("%*s[default: %s]\n", HELP_COLUMN, "", row->shown);
        if (row->aliases != NULL) print_aliases(row->aliases);
    }
}

void help_print_command(const option_command *command)
{
    (void)printf("sd14 %s - %s\n\nExamples:\n%s\nUsage: sd14 %s\n", command->name, command->summary,
                 command->examples, command->usage);
    print_options(command->options);
    for (size_t i = 0; i < OPTION_SHARED_MAX; i++) {
        if (command->shared[i].rows != NULL) print_options(command->shared[i].rows);
    }
    if (command->notes != NULL) (void)printf("\n%s", command->notes);
    (void)printf("Exit codes and environment: sd14 help.\n");
}

void help_print_program(void)
{
    (void)printf("sd14 %s - Stable Diffusion 1.4 on the processor, the same picture everywhere\n\n"
                 "Examples:\n"
                 "  sd14 generate \"a red apple\"\n"
                 "  sd14 generate -m stable-diffusion-v1-4 -s 42 -o fox.png \"a fox in the snow\"\n"
                 "  sd14 bench -m stable-diffusion-v1-4\n\n"
                 "Commands:\n",
                 sd14_version());
    for (size_t i = 0; i < command_count; i++) {
        (void)printf("  %-10s %s\n", commands[i].options->name, commands[i].options->summary);
    }
    (void)printf("  version    print the version (also --version)\n"
                 "  help       explain a command: sd14 help generate (also --help, -h)\n\n");
    (void)printf("Exit codes:\n"
                 "    0  done\n"
                 "    1  the run failed\n"
                 "    2  wrong usage: an option or a value\n"
                 "    3  a model or another file: missing, damaged, not writable\n"
                 "    4  not enough memory\n"
                 "    5  the processor or device cannot do what was asked\n"
                 "    6  the numbers are wrong: NaN or infinity, a contract not kept\n"
                 "  130  interrupted (Ctrl-C, or SIGTERM)\n\n"
                 "Environment:\n"
                 "  SD14_MODEL  model folder used when -m is not given\n"
                 "  NO_COLOR    when not empty: no colours\n");
}
