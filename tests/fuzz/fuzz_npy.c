/* SPDX-License-Identifier: Apache-2.0 */

/* An array that was read ends where its file ends, and written again it reads back equal. */
#include "formats/npy.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npy array, copy;
    sd14_error error;
    char path[PATH_MAX];
    const sd14_status status = npy_open(fuzz_file(data, size), &array, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_FILE, &error);
        return 0;
    }
    const size_t bytes = shape_count(array.tensor.shape) * dtype_bytes(array.tensor.type);
    FUZZ_CHECK(bytes < size);
    FUZZ_CHECK(bytes == 0 || memcmp(array.tensor.data, data + size - bytes, bytes) == 0);

    (void)path_in(path, fuzz_folder(), "copy.npy");
    FUZZ_CHECK(npy_write(path, &array.tensor, &error) == SD14_OK);
    FUZZ_CHECK(npy_open(path, &copy, &error) == SD14_OK);
    FUZZ_CHECK(copy.tensor.type == array.tensor.type);
    FUZZ_CHECK(shape_equal(copy.tensor.shape, array.tensor.shape));
    FUZZ_CHECK(bytes == 0 || memcmp(copy.tensor.data, array.tensor.data, bytes) == 0);
    npy_close(&copy);
    npy_close(&array);
    return 0;
}
