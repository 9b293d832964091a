/* SPDX-License-Identifier: Apache-2.0 */

/** The cases of op_cases.h with weights and inputs. */
#ifndef SD14_TESTS_OP_CASE_DATA_H
#define SD14_TESTS_OP_CASE_DATA_H

#include <string.h>

#include "support/graph_run.h"
#include "support/op_cases.h"

static inline graph *op_case_make_graph(const op_case *of)
{
    sd14_error error = {{0}};
    graph *made = NULL;
    if (op_case_graph(of, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

/* Coefficients near the schedule's: a square root of 0 would divide by nothing. */
static inline graph_data
op_case_make_data(const op_case *of, const graph *graph, dtype type, size_t seed)
{
    graph_data made = graph_data_make(graph, type, seed + 1, OP_CASE_IDS_BELOW);
    if (of->op == OP_guided_ddim_step) {
        static const float k[DDIM_COEFFICIENTS] = {7.5F, 0.93F, 0.36F, 0.41F, 0.87F, 0.31F};
        memcpy(made.inputs[2], k, sizeof(k));
    }
    if (of->op == OP_timestep_embedding) {
        static const float t[3] = {951.0F, 1.0F, 0.0F};
        memcpy(made.inputs[0], t, of->in[0].dim[0] * sizeof(float));
    }
    return made;
}

#endif /* SD14_TESTS_OP_CASE_DATA_H */
