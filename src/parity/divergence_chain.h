/* SPDX-License-Identifier: Apache-2.0 */

/** The chain of stages: what side A's parts get of the reference, and each stage's comparison. */
#ifndef SD14_PARITY_DIVERGENCE_CHAIN_H
#define SD14_PARITY_DIVERGENCE_CHAIN_H

#include "parity/divergence_parts.h"

/** The reference's values that side A's networks get. All of it is the chain's to free. */
typedef struct divergence_chain {
    divergence_run run;
    int32_t *our_ids, *ids; /**< [batch + 1, tokens], positions last */
    size_t tokens;
    float *context;    /**< [batch, tokens, hidden] */
    float *pair;       /**< the UNet's sample [batch, height, width, channels] */
    float *noise_pred; /**< [batch, height, width, channels] */
    divergence_whole whole;
} divergence_chain;

/** Whether the reference runs; else it was recorded. */
static inline bool chain_is_live(const divergence_params *params)
{
    return params->theirs.model != NULL;
}

/* In this order. Each fills in what the next ones need of the reference; whole runs come before the UNet. */
SD14_NODISCARD sd14_status chain_tokens(divergence_chain *c, sd14_error *error);
SD14_NODISCARD sd14_status chain_schedule(divergence_chain *c, sd14_error *error);
SD14_NODISCARD sd14_status chain_text_encoder(divergence_chain *c, sd14_error *error);
SD14_NODISCARD sd14_status chain_unet(divergence_chain *c, sd14_error *error);
SD14_NODISCARD sd14_status chain_scheduler(divergence_chain *c, sd14_error *error);
SD14_NODISCARD sd14_status chain_decoder(divergence_chain *c, sd14_error *error);

#endif /* SD14_PARITY_DIVERGENCE_CHAIN_H */
