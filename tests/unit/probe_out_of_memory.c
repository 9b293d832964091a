/* SPDX-License-Identifier: Apache-2.0 */

/* Without memory a report is not made, and nothing leaks (the sanitizers look). */
#include "support/fail_alloc.h"
#include "support/fake_machine.h"

static sd14_status open_nothing(const char *folder, sd14_error *error)
{
    return error_set(error, SD14_ERROR_MODEL, "%s: no model", folder);
}

static void each_allocation_fails_in_turn(void **state)
{
    (void)state;
    fake_machine machine;
    const char *const given[] = {"/m"};
    fake_machine_make(&machine);
    fake_machine_set(&machine, "HF_HUB_CACHE=/hub");
    put_file(machine.root, "hub/models--a--b/snapshots/c/model_index.json",
             "{\"_class_name\": \"StableDiffusionPipeline\"}");
    put_file(machine.root, "sys/bus/pci/devices/0000:01:00.0/vendor", "0x1e52\n");
    machine.options.models = given;
    machine.options.n_models = 1;
    machine.options.backend = "ttnn";
    machine.options.open_model = open_nothing;
    int n = 1;
    for (;; n++) {
        probe_result result;
        sd14_error error;
        fail_alloc_at(n);
        const sd14_status status = probe_run(&machine.options, &result, &error);
        const bool happened = fail_alloc_happened();
        probe_result_release(&result);
        if (!happened) break;
        assert_int_equal(status, SD14_ERROR_OUT_OF_MEMORY);
    }
    assert_true(n > 50);
    fake_machine_remove(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails_in_turn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
