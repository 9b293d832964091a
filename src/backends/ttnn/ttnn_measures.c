/* SPDX-License-Identifier: Apache-2.0 */

/* What a reader of reports wants to know of the device. */
#include "backends/ttnn/device_plan.h"
#include "backends/ttnn/ttnn_run.h"

static int64_t busy_ns(const backend *self)
{
    return tt_device_busy_ns(((const ttnn_backend *)self)->device);
}

static sd14_status program(const backend_program *of, device_program *out, sd14_error *error)
{
    device_plan plan;
    TRY(device_plan_make(of->lowered, &device_wormhole, &plan, error));
    *out = (device_program){
        .calls = of->lowered->n_body,
        .first_ns = of->first_ns,
        .later_ns = of->later_ns,
        .weights = plan.weights,
        .inputs = plan.inputs,
        .values = plan.values,
        .l1 = plan.l1_values,
    };
    return SD14_OK;
}

static size_t per_bank(const json_t *usage, const char *kind)
{
    const json_t *bytes = json_object_get(json_object_get(usage, kind), "allocated");
    return json_integer_value(bytes) > 0 ? (size_t)json_integer_value(bytes) : 0;
}

static sd14_status usage(backend *self, device_usage *out, sd14_error *error)
{
    tt_device *device = ((const ttnn_backend *)self)->device;
    json_t *said = NULL;
    TRY(tt_device_usage(device, &said, error));
    *out = (device_usage){
        .dram = per_bank(said, "dram") * tt_device_get_facts(device)->dram_banks,
        .l1 = per_bank(said, "l1"),
        .l1_small = per_bank(said, "l1_small"),
    };
    json_decref(said);
    return SD14_OK;
}

const backend_device_vtable ttnn_device_vtable = {
    .busy_ns = busy_ns, .program = program, .usage = usage};
