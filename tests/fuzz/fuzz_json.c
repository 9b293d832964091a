/* SPDX-License-Identifier: Apache-2.0 */

/* What is read and written the one way reads back, and is written the same again. */
#include "formats/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_document first, second;
    text once = {0}, twice = {0};
    sd14_error error;
    const sd14_status status =
        json_document_parse((const char *)data, size, "input", SD14_ERROR_FILE, &first, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_FILE, &error);
        return 0;
    }
    json_canonical(first.root, &once);
    FUZZ_CHECK(!text_failed(&once));
    FUZZ_CHECK(json_document_parse(once.bytes, once.length, "canonical", SD14_ERROR_FILE, &second,
                                   &error) == SD14_OK);
    FUZZ_CHECK(json_equal(first.root, second.root));
    json_canonical(second.root, &twice);
    FUZZ_CHECK(once.length == twice.length && memcmp(once.bytes, twice.bytes, once.length) == 0);
    json_document_release(&first);
    json_document_release(&second);
    text_release(&once);
    text_release(&twice);
    return 0;
}
