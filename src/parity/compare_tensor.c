/* SPDX-License-Identifier: Apache-2.0 */

/* One tensor, or one picture, on both sides: measured and held against its limits. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "formats/png.h"
#include "parity/compare_parts.h"
#include "tensor/ssim.h"

/* Holds what was measured against the limits, and names the measures beyond them. */
static void check_limits(comparison *in, compared_item *item, compared_tensor *of)
{
    if (of->limits == NULL) return;
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        const threshold *check = &of->limits->checks[m];
        if (check->reason == NULL) continue;
        const double excess = measure_excess(m, of->values[m], check->limit);
        if (excess > of->excess || of->excess == 0.0) {
            of->excess = excess;
            of->worst = m;
        }
        if (excess <= 1.0) continue;
        char value[MEASURE_TEXT_BYTES];
        compare_find(in, item, of, true, of->name, "%s %s, limit %g", measure_title(m),
                     isnan(of->values[m]) ? "cannot be measured"
                                          : measure_text(m, of->values[m], value),
                     check->limit);
    }
}

static void find_not_finite(comparison *in,
                            compared_item *item,
                            compared_tensor *of,
                            const tensor_distance *distance)
{
    char place[SHAPE_TEXT_BYTES];
    const char *what = isnan(distance->bad_value) ? "NaN"
                       : distance->bad_value > 0  ? "infinity"
                                                  : "-infinity";
    of->finite = false;
    compare_find(in, item, of, true, of->name,
                 "%s in %s at %s, element %zu; it is the first value that is not finite", what,
                 side_name(distance->in_a ? SIDE_A : SIDE_B),
                 shape_index_text(of->shape[SIDE_A], distance->bad_index, place),
                 distance->bad_index);
}

static void keep_distance(compared_tensor *to, const tensor_distance *distance)
{
    to->measured = true;
    to->values[MEASURE_PCC] = distance->pcc;
    to->values[MEASURE_COSINE] = distance->cosine;
    to->values[MEASURE_MAX_ABS] = distance->max_abs;
    to->values[MEASURE_MEAN_ABS] = distance->mean_abs;
    to->values[MEASURE_RELATIVE_L2] = distance->relative_l2;
}

static sd14_status measure_floats(comparison *in,
                                  compared_item *item,
                                  compared_tensor *of,
                                  const tensor sides[SIDES],
                                  sd14_error *error)
{
    const size_t count = shape_count(sides[SIDE_A].shape);
    float *a = mem_array(count, sizeof(*a)), *b = mem_array(count, sizeof(*b));
    if (a == NULL || b == NULL) {
        mem_free(a);
        mem_free(b);
        FAIL_NO_MEMORY(error, of->name);
    }
    tensor_to_f32(&sides[SIDE_A], 0, count, a);
    tensor_to_f32(&sides[SIDE_B], 0, count, b);
    const tensor_distance distance = tensor_measure(a, b, count);
    mem_free(a);
    mem_free(b);
    if (!distance.finite) {
        find_not_finite(in, item, of, &distance);
        return SD14_OK;
    }
    keep_distance(of, &distance);
    check_limits(in, item, of);
    return SD14_OK;
}

/* Tokens and the like: equal, or not. */
static void
check_equal(comparison *in, compared_item *item, compared_tensor *of, const tensor sides[SIDES])
{
    const size_t bytes = dtype_bytes(of->type[SIDE_A]), count = shape_count(of->shape[SIDE_A]);
    const char *a = sides[SIDE_A].data, *b = sides[SIDE_B].data;
    size_t different = 0, first = 0;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(a + i * bytes, b + i * bytes, bytes) == 0) continue;
        if (different++ == 0) first = i;
    }
    if (different == 0) return;
    char place[SHAPE_TEXT_BYTES];
    compare_find(in, item, of, true, of->name,
                 "%zu of %zu values differ, the first at %s; whole numbers must be equal",
                 different, count, shape_index_text(of->shape[SIDE_A], first, place));
}

sd14_status compare_tensors(comparison *in,
                            compared_item *item,
                            const char *name,
                            const tensor sides[SIDES],
                            sd14_error *error)
{
    compared_tensor *of = compare_add_tensor(in, item, name);
    if (of == NULL) FAIL_NO_MEMORY(error, name);
    for (int side = 0; side < SIDES; side++) {
        of->type[side] = sides[side].type;
        of->shape[side] = sides[side].shape;
        of->is_there[side] = true;
    }
    const dtype a = of->type[SIDE_A], b = of->type[SIDE_B];
    if (a != b) {
        compare_find(in, item, of, true, name, "dtype %s in A, %s in B", dtype_name(a),
                     dtype_name(b));
    }
    if (!shape_equal(of->shape[SIDE_A], of->shape[SIDE_B])) {
        char text_a[SHAPE_TEXT_BYTES], text_b[SHAPE_TEXT_BYTES];
        compare_find(in, item, of, true, name, "shape %s in A, %s in B",
                     shape_text(of->shape[SIDE_A], text_a), shape_text(of->shape[SIDE_B], text_b));
        return SD14_OK;
    }
    if (dtype_is_float(a) && dtype_is_float(b)) {
        of->limits = thresholds_find(&in->limits, name);
        return measure_floats(in, item, of, sides, error);
    }
    if (a == b) check_equal(in, item, of, sides);
    return SD14_OK;
}

/* ---- pictures ------------------------------------------------------------------------------------- */

static sd14_status measure_pictures(comparison *in,
                                    compared_item *item,
                                    const png_picture *a,
                                    const png_picture *b,
                                    sd14_error *error)
{
    static const char name[] = "picture";
    compared_tensor *of = compare_add_tensor(in, item, name);
    if (of == NULL) FAIL_NO_MEMORY(error, name);
    const png_picture *pictures[SIDES] = {a, b};
    for (int side = 0; side < SIDES; side++) {
        const png_picture *from = pictures[side];
        of->type[side] = DTYPE_U8;
        of->shape[side] = shape_3((size_t)from->height, (size_t)from->width, 3);
        of->is_there[side] = true;
    }
    if (a->width != b->width || a->height != b->height) {
        compare_find(in, item, of, true, name, "%dx%d pixels in A, %dx%d in B", a->width, a->height,
                     b->width, b->height);
        return SD14_OK;
    }
    const size_t count = shape_count(of->shape[SIDE_A]);
    of->limits = thresholds_find(&in->limits, name);
    of->measured = true;
    of->values[MEASURE_PSNR] = picture_psnr(a->pixels, b->pixels, count);
    of->values[MEASURE_LEVEL] = picture_max_level(a->pixels, b->pixels, count);
    TRY(picture_ssim(a->pixels, b->pixels, (size_t)a->width, (size_t)a->height,
                     &of->values[MEASURE_SSIM], error));
    check_limits(in, item, of);
    return SD14_OK;
}

sd14_status compare_pictures(comparison *in,
                             compared_item *item,
                             const char *const paths[SIDES],
                             sd14_error *error)
{
    png_file files[SIDES] = {0};
    sd14_status status = SD14_OK;
    for (int side = 0; side < SIDES && status == SD14_OK; side++) {
        status = png_file_read(paths[side], &files[side], error);
    }
    if (status == SD14_OK) {
        status = measure_pictures(in, item, &files[SIDE_A].picture, &files[SIDE_B].picture, error);
    }
    for (int side = 0; side < SIDES; side++) png_file_release(&files[side]);
    return status;
}
