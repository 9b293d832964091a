/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Interface contracts: what text encoder, UNet, scheduler and VAE take and give, as data that a port to other
 * hardware can be held against. Names, shapes with symbols, types, ranges, meaning, and diffusers' names.
 */
#ifndef SD14_CONTRACTS_H
#define SD14_CONTRACTS_H

#include <stdbool.h>

#include <sd14/model.h>
#include <sd14/text.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Writes the contracts: {"contracts": [...]}, each in the form of configs/schemas/contract.schema.json.
 *
 * @param folder    A folder of text_encoder.json, unet.json, scheduler.json, vae_decoder.json and
 *                  vae_encoder.json; NULL: the library's own.
 * @param out_text  Set on success: canonical JSON; the caller's: sd14_text_destroy().
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_FILE (missing or not of that form);
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_contracts_json(const char *folder,
                                                        char **out_text,
                                                        sd14_error *error);

/** What to hold against the contracts. All borrowed. */
typedef struct sd14_contracts_params {
    const char *folder; /**< as in sd14_contracts_json() */
    bool graphs;        /**< the model's graphs: names, types, shapes at its size, twice as wide */
    bool backend;       /**< the model's backend: every part run once, small; values too */
    const char *run;    /**< a golden run's folder: every tensor and picture; NULL: none */
} sd14_contracts_params;

/**
 * Checks what the parameters name. A violation is named by contract, tensor and field, with what was expected
 * and what was found; all of them are listed, not only the first.
 *
 * @param model       One session or check of a model at a time may be running.
 * @param out_report  JSON, form in docs/json.md; the caller's: sd14_text_destroy(). Set on SD14_OK and on
 *                    SD14_ERROR_VERIFICATION, else untouched.
 * @return SD14_OK
 *         SD14_ERROR_VERIFICATION      a contract is violated; the report says which
 *         SD14_ERROR_INVALID_ARGUMENT
 *         SD14_ERROR_FILE              contracts or run cannot be read
 *         SD14_ERROR_MODEL, SD14_ERROR_DEVICE, SD14_ERROR_OUT_OF_MEMORY
 *
 * Parity: tools/reference/contracts_diffusers.py holds the same contracts against diffusers' modules.
 */
SD14_NODISCARD SD14_API sd14_status sd14_contracts_check(sd14_model *model,
                                                         const sd14_contracts_params *params,
                                                         char **out_report,
                                                         sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_CONTRACTS_H */
