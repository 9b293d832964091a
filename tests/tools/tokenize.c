/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tokenize FOLDER: texts from standard input as tokens on standard output, for
 * tools/reference/compare_tokenizer.py.
 *   in:  u32 bytes, then the text                     (repeated; little endian)
 *   out: i32 ids[max_length], u32 token count, u32 bytes dropped, then the dropped text,
 *        i32 all ids of the text (token count of them)
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "models/tokenizer/tokenizer.h"

static bool put(const void *bytes, size_t size)
{
    return size == 0 || fwrite(bytes, size, 1, stdout) == 1;
}

static int stop(const char *what)
{
    (void)fprintf(stderr, "tokenize: %s\n", what);
    return EXIT_FAILURE;
}

static sd14_status answer(const tokenizer *t, const char *text, uint32_t length, sd14_error *error)
{
    tokenizer_result result = {0};
    int32_t *ids = NULL;
    size_t count = 0;
    sd14_status status;
    TRY_DONE(tokenizer_encode(t, text, length, &result, error));
    TRY_DONE(tokenizer_tokenize(t, text, length, &ids, &count, error));
    const uint32_t sizes[] = {(uint32_t)result.token_count, (uint32_t)result.dropped_length};
    if (!put(result.ids, (size_t)tokenizer_get_info(t).max_length * sizeof(*result.ids)) ||
        !put(sizes, sizeof(sizes)) || !put(result.dropped, result.dropped_length) ||
        !put(ids, count * sizeof(*ids))) {
        FAIL_DONE(error, FILE, "standard output cannot be written");
    }
done:
    mem_free(ids);
    tokenizer_result_release(&result);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 2) return stop("usage: tokenize FOLDER");
    sd14_error error;
    tokenizer *t = NULL;
    if (tokenizer_load(argv[1], &t, &error) != SD14_OK) return stop(error.text);

    int exit_code = EXIT_SUCCESS;
    uint32_t length = 0;
    while (exit_code == EXIT_SUCCESS && fread(&length, sizeof(length), 1, stdin) == 1) {
        char *text = mem_array(length, 1);
        if (text == NULL || (length != 0 && fread(text, length, 1, stdin) != 1)) {
            exit_code = stop("a text is cut short or too long");
        } else if (answer(t, text, length, &error) != SD14_OK) {
            exit_code = stop(error.text);
        }
        mem_free(text);
    }
    tokenizer_destroy(t);
    return exit_code;
}
