/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <unistd.h>

#include "base/file_map.h"
#include "base/memory.h"
#include "base/text.h"
#include "models/tokenizer/tokenizer.h"

enum { FILE_COUNT = 6 };

/* Maps folder/name; a file that does not exist stays NULL. */
static sd14_status map_file(
    const char *folder, const char *name, file_map *map, tokenizer_bytes *bytes, sd14_error *error)
{
    text path = {0};
    text_add(&path, "%s/%s", folder, name);
    sd14_status status = SD14_OK;
    if (text_failed(&path)) {
        FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for a file's name");
    }
    if (access(text_get(&path), F_OK) != 0) goto done;
    status = file_map_open(text_get(&path), map, error);
    if (status == SD14_ERROR_FILE) status = SD14_ERROR_MODEL;
    if (status != SD14_OK) goto done;
    if (map->size == 0) {
        FAIL_DONE(error, MODEL, "%s: the file is empty; the download is incomplete, fetch it again",
                  text_get(&path));
    }
    *bytes = (tokenizer_bytes){(const char *)map->bytes, map->size};
done:
    text_release(&path);
    return status;
}

sd14_status tokenizer_load(const char *folder, tokenizer **out_tokenizer, sd14_error *error)
{
    *out_tokenizer = NULL;
    tokenizer_files files = {.name = folder};
    const struct {
        const char *name;
        tokenizer_bytes *bytes;
    } wanted[FILE_COUNT] = {
        {"vocab.json", &files.vocabulary},
        {"merges.txt", &files.merges},
        {"tokenizer.json", &files.tokenizer_json},
        {"tokenizer_config.json", &files.config},
        {"special_tokens_map.json", &files.special_tokens},
        {"added_tokens.json", &files.added_tokens},
    };
    file_map maps[FILE_COUNT] = {{0}};
    sd14_status status = SD14_OK;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        TRY_DONE(map_file(folder, wanted[i].name, &maps[i], wanted[i].bytes, error));
    }
    TRY_DONE(tokenizer_create(&files, out_tokenizer, error));
done:
    for (size_t i = 0; i < FILE_COUNT; i++) file_map_close(&maps[i]);
    return status;
}
