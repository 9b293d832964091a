/* SPDX-License-Identifier: Apache-2.0 */

/* A target without libFuzzer: runs each file of the folders it is given once, so that any compiler keeps the
 * targets and what they have found. */
#include <dirent.h>

#include "fuzz.h"

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* How many files the folder has. */
static int replay(const char *folder)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, not_hidden, alphasort);
    test_files_need(count >= 0, folder);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        size_t size = 0;
        uint8_t *bytes = read_file(path_in(path, folder, entries[i]->d_name), &size);
        test_files_need(bytes != NULL, path);
        /* Exactly as long as the input, so that a sanitizer sees what reads past it. */
        uint8_t *input = malloc(size > 0 ? size : 1);
        test_files_need(input != NULL, path);
        memcpy(input, bytes, size);
        free(bytes);
        (void)printf("%s\n", path);
        (void)fflush(stdout); /* the last line names the input that ended the program */
        (void)LLVMFuzzerTestOneInput(input, size);
        free(input);
        free(entries[i]);
    }
    free((void *)entries);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) count += replay(argv[i]);
    (void)printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
