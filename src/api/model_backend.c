/* SPDX-License-Identifier: Apache-2.0 */

/* The one place that knows which backends there are. */
#include <string.h>

#include "api/model.h"
#include "backends/cpu/cpu_backend.h"
#include "backends/ttnn/ttnn_backend.h"
#include "base/cgroup.h"
#include "base/thread_pool.h"
#include "machine/machine.h"

static const uint64_t cache_max_default = (uint64_t)16 << 30;

/* Smaller weights are prepared faster than it matters. */
static const uint64_t cache_least = (uint64_t)64 << 20;

void sd14_model_params_default(sd14_model_params *out_params)
{
    *out_params = (sd14_model_params){.backend = "cpu",
                                      .precision = "f32",
                                      .on_device_failure = "stop",
                                      .cache_max = cache_max_default};
}

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

sd14_status model_check_params(const sd14_model_params *params, sd14_error *error)
{
    if (params == NULL || params->path == NULL || params->path[0] == '\0') {
        FAIL(error, INVALID_ARGUMENT,
             "no model given; give the folder of a Stable Diffusion 1.x model");
    }
    if (!is(params->backend, "cpu") && !is(params->backend, "ttnn")) {
        FAIL(error, DEVICE,
             "backend \"%.50s\" is not available; this build has \"cpu\" and \"ttnn\"",
             params->backend == NULL ? "" : params->backend);
    }
    const bool fast = is(params->precision, "fast");
    if (!fast && !is(params->precision, "f32")) {
        FAIL(error, INVALID_ARGUMENT,
             "precision \"%.50s\" is not available; this build has \"f32\" and \"fast\"",
             params->precision == NULL ? "" : params->precision);
    }
    if (fast && !is(params->backend, "cpu"))
        FAIL(error, INVALID_ARGUMENT,
             "precision fast: the backend %s has device options instead; leave it f32",
             params->backend);
    if (fast && params->emulate != NULL)
        FAIL(error, INVALID_ARGUMENT,
             "precision fast: another machine's numbers are emulated in f32; give one of the two");
    if (params->threads < 0 || params->threads > THREAD_POOL_MAX) {
        FAIL(error, INVALID_ARGUMENT, "threads must be 0 (automatic) to %d", THREAD_POOL_MAX);
    }
    if (params->device_options != NULL && is(params->backend, "cpu"))
        FAIL(error, INVALID_ARGUMENT, "device options: the backend cpu has none");
    if (params->emulate != NULL && !is(params->backend, "cpu"))
        FAIL(error, INVALID_ARGUMENT,
             "emulate: the CPU computes like another machine; with the backend %s "
             "there is nothing to emulate",
             params->backend);
    if (params->exact && !is(params->backend, "cpu"))
        FAIL(error, INVALID_ARGUMENT,
             "exact: a choice of the CPU; the backend %s has one way to compute", params->backend);
    if (!is(params->on_device_failure, "stop") && !is(params->on_device_failure, "cpu")) {
        FAIL(error, INVALID_ARGUMENT, "on_device_failure \"%.50s\" is unknown; use stop or cpu",
             params->on_device_failure == NULL ? "" : params->on_device_failure);
    }
    return SD14_OK;
}

bool model_cache_folder(const sd14_model_params *params, const char *name, char out[PATH_MAX])
{
    const machine here = machine_here();
    char base[PATH_MAX];
    return params->cache_max > 0 && machine_cache_folder(&here, base) &&
           machine_join(out, "%s/sd14/%s", base, name);
}

/* What a container or a service unit may use is a cap that nobody has to name. */
static size_t memory_cap(const sd14_model_params *params)
{
    if (params->max_ram > 0) return (size_t)params->max_ram;
    return (size_t)cgroup_memory("/proc/self/cgroup", "/sys/fs/cgroup");
}

static sd14_status create_cpu(const sd14_model_params *params,
                              const log_target *log,
                              backend **out_backend,
                              sd14_error *error)
{
    char folder[PATH_MAX];
    cpu_backend_options options = {.threads = params->threads,
                                   .isa_max = ISA_COUNT - 1,
                                   .fast = is(params->precision, "fast"),
                                   .exact = params->exact};
    if (params->isa != NULL) {
        options.isa_max = isa_parse(params->isa);
        if (options.isa_max == ISA_COUNT) {
            FAIL(error, INVALID_ARGUMENT, "isa \"%.50s\" is unknown; use " ISA_NAMES, params->isa);
        }
        if (!cpu_has(options.isa_max)) {
            FAIL(error, DEVICE, "isa %s: this processor lacks it; its newest is %s", params->isa,
                 isa_name(cpu_newest()));
        }
    }
    emulation emulation;
    if (params->emulate != NULL) {
        TRY(emulation_parse(params->emulate, &emulation, error));
        options.emulation = &emulation;
    }
    const block_cache cache = {
        .folder = folder, .most_bytes = params->cache_max, .least_bytes = cache_least, .log = log};
    if (model_cache_folder(params, "prepared", folder)) options.cache = &cache;
    TRY(cpu_backend_create(&options, out_backend, error));
    (*out_backend)->memory_cap = memory_cap(params);
    return SD14_OK;
}

sd14_status model_backend_create(const sd14_model_params *params,
                                 const log_target *log,
                                 backend **out_backend,
                                 sd14_error *error)
{
    TRY(model_check_params(params, error));
    if (is(params->backend, "cpu")) return create_cpu(params, log, out_backend, error);
    ttnn_options options;
    TRY(ttnn_options_read(params->device_options, &options, error));
    TRY(ttnn_backend_create(&options, log, out_backend, error));
    (*out_backend)->memory_cap = memory_cap(params);
    return SD14_OK;
}

sd14_status model_fallback_create(const sd14_model_params *params,
                                  const log_target *log,
                                  backend **out_backend,
                                  sd14_error *error)
{
    *out_backend = NULL;
    if (is(params->backend, "cpu") || is(params->on_device_failure, "stop")) return SD14_OK;
    return create_cpu(params, log, out_backend, error);
}

void model_backend_describe(const backend *of, sd14_model_info *out_info)
{
    out_info->backend = of->vtable->name;
    if (is(of->vtable->name, "cpu")) {
        out_info->precision = cpu_backend_precision(of);
        out_info->isa = isa_name(cpu_backend_isa(of));
        out_info->threads = cpu_backend_threads(of);
    } else {
        ttnn_backend_describe(of, &out_info->precision, &out_info->isa, &out_info->threads);
    }
}
