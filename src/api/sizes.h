/* SPDX-License-Identifier: Apache-2.0 */

/** Sizes of pictures as callers give them. */
#ifndef SD14_API_SIZES_H
#define SD14_API_SIZES_H

#include "api/model.h"

/** @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT: a side the model cannot draw. */
SD14_NODISCARD sd14_status check_size(const sd14_model *model,
                                      int32_t width,
                                      int32_t height,
                                      sd14_error *error);

#endif /* SD14_API_SIZES_H */
