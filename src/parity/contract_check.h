/* SPDX-License-Identifier: Apache-2.0 */

/** A tensor against its contract: type, shape, values. */
#ifndef SD14_PARITY_CONTRACT_CHECK_H
#define SD14_PARITY_CONTRACT_CHECK_H

#include "graph/backend.h"
#include "models/model.h"
#include "parity/contract_report.h"
#include "parity/contract_symbols.h"

/** What is checked: all borrowed. */
typedef struct contract_check {
    const contract_set *contracts;
    const model *model;
    contract_report *report;
} contract_check;

/** A tensor as it was found. */
typedef struct contract_found {
    tensor tensor;      /**< data NULL: its values are not looked at */
    const char *layout; /**< NULL: the contract's */
    const char *where;  /**< the file; NULL: none */
} contract_found;

/** Symbols of this model; sizes in pixels. */
contract_symbols
contract_check_symbols(const contract_check *check, size_t batch, size_t height, size_t width);

void contract_check_tensor(const contract_check *check,
                           const char *against,
                           const contract *of,
                           const contract_tensor *expected,
                           const contract_symbols *symbols,
                           const contract_found *found);

/** Names, types and shapes of every part's graph. */
SD14_NODISCARD sd14_status contract_check_graphs(const contract_check *check, sd14_error *error);

/**
 * Runs every part once, small and not square, and looks at what goes in and comes out.
 * @return SD14_OK; DEVICE; OUT_OF_MEMORY; MODEL.
 */
SD14_NODISCARD sd14_status contract_check_backend(const contract_check *check,
                                                  backend *backend,
                                                  sd14_error *error);

/** Every tensor and picture of a golden run's folder.
 * @return SD14_OK; SD14_ERROR_FILE (no run, or damaged); OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status contract_check_run(const contract_check *check,
                                              const char *folder,
                                              sd14_error *error);

/** The tensors of a graph that has run, or (no data) of one that has not, against its contract. */
void contract_check_graph(const contract_check *check,
                          const char *against,
                          const contract *of,
                          const contract_symbols *symbols,
                          const graph *graph,
                          const void *const *inputs,
                          const float *output);

#endif /* SD14_PARITY_CONTRACT_CHECK_H */
