/* SPDX-License-Identifier: Apache-2.0 */

/** What the symbols of contracts stand for in a model and a call. */
#ifndef SD14_PARITY_CONTRACT_SYMBOLS_H
#define SD14_PARITY_CONTRACT_SYMBOLS_H

#include "models/config.h"
#include "parity/contract.h"

enum { CONTRACT_SYMBOLS = 10 };

/** Values in the order of contract_symbol_name(). */
typedef struct contract_symbols {
    size_t value[CONTRACT_SYMBOLS];
} contract_symbols;

/** "batch", "tokens", ...; NULL past the last. */
const char *contract_symbol_name(size_t index);

/** @param width  pixels, as height */
contract_symbols contract_symbols_of(
    const model_config *config, size_t vocabulary, size_t batch, size_t height, size_t width);

/** Every symbol's name, for a sentence. Static storage. */
const char *contract_symbol_names(void);

/** @return false: no such symbol, another form, or a division with a remainder */
bool contract_length_value(const contract_length *length,
                           const contract_symbols *symbols,
                           size_t *out_value);

#endif /* SD14_PARITY_CONTRACT_SYMBOLS_H */
