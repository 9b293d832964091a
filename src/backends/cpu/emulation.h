/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What the CPU backend emulates of another machine: the formats in which values are stored, the bits that
 * multiplications read, and how sums are kept. docs/numerics.md has the model.
 *
 *     wormhole[,[COMPONENT.]SETTING=WORD]...
 *
 *     component   text_encoder, unet, vae; without one: these three. scheduler has activations alone
 *     weights     of linear and conv2d: float32, bfloat16, bfloat8_b; biases, gains and tables: bfloat16,
 *                 with float32 weights float32
 *     activations float32, bfloat16, bfloat8_b
 *     fidelity    LoFi, HiFi2, HiFi3, HiFi4
 *     accumulation float32, bfloat16
 */
#ifndef SD14_CPU_EMULATION_H
#define SD14_CPU_EMULATION_H

#include "backends/cpu/number_formats.h"
#include "base/status.h"
#include "graph/graph.h"

typedef enum math_fidelity {
    FIDELITY_LOFI,
    FIDELITY_HIFI2,
    FIDELITY_HIFI3,
    FIDELITY_HIFI4,
    FIDELITIES
} math_fidelity;

typedef struct numerics {
    storage_format weights;
    storage_format activations;
    math_fidelity fidelity;
    storage_format accumulation; /**< float32 or bfloat16 */
} numerics;

typedef enum component {
    COMPONENT_TEXT_ENCODER,
    COMPONENT_UNET,
    COMPONENT_SCHEDULER,
    COMPONENT_VAE,
    COMPONENTS
} component;

typedef struct emulation {
    numerics of[COMPONENTS];
} emulation;

/** @return SD14_OK; INVALID_ARGUMENT: a word that is not known, named. */
SD14_NODISCARD sd14_status emulation_parse(const char *text,
                                           emulation *out_emulation,
                                           sd14_error *error);

/** "wormhole" and what differs from it, in one way whatever it was parsed from. */
enum { EMULATION_TEXT_BYTES = 512 };
void emulation_text(const emulation *of, char out[EMULATION_TEXT_BYTES]);

/** Whose numerics a node of a graph has, or GRAPH_NONE: its weights; an input's are its readers'. */
component emulation_component(const graph *in, graph_value node);

/** An input that a device gets as a number beside its tensors, and never rounds: timesteps and coefficients. */
bool emulation_is_number(const graph *in, graph_value input);

#endif /* SD14_CPU_EMULATION_H */
