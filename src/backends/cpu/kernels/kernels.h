/* SPDX-License-Identifier: Apache-2.0 */

/**
 * CPU kernels: the arithmetic of the operators on one slice of data, float32 but for *_i16.
 *
 * A kernel allocates nothing, starts no thread, keeps no state, and cannot fail: whoever calls it
 * has checked every shape. Pointers need only float alignment. The same kernel runs on many threads
 * at once, each on its own slice.
 *
 * THE RULE: every kernel of one name gives the same bytes on the same input. Each comment below
 * states the order of operations; `fma` rounds once; every other operation rounds by itself. The
 * `ref` kernels are that order in plain C.
 */
#ifndef SD14_CPU_KERNELS_H
#define SD14_CPU_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

/** Columns of a packed panel of the right-hand matrix, for every instruction set. */
enum { GEMM_PANEL = 32 };

/**
 * Some rows of one panel of a matrix product. With A given as `taps` pieces per row:
 *
 *     chain = resume ? c[r][n] : 0
 *     for t in 0..taps, for i in 0..k:  chain = fma(a[t·rows + r][i], b[(t·k + i)·GEMM_PANEL + n],
 * chain) if bias:      chain = chain + bias[n] if residual:  chain = chain +
 * residual[r·residual_stride + n] c[r·c_stride + n] = chain
 */
typedef struct gemm_f32_args {
    float *c;
    size_t c_stride;
    const float *const *a; /**< [taps][rows] pointers to k floats each */
    size_t rows;           /**< any, ≥ 1 */
    size_t taps;
    size_t k;
    const float *b;        /**< [taps·k][GEMM_PANEL], zero in unused columns; 64-byte aligned */
    size_t columns;        /**< 1 to GEMM_PANEL: those of c (and bias, residual) that exist */
    bool resume;           /**< the chain goes on from c: a product cut along k */
    const float *bias;     /**< [columns], or NULL */
    const float *residual; /**< [rows, residual_stride], or NULL; may be c's own memory */
    size_t residual_stride;
} gemm_f32_args;
typedef void gemm_f32_fn(const gemm_f32_args *args);

/**
 * Winograd's F(4x4, 3x3) with the points 0, +-sqrt(1/2), +-sqrt(2) and infinity: 36 products make 4x4 outputs of a 3x3
 * convolution of stride 1. h = sqrt(1/2) and w = sqrt(2) as floats; 2/3, 1/6 as floats, and so h*2/3, w/6, h/2 = h^3.
 * Each transform is one of six (three) elements down the columns, then the same along the rows:
 *
 *     input d to v:   e = fma(-2, d2, d4);    o = fma(-w, d1, h*d3);   f = fma(-0.5, d2, d4);   q = fma(-h, d1, w*d3)
 *                     v = fma(-2.5, d2, d0 + d4), e + o, e - o, f + q, f - q, fma(-2.5, d3, d1 + d5)
 *     weight g to u:  e = fma(0.5, g2, g0)*(-2/3);  o = g1*(-h*2/3);   f = fma(2, g2, g0)*(1/6);  q = g1*(w/6)
 *                     u = g0, e + o, e - o, f + q, f - q, g2
 *     output m to y:  s = m1 + m2;  d = m1 - m2;  t = m3 + m4;  e = m3 - m4
 *                     y = (m0 + s) + t, fma(w, e, h*d), fma(2, t, 0.5*s), fma(2*w, e, fma(0.5*h, d, m5))
 *
 * Position 6*i + j of the 36 is row i and column j of a transformed tile.
 * Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015.
 */
enum { WINOGRAD_TILE = 6, WINOGRAD_OUT = 4, WINOGRAD_POSITIONS = 36 };

/**
 * The same convolution behind upsample_nearest_2x. Along a line the outputs are two convolutions of the small picture,
 * with (g0 + g1, g2) and with (g0, g1 + g2). F(3x3, 2x2) with the points 0, 1, -1 and infinity makes three outputs of
 * each from four inputs; at the point 1 both filters are the same, so that 7 products, 49 a tile, make 6x6 outputs of 4x4
 * inputs. The first output is that of the square's second row or column:
 *
 *     input d to v:   v = d0 - d2, d1 + d2, d2 - d1, d3 - d1
 *     weight g to u:  s = g0 + g1;  t = g1 + g2
 *                     u = g0, 0.5*(g0 + t), 0.5*(g0 - t), t, s, 0.5*(s - g2), g2
 *     output m to y:  a = m1 + m5;  b = m1 + m2
 *                     y = m4 + a, m0 + b, m1 - m5, m1 - m2, a + m6, b + m3
 *
 * Product 7*i + j is row i and column j; along a line they take v = 0, 1, 2, 3, 0, 2, 3.
 */
enum { UPSAMPLE_TILE = 4, UPSAMPLE_OUT = 6, UPSAMPLE_POSITIONS = 16, UPSAMPLE_PRODUCTS = 49 };

/** One tile: pixels [6][6] (upsampling: [4][4]) point to `channels` floats each; position p goes to v + p*stride. */
typedef void
winograd_input_f32_fn(float *v, size_t stride, const float *const *pixels, size_t channels);
typedef winograd_input_f32_fn upsample_input_f32_fn;

/** Weights side by side: tap t of 3x3 at g + t*g_stride, position p to u + p*u_stride, n floats each. */
typedef void
winograd_weight_f32_fn(float *u, size_t u_stride, const float *g, size_t g_stride, size_t n);
typedef winograd_weight_f32_fn upsample_weight_f32_fn;

/** One tile: m + p*m_stride holds `channels` floats of position p; then + bias if there, + residual if there. */
typedef struct winograd_output_f32_args {
    const float *m;
    size_t m_stride;
    float *y;              /**< the first pixel that is stored */
    const float *residual; /**< laid out as y, or NULL; may be y */
    const float *bias;     /**< [channels], or NULL */
    size_t pixel_stride,
        row_stride;            /**< floats from one pixel of y to the next, to the one below */
    size_t first_row, end_row; /**< those of the tile that lie in the picture */
    size_t first_column, end_column;
    size_t channels;
} winograd_output_f32_args;
typedef void winograd_output_f32_fn(const winograd_output_f32_args *args);
typedef winograd_output_f32_fn upsample_output_f32_fn;

/**
 * 16-bit integers: values times a scale, chosen so that no dot product over I16_CHUNK of them leaves 32 bits.
 *
 * Of a row of `taps` pieces of n values each, a chunk is I16_CHUNK values of one piece, or what is left of it.
 * squares: the largest of the chunks' sums of x². Lane l of 16 takes elements l, l+16, ... of the chunk in order,
 * fma(x, x, sum), then lanes are added by halves: 16 to 8 (l + (l+8)) and so on. largest: the largest |x|.
 *
 *     factor = min(norm / sqrt(squares), I16_MAX / largest);  scale = 1 / factor
 *     q = x·factor, rounded to float32, then to the nearest integer, ties to even
 *
 * With norm = I16_NORM that of a chunk of q is at most I16_NORM + sqrt(I16_CHUNK)/2, whose square is below 2^31 by 8e-5
 * of it, more than float32 loses here: |a·b| ≤ |a|·|b| then holds every sum, and every part of one, within 32 bits.
 *
 * A row with largest < I16_TINY has q = 0 and scale = 0. One with squares that are not finite has q = 0 and
 * scale = NaN, which the product carries on.
 */
enum { I16_CHUNK = 320, I16_MAX = 32767 };
#define I16_NORM 46330.0F
#define I16_TINY 0x1p-60F

/** Values of a piece of n in memory: those and a 0 if n is odd. */
static inline size_t i16_padded(size_t n)
{
    return (n + 1) / 2 * 2;
}

/** x [rows][taps][n]; q [rows][taps][i16_padded(n)]; scales [rows]. */
typedef void quantize_rows_i16_fn(
    int16_t *q, float *scales, const float *x, size_t rows, size_t taps, size_t n, float norm);

/**
 * gemm_f32 on such integers. With piece = i16_padded(k) / 2 pairs:
 *
 *     chain = resume ? c[r][n] : 0;  if decays: chain = chain·decays[n]
 *     for t in 0..taps, for each chunk of I16_CHUNK values of k:
 *         sum = the chunk's products a[t·rows + r][i] · b[t·piece + i / 2][n][i % 2], exactly, rounded to float32
 *         if gains: sum = sum·gains[n]
 *         chain = fma(sum, row_scales[t·rows + r], chain)
 *     if column_scales: chain = fma(chain, column_scales[n], bias ? bias[n] : 0)
 *     if residual: chain = chain + residual[r·residual_stride + n]
 *     c[r·c_stride + n] = chain
 */
typedef struct gemm_i16_args {
    float *c;
    size_t c_stride;
    const int16_t *const *a; /**< [taps][rows] pointers to i16_padded(k) values each */
    const float *row_scales; /**< [taps][rows] */
    size_t rows;             /**< any, ≥ 1 */
    size_t taps;
    size_t k;
    const int16_t *b; /**< [taps·piece][GEMM_PANEL][2]; 64-byte aligned */
    size_t columns;   /**< 1 to GEMM_PANEL: those of c that exist */
    bool resume;      /**< the chain goes on from c: a product cut along k, between chunks */
    const float *decays,
        *gains; /**< [columns], or both NULL; for one chunk, with resume, without column_scales */
    const float *column_scales; /**< [columns]; NULL: the product goes on */
    const float *bias;          /**< [columns], or NULL; as residual, only with column_scales */
    const float *residual;      /**< [rows, residual_stride], or NULL; apart from c */
    size_t residual_stride;
} gemm_i16_args;
typedef void gemm_i16_fn(const gemm_i16_args *args);

/**
 * One block of keys of a streaming softmax, for GEMM_PANEL queries side by side in the lanes.
 * For each lane q, keys j in order:
 *
 *     s[j][q] = s[j][q]·scale;  causal: -inf if first_key + j > first_query + q
 *     m' = max(max[q], s[0][q], s[1][q], ...)
 *     f = exp(max[q] - m')                        (max starts at -inf: f = 0)
 *     p[j][q] = exp(s[j][q] - m'), written over s
 *     sum[q] = sum[q]·f, then + p[0][q], + p[1][q], ...
 *     output[i][q] = output[i][q]·f for every i below n_output;  max[q] = m'
 *
 * Every lane must see at least one key in its first block.
 */
typedef struct softmax_block_f32_args {
    float *s; /**< [keys][GEMM_PANEL] */
    size_t keys;
    float scale;
    bool causal;
    size_t first_key, first_query;
    float *max;    /**< [GEMM_PANEL] */
    float *sum;    /**< [GEMM_PANEL] */
    float *output; /**< [n_output][GEMM_PANEL] */
    size_t n_output;
} softmax_block_f32_args;
typedef void softmax_block_f32_fn(const softmax_block_f32_args *args);

/**
 * One block of keys of a streaming softmax whose weights are integers, for GEMM_PANEL queries side by side in the lanes.
 * For each lane q, keys j in order; a = max(b, c) is c where b is NaN:
 *
 *     top[j % 2] = max(s[j][q], top[j % 2]), which start at -inf;  top = max(top[0], top[1]);  positive = max(scales[q], 0)
 *     apart = max(s[j][q] - top, I16_WEIGHT_LOWEST / max(scales[q], I16_SCALE_LEAST))
 *     n = the nearest integer to apart·positive;  r = fma(apart, positive, -n)
 *     p[j / 2][q][j % 2] = 2^n · (I16_WEIGHT_ONE · 2^r by EXP2_C of polynomials.h), to the nearest integer, ties to even;
 *     0 beside an odd number of keys
 *     m = top·scales[q];  m' = max(m, max[q])
 *     decays[q] = exp((max[q] - m')·ln 2);  gains[q] = exp((m - m')·ln 2)
 *     sum[q] = fma(Σ p, gains[q], sum[q]·decays[q]);  max[q] = m'
 *
 * So an output goes on as o·decays[q] + Σ p·v·gains[q]. p is 0 to I16_WEIGHT_ONE: |p| is at most sqrt(I16_KEYS) times
 * that, and v of norm I16_VALUE_NORM, rounded, keeps Σ p·v within 32 bits.
 */
enum { I16_KEYS = 64, I16_WEIGHT_ONE = 1 << 14 };
#define I16_VALUE_NORM 16360.0F
#define I16_WEIGHT_LOWEST (-24.0F) /* a weight of 2^-10: 0 */
#define I16_SCALE_LEAST 0x1p-100F

typedef struct softmax_block_i16_args {
    int16_t *p;          /**< [ceil(keys / 2)][GEMM_PANEL][2] */
    const float *s;      /**< [keys][GEMM_PANEL] */
    size_t keys;         /**< 1 to I16_KEYS */
    const float *scales; /**< [GEMM_PANEL], of the exponent of 2: finite and not negative, or NaN */
    float *max;          /**< [GEMM_PANEL]; -inf before the first block */
    float *sum;          /**< [GEMM_PANEL]; 0 before it */
    float *decays;       /**< [GEMM_PANEL] */
    float *gains;        /**< [GEMM_PANEL] */
} softmax_block_i16_args;
typedef void softmax_block_i16_fn(const softmax_block_i16_args *args);

/** y[c][r] = x[r][c], values of 32 bits each, unchanged; strides count values. y and x are apart. */
typedef void transpose_b32_fn(
    void *y, size_t y_stride, const void *x, size_t x_stride, size_t rows, size_t columns);

/**
 * Sums for group_norm over `rows` pixels, per channel, in double: sums[2c] += x, sums[2c+1] =
 * fma(x, x, ..), rows in ascending order. x [rows, channels]; sums [channels][2], added to.
 */
typedef void group_norm_sums_f32_fn(const float *x, size_t rows, size_t channels, double *sums);

/** y = fma(x, scale[c], shift[c]), then silu(y) if asked. [rows, channels]; y may be x. */
typedef void group_norm_apply_f32_fn(float *y,
                                     const float *x,
                                     const float *scale,
                                     const float *shift,
                                     size_t rows,
                                     size_t channels,
                                     bool silu);

/**
 * Layer normalisation of each row: (x - mean) / sqrt(variance + eps) · gain + bias, in two passes.
 *
 * Sums: lane l of 16 adds elements l, l+16, ... in order (absent ones add +0), then lanes are added
 * by halves: 16 to 8 (l + (l+8)), 8 to 4, 4 to 2, 2 to 1. mean = sum / n. d = x - mean; the sum of
 * squares is fma(d, d, sum) in the same lanes. rstd = 1 / sqrt(squares / n + eps). y = fma(d·rstd,
 * gain, bias). [rows, n]; y may be x. Source: torch.nn.functional.layer_norm.
 */
typedef void layer_norm_f32_fn(float *y,
                               const float *x,
                               const float *gain,
                               const float *bias,
                               size_t rows,
                               size_t n,
                               float eps);

/** y = f(x), n elements; y may be x. silu: x / (1 + exp(-x)). quick_gelu: x / (1 + exp(-1.702·x)),
 * the product rounded. gelu: x·0.5·(1 + erf(x·sqrt(1/2))). */
typedef void silu_f32_fn(float *y, const float *x, size_t n);
typedef void gelu_f32_fn(float *y, const float *x, size_t n);
typedef void quick_gelu_f32_fn(float *y, const float *x, size_t n);

/** y[r][i] = x[r][i] · gelu(x[r][n + i]). x [rows, 2n], y [rows, n]. */
typedef void geglu_f32_fn(float *y, const float *x, size_t rows, size_t n);

/** y = a + b, n elements; y may be a or b. */
typedef void add_f32_fn(float *y, const float *a, const float *b, size_t n);

/** y[r][i] = x[r][i] + row[i]. [rows, n]; y may be x. */
typedef void add_row_f32_fn(float *y, const float *x, const float *row, size_t rows, size_t n);

/** y = x · factor; y may be x. */
typedef void scale_f32_fn(float *y, const float *x, float factor, size_t n);

/**
 * The operator guided_ddim_step on n elements; k = coefficients [DDIM_COEFFICIENTS], each line
 * rounded as written, nothing fused:
 *
 *     e = text == NULL ? uncond : uncond + k[GUIDANCE]·(text - uncond)
 *     x0 = (latent - k[SQRT_BETA]·e) / k[SQRT_ALPHA]
 *     y = k[SQRT_ALPHA_PREV]·x0 + k[DIRECTION]·e;   if noise: y = y + k[SIGMA]·noise
 *
 * y may be latent.
 */
typedef struct guided_ddim_step_f32_args {
    float *y;
    const float *latent;
    const float *uncond; /**< the only noise prediction when text is NULL */
    const float *text;
    const float *noise; /**< or NULL */
    const float *coefficients;
    size_t n;
} guided_ddim_step_f32_args;
typedef void guided_ddim_step_f32_fn(const guided_ddim_step_f32_args *args);

/* Prototypes of every kernel there is: gemm_f32_ref, gemm_f32_avx2, ... */
#define KERNEL(op, isa) op##_fn op##_##isa;
#include "backends/cpu/kernels/kernel_list.inc"
#undef KERNEL

/** One kernel of each name. */
typedef struct cpu_kernels {
#define KERNEL_NAME(op) op##_fn *op;
#include "backends/cpu/kernels/kernel_names.inc"
#undef KERNEL_NAME
} cpu_kernels;

/** For each name, the newest kernel this processor has at or below `max`. */
cpu_kernels cpu_kernels_select(isa_level max);

#endif /* SD14_CPU_KERNELS_H */
