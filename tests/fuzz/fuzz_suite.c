/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever a suite's items say is in its range, and their names are fit for folders. */
#include "fuzz.h"
#include "parity/suite.h"
#include "sampling/schedule.h"

static bool is_side(int pixels)
{
    return pixels >= 64 && pixels <= 2048 && pixels % 64 == 0;
}

static bool is_id(const char *id)
{
    const size_t length = strlen(id);
    return length >= 1 && length <= SUITE_ID_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    suite read;
    sd14_error error;
    const sd14_status status = suite_load(fuzz_file(data, size), &read, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_FILE, &error);
        return 0;
    }
    FUZZ_CHECK(is_id(read.name) && read.n_items >= 1 && read.n_items <= SUITE_ITEMS_MAX);
    FUZZ_CHECK(strlen(read.sha256) == SHA256_TEXT_BYTES - 1);
    for (size_t i = 0; i < read.n_items; i++) {
        const suite_item *item = &read.items[i];
        FUZZ_CHECK(is_id(item->id) && item->prompt != NULL && item->negative_prompt != NULL);
        FUZZ_CHECK(item->seed >= 0 && item->steps >= 1 && item->steps <= SCHEDULE_STEPS_MAX);
        FUZZ_CHECK(item->guidance_scale >= 0.0 && item->guidance_scale <= 100.0);
        FUZZ_CHECK(is_side(item->width) && is_side(item->height));
        for (size_t j = 0; j < i; j++) FUZZ_CHECK(strcmp(read.items[j].id, item->id) != 0);
    }
    suite_release(&read);
    return 0;
}
