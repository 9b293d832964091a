/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/contract_symbols.h"

#include <stdlib.h>
#include <string.h>

#define SYMBOLS(SYMBOL)                                                                            \
    SYMBOL(batch)                                                                                  \
    SYMBOL(tokens)                                                                                 \
    SYMBOL(vocabulary)                                                                             \
    SYMBOL(text_channels)                                                                          \
    SYMBOL(context_channels)                                                                       \
    SYMBOL(height)                                                                                 \
    SYMBOL(width)                                                                                  \
    SYMBOL(latent_channels)                                                                        \
    SYMBOL(image_channels)                                                                         \
    SYMBOL(train_timesteps)

enum {
#define SYMBOL(name) SYMBOL_##name,
    SYMBOLS(SYMBOL)
#undef SYMBOL
        SYMBOL_COUNT
};
_Static_assert((int)SYMBOL_COUNT == (int)CONTRACT_SYMBOLS, "the header's count");

const char *contract_symbol_name(size_t index)
{
#define SYMBOL(name) #name,
    static const char *const names[] = {SYMBOLS(SYMBOL)};
#undef SYMBOL
    return index < SYMBOL_COUNT ? names[index] : NULL;
}

const char *contract_symbol_names(void)
{
#define SYMBOL(name) " " #name
    return "one of" SYMBOLS(SYMBOL);
#undef SYMBOL
}

contract_symbols contract_symbols_of(
    const model_config *config, size_t vocabulary, size_t batch, size_t height, size_t width)
{
    return (contract_symbols){{
        [SYMBOL_batch] = batch,
        [SYMBOL_tokens] = config->text_encoder.max_position_embeddings,
        [SYMBOL_vocabulary] = vocabulary,
        [SYMBOL_text_channels] = config->text_encoder.hidden_size,
        [SYMBOL_context_channels] = config->unet.cross_attention_dim,
        [SYMBOL_height] = height,
        [SYMBOL_width] = width,
        [SYMBOL_latent_channels] = config->vae.latent_channels,
        [SYMBOL_image_channels] = config->vae.in_channels,
        [SYMBOL_train_timesteps] = (size_t)config->scheduler.train_timesteps,
    }};
}

bool contract_length_value(const contract_length *length,
                           const contract_symbols *symbols,
                           size_t *out_value)
{
    *out_value = length->number;
    if (length->text == NULL) return true;
    const size_t name_length = strcspn(length->text, "*/");
    const char operation = length->text[name_length];
    for (size_t i = 0; i < SYMBOL_COUNT; i++) {
        const char *name = contract_symbol_name(i);
        if (strlen(name) != name_length || strncmp(name, length->text, name_length) != 0) continue;
        *out_value = symbols->value[i];
        if (operation == '\0') return true;
        char *end = NULL;
        const long by = strtol(length->text + name_length + 1, &end, 10);
        if (by < 1 || by > INT32_MAX || *end != '\0') return false;
        if (operation == '/' && *out_value % (size_t)by != 0) return false;
        *out_value = operation == '/' ? *out_value / (size_t)by : *out_value * (size_t)by;
        return true;
    }
    return false;
}
