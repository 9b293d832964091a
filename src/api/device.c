/* SPDX-License-Identifier: Apache-2.0 */
#include <sd14/device.h>

#include "api/session.h"
#include "pipeline/device_measures.h"

static sd14_device_program network(const device_program *of)
{
    return (sd14_device_program){
        .calls = of->calls,
        .first_run_seconds = (double)of->first_ns * 1e-9,
        .later_run_seconds = (double)of->later_ns * 1e-9,
        .weights_bytes = of->weights,
        .inputs_bytes = of->inputs,
        .values_bytes = of->values,
        .l1_values_bytes = of->l1,
    };
}

sd14_status sd14_session_get_device(const sd14_session *session,
                                    sd14_device_measures *out_measures,
                                    sd14_error *error)
{
    device_measures taken;
    if (session == NULL || out_measures == NULL)
        FAIL(error, INVALID_ARGUMENT, "no session or no place given");
    TRY(device_measures_take(session->pipeline, &taken, error));
    *out_measures = (sd14_device_measures){
        .present = taken.present,
        .text = network(&taken.text),
        .unet = network(&taken.unet),
        .decoder = network(&taken.decoder),
        .compile_seconds = taken.compile_seconds,
        .step_overhead_seconds = taken.overhead_seconds,
        .dram_bytes = taken.usage.dram,
        .l1_bytes = taken.usage.l1,
        .l1_small_bytes = taken.usage.l1_small,
    };
    return SD14_OK;
}
