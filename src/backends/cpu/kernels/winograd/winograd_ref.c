/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/winograd/winograd_points.h"

static const float h = WINOGRAD_H, w = WINOGRAD_W;

/* Element i of the line is at x[i * step], of the result at y[i * to]. */
static void input_line(float *y, size_t to, const float *x, size_t step)
{
    const float d1 = x[step], d2 = x[2 * step], d3 = x[3 * step], d4 = x[4 * step];
    const float e = fmaf(-2.0F, d2, d4), o = fmaf(-w, d1, h * d3);
    const float f = fmaf(-0.5F, d2, d4), q = fmaf(-h, d1, w * d3);
    y[0] = fmaf(-2.5F, d2, x[0] + d4);
    y[to] = e + o;
    y[2 * to] = e - o;
    y[3 * to] = f + q;
    y[4 * to] = f - q;
    y[5 * to] = fmaf(-2.5F, d3, d1 + x[5 * step]);
}

static void weight_line(float *y, size_t to, const float *x, size_t step)
{
    const float g0 = x[0], g1 = x[step], g2 = x[2 * step];
    const float e = fmaf(0.5F, g2, g0) * -WINOGRAD_TWO_THIRDS, o = g1 * -WINOGRAD_H_TWO_THIRDS;
    const float f = fmaf(2.0F, g2, g0) * WINOGRAD_SIXTH, q = g1 * WINOGRAD_W_SIXTH;
    y[0] = g0;
    y[to] = e + o;
    y[2 * to] = e - o;
    y[3 * to] = f + q;
    y[4 * to] = f - q;
    y[5 * to] = g2;
}

static void output_line(float *y, size_t to, const float *x, size_t step)
{
    const float s = x[step] + x[2 * step], d = x[step] - x[2 * step];
    const float t = x[3 * step] + x[4 * step], e = x[3 * step] - x[4 * step];
    y[0] = (x[0] + s) + t;
    y[to] = fmaf(w, e, h * d);
    y[2 * to] = fmaf(2.0F, t, 0.5F * s);
    y[3 * to] = fmaf(2.0F * w, e, fmaf(0.5F * h, d, x[5 * step]));
}

void winograd_input_f32_ref(float *v, size_t stride, const float *const *pixels, size_t channels)
{
    for (size_t c = 0; c < channels; c++) {
        float tile[WINOGRAD_POSITIONS], half[WINOGRAD_POSITIONS];
        for (size_t i = 0; i < WINOGRAD_POSITIONS; i++) tile[i] = pixels[i][c];
        for (size_t j = 0; j < 6; j++) input_line(half + j, 6, tile + j, 6);
        for (size_t i = 0; i < 6; i++) input_line(v + 6 * i * stride + c, stride, half + 6 * i, 1);
    }
}

void winograd_weight_f32_ref(float *u, size_t u_stride, const float *g, size_t g_stride, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        float half[6 * 3];
        for (size_t j = 0; j < 3; j++) {
            weight_line(half + j, 3, g + j * g_stride + c, 3 * g_stride);
        }
        for (size_t i = 0; i < 6; i++) {
            weight_line(u + 6 * i * u_stride + c, u_stride, half + 3 * i, 1);
        }
    }
}

static void store_row(const winograd_output_f32_args *args, size_t row, size_t c, const float *line)
{
    for (size_t j = args->first_column; j < args->end_column; j++) {
        const size_t at = (row - args->first_row) * args->row_stride +
                          (j - args->first_column) * args->pixel_stride + c;
        float value = line[j];
        if (args->bias != NULL) value += args->bias[c];
        if (args->residual != NULL) value += args->residual[at];
        args->y[at] = value;
    }
}

void winograd_output_f32_ref(const winograd_output_f32_args *args)
{
    for (size_t c = 0; c < args->channels; c++) {
        float half[4 * 6], line[4];
        for (size_t j = 0; j < 6; j++) {
            output_line(half + j, 6, args->m + j * args->m_stride + c, 6 * args->m_stride);
        }
        for (size_t i = args->first_row; i < args->end_row; i++) {
            output_line(line, 1, half + 6 * i, 1);
            store_row(args, i, c, line);
        }
    }
}

/* ---- behind upsample_nearest_2x -------------------------------------------------------------------- */

static void small_input_line(float *y, size_t to, const float *x, size_t step)
{
    const float d1 = x[step], d2 = x[2 * step];
    y[0] = x[0] - d2;
    y[to] = d1 + d2;
    y[2 * to] = d2 - d1;
    y[3 * to] = x[3 * step] - d1;
}

static void two_filters_line(float *y, size_t to, const float *x, size_t step)
{
    const float g0 = x[0], g2 = x[2 * step];
    const float s = g0 + x[step], t = x[step] + g2;
    y[0] = g0;
    y[to] = 0.5F * (g0 + t);
    y[2 * to] = 0.5F * (g0 - t);
    y[3 * to] = t;
    y[4 * to] = s;
    y[5 * to] = 0.5F * (s - g2);
    y[6 * to] = g2;
}

static void large_output_line(float *y, size_t to, const float *x, size_t step)
{
    const float m1 = x[step], m2 = x[2 * step], m5 = x[5 * step];
    const float a = m1 + m5, b = m1 + m2;
    y[0] = x[4 * step] + a;
    y[to] = x[0] + b;
    y[2 * to] = m1 - m5;
    y[3 * to] = m1 - m2;
    y[4 * to] = a + x[6 * step];
    y[5 * to] = b + x[3 * step];
}

void upsample_input_f32_ref(float *v, size_t stride, const float *const *pixels, size_t channels)
{
    for (size_t c = 0; c < channels; c++) {
        float tile[UPSAMPLE_POSITIONS], half[UPSAMPLE_POSITIONS];
        for (size_t i = 0; i < UPSAMPLE_POSITIONS; i++) tile[i] = pixels[i][c];
        for (size_t j = 0; j < 4; j++) small_input_line(half + j, 4, tile + j, 4);
        for (size_t i = 0; i < 4; i++)
            small_input_line(v + 4 * i * stride + c, stride, half + 4 * i, 1);
    }
}

void upsample_weight_f32_ref(float *u, size_t u_stride, const float *g, size_t g_stride, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        float half[7 * 3];
        for (size_t j = 0; j < 3; j++) {
            two_filters_line(half + j, 3, g + j * g_stride + c, 3 * g_stride);
        }
        for (size_t i = 0; i < 7; i++) {
            two_filters_line(u + 7 * i * u_stride + c, u_stride, half + 3 * i, 1);
        }
    }
}

void upsample_output_f32_ref(const winograd_output_f32_args *args)
{
    for (size_t c = 0; c < args->channels; c++) {
        float half[6 * 7], line[6];
        for (size_t j = 0; j < 7; j++) {
            large_output_line(half + j, 7, args->m + j * args->m_stride + c, 7 * args->m_stride);
        }
        for (size_t i = args->first_row; i < args->end_row; i++) {
            large_output_line(line, 1, half + 7 * i, 1);
            store_row(args, i, c, line);
        }
    }
}
