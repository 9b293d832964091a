/* SPDX-License-Identifier: Apache-2.0 */

/** What the public model handle holds, for the other files of api/. */
#ifndef SD14_API_MODEL_H
#define SD14_API_MODEL_H

#include <sd14/model.h>

#include "base/log.h"
#include "graph/backend.h"
#include "models/model.h"

struct sd14_model {
    model *model;
    backend *backend;
    log_target log;
    sd14_log public_log;
    char *name;
    sd14_model_file *files; /**< hashed; NULL until asked for */
    size_t n_files;
};

#endif /* SD14_API_MODEL_H */
