/* SPDX-License-Identifier: Apache-2.0 */

/** What the public session handle holds, for the other files of api/. */
#ifndef SD14_API_SESSION_H
#define SD14_API_SESSION_H

#include <sd14/generate.h>

#include "pipeline/text_to_image.h"

struct sd14_session {
    sd14_model *model;
    text_to_image *pipeline;
};

/** The pipeline knows nothing of the public structures: one is copied into the other. */
sd14_progress session_progress(const text_to_image_progress *progress);

/** Params as the pipeline has them; everything is borrowed. */
text_to_image_params session_params(const sd14_generate_params *params);

#endif /* SD14_API_SESSION_H */
