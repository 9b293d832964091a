/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/ttnn_simulator.h"

#include "base/memory.h"

static const char simulator[] = "TT_METAL_SIMULATOR";
static const char slow_dispatch[] = "TT_METAL_SLOW_DISPATCH_MODE";

bool ttnn_dispatches_fast(const machine *on)
{
    return machine_variable(on, simulator) == NULL && machine_variable(on, slow_dispatch) == NULL;
}

void ttnn_simulator_allow(const machine *on, ttnn_options *options)
{
    static const int64_t hour_ms = 3600000;
    ttnn_options usual;
    ttnn_options_default(&usual);
    if (machine_variable(on, simulator) == NULL) return;
    if (options->open_ms == usual.open_ms) options->open_ms = hour_ms;
    if (options->compile_ms == usual.compile_ms) options->compile_ms = 6 * hour_ms;
    if (options->step_ms == usual.step_ms) options->step_ms = 24 * hour_ms;
}

sd14_status ttnn_simulator_environment(const machine *on, const char ***out_list, sd14_error *error)
{
    size_t count = 0;
    *out_list = NULL;
    if (machine_variable(on, simulator) == NULL || machine_variable(on, slow_dispatch) != NULL)
        return SD14_OK;
    while (on->environment[count] != NULL) count++;
    const char **list = mem_array(count + 2, sizeof(*list));
    if (list == NULL) FAIL_NO_MEMORY(error, "an environment");
    for (size_t i = 0; i < count; i++) list[i] = on->environment[i];
    list[count] = "TT_METAL_SLOW_DISPATCH_MODE=1";
    *out_list = list;
    return SD14_OK;
}
