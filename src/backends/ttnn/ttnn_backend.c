/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/ttnn_backend.h"

#include <stdio.h>

#include "backends/ttnn/ttnn_run.h"
#include "base/memory.h"

static void ttnn_destroy(backend *self)
{
    if (self == NULL) return;
    tt_device_close(((ttnn_backend *)self)->device);
    mem_free(self);
}

static const backend_vtable ttnn_vtable = {
    .name = "ttnn",
    .own_memory = true,
    .loop = &ttnn_loop_vtable,
    .device = &ttnn_device_vtable,
    .plan = ttnn_plan,
    .load_weights = ttnn_load_weights,
    .weights_destroy = ttnn_weights_destroy,
    .weights_bytes = ttnn_weights_bytes,
    .compile = ttnn_compile,
    .program_destroy = ttnn_program_destroy,
    .program_memory = ttnn_program_memory,
    .run = ttnn_run,
    .destroy = ttnn_destroy,
};

static void describe_precision(ttnn_backend *backend, const tt_component_settings *unet)
{
    (void)snprintf(backend->precision, sizeof(backend->precision), "%s/%s/%s",
                   tt_dtype_names[unet->weights], tt_dtype_names[unet->activations],
                   tt_fidelity_names[unet->fidelity]);
}

void ttnn_backend_describe(const backend *ttnn,
                           const char **out_precision,
                           const char **out_arch,
                           int *out_chips)
{
    const ttnn_backend *self = (const ttnn_backend *)ttnn;
    const tt_device_facts *facts = tt_device_get_facts(self->device);
    *out_precision = self->precision;
    *out_arch = facts->arch;
    *out_chips = facts->chips;
}

sd14_status ttnn_backend_create(const ttnn_options *options,
                                const log_target *log,
                                backend **out_backend,
                                sd14_error *error)
{
    ttnn_backend *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "the TT-NN backend");
    made->base.vtable = &ttnn_vtable;
    const sd14_status status = tt_device_open(options, log, &made->device, error);
    if (status != SD14_OK) {
        mem_free(made);
        return status;
    }
    describe_precision(made, &options->settings.component[TT_UNET]);
    *out_backend = &made->base;
    return SD14_OK;
}
