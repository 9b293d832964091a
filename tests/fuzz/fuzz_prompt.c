/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes are a prompt: max_length ids, the start first, then the first tokens, then the end. */
#include "base/memory.h"
#include "fuzz.h"
#include "models/tokenizer/tokenizer.h"

static const tokenizer *small_model(void)
{
    static tokenizer *loaded = NULL;
    sd14_error error;
    if (loaded == NULL) {
        FUZZ_CHECK(tokenizer_load(SD14_SOURCE_DIR "/models/emoji/tokenizer", &loaded, &error) ==
                   SD14_OK);
    }
    return loaded;
}

static void check_decodes(const tokenizer *with, const int32_t *ids, size_t count)
{
    char *words = NULL;
    size_t length = 0;
    FUZZ_CHECK(tokenizer_decode(with, ids, count, &words, &length, NULL) == SD14_OK);
    FUZZ_CHECK(words[length] == '\0');
    mem_free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const tokenizer *with = small_model();
    const tokenizer_info info = tokenizer_get_info(with);
    const size_t room = (size_t)info.max_length - 2;
    const char *prompt = (const char *)data;
    tokenizer_result result;
    int32_t *all = NULL;
    size_t count = 0;
    FUZZ_CHECK(info.max_length == 77);
    FUZZ_CHECK(tokenizer_encode(with, prompt, size, &result, NULL) == SD14_OK);
    FUZZ_CHECK(tokenizer_tokenize(with, prompt, size, &all, &count, NULL) == SD14_OK);

    const size_t kept = count < room ? count : room;
    FUZZ_CHECK(result.token_count == count);
    FUZZ_CHECK((result.dropped == NULL) == (count <= room));
    FUZZ_CHECK(result.ids[0] == info.bos_id && result.ids[kept + 1] == info.eos_id);
    FUZZ_CHECK(kept == 0 || memcmp(result.ids + 1, all, kept * sizeof(*all)) == 0);
    for (size_t i = kept + 2; i < (size_t)info.max_length; i++) {
        FUZZ_CHECK(result.ids[i] == info.pad_id);
    }
    for (size_t i = 0; i < count; i++) FUZZ_CHECK(all[i] >= 0 && all[i] < info.vocabulary_size);
    check_decodes(with, all, count);
    mem_free(all);
    tokenizer_result_release(&result);
    return 0;
}
