/* SPDX-License-Identifier: Apache-2.0 */

/* A file that opens has all of its tensors inside of it, sorted, and found by their names. */
#include "formats/safetensors.h"
#include "fuzz.h"

static bool is_inside(const tensor *of, const uint8_t *data, size_t size)
{
    /* A mapping starts at a page: within the first page its own bytes tell where a tensor is. */
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t bytes = shape_count(of->shape) * dtype_bytes(of->type);
    if (bytes > size) return false;
    if (bytes == 0 || size > page) return true;
    const size_t start = (uintptr_t)of->data % page;
    return start >= 8 && start + bytes <= size && memcmp(of->data, data + start, bytes) == 0;
}

static void check_tensors(const safetensors *file, const uint8_t *data, size_t size)
{
    size_t bytes = 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const char *name = safetensors_name(file, i);
        tensor at, found;
        sd14_error error;
        FUZZ_CHECK(i == 0 || strcmp(safetensors_name(file, i - 1), name) < 0);
        FUZZ_CHECK(safetensors_has(file, name));
        const sd14_status status = safetensors_at(file, i, &at, &error);
        FUZZ_CHECK(status == safetensors_find(file, name, &found, &error));
        if (status != SD14_OK) {
            fuzz_refused(status, SD14_ERROR_MODEL, &error);
            continue;
        }
        FUZZ_CHECK(at.data == found.data && at.type == found.type);
        FUZZ_CHECK(shape_equal(at.shape, found.shape));
        FUZZ_CHECK(is_inside(&at, data, size));
        bytes += shape_count(at.shape) * dtype_bytes(at.type);
    }
    FUZZ_CHECK(bytes < size);
    (void)safetensors_metadata(file, "format");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    safetensors *file = NULL;
    sd14_error error;
    const sd14_status status = safetensors_open(fuzz_file(data, size), &file, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
        return 0;
    }
    check_tensors(file, data, size);
    safetensors_close(file);
    return 0;
}
