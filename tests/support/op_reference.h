/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Every operator computed in float64, straight from its definition in graph/ops.h, and how far from it
 * float32 arithmetic may end up: `limit` is in units of the element, derived from the number of roundings
 * (u = 2^-24 each) and the size of what is rounded. A wrong eps, channel order, tap or mask is off by many
 * orders of magnitude more.
 */
#ifndef SD14_TESTS_OP_REFERENCE_H
#define SD14_TESTS_OP_REFERENCE_H

#include <math.h>

#include "graph/graph.h"

/** What a case's node must make. */
typedef struct op_reference {
    double *value;
    double *limit;
} op_reference;

/** The node's sources and weights as numbers. */
typedef struct op_values {
    const graph_node *node;
    shape in[OP_SOURCES_MAX];
    const float *x[OP_SOURCES_MAX]; /**< NULL where there is none */
    const int32_t *ids;
    const float *weight[OP_WEIGHTS_MAX]; /**< NULL where there is none */
} op_values;

static const double op_unit = 0x1p-24;

/* A chain of n fused multiply-adds, whatever their order, ends within n·u of the sum of the sizes. */
static inline void op_reference_linear(const op_values *v, op_reference *to)
{
    const size_t rows = shape_rows(v->in[0]);
    const size_t in = shape_last(v->in[0]);
    const size_t out = shape_last(v->node->shape);
    for (size_t r = 0; r < rows; r++) {
        for (size_t o = 0; o < out; o++) {
            double sum = v->weight[1] == NULL ? 0.0 : (double)v->weight[1][o];
            double size = fabs(sum);
            for (size_t i = 0; i < in; i++) {
                const double product =
                    (double)v->x[0][r * in + i] * (double)v->weight[0][o * in + i];
                sum += product;
                size += fabs(product);
            }
            to->value[r * out + o] = sum;
            to->limit[r * out + o] = (double)(in + 2) * op_unit * size;
        }
    }
}

/* One output of a convolution. */
static inline void op_reference_conv2d_at(
    const op_values *v, size_t b, size_t y, size_t x, size_t o, double *out_sum, double *out_size)
{
    const shape in = v->in[0];
    const size_t kernel = v->node->params.conv2d.kernel;
    const size_t stride = v->node->params.conv2d.stride;
    const size_t pad = v->node->params.conv2d.pad_before;
    double sum = (double)v->weight[1][o];
    double size = fabs(sum);
    for (size_t ky = 0; ky < kernel; ky++) {
        for (size_t kx = 0; kx < kernel; kx++) {
            const size_t row = y * stride + ky; /* in the padded image */
            const size_t column = x * stride + kx;
            if (row < pad || row - pad >= in.dim[1] || column < pad || column - pad >= in.dim[2])
                continue;
            const float *pixel =
                v->x[0] + ((b * in.dim[1] + row - pad) * in.dim[2] + column - pad) * in.dim[3];
            for (size_t i = 0; i < in.dim[3]; i++) {
                const double product =
                    (double)pixel[i] *
                    (double)v->weight[0][((o * in.dim[3] + i) * kernel + ky) * kernel + kx];
                sum += product;
                size += fabs(product);
            }
        }
    }
    *out_sum = sum;
    *out_size = size;
}

static inline void op_reference_conv2d(const op_values *v, op_reference *to)
{
    const shape out = v->node->shape;
    const size_t kernel = v->node->params.conv2d.kernel;
    const double roundings = (double)(kernel * kernel * v->in[0].dim[3] + 2);
    size_t at = 0;
    for (size_t b = 0; b < out.dim[0]; b++) {
        for (size_t y = 0; y < out.dim[1]; y++) {
            for (size_t x = 0; x < out.dim[2]; x++) {
                for (size_t o = 0; o < out.dim[3]; o++, at++) {
                    double size = 0.0;
                    op_reference_conv2d_at(v, b, y, x, o, &to->value[at], &size);
                    to->limit[at] = roundings * op_unit * size;
                }
            }
        }
    }
}

/* Elements first, first + step, ... in `runs` runs of `length` neighbours: their mean and 1 / deviation. */
static inline void op_reference_moments(const float *x,
                                        size_t runs,
                                        size_t step,
                                        size_t length,
                                        double eps,
                                        double *out_mean,
                                        double *out_rstd)
{
    double sum = 0.0;
    double squares = 0.0;
    const double count = (double)runs * (double)length;
    for (size_t r = 0; r < runs; r++)
        for (size_t i = 0; i < length; i++) sum += (double)x[r * step + i];
    for (size_t r = 0; r < runs; r++) {
        for (size_t i = 0; i < length; i++) {
            const double d = (double)x[r * step + i] - sum / count;
            squares += d * d;
        }
    }
    *out_mean = sum / count;
    *out_rstd = 1.0 / sqrt(squares / count + eps);
}

/* Moments may be float32 sums over n elements: n/16 + 4 roundings is what sixteen lanes take. */
static inline void op_reference_norm(const op_values *v, op_reference *to)
{
    const bool by_group = v->node->op == OP_group_norm;
    const size_t channels = shape_last(v->in[0]);
    const size_t groups = by_group ? v->node->params.group_norm.groups : 1;
    const size_t length = channels / groups;
    const size_t items = by_group ? v->in[0].dim[0] : shape_rows(v->in[0]);
    const size_t rows = shape_rows(v->in[0]) / items;
    const double eps =
        by_group ? (double)v->node->params.group_norm.eps : (double)v->node->params.layer_norm.eps;
    const double roundings = 8.0 + (by_group ? 0.0 : (double)channels / 16.0);

    for (size_t item = 0; item < items * groups; item++) {
        const size_t first = item / groups * rows * channels + item % groups * length;
        double mean = 0.0;
        double rstd = 0.0;
        op_reference_moments(v->x[0] + first, rows, channels, length, eps, &mean, &rstd);
        for (size_t i = 0; i < rows * length; i++) {
            const size_t at = first + i / length * channels + i % length;
            const size_t c = item % groups * length + i % length;
            const double x = (double)v->x[0][at];
            const double gain = rstd * (double)v->weight[0][c];
            const double bias = (double)v->weight[1][c];
            to->value[at] = (x - mean) * gain + bias;
            to->limit[at] =
                roundings * op_unit * ((fabs(x) + fabs(mean)) * fabs(gain) + fabs(bias));
        }
    }
}

/* One query of one head. Scores are chains over the head, exp turns their absolute error into a relative one
 * of the weights, the weighted sum is a chain over the keys. */
static inline void op_reference_query(
    const op_values *v, size_t b, size_t head, size_t q, double *weights, op_reference *to)
{
    const size_t channels = shape_last(v->in[0]);
    const size_t dim = channels / v->node->params.attention.heads;
    const size_t all = v->in[1].dim[1];
    const size_t keys = v->node->params.attention.causal && q + 1 < all ? q + 1 : all;
    const size_t at = (b * v->in[0].dim[1] + q) * channels + head * dim;
    double most = -HUGE_VAL;
    double largest = 0.0;
    for (size_t k = 0; k < keys; k++) {
        double score = 0.0;
        double size = 0.0;
        for (size_t i = 0; i < dim; i++) {
            const double product = (double)v->x[0][at + i] *
                                   (double)v->x[1][(b * all + k) * channels + head * dim + i];
            score += product;
            size += fabs(product);
        }
        weights[k] = score * (double)v->node->params.attention.scale;
        most = fmax(most, weights[k]);
        largest = fmax(largest, size * fabs((double)v->node->params.attention.scale));
    }
    double total = 0.0;
    for (size_t k = 0; k < keys; k++) total += weights[k] = exp(weights[k] - most);
    const double roundings = (double)keys + 8.0 + 2.0 * (double)(dim + 3) * largest;
    for (size_t i = 0; i < dim; i++) {
        double sum = 0.0;
        double size = 0.0;
        for (size_t k = 0; k < keys; k++) {
            const double part =
                weights[k] / total * (double)v->x[2][(b * all + k) * channels + head * dim + i];
            sum += part;
            size += fabs(part);
        }
        to->value[at + i] = sum;
        to->limit[at + i] = roundings * op_unit * size;
    }
}

static inline void op_reference_attention(const op_values *v, op_reference *to)
{
    static double weights[4096];
    for (size_t b = 0; b < v->in[0].dim[0]; b++) {
        for (size_t head = 0; head < v->node->params.attention.heads; head++) {
            for (size_t q = 0; q < v->in[0].dim[1]; q++)
                op_reference_query(v, b, head, q, weights, to);
        }
    }
}

static inline double op_reference_gelu(double x)
{
    return x * 0.5 * erfc(-x * sqrt(0.5));
}

/* Elementwise functions of one source. exp and erf are polynomials good to 2 u or so; gelu's 1 + erf loses
 * what cancels. */
static inline void op_reference_unary(const op_values *v, op_reference *to)
{
    const size_t half = shape_last(v->node->shape);
    const size_t count = shape_count(v->node->shape);
    for (size_t i = 0; i < count; i++) {
        const double x = (double)v->x[0][i];
        double a = 0.0;
        double b = 0.0;
        switch (v->node->op) {
        case OP_silu:
            to->value[i] = x / (1.0 + exp(-x));
            to->limit[i] = 6.0 * op_unit * fabs(to->value[i]);
            break;
        case OP_quick_gelu: /* the product inside exp is rounded: |1.702·x| u more */
            to->value[i] = x / (1.0 + exp(-1.702 * x));
            to->limit[i] = (6.0 + 4.0 * fabs(x)) * op_unit * fabs(to->value[i]);
            break;
        case OP_gelu:
            to->value[i] = op_reference_gelu(x);
            to->limit[i] = 4.0 * op_unit * fabs(x);
            break;
        default: /* OP_geglu */
            a = (double)v->x[0][i / half * 2 * half + i % half];
            b = (double)v->x[0][i / half * 2 * half + half + i % half];
            to->value[i] = a * op_reference_gelu(b);
            to->limit[i] = 5.0 * op_unit * fabs(a * b);
            break;
        }
    }
}

/* Operators that round once or move data: limit 0. A sum or product of two float32 is rounded to float32 the
 * same by way of float64. */
static inline void op_reference_exact(const op_values *v, op_reference *to)
{
    const shape out = v->node->shape;
    const size_t count = shape_count(out);
    const size_t c = shape_last(out);
    const shape a = v->in[0];
    const shape b = v->in[1];
    for (size_t i = 0; i < count; i++) {
        const size_t row = i / c;
        double y = 0.0;
        if (v->node->op == OP_scale) {
            y = (double)v->x[0][i] * (double)v->node->params.scale.factor;
        } else if (v->node->op == OP_add) {
            const bool per_item = a.rank > 2 && b.rank == 2;
            const size_t item = i / (count / a.dim[0]);
            const size_t j = per_item ? item * c + i % c : i % shape_count(b);
            y = (double)v->x[0][i] + (double)v->x[1][j];
        } else if (v->node->op == OP_concat_channels) {
            const size_t first = shape_last(a);
            y = i % c < first ? (double)v->x[0][row * first + i % c]
                              : (double)v->x[1][row * (c - first) + i % c - first];
        } else if (v->node->op == OP_repeat_batch) {
            y = (double)v->x[0][i % shape_count(a)];
        } else if (v->node->op == OP_upsample_nearest_2x) {
            const size_t column = row % out.dim[2];
            const size_t line = row / out.dim[2] % out.dim[1];
            const size_t item = row / out.dim[2] / out.dim[1];
            y = (double)v->x[0][((item * a.dim[1] + line / 2) * a.dim[2] + column / 2) * c + i % c];
        } else { /* OP_embedding */
            y = (double)v->weight[0][(size_t)v->ids[row] * c + i % c];
        }
        to->value[i] = (double)(float)y;
        to->limit[i] = 0.0;
    }
}

/* The angle is float32, as torch's: an error of some u of the exponent (at most ln 10000 = 9.2) and of the
 * angle, which sine and cosine pass on. */
static inline void op_reference_timestep_embedding(const op_values *v, op_reference *to)
{
    const size_t half = shape_last(v->node->shape) / 2;
    const bool flip = v->node->params.timestep_embedding.flip_sin_to_cos;
    const double shift = (double)v->node->params.timestep_embedding.shift;
    for (size_t b = 0; b < v->node->shape.dim[0]; b++) {
        for (size_t i = 0; i < half; i++) {
            const double exponent = (double)i / ((double)half - shift);
            const double angle = (double)v->x[0][b] * pow(10000.0, -exponent);
            const size_t at = b * 2 * half + i;
            const double limit = (2.0 + 24.0 * fabs(angle)) * op_unit;
            to->value[at + (flip ? half : 0)] = sin(angle);
            to->value[at + (flip ? 0 : half)] = cos(angle);
            to->limit[at] = to->limit[at + half] = limit;
        }
    }
}

/* Bit for bit: every operation rounded to float32, in DDIMScheduler.step's order. */
static inline void op_reference_guided_ddim_step(const op_values *v, op_reference *to)
{
    const float *k = v->x[2];
    const size_t n = shape_count(v->node->shape);
    for (size_t i = 0; i < n; i++) {
        float e = v->x[1][i];
        if (v->node->params.guided_ddim_step.guided) {
            const float apart = v->x[1][n + i] - e;
            const float guided = k[DDIM_GUIDANCE] * apart;
            e = e + guided;
        }
        const float noise = k[DDIM_SQRT_BETA] * e;
        const float left = v->x[0][i] - noise;
        const float original = left / k[DDIM_SQRT_ALPHA];
        const float direction = k[DDIM_DIRECTION] * e;
        const float kept = k[DDIM_SQRT_ALPHA_PREV] * original;
        float y = kept + direction;
        if (v->x[3] != NULL) {
            const float variance = k[DDIM_SIGMA] * v->x[3][i];
            y = y + variance;
        }
        to->value[i] = (double)y;
        to->limit[i] = 0.0;
    }
}

static inline void op_reference_compute(const op_values *v, op_reference *to)
{
    switch (v->node->op) {
    case OP_linear:
        op_reference_linear(v, to);
        break;
    case OP_conv2d:
        op_reference_conv2d(v, to);
        break;
    case OP_group_norm:
    case OP_layer_norm:
        op_reference_norm(v, to);
        break;
    case OP_attention:
        op_reference_attention(v, to);
        break;
    case OP_silu:
    case OP_gelu:
    case OP_quick_gelu:
    case OP_geglu:
        op_reference_unary(v, to);
        break;
    case OP_timestep_embedding:
        op_reference_timestep_embedding(v, to);
        break;
    case OP_guided_ddim_step:
        op_reference_guided_ddim_step(v, to);
        break;
    default:
        op_reference_exact(v, to);
        break;
    }
}

#endif /* SD14_TESTS_OP_REFERENCE_H */
