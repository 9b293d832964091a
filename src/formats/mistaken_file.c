/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/mistaken_file.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *start;
    size_t length;
    const char *what;
} known[] = {
    {"version https://git-lfs", 23,
     "a Git LFS pointer, which stands for the real file; run git lfs pull, or download the file"},
    {"PK\3\4", 4, "a zip archive, such as a torch checkpoint (.ckpt, .pt, .bin)"},
    {"\x80\2", 2, "a Python pickle, such as an old torch checkpoint"},
    {"\x80\3", 2, "a Python pickle, such as an old torch checkpoint"},
    {"\x80\4", 2, "a Python pickle, such as an old torch checkpoint"},
    {"GGUF", 4, "a GGUF file, which is not supported"},
    {"\x93NUMPY", 6, "a numpy array"},
    {"\x89HDF", 4, "an HDF5 file, which is not supported"},
    {"\x1F\x8B", 2, "compressed by gzip; unpack it first"},
};

static bool starts(const char *text, size_t size, const char *word)
{
    const size_t length = strlen(word);
    return size >= length && strncasecmp(text, word, length) == 0;
}

const char *mistaken_file(const uint8_t *bytes, size_t size)
{
    if (size == 0) return "empty; the download did not begin, fetch it again";
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (size >= known[i].length && memcmp(bytes, known[i].start, known[i].length) == 0) {
            return known[i].what;
        }
    }

    const char *text = (const char *)bytes;
    while (size > 0 && strchr(" \t\r\n", *text) != NULL && *text != '\0') {
        text++;
        size--;
    }
    if (starts(text, size, "<!doctype") || starts(text, size, "<html")) {
        return "a web page; the download link needs a login or is wrong";
    }
    if (starts(text, size, "<?xml")) {
        return "an XML text, such as a server's error message; fetch the file again";
    }
    if (starts(text, size, "{")) {
        return "a JSON text, such as a configuration or a server's error message";
    }
    return NULL;
}
