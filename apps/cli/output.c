/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NUMBER_WIDTH_MAX = 9, FREE_NAMES_MAX = 1000000 };

/* Length of a %d or %0Nd at `text`, 0: it is something else. */
static size_t number_mark(const char *text, int *out_width)
{
    *out_width = 0;
    if (text[0] != '%') return 0;
    if (text[1] == 'd') return 2;
    if (text[1] == '0' && text[2] >= '1' && text[2] <= '0' + NUMBER_WIDTH_MAX && text[3] == 'd') {
        *out_width = text[2] - '0';
        return 4;
    }
    return 0;
}

/* Writes the pattern with its marks replaced; says whether they tell the pictures apart. */
static bool expand(const char *pattern, const pictures *of, int32_t index, FILE *to)
{
    const int32_t number = index + 1;
    bool marked = false;
    while (*pattern != '\0') {
        int width;
        const size_t mark = number_mark(pattern, &width);
        if (mark > 0) {
            (void)fprintf(to, "%0*d", width, number);
            marked = true;
            pattern += mark;
        } else if (pattern[0] == '%' && pattern[1] == 's') {
            (void)fprintf(to, "%" PRIu64, pictures_seed(of, index));
            marked = marked || of->prompts.count == 1;
            pattern += 2;
        } else {
            if (pattern[0] == '%' && pattern[1] == '%') pattern++;
            (void)fputc(*pattern++, to);
        }
    }
    return marked;
}

/* "dir/a.png" -> "dir/a-3.png"; "dir.d/a" -> "dir.d/a-3" */
static bool insert_number(char name[PATH_MAX], int32_t number)
{
    const char *slash = strrchr(name, '/');
    const char *leaf = slash != NULL ? slash + 1 : name;
    const char *dot = strrchr(leaf, '.');
    const size_t stem = dot != NULL && dot != leaf ? (size_t)(dot - name) : strlen(name);
    char numbered[PATH_MAX];
    const int length =
        snprintf(numbered, sizeof(numbered), "%.*s-%d%s", (int)stem, name, number, name + stem);
    if (length < 0 || length >= PATH_MAX) return false;
    memcpy(name, numbered, (size_t)length + 1);
    return true;
}

static bool free_name(char out[PATH_MAX])
{
    struct stat about;
    (void)snprintf(out, PATH_MAX, "output.png");
    for (int i = 1; i < FREE_NAMES_MAX; i++) {
        if (lstat(out, &about) != 0) return true; /* free, or writing will say what is wrong */
        (void)snprintf(out, PATH_MAX, "output-%d.png", i);
    }
    return false;
}

bool output_name(const char *pattern, const pictures *of, int32_t index, char out[PATH_MAX])
{
    if (pattern == NULL) return free_name(out);
    memset(out, 0, PATH_MAX);
    FILE *to = fmemopen(out, PATH_MAX, "w");
    if (to == NULL) return false;
    const bool marked = expand(pattern, of, index, to);
    const long length = ftell(to);
    const bool full = fflush(to) != 0 || length < 0 || length >= PATH_MAX;
    (void)fclose(to);
    if (full) return false;
    return marked || of->count == 1 || insert_number(out, index + 1);
}

/* Some file systems refuse what access() allows (and root is always allowed): only trying tells. */
static exit_code probe_folder(const char *folder, console *con)
{
    char probe[PATH_MAX + 32];
    (void)snprintf(probe, sizeof(probe), "%s/.sd14-XXXXXX", folder);
    const int fd = mkstemp(probe);
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(probe);
        return EXIT_CODE_OK;
    }
    if (errno == ENOENT || errno == ENOTDIR) {
        console_error(con, "%s: the folder for the picture does not exist; create it first",
                      folder);
    } else {
        console_error(con, "%s: cannot write pictures into this folder: %s", folder,
                      strerror(errno));
    }
    return EXIT_CODE_FILE;
}

static exit_code check_name(const char *name, console *con)
{
    struct stat about;
    const size_t length = strlen(name);
    const bool folder = length > 0 && name[length - 1] == '/';
    if (folder || (stat(name, &about) == 0 && S_ISDIR(about.st_mode))) {
        console_error(con, "%s: is a folder; name a file in it, such as %s%soutput.png", name, name,
                      folder ? "" : "/");
        return EXIT_CODE_FILE;
    }
    if (stat(name, &about) == 0) {
        if (access(name, W_OK) != 0) {
            console_error(con, "%s: exists and cannot be written: %s", name, strerror(errno));
            return EXIT_CODE_FILE;
        }
        if (!S_ISREG(about.st_mode)) return EXIT_CODE_OK; /* a device or pipe is written into */
    } else if (errno != ENOENT && errno != ENOTDIR) {
        console_error(con, "%s: cannot write: %s", name, strerror(errno));
        return EXIT_CODE_FILE;
    }

    char parent[PATH_MAX];
    (void)snprintf(parent, sizeof(parent), "%s", name);
    char *slash = strrchr(parent, '/');
    if (slash == NULL) return probe_folder(".", con);
    *slash = '\0';
    return probe_folder(slash == parent ? "/" : parent, con);
}

static exit_code check_standard_output(int32_t count, bool json, console *con)
{
    if (count > 1) {
        console_error(con, "-o - takes one picture; name files with -o");
    } else if (json) {
        console_error(con, "-o - and --json both want standard output; name a file with -o");
    } else if (isatty(STDOUT_FILENO) != 0) {
        console_error(con, "-o -: a PNG is not for a terminal; redirect it (> picture.png) or use "
                           "--show");
    } else if ((fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY) { /* as main() holds it */
        console_error(con, "-o -: standard output is closed; redirect it (> picture.png)");
    } else {
        return EXIT_CODE_OK;
    }
    return EXIT_CODE_USAGE;
}

exit_code output_check(const char *pattern, const pictures *of, bool json, console *con)
{
    if (pattern == NULL) return probe_folder(".", con);
    if (strcmp(pattern, "-") == 0) return check_standard_output(of->count, json, con);
    if (pattern[0] == '\0') {
        console_error(con, "-o needs a file name");
        return EXIT_CODE_USAGE;
    }
    const char *dot = strrchr(pattern, '.');
    if (dot != NULL && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 ||
                        strcasecmp(dot, ".webp") == 0)) {
        console_error(con, "-o %s: pictures are written as PNG; name it .png", pattern);
        return EXIT_CODE_USAGE;
    }
    for (int32_t i = 0; i < of->count; i++) {
        char name[PATH_MAX];
        if (!output_name(pattern, of, i, name)) {
            console_error(con, "-o %.100s...: the name is too long", pattern);
            return EXIT_CODE_USAGE;
        }
        const exit_code code = check_name(name, con);
        if (code != EXIT_CODE_OK) return code;
    }
    return EXIT_CODE_OK;
}
