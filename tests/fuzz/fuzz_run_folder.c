/* SPDX-License-Identifier: Apache-2.0 */

/* No name in a golden run's manifest leads out of its folder. */
#include "fuzz.h"
#include "parity/run_folder.h"

static void check_item(const run_folder *run, const run_item *item)
{
    const size_t length = strlen(item->id);
    FUZZ_CHECK(length > 0 && strpbrk(item->id, "/.") == NULL);
    FUZZ_CHECK(run_folder_find(run, item->id) == item);
    for (size_t i = 0; i < item->file_count; i++) {
        const char *name = item->files[i].name;
        FUZZ_CHECK(strncmp(name, item->id, length) == 0 && name[length] == '/');
        FUZZ_CHECK(strchr(name + length + 1, '/') == NULL && name[length + 1] != '.');
        FUZZ_CHECK(strlen(item->files[i].sha256) == 64 && item->files[i].bytes >= 0);
    }
    for (size_t i = 0; i < item->checkpoint_count; i++) {
        const run_checkpoint *at = &item->checkpoints[i];
        FUZZ_CHECK(strpbrk(at->name, "/.") == NULL && at->percent >= 0 && at->percent <= 100);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_folder run;
    sd14_error error;
    const char *name = strrchr(fuzz_file(data, size), '/') + 1;
    const sd14_status status = run_folder_open_manifest("/proc/self/fd", name, &run, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_FILE, &error);
        return 0;
    }
    for (size_t i = 0; i < run.item_count; i++) check_item(&run, &run.items[i]);
    (void)run_folder_value(&run, "producer", "version");
    run_folder_close(&run);
    return 0;
}
