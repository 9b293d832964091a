/* SPDX-License-Identifier: Apache-2.0 */

/* A recording that opens can be read: what begins as JSON is its manifest, anything else its tensors. */
#include "base/memory.h"
#include "formats/safetensors.h"
#include "fuzz.h"
#include "parity/recording.h"

#define COUNT_MAX ((size_t)1 << 53) /* that a double holds exactly */

static void put_files(const uint8_t *data, size_t size)
{
    static const char manifest[] =
        "{\"prompt\": \"a\", \"negative_prompt\": \"\", \"guidance_scale\": 4.0, \"seed\": 0, "
        "\"steps\": 20, \"width\": 64, \"height\": 64}";
    static const uint8_t no_tensors[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    const bool is_manifest = size > 0 && data[0] == '{';
    if (is_manifest) {
        fuzz_put("manifest.json", data, size);
        fuzz_put("tensors", no_tensors, sizeof(no_tensors));
    } else {
        fuzz_put("manifest.json", manifest, sizeof(manifest) - 1);
        fuzz_put("tensors", data, size);
    }
}

static void check_values(const recording *read, const char *name)
{
    recorded_values values;
    sd14_error error;
    FUZZ_CHECK(recording_has(read, name));
    const sd14_status status = recording_read(read, name, &values, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_FILE, &error);
        return;
    }
    FUZZ_CHECK(values.count == shape_count(values.shape));
    if (values.digest) {
        FUZZ_CHECK(values.count >= 1 && values.stride >= 1 && values.stride <= COUNT_MAX);
        FUZZ_CHECK(values.whole >= 1 && values.whole <= COUNT_MAX);
        FUZZ_CHECK((values.whole - 1) / values.stride >= values.count - 1);
    }
    mem_free(values.values);
}

/* The names are those of the file itself. */
static void check_tensors(const char *path, const recording *read)
{
    safetensors *file = NULL;
    sd14_error error;
    FUZZ_CHECK(safetensors_open(path, &file, &error) == SD14_OK);
    for (size_t i = 0; i < safetensors_count(file); i++) {
        check_values(read, safetensors_name(file, i));
    }
    safetensors_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[PATH_MAX];
    recording *read = NULL;
    sd14_error error;
    put_files(data, size);
    (void)path_in(path, fuzz_folder(), "tensors");
    const sd14_status status = recording_open(path, &read, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, status == SD14_ERROR_MODEL ? SD14_ERROR_MODEL : SD14_ERROR_FILE,
                     &error);
        return 0;
    }
    const recording_settings settings = recording_get_settings(read);
    FUZZ_CHECK(settings.prompt != NULL && settings.negative_prompt != NULL && settings.steps >= 1);
    check_tensors(path, read);
    recording_close(read);
    return 0;
}
