/* SPDX-License-Identifier: Apache-2.0 */

/** Checks that everything which draws has in common. */
#ifndef SD14_API_GENERATE_H
#define SD14_API_GENERATE_H

#include <sd14/generate.h>

/** @return INVALID_ARGUMENT: what is out of its range, and the range. */
SD14_NODISCARD sd14_status api_check_params(const sd14_model *model,
                                            const sd14_generate_params *params,
                                            sd14_error *error);

#endif /* SD14_API_GENERATE_H */
