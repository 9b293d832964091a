/* SPDX-License-Identifier: Apache-2.0 */

/* Whether there is room on the device, asked before anything goes there: what ttnn says when there is none names
 * neither the network nor what would do. */
#include "backends/ttnn/device_plan.h"
#include "backends/ttnn/ttnn_run.h"

/* Bytes of a chip's DRAM in use. */
static sd14_status ask_used(tt_device *device, size_t n_banks, size_t *out_bytes, sd14_error *error)
{
    json_t *usage = NULL;
    TRY(tt_device_usage(device, &usage, error));
    const json_t *dram = json_object_get(usage, "dram");
    *out_bytes = n_banks * (size_t)json_integer_value(json_object_get(dram, "allocated"));
    json_decref(usage);
    return SD14_OK;
}

sd14_status ttnn_check_room(tt_device *device,
                            const tt_program *program,
                            size_t weights_there,
                            sd14_error *error)
{
    enum { THERE, NEW, PLANS };
    const tt_device_facts *facts = tt_device_get_facts(device);
    const char *const names[PLANS] = {"what is there", program->graph->name};
    device_memory memory = device_wormhole;
    device_plan plans[PLANS] = {0};
    if (facts->dram_banks == 0) return SD14_OK; /* it did not say */
    memory.dram_banks = facts->dram_banks;
    memory.dram_bank_bytes = facts->dram_bytes / facts->dram_banks;
    TRY(ask_used(device, facts->dram_banks, &plans[THERE].weights, error));
    TRY(device_plan_make(program, &memory, &plans[NEW], error));
    plans[NEW].padding = 0; /* there may be none: only what cannot fit is refused */
    plans[NEW].weights -= weights_there < plans[NEW].weights ? weights_there : plans[NEW].weights;
    return device_plan_check(plans, names, PLANS, &memory, error);
}
