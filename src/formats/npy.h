/* SPDX-License-Identifier: Apache-2.0 */

/**
 * numpy's .npy: one array. float32, int32 and int64, little-endian, C order, rank up to
 * SHAPE_RANK_MAX; anything else is refused by name.
 * Source: numpy.lib.format (versions 1.0 and 2.0).
 */
#ifndef SD14_FORMATS_NPY_H
#define SD14_FORMATS_NPY_H

#include "base/file_map.h"
#include "base/status.h"
#include "tensor/tensor.h"

typedef struct npy {
    file_map map;
    tensor tensor; /**< points into the map */
} npy;

/** Maps a file. @return SD14_ERROR_FILE (not .npy, damaged, another type or order). */
SD14_NODISCARD sd14_status npy_open(const char *path, npy *out_array, sd14_error *error);

/** An all-zero or closed array is fine. */
void npy_close(npy *array);

/** Writes version 1.0. @return SD14_ERROR_INVALID_ARGUMENT for another dtype; SD14_ERROR_FILE. */
SD14_NODISCARD sd14_status npy_write(const char *path, const tensor *array, sd14_error *error);

#endif /* SD14_FORMATS_NPY_H */
