/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_verify.h"

#include "parity/golden_manifest.h"

sd14_status golden_verify(const char *folder,
                          void (*problem)(void *user, const char *name, run_file_state state),
                          void *user,
                          size_t *out_n_files,
                          sd14_error *error)
{
    run_folder run;
    TRY(run_folder_open(folder, &run, error));
    sd14_status status = SD14_OK;
    size_t n_files = 0;
    size_t n_problems = 0;
    for (size_t i = 0; i < run.item_count; i++) {
        const run_item *item = &run.items[i];
        n_files += item->file_count;
        for (size_t f = 0; f < item->file_count; f++) {
            run_file_state state = RUN_FILE_SAME;
            TRY_DONE(run_folder_check_file(&run, &item->files[f], &state, error));
            if (state == RUN_FILE_SAME) continue;
            n_problems++;
            if (problem != NULL) problem(user, item->files[f].name, state);
        }
    }
    *out_n_files = n_files;
    if (n_problems > 0) {
        FAIL_DONE(error, VERIFICATION, "%s: %zu of %zu files are not as " GOLDEN_MANIFEST " says",
                  folder, n_problems, n_files);
    }
done:
    run_folder_close(&run);
    return status;
}
