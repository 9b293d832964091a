/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/ssim.h"

#include <math.h>

#include "base/memory.h"

enum { CHANNELS = 3, RADIUS = SSIM_WINDOW / 2 };

/* What the window averages at a place: both pictures, their squares, their product. */
typedef struct moments {
    double a, b, aa, bb, ab;
} moments;

static void make_window(double weights[SSIM_WINDOW])
{
    const double sigma = 1.5;
    double sum = 0.0;
    for (int i = 0; i < SSIM_WINDOW; i++) {
        const double x = (double)(i - RADIUS) / sigma;
        weights[i] = exp(-0.5 * x * x);
        sum += weights[i];
    }
    for (int i = 0; i < SSIM_WINDOW; i++) weights[i] /= sum;
}

/* The window is a product of two lines: down the columns first. `a` and `b` point at the channel's value in
 * the uppermost row. */
static void blur_down(const unsigned char *a,
                      const unsigned char *b,
                      size_t width,
                      const double weights[SSIM_WINDOW],
                      moments *columns)
{
    for (size_t x = 0; x < width; x++) {
        moments sum = {0};
        for (size_t i = 0; i < SSIM_WINDOW; i++) {
            const size_t at = (i * width + x) * CHANNELS;
            const double va = (double)a[at], vb = (double)b[at], w = weights[i];
            sum.a += w * va;
            sum.b += w * vb;
            sum.aa += w * va * va;
            sum.bb += w * vb * vb;
            sum.ab += w * va * vb;
        }
        columns[x] = sum;
    }
}

static moments blur_across(const moments *columns, const double weights[SSIM_WINDOW])
{
    moments sum = {0};
    for (int i = 0; i < SSIM_WINDOW; i++) {
        sum.a += weights[i] * columns[i].a;
        sum.b += weights[i] * columns[i].b;
        sum.aa += weights[i] * columns[i].aa;
        sum.bb += weights[i] * columns[i].bb;
        sum.ab += weights[i] * columns[i].ab;
    }
    return sum;
}

static double similarity(moments m)
{
    const double c1 = (0.01 * 255.0) * (0.01 * 255.0), c2 = (0.03 * 255.0) * (0.03 * 255.0);
    const double variances = (m.aa - m.a * m.a) + (m.bb - m.b * m.b);
    const double covariance = m.ab - m.a * m.b;
    return (2.0 * m.a * m.b + c1) * (2.0 * covariance + c2) /
           ((m.a * m.a + m.b * m.b + c1) * (variances + c2));
}

sd14_status picture_ssim(const unsigned char *a,
                         const unsigned char *b,
                         size_t width,
                         size_t height,
                         double *out_ssim,
                         sd14_error *error)
{
    *out_ssim = (double)NAN;
    if (width < SSIM_WINDOW || height < SSIM_WINDOW) return SD14_OK;

    moments *columns = mem_array(width, sizeof(*columns));
    if (columns == NULL) FAIL_NO_MEMORY(error, "the similarity of two pictures");
    double weights[SSIM_WINDOW];
    make_window(weights);

    const size_t rows = height - SSIM_WINDOW + 1, places = width - SSIM_WINDOW + 1;
    double sum = 0.0;
    for (size_t channel = 0; channel < CHANNELS; channel++) {
        for (size_t y = 0; y < rows; y++) {
            const size_t at = y * width * CHANNELS + channel;
            blur_down(a + at, b + at, width, weights, columns);
            for (size_t x = 0; x < places; x++) {
                sum += similarity(blur_across(columns + x, weights));
            }
        }
    }
    mem_free(columns);
    *out_ssim = sum / (double)(rows * places * CHANNELS);
    return SD14_OK;
}
