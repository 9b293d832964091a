/* SPDX-License-Identifier: Apache-2.0 */

/** A plan as tables and as JSON. */
#ifndef SD14_CLI_PLAN_OUTPUT_H
#define SD14_CLI_PLAN_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>

#include <sd14/plan.h>

/** Prints tables to standard output. @param calls  with the slowest calls */
void plan_print(const sd14_plan *plan, bool calls);

/** docs/json.md. NULL: no memory. */
json_t *plan_json(const sd14_plan *plan);

#endif /* SD14_CLI_PLAN_OUTPUT_H */
