/* SPDX-License-Identifier: Apache-2.0 */

/** What the public model handle holds, for the other files of api/. */
#ifndef SD14_API_MODEL_H
#define SD14_API_MODEL_H

#include <limits.h>
#include <stdbool.h>

#include <sd14/model.h>

#include "base/log.h"
#include "graph/backend.h"
#include "models/model.h"

struct sd14_model {
    model *model;
    backend *backend;
    backend *fallback; /**< NULL: a device that fails ends the drawing */
    log_target log;
    sd14_log public_log;
    char *name;
    sd14_model_file *files; /**< hashed; NULL until asked for */
    size_t n_files;
};

/** "models/emoji/" -> "emoji": the last part of a path; of "." and ".." the folder's own name. The caller's
 * to mem_free(); NULL: no memory. */
char *model_name_of(const char *path);

/** Checks all of the parameters that do not need the backend. */
SD14_NODISCARD sd14_status model_check_params(const sd14_model_params *params, sd14_error *error);

/** Checks all of the parameters and makes the backend they ask for. @param log  borrowed; may be NULL */
SD14_NODISCARD sd14_status model_backend_create(const sd14_model_params *params,
                                                const log_target *log,
                                                backend **out_backend,
                                                sd14_error *error);

/** A folder of the cache; it need not be there. false: the parameters want none, or there is no place. */
bool model_cache_folder(const sd14_model_params *params, const char *name, char out[PATH_MAX]);

/** The backend that goes on when the device fails; NULL when the parameters want none. */
SD14_NODISCARD sd14_status model_fallback_create(const sd14_model_params *params,
                                                 const log_target *log,
                                                 backend **out_backend,
                                                 sd14_error *error);

/** Sets backend, precision, isa and threads. */
void model_backend_describe(const backend *of, sd14_model_info *out_info);

/** A picture's width or height, `name` in the error. */
SD14_NODISCARD sd14_status model_check_side(const model_config *config,
                                            const char *name,
                                            int32_t side,
                                            sd14_error *error);

#endif /* SD14_API_MODEL_H */
