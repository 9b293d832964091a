/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The SHA-256 of a file that is not computed twice: a second per gigabyte is a long wait before a picture. A
 * large file's is remembered in a folder, under its device, inode, size and times of change; whatever is done
 * to the file changes one of those.
 */
#ifndef SD14_BASE_FILE_DIGEST_H
#define SD14_BASE_FILE_DIGEST_H

#include "base/sha256.h"

/**
 * @param folder  where digests are remembered; NULL, or one that cannot be used: nowhere
 * @return as sha256_file().
 */
SD14_NODISCARD sd14_status file_digest(const char *path,
                                       const char *folder,
                                       char out_text[SHA256_TEXT_BYTES],
                                       sd14_error *error);

#endif /* SD14_BASE_FILE_DIGEST_H */
