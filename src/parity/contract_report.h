/* SPDX-License-Identifier: Apache-2.0 */

/** What a check of contracts found. */
#ifndef SD14_PARITY_CONTRACT_REPORT_H
#define SD14_PARITY_CONTRACT_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

/** A failed allocation is remembered: fill first, check once with contract_report_write(). */
typedef struct contract_report {
    json_t *violations;
    json_t *checked; /**< {"graph": tensors looked at, ...} */
    bool failed;
} contract_report;

void contract_report_init(contract_report *report);
void contract_report_release(contract_report *report);

/** One tensor of `against` ("graph", "backend", "run") was looked at. */
void contract_report_count(contract_report *report, const char *against);

/** Where something was found. */
typedef struct contract_place {
    const char *against;  /**< "graph", "backend", "run" */
    const char *contract; /**< "unet" */
    const char *tensor;   /**< its name in the contract, or what it is called where it was found */
    const char *where;    /**< a file, or ""; */
} contract_place;

/** @param field  of the contract: "shape", "dtype", "range", "name" */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void contract_report_violation(contract_report *report,
                               const contract_place *place,
                               const char *field,
                               const char *expected,
                               const char *found,
                               ...);

size_t contract_report_violations(const contract_report *report);

/** Appends canonical JSON; docs/json.md has its form. Out of memory, earlier too, shows in text_failed(). */
void contract_report_write(const contract_report *report, text *to);

#endif /* SD14_PARITY_CONTRACT_REPORT_H */
