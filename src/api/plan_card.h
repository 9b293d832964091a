/* SPDX-License-Identifier: Apache-2.0 */

/** A drawing on a Tenstorrent card, planned from its graphs. */
#ifndef SD14_API_PLAN_CARD_H
#define SD14_API_PLAN_CARD_H

#include <sd14/plan.h>

#include "backends/ttnn/ttnn_options.h"
#include "graph/graph.h"

/**
 * @param options   `chips` of them counts
 * @param graphs    of a picture, in the order of sd14_plan's networks; out_card borrows their names
 * @param runs      of each, per picture
 * @param out_card  all but the name. Its problem is out_problem's text.
 * @return SD14_OK, also when it does not fit; what tt_program_create() returns.
 */
SD14_NODISCARD sd14_status plan_card_make(const ttnn_options *options,
                                          graph *const graphs[SD14_PLAN_NETWORKS],
                                          const int32_t runs[SD14_PLAN_NETWORKS],
                                          sd14_card_plan *out_card,
                                          sd14_error *out_problem,
                                          sd14_error *error);

#endif /* SD14_API_PLAN_CARD_H */
