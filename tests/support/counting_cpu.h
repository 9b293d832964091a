/* SPDX-License-Identifier: Apache-2.0 */

/** The small model and a CPU backend whose functions a test watches: it puts its own into counting_vtable, and they
 * call those of cpu_vtable. */
#ifndef SD14_TESTS_COUNTING_CPU_H
#define SD14_TESTS_COUNTING_CPU_H

#include "backends/cpu/cpu_backend.h"
#include "models/model.h"
#include "support/cmocka.h"

static model *the_model;
static backend *the_cpu;
static const backend_vtable *cpu_vtable;
static backend_vtable counting_vtable;

/** @return false, and says why: neither is there. */
static inline bool counting_cpu_open(void)
{
    sd14_error error;
    const cpu_backend_options options = {.threads = 2, .isa_max = ISA_COUNT - 1};
    if (model_load(SD14_SOURCE_DIR "/models/emoji", &the_model, &error) != SD14_OK ||
        cpu_backend_create(&options, &the_cpu, &error) != SD14_OK) {
        print_error("%s\n", error.text);
        return false;
    }
    cpu_vtable = the_cpu->vtable;
    counting_vtable = *cpu_vtable;
    the_cpu->vtable = &counting_vtable;
    return true;
}

static inline void counting_cpu_close(void)
{
    model_destroy(the_model);
    the_cpu->vtable->destroy(the_cpu);
}

#endif /* SD14_TESTS_COUNTING_CPU_H */
