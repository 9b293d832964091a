/* SPDX-License-Identifier: Apache-2.0 */

/* An index beside shards a and b: one that opens has every tensor in a shard that is really there. */
#include "formats/safetensors_index.h"
#include "fuzz.h"

/* Both shards: a length, a header, two tensors of two floats. */
static void put_shards(void)
{
    static const char header[] = "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                                 "\"y\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}";
    uint8_t shard[8 + sizeof(header) - 1 + 16] = {sizeof(header) - 1};
    memcpy(shard + 8, header, sizeof(header) - 1);
    fuzz_put("a", shard, sizeof(shard));
    fuzz_put("b", shard, sizeof(shard));
}

static void check_tensors(const safetensors_index *index)
{
    for (size_t i = 0; i < safetensors_index_count(index); i++) {
        const char *name = safetensors_index_name(index, i);
        const char *shard = safetensors_index_shard(index, i);
        tensor at, found;
        FUZZ_CHECK(strcmp(name, "x") == 0 || strcmp(name, "y") == 0);
        FUZZ_CHECK(strcmp(shard, "a") == 0 || strcmp(shard, "b") == 0);
        FUZZ_CHECK(safetensors_index_has(index, name));
        FUZZ_CHECK(safetensors_index_at(index, i, &at, NULL) == SD14_OK);
        FUZZ_CHECK(safetensors_index_find(index, name, &found, NULL) == SD14_OK);
        FUZZ_CHECK(at.data == found.data && shape_equal(at.shape, shape_1(2)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool shards_there = false;
    if (!shards_there) put_shards();
    shards_there = true;

    char path[PATH_MAX];
    safetensors_index *index = NULL;
    sd14_error error;
    fuzz_put("index.json", data, size);
    const sd14_status status =
        safetensors_index_open(path_in(path, fuzz_folder(), "index.json"), &index, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
        return 0;
    }
    check_tensors(index);
    safetensors_index_close(index);
    return 0;
}
