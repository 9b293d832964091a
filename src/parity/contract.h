/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Interface contracts as data: what text encoder, UNet, scheduler and VAE take and give. The files are
 * contracts/ in the repository, their form is configs/schemas/contract.schema.json; the library holds a copy.
 */
#ifndef SD14_PARITY_CONTRACT_H
#define SD14_PARITY_CONTRACT_H

#include "formats/json.h"
#include "tensor/tensor.h"

enum { CONTRACT_TENSORS_MAX = 16, CONTRACT_NAMES_MAX = 8 };

/** A length: a number, a symbol ("batch"), or a symbol times or by a number ("height/8"). */
typedef struct contract_length {
    const char *text; /**< as the file has it; NULL for a number */
    size_t number;    /**< itself when text is NULL */
} contract_length;

/** Strings belong to the contract. */
typedef struct contract_tensor {
    const char *name;
    const char *graph;  /**< the graph's input or node; NULL: outside of the graphs */
    const char *layout; /**< a letter per axis, e.g. "NHWC" */
    const char *recorded[CONTRACT_NAMES_MAX]; /**< names in a recorded run; NULL ends them */
    const char *recorded_layout;
    contract_length shape[SHAPE_RANK_MAX];
    int rank;
    dtype type;
    double min, max;       /**< both included */
    contract_length below; /**< in place of max, not included, when has_below */
    bool has_below;
    bool optional;
    bool output;
} contract_tensor;

typedef struct contract {
    json_document document;                        /**< holds the strings */
    const char *name;                              /**< "unet" */
    contract_tensor tensors[CONTRACT_TENSORS_MAX]; /**< inputs, then outputs */
    size_t n_tensors;
} contract;

/** The parts that have one, in the order of a picture. */
typedef enum contract_part {
    CONTRACT_TEXT_ENCODER,
    CONTRACT_UNET,
    CONTRACT_SCHEDULER,
    CONTRACT_VAE_DECODER,
    CONTRACT_VAE_ENCODER,
    CONTRACT_PARTS
} contract_part;

typedef struct contract_set {
    contract parts[CONTRACT_PARTS];
} contract_set;

/** "text_encoder", "unet", "scheduler", "vae_decoder", "vae_encoder". */
const char *contract_part_name(contract_part part);

/**
 * Reads all contracts.
 * @param folder  a folder of <name>.json; NULL: the library's own
 * @return SD14_OK; SD14_ERROR_FILE naming file and place (missing, not JSON, not of a contract's form);
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status contract_set_load(const char *folder,
                                             contract_set *out_set,
                                             sd14_error *error);

/** An all-zero or released set is fine. */
void contract_set_release(contract_set *set);

/** Appends {"contracts": [...]}, canonical JSON. Out of memory shows in text_failed(). */
void contract_set_write(const contract_set *set, text *to);

#endif /* SD14_PARITY_CONTRACT_H */
