/* SPDX-License-Identifier: Apache-2.0 */

/** What people give instead of a model file, told by the first bytes. */
#ifndef SD14_FORMATS_MISTAKEN_FILE_H
#define SD14_FORMATS_MISTAKEN_FILE_H

#include <stddef.h>
#include <stdint.h>

/**
 * "a Git LFS pointer, ...; run git lfs pull": what the bytes are and what to do, to end a sentence.
 * NULL when they look like none of the known mistakes. Ask only once the bytes are known not to be
 * what was wanted: a good file may begin like a bad one.
 */
const char *mistaken_file(const uint8_t *bytes, size_t size);

#endif /* SD14_FORMATS_MISTAKEN_FILE_H */
