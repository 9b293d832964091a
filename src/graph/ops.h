/* SPDX-License-Identifier: Apache-2.0 */

/**
 * THE operator set: all that Stable Diffusion 1.x is made of, and all that a backend must know.
 *
 * Activations are float32 in meaning and channels last: images [batch, height, width, channels],
 * token matrices [batch, tokens, channels], vectors [batch, channels]. Weights keep the layout of
 * the files: linear [out, in], conv2d [out, in, kernel, kernel].
 *
 * A backend may fuse what it likes; a model never mentions it. A new operator needs a reason in
 * docs/decisions/.
 */
#ifndef SD14_GRAPH_OPS_H
#define SD14_GRAPH_OPS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * OP(name, sources, weights, what PyTorch calls it)
 *
 * input               given by the caller; float32 or int32
 * view                the same elements under another shape; never computes
 * linear              y[.., n] = x[.., :] · weight[n, :] + bias[n]
 * conv2d              cross-correlation with zero padding, any square kernel and stride
 * group_norm          per batch item and group of channels, over height, width and the group's
 *                     channels; biased variance
 * layer_norm          per row, over channels; biased variance
 * attention           softmax(q·kᵀ·scale)·v per head; channels = heads · head_dim; may be causal
 * silu                x / (1 + exp(-x))
 * gelu                x · Φ(x), by erf
 * quick_gelu          x / (1 + exp(-1.702·x))
 * geglu               [.., 2n] -> [.., n]: first half · gelu(second half)
 * add                 equal shapes; or b [batch, channels] added to every row of a [batch, .., channels];
 *                     or b [1, ..] added to every batch item of a
 * scale               x · factor
 * concat_channels     [.., m] and [.., n] -> [.., m + n]
 * repeat_batch        [b, ..] -> [2b, ..]: all of x, twice
 * upsample_nearest_2x [b, h, w, c] -> [b, 2h, 2w, c]
 * embedding           ids int32 [b, t] -> rows of weight [vocabulary, c]
 * timestep_embedding  t float32 [b] -> [b, c]: sines then cosines of t · 10000^(-i / (c/2 - shift)),
 *                     i below c/2; cosines first with flip_sin_to_cos
 * guided_ddim_step    latent [b, ..], noise_pred [b, ..] or, guided, [2b, ..] (unconditional half first),
 *                     coefficients float32 [DDIM_COEFFICIENTS], optionally variance noise [b, ..] ->
 *                     the next latent; sampling/ddim.h makes the coefficients. Rounds after each
 *                     operation in diffusers' order, never fused: equal bytes to DDIMScheduler.step.
 */
#define GRAPH_OPS(OP)                                                                              \
    OP(input, 0, 0, "-")                                                                           \
    OP(view, 1, 0, "Tensor.view")                                                                  \
    OP(linear, 1, 2, "nn.functional.linear")                                                       \
    OP(conv2d, 1, 2, "nn.functional.conv2d")                                                       \
    OP(group_norm, 1, 2, "nn.functional.group_norm")                                               \
    OP(layer_norm, 1, 2, "nn.functional.layer_norm")                                               \
    OP(attention, 3, 0, "nn.functional.scaled_dot_product_attention")                              \
    OP(silu, 1, 0, "nn.functional.silu")                                                           \
    OP(gelu, 1, 0, "nn.functional.gelu")                                                           \
    OP(quick_gelu, 1, 0, "transformers QuickGELUActivation")                                       \
    OP(geglu, 1, 0, "diffusers GEGLU, after its linear")                                           \
    OP(add, 2, 0, "torch.add")                                                                     \
    OP(scale, 1, 0, "torch.mul")                                                                   \
    OP(concat_channels, 2, 0, "torch.cat")                                                         \
    OP(repeat_batch, 1, 0, "torch.cat([x] * 2)")                                                   \
    OP(upsample_nearest_2x, 1, 0, "nn.functional.interpolate")                                     \
    OP(embedding, 1, 1, "nn.functional.embedding")                                                 \
    OP(timestep_embedding, 1, 0, "diffusers get_timestep_embedding")                               \
    OP(guided_ddim_step, 4, 0, "diffusers DDIMScheduler.step")

typedef enum graph_op {
#define OP(name, sources, weights, torch) OP_##name,
    GRAPH_OPS(OP)
#undef OP
        OP_COUNT
} graph_op;

enum { OP_SOURCES_MAX = 4, OP_WEIGHTS_MAX = 2 };

/** "linear", "conv2d", ... */
const char *op_name(graph_op op);

/** What PyTorch calls it. */
const char *op_torch_name(graph_op op);

/** Numbers of an operator, beside its tensors. Only the member of the node's operator is set. */
typedef union op_params {
    struct {
        size_t kernel, stride;
        size_t pad_before, pad_after; /**< rows above / columns left, rows below / columns right */
    } conv2d;
    struct {
        size_t groups;
        float eps;
    } group_norm;
    struct {
        float eps;
    } layer_norm;
    struct {
        size_t heads;
        float scale;
        bool causal; /**< query i sees keys 0 .. i */
    } attention;
    struct {
        float factor;
    } scale;
    struct {
        bool flip_sin_to_cos; /**< cosines first */
        float shift;          /**< freq_shift, a.k.a. downscale_freq_shift */
    } timestep_embedding;
    struct {
        bool guided;
    } guided_ddim_step;
} op_params;

/** Order of guided_ddim_step's coefficients. */
enum {
    DDIM_GUIDANCE,        /**< noise = uncond + guidance·(cond - uncond) */
    DDIM_SQRT_BETA,       /**< sqrt(1 - alpha_prod_t) */
    DDIM_SQRT_ALPHA,      /**< sqrt(alpha_prod_t) */
    DDIM_SQRT_ALPHA_PREV, /**< sqrt(alpha_prod_t_prev) */
    DDIM_DIRECTION,       /**< sqrt(1 - alpha_prod_t_prev - sigma²) */
    DDIM_SIGMA,           /**< eta · sqrt(variance): factor of the variance noise */
    DDIM_COEFFICIENTS
};

#endif /* SD14_GRAPH_OPS_H */
