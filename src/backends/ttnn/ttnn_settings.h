/* SPDX-License-Identifier: Apache-2.0 */

/** How each part of a drawing is computed on the device: types, precision, where values live. */
#ifndef SD14_TTNN_SETTINGS_H
#define SD14_TTNN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/** ttnn's element types. */
typedef enum tt_dtype {
    TT_BFLOAT16,
    TT_BFLOAT8_B, /**< tiles only: 16 values of a row share an exponent */
    TT_FLOAT32,
    TT_UINT32, /**< ids */
    TT_DTYPES
} tt_dtype;

/** Passes of the matrix unit over a product's bits: ttnn.MathFidelity. */
typedef enum tt_fidelity { TT_LOFI, TT_HIFI2, TT_HIFI3, TT_HIFI4, TT_FIDELITIES } tt_fidelity;

typedef enum tt_group_norm {
    TT_GROUP_NORM_NATIVE, /**< ttnn.group_norm where it is exact: whole tiles of rows and channels */
    TT_GROUP_NORM_COMPOSED, /**< means, subtract, multiply, rsqrt in float32 */
    TT_GROUP_NORMS
} tt_group_norm;

/** Where values live between operators. */
typedef enum tt_placement {
    TT_PLACEMENT_DRAM, /**< interleaved over the DRAM banks: everything fits */
    TT_PLACEMENT_L1,   /**< interleaved over the cores' L1: small values that soon go, not images */
    TT_PLACEMENT_SHARDED, /**< as L1, and in block shards what fits: chains of calls on images */
    TT_PLACEMENTS
} tt_placement;

typedef enum tt_component {
    TT_TEXT_ENCODER,
    TT_UNET,
    TT_SCHEDULER, /**< always float32 */
    TT_VAE_DECODER,
    TT_VAE_ENCODER,
    TT_COMPONENTS
} tt_component;

typedef struct tt_component_settings {
    tt_dtype weights; /**< TT_BFLOAT16 or TT_BFLOAT8_B; what norms and tables need stays bfloat16 */
    tt_dtype activations; /**< TT_BFLOAT16 or TT_BFLOAT8_B */
    tt_fidelity fidelity;
    bool fp32_dest_acc;
    bool math_approx; /**< also: gelu as the matrix unit's epilogue, which approximates it */
    bool packer_l1_acc;
    tt_group_norm group_norm;
    tt_placement memory;
} tt_component_settings;

typedef struct tt_settings {
    tt_component_settings component[TT_COMPONENTS];
    size_t l1_small_size; /**< bytes of each core's L1 kept for sliding windows' tables */
    int chips;            /**< 1, or 2: the guidance's halves each on a chip of a 1x2 mesh */
} tt_settings;

/** Everything in DRAM, bfloat16, exact where ttnn can be. */
tt_settings tt_settings_default(void);

/** The component that a graph belongs to, by the graph's name; the UNet's for names unknown. */
tt_component tt_component_of(const char *graph_name);

/** Their names: "unet", ...; ttnn's "bfloat16", ...; members of ttnn.MathFidelity: "LoFi", ... */
extern const char *const tt_component_names[TT_COMPONENTS];
extern const char *const tt_dtype_names[TT_DTYPES];
extern const char *const tt_fidelity_names[TT_FIDELITIES];

#endif /* SD14_TTNN_SETTINGS_H */
