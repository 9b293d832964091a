/* SPDX-License-Identifier: Apache-2.0 */

/* sd14: the command line. It sees the library through include/sd14/ alone. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "help.h"

enum { NAMES_BYTES = 512 };

double seconds(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

unsigned long long peak_rss_bytes(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (unsigned long long)usage.ru_maxrss * 1024; /* Linux counts in KiB */
}

exit_code exit_code_of(sd14_status status)
{
    switch (status) {
    case SD14_OK:
        return EXIT_CODE_OK;
    case SD14_ERROR_INVALID_ARGUMENT:
        return EXIT_CODE_USAGE;
    case SD14_ERROR_MODEL:
    case SD14_ERROR_FILE:
        return EXIT_CODE_FILE;
    case SD14_ERROR_OUT_OF_MEMORY:
        return EXIT_CODE_MEMORY;
    case SD14_ERROR_DEVICE:
        return EXIT_CODE_DEVICE;
    case SD14_ERROR_VERIFICATION:
        return EXIT_CODE_VERIFICATION;
    case SD14_ERROR_CANCELLED:
        return EXIT_CODE_INTERRUPTED;
    case SD14_ERROR_FAILED:
        break;
    }
    return EXIT_CODE_FAILED;
}

static exit_code run_version(cli *cli, int argc, char **argv)
{
    if (argc > 0) {
        console_error(&cli->console, "unexpected \"%s\"; sd14 version takes nothing", argv[0]);
        return EXIT_CODE_USAGE;
    }
    (void)printf("sd14 %s\n", sd14_version());
    return EXIT_CODE_OK;
}

/* NULL: no such command. */
static const command *find_command(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].options->name, name) == 0) return &commands[i];
    }
    return NULL;
}

static exit_code unknown_command(console *con, const char *name)
{
    char likely[32], names[NAMES_BYTES] = "version help --version --help";
    for (size_t i = 0; i < command_count; i++) {
        (void)strncat(names, " ", sizeof(names) - strlen(names) - 1);
        (void)strncat(names, commands[i].options->name, sizeof(names) - strlen(names) - 1);
    }
    if (words_suggest(names, name, likely, sizeof(likely))) {
        console_error(con, "unknown command %s; did you mean %s?", name, likely);
    } else if (name[0] == '-') {
        console_error(con, "unknown option %s; options follow a command: sd14 generate %s", name,
                      name);
    } else if (strchr(name, ' ') != NULL) {
        console_error(con, "unknown command \"%s\"; to draw it: sd14 generate \"%s\"", name, name);
    } else {
        console_error(con, "unknown command %s; see sd14 help", name);
    }
    return EXIT_CODE_USAGE;
}

static exit_code run_help(cli *cli, int argc, char **argv)
{
    if (argc > 1) {
        console_error(&cli->console, "unexpected \"%s\"; sd14 help takes one command", argv[1]);
        return EXIT_CODE_USAGE;
    }
    if (argc == 0 || words_have("help version --help -h", argv[0], strlen(argv[0]))) {
        help_print_program();
    } else if (find_command(argv[0]) != NULL) {
        help_print_command(find_command(argv[0])->options);
    } else {
        return unknown_command(&cli->console, argv[0]);
    }
    return EXIT_CODE_OK;
}

/* Standard streams that the caller closed are opened on /dev/null, the wrong way round: else the next
 * file opened would get their number, and our messages would be written into it. */
static void hold_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) != -1) continue;
        if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) return;
    }
}

static void remember_output_error(cli *cli)
{
    if (cli->output_error == 0) cli->output_error = errno != 0 ? errno : EIO;
}

/* What does not fit into the buffer is written at once, and only now is it known why that failed. */
void cli_print(cli *cli, const char *text)
{
    errno = 0;
    if (fputs(text, stdout) == EOF) remember_output_error(cli);
}

void cli_flush(cli *cli)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout) != 0) remember_output_error(cli);
}

/* Output that did not arrive is a failure, and the buffer tells it only now. A reader that went away
 * (`| head -1`) knows why it did: no message. */
static exit_code finish_output(cli *cli, exit_code code)
{
    cli_flush(cli);
    if (cli->output_error == 0) return code;
    if (cli->output_error == EBADF) {
        console_error(&cli->console, "standard output is closed; nobody read the result");
    } else if (cli->output_error != EPIPE) {
        console_error(&cli->console, "standard output: cannot write: %s",
                      strerror(cli->output_error));
    }
    if (code != EXIT_CODE_OK) return code;
    const bool gone = cli->output_error == EPIPE || cli->output_error == EBADF;
    return gone ? EXIT_CODE_FAILED : EXIT_CODE_FILE;
}

int main(int argc, char **argv)
{
    cli cli = {.started = seconds()};
    hold_standard_streams();
    /* A write that fails is an error like any other; past `ulimit -f` too. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);

    if (argc < 2) {
        console_error(&cli.console, "no command; try: sd14 generate \"a red apple\", or sd14 help");
        return EXIT_CODE_USAGE;
    }
    const char *name = argv[1];
    const command *found = find_command(name);
    if (found != NULL) {
        const exit_code code = found->run(&cli, argc - 2, argv + 2);
        json_decref(cli.config);
        return (int)finish_output(&cli, code);
    }
    if (words_have("version --version", name, strlen(name)))
        return (int)finish_output(&cli, run_version(&cli, argc - 2, argv + 2));
    if (words_have("help --help -h", name, strlen(name)))
        return (int)finish_output(&cli, run_help(&cli, argc - 2, argv + 2));
    return (int)unknown_command(&cli.console, name);
}
