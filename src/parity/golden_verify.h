/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SD14_PARITY_GOLDEN_VERIFY_H
#define SD14_PARITY_GOLDEN_VERIFY_H

#include "parity/run_folder.h"

/**
 * Hashes every file of a golden run again.
 * @param problem  told of each file that is not as the manifest says; or NULL
 * @return SD14_OK; SD14_ERROR_VERIFICATION (files differ); SD14_ERROR_FILE (no manifest, an unfinished run, a
 *         damaged manifest); SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status golden_verify(const char *folder,
                                         void (*problem)(void *user,
                                                         const char *name,
                                                         run_file_state state),
                                         void *user,
                                         size_t *out_n_files,
                                         sd14_error *error);

#endif /* SD14_PARITY_GOLDEN_VERIFY_H */
