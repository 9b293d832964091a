/* SPDX-License-Identifier: Apache-2.0 */

/** Looks at the machine, and says what is there, what is missing, and what to do about it. */
#ifndef SD14_PROBE_PROBE_H
#define SD14_PROBE_PROBE_H

#include "machine/machine.h"

typedef struct probe_options {
    machine machine;
    const char *version; /**< the program's */
    const char *backend; /**< "cpu" or "ttnn" */
    bool backend_runs;   /**< it was created: what looks missing is not needed */
    const char
        *backend_problem;      /**< why it could not be created; NULL: it could, or nobody tried */
    const char *builtin_model; /**< folder of the model that comes with the program; NULL: none */
    const char *const *models; /**< folders to look at besides the usual places */
    size_t n_models;
    sd14_status (*open_model)(const char *folder, sd14_error *error); /**< whether it is one */
} probe_options;

typedef struct probe_result {
    char *text;    /**< for people */
    char *json;    /**< for programs */
    char *missing; /**< a sentence: why the backend cannot run; NULL: it can */
} probe_result;

/** @param out_result  The caller's to probe_result_release(), whatever was returned.
 * @return SD14_OK, also when things are missing; SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status probe_run(const probe_options *options,
                                     probe_result *out_result,
                                     sd14_error *error);

void probe_result_release(probe_result *result);

#endif /* SD14_PROBE_PROBE_H */
