/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/cpu_backend.h"

#include <stdio.h>

#include "backends/cpu/peak.h"
#include "backends/cpu/program.h"
#include "base/memory.h"

static void cpu_destroy(backend *self)
{
    if (self == NULL) return;
    thread_pool_destroy(((cpu_backend *)self)->pool);
    mem_free(((cpu_backend *)self)->cache_folder);
    mem_free(self);
}

static const backend_vtable cpu_vtable = {
    .name = "cpu",
    .plan = cpu_plan,
    .load_weights = cpu_load_weights,
    .weights_destroy = cpu_weights_destroy,
    .weights_bytes = cpu_weights_bytes,
    .compile = cpu_compile,
    .program_destroy = cpu_program_destroy,
    .program_memory = cpu_program_memory,
    .run = cpu_run,
    .destroy = cpu_destroy,
};

sd14_status
cpu_backend_create(const cpu_backend_options *options, backend **out_backend, sd14_error *error)
{
    if (options->isa_max < 0 || options->isa_max >= ISA_COUNT) {
        FAIL(error, INVALID_ARGUMENT, "no such instruction set; use " ISA_NAMES);
    }
    cpu_backend *cpu = mem_array(1, sizeof(*cpu));
    if (cpu == NULL) FAIL_NO_MEMORY(error, "the CPU backend");
    cpu->base.vtable = &cpu_vtable;
    cpu->kernels = cpu_kernels_select(options->isa_max);
    for (int level = ISA_REF; level <= (int)options->isa_max; level++) {
        if (cpu_has((isa_level)level)) cpu->isa = (isa_level)level;
    }
    cpu->fast = options->fast;
    cpu->exact = options->exact;
    (void)snprintf(cpu->precision, sizeof(cpu->precision), "%s%s", cpu->fast ? "fast" : "f32",
                   cpu->exact ? ",exact" : "");
    if (options->cache != NULL) {
        cpu->cache = *options->cache;
        cpu->cache_folder = mem_string(options->cache->folder);
        cpu->cache.folder = cpu->cache_folder; /* NULL, without memory: nothing is kept */
        cpu->base.keeps_weights = cpu->cache_folder != NULL;
    }
    if (options->emulation != NULL) {
        cpu->emulates = true;
        cpu->emulation = *options->emulation;
        emulation_text(&cpu->emulation, cpu->precision);
    }
    const int threads = options->threads == 0 ? cpu_usable_cores() : options->threads;
    const sd14_status status = thread_pool_create(threads, &cpu->pool, error);
    if (status != SD14_OK) {
        mem_free(cpu->cache_folder);
        mem_free(cpu);
        return status;
    }
    *out_backend = &cpu->base;
    return SD14_OK;
}

int cpu_backend_threads(const backend *cpu)
{
    return thread_pool_threads(((const cpu_backend *)cpu)->pool);
}

isa_level cpu_backend_isa(const backend *cpu)
{
    return ((const cpu_backend *)cpu)->isa;
}

const char *cpu_backend_precision(const backend *cpu)
{
    return ((const cpu_backend *)cpu)->precision;
}

cpu_numbers cpu_backend_numbers(const backend *cpu, const graph *of, const graph_node *node)
{
    const cpu_backend *self = (const cpu_backend *)cpu;
    const bool integers = cpu_weight_form(self, of, node) == WEIGHT_PANELS_I16 ||
                          cpu_takes_attention_i16(self, of, node);
    return integers ? CPU_I16 : CPU_F32;
}

double cpu_backend_peak(const backend *cpu, cpu_numbers numbers)
{
    const cpu_backend *self = (const cpu_backend *)cpu;
    return numbers == CPU_I16 ? peak_i16_ops_per_ns(self->pool, self->isa)
                              : peak_flops_per_ns(self->pool, self->isa);
}
