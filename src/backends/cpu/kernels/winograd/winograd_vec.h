/* SPDX-License-Identifier: Apache-2.0 */

/** Winograd's transforms, channels in the lanes; compiled once per instruction set. */
#ifndef SD14_CPU_WINOGRAD_VEC_H
#define SD14_CPU_WINOGRAD_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/vec.h"
#include "backends/cpu/kernels/winograd/winograd_points.h"

/* x and y are six elements, `step` and `to` apart. */
static inline void winograd_input_line(vec *y, size_t to, const vec *x, size_t step)
{
    const vec h = vec_set(WINOGRAD_H), w = vec_set(WINOGRAD_W), minus = vec_set(-2.5F);
    const vec d1 = x[step], d2 = x[2 * step], d3 = x[3 * step], d4 = x[4 * step];
    const vec e = vec_fma(vec_set(-2.0F), d2, d4);
    const vec o = vec_fma(vec_set(-WINOGRAD_W), d1, vec_mul(h, d3));
    const vec f = vec_fma(vec_set(-0.5F), d2, d4);
    const vec q = vec_fma(vec_set(-WINOGRAD_H), d1, vec_mul(w, d3));
    y[0] = vec_fma(minus, d2, vec_add(x[0], d4));
    y[to] = vec_add(e, o);
    y[2 * to] = vec_sub(e, o);
    y[3 * to] = vec_add(f, q);
    y[4 * to] = vec_sub(f, q);
    y[5 * to] = vec_fma(minus, d3, vec_add(d1, x[5 * step]));
}

/* x is three elements, y six. */
static inline void winograd_weight_line(vec *y, size_t to, const vec *x, size_t step)
{
    const vec g0 = x[0], g1 = x[step], g2 = x[2 * step];
    const vec e = vec_mul(vec_fma(vec_set(0.5F), g2, g0), vec_set(-WINOGRAD_TWO_THIRDS));
    const vec o = vec_mul(g1, vec_set(-WINOGRAD_H_TWO_THIRDS));
    const vec f = vec_mul(vec_fma(vec_set(2.0F), g2, g0), vec_set(WINOGRAD_SIXTH));
    const vec q = vec_mul(g1, vec_set(WINOGRAD_W_SIXTH));
    y[0] = g0;
    y[to] = vec_add(e, o);
    y[2 * to] = vec_sub(e, o);
    y[3 * to] = vec_add(f, q);
    y[4 * to] = vec_sub(f, q);
    y[5 * to] = g2;
}

/* x is six elements, y four. */
static inline void winograd_output_line(vec *y, size_t to, const vec *x, size_t step)
{
    const vec s = vec_add(x[step], x[2 * step]), d = vec_sub(x[step], x[2 * step]);
    const vec t = vec_add(x[3 * step], x[4 * step]), e = vec_sub(x[3 * step], x[4 * step]);
    const vec odd = vec_fma(vec_set(0.5F * WINOGRAD_H), d, x[5 * step]);
    y[0] = vec_add(vec_add(x[0], s), t);
    y[to] = vec_fma(vec_set(WINOGRAD_W), e, vec_mul(vec_set(WINOGRAD_H), d));
    y[2 * to] = vec_fma(vec_set(2.0F), t, vec_mul(vec_set(0.5F), s));
    y[3 * to] = vec_fma(vec_set(2.0F * WINOGRAD_W), e, odd);
}

void VEC_NAME(winograd_input_f32)(float *v,
                                  size_t stride,
                                  const float *const *pixels,
                                  size_t channels)
{
    for (size_t c = 0; c < channels; c += VEC_LANES) {
        const size_t left = channels - c;
        vec half[WINOGRAD_POSITIONS];
        for (size_t j = 0; j < 6; j++) {
            vec column[6];
            for (size_t i = 0; i < 6; i++) column[i] = vec_load_part(pixels[6 * i + j] + c, left);
            winograd_input_line(half + j, 6, column, 1);
        }
        for (size_t i = 0; i < 6; i++) {
            vec line[6];
            winograd_input_line(line, 1, half + 6 * i, 1);
            for (size_t j = 0; j < 6; j++) {
                vec_store_part(v + (6 * i + j) * stride + c, left, line[j]);
            }
        }
    }
}

void VEC_NAME(winograd_weight_f32)(
    float *u, size_t u_stride, const float *g, size_t g_stride, size_t n)
{
    for (size_t c = 0; c < n; c += VEC_LANES) {
        const size_t left = n - c;
        vec half[6 * 3];
        for (size_t j = 0; j < 3; j++) {
            vec column[3];
            for (size_t i = 0; i < 3; i++) {
                column[i] = vec_load_part(g + (3 * i + j) * g_stride + c, left);
            }
            winograd_weight_line(half + j, 3, column, 1);
        }
        for (size_t i = 0; i < 6; i++) {
            vec line[6];
            winograd_weight_line(line, 1, half + 3 * i, 1);
            for (size_t j = 0; j < 6; j++) {
                vec_store_part(u + (6 * i + j) * u_stride + c, left, line[j]);
            }
        }
    }
}

static inline void
winograd_store_row(const winograd_output_f32_args *args, size_t row, size_t c, const vec *line)
{
    const size_t left = args->channels - c;
    for (size_t j = args->first_column; j < args->end_column; j++) {
        const size_t at = (row - args->first_row) * args->row_stride +
                          (j - args->first_column) * args->pixel_stride + c;
        vec value = line[j];
        if (args->bias != NULL) value = vec_add(value, vec_load_part(args->bias + c, left));
        if (args->residual != NULL)
            value = vec_add(value, vec_load_part(args->residual + at, left));
        vec_store_part(args->y + at, left, value);
    }
}

void VEC_NAME(winograd_output_f32)(const winograd_output_f32_args *args)
{
    for (size_t c = 0; c < args->channels; c += VEC_LANES) {
        const size_t left = args->channels - c;
        vec half[4 * 6];
        for (size_t j = 0; j < 6; j++) {
            vec column[6];
            for (size_t i = 0; i < 6; i++) {
                column[i] = vec_load_part(args->m + (6 * i + j) * args->m_stride + c, left);
            }
            winograd_output_line(half + j, 6, column, 1);
        }
        for (size_t i = args->first_row; i < args->end_row; i++) {
            vec line[4];
            winograd_output_line(line, 1, half + 6 * i, 1);
            winograd_store_row(args, i, c, line);
        }
    }
}

/* ---- behind upsample_nearest_2x -------------------------------------------------------------------- */

/* x and y are four elements. */
static inline void upsample_input_line(vec *y, size_t to, const vec *x, size_t step)
{
    const vec d1 = x[step], d2 = x[2 * step];
    y[0] = vec_sub(x[0], d2);
    y[to] = vec_add(d1, d2);
    y[2 * to] = vec_sub(d2, d1);
    y[3 * to] = vec_sub(x[3 * step], d1);
}

/* x is three elements, y seven. */
static inline void upsample_weight_line(vec *y, size_t to, const vec *x, size_t step)
{
    const vec g0 = x[0], g2 = x[2 * step], half = vec_set(0.5F);
    const vec s = vec_add(g0, x[step]), t = vec_add(x[step], g2);
    y[0] = g0;
    y[to] = vec_mul(half, vec_add(g0, t));
    y[2 * to] = vec_mul(half, vec_sub(g0, t));
    y[3 * to] = t;
    y[4 * to] = s;
    y[5 * to] = vec_mul(half, vec_sub(s, g2));
    y[6 * to] = g2;
}

/* x is seven elements, y six. */
static inline void upsample_output_line(vec *y, size_t to, const vec *x, size_t step)
{
    const vec m1 = x[step], m2 = x[2 * step], m5 = x[5 * step];
    const vec a = vec_add(m1, m5), b = vec_add(m1, m2);
    y[0] = vec_add(x[4 * step], a);
    y[to] = vec_add(x[0], b);
    y[2 * to] = vec_sub(m1, m5);
    y[3 * to] = vec_sub(m1, m2);
    y[4 * to] = vec_add(a, x[6 * step]);
    y[5 * to] = vec_add(b, x[3 * step]);
}

void VEC_NAME(upsample_input_f32)(float *v,
                                  size_t stride,
                                  const float *const *pixels,
                                  size_t channels)
{
    for (size_t c = 0; c < channels; c += VEC_LANES) {
        const size_t left = channels - c;
        vec half[UPSAMPLE_POSITIONS];
        for (size_t j = 0; j < 4; j++) {
            vec column[4];
            for (size_t i = 0; i < 4; i++) column[i] = vec_load_part(pixels[4 * i + j] + c, left);
            upsample_input_line(half + j, 4, column, 1);
        }
        for (size_t i = 0; i < 4; i++) {
            vec line[4];
            upsample_input_line(line, 1, half + 4 * i, 1);
            for (size_t j = 0; j < 4; j++) {
                vec_store_part(v + (4 * i + j) * stride + c, left, line[j]);
            }
        }
    }
}

void VEC_NAME(upsample_weight_f32)(
    float *u, size_t u_stride, const float *g, size_t g_stride, size_t n)
{
    for (size_t c = 0; c < n; c += VEC_LANES) {
        const size_t left = n - c;
        vec half[7 * 3];
        for (size_t j = 0; j < 3; j++) {
            vec column[3];
            for (size_t i = 0; i < 3; i++) {
                column[i] = vec_load_part(g + (3 * i + j) * g_stride + c, left);
            }
            upsample_weight_line(half + j, 3, column, 1);
        }
        for (size_t i = 0; i < 7; i++) {
            vec line[7];
            upsample_weight_line(line, 1, half + 3 * i, 1);
            for (size_t j = 0; j < 7; j++) {
                vec_store_part(u + (7 * i + j) * u_stride + c, left, line[j]);
            }
        }
    }
}

void VEC_NAME(upsample_output_f32)(const winograd_output_f32_args *args)
{
    for (size_t c = 0; c < args->channels; c += VEC_LANES) {
        const size_t left = args->channels - c;
        vec half[6 * 7];
        for (size_t j = 0; j < 7; j++) {
            vec column[7];
            for (size_t i = 0; i < 7; i++) {
                column[i] = vec_load_part(args->m + (7 * i + j) * args->m_stride + c, left);
            }
            upsample_output_line(half + j, 7, column, 1);
        }
        for (size_t i = args->first_row; i < args->end_row; i++) {
            vec line[6];
            upsample_output_line(line, 1, half + 7 * i, 1);
            winograd_store_row(args, i, c, line);
        }
    }
}

#endif /* SD14_CPU_WINOGRAD_VEC_H */
