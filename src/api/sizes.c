/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sizes.h"

enum { SIDE_MIN = 64, SIDE_MAX = 2048 };

static sd14_status check_side(const char *name, int32_t side, size_t multiple, sd14_error *error)
{
    if (side >= SIDE_MIN && side <= SIDE_MAX && (size_t)side % multiple == 0) return SD14_OK;
    FAIL(error, INVALID_ARGUMENT, "%s %d: must be a multiple of %zu from %d to %d", name, (int)side,
         multiple, SIDE_MIN, SIDE_MAX);
}

sd14_status check_size(const sd14_model *model, int32_t width, int32_t height, sd14_error *error)
{
    const size_t multiple = model_pixel_multiple(&model->model->config);
    TRY(check_side("width", width, multiple, error));
    return check_side("height", height, multiple, error);
}
