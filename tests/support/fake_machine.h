/* SPDX-License-Identifier: Apache-2.0 */

/** A folder that looks like a machine to src/probe: an ordinary one with two cores and 16 GiB, to which a test
 * adds what it is about. */
#ifndef SD14_TEST_FAKE_MACHINE_H
#define SD14_TEST_FAKE_MACHINE_H

#include <jansson.h>

#include "probe/probe.h"
#include "support/cmocka.h"
#include "support/files.h"

typedef struct fake_machine {
    char root[PATH_MAX];
    const char *environment[16]; /* ends with NULL */
    probe_options options;
} fake_machine;

/** "model_index.json" in a folder is a model, for these tests. */
static inline sd14_status fake_open_model(const char *folder, sd14_error *error)
{
    char path[PATH_MAX];
    if (access(path_in(path, folder, "model_index.json"), R_OK) == 0) return SD14_OK;
    return error_set(error, SD14_ERROR_MODEL, "%s: no model", folder);
}

static inline void fake_machine_make(fake_machine *out)
{
    *out = (fake_machine){.environment = {"HOME=/home/u", "PATH=/usr/local/bin:/usr/bin"}};
    (void)temp_folder(out->root);
    const char *root = out->root;
    put_file(root, "proc/cpuinfo",
             "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon 9\n"
             "flags\t\t: fpu avx2 avx512_bf16x amx_tile amx_bf16\n\nprocessor\t: 1\n");
    put_file(root, "proc/self/status", "Name:\tsd14\nCpus_allowed_list:\t0-1\n");
    put_file(root, "proc/self/cgroup", "0::/\n");
    put_file(root, "proc/self/limits",
             "Limit                     Soft Limit           Hard Limit           Units\n"
             "Max address space         unlimited            unlimited            bytes\n");
    put_file(root, "proc/meminfo",
             "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n"
             "SwapTotal:       1048576 kB\nSwapFree:         524288 kB\n");
    put_file(root, "proc/sys/kernel/osrelease", "6.1.0-test\n");
    put_file(root, "sys/devices/system/cpu/online", "0-3\n");
    put_file(root, "sys/devices/system/cpu/cpu0/cache/index0/level", "1\n");
    put_file(root, "sys/devices/system/cpu/cpu0/cache/index0/type", "Data\n");
    put_file(root, "sys/devices/system/cpu/cpu0/cache/index0/size", "48K\n");
    put_file(root, "sys/devices/system/cpu/cpu0/cache/index0/shared_cpu_list", "0,2\n");
    put_file(root, "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    put_file(root, "sys/bus/pci/devices/0000:00:02.0/vendor", "0x8086\n");
    put_file(root, "sys/bus/pci/devices/0000:00:02.0/device", "0x401e\n");
    put_file(root, "home/u/.cache/here", "");
    out->options = (probe_options){
        .machine = {out->root, out->environment},
        .version = "1.2.3",
        .backend = "cpu",
        .open_model = fake_open_model,
    };
}

static inline void fake_machine_remove(fake_machine *of)
{
    remove_folder(of->root);
}

static inline void fake_machine_set(fake_machine *of, const char *variable)
{
    size_t i = 0;
    while (of->environment[i] != NULL) i++;
    assert_true(i + 1 < sizeof(of->environment) / sizeof(of->environment[0]));
    of->environment[i] = variable;
}

/** The machine asked for a backend; the result must be released. */
static inline json_t *
fake_machine_probe(fake_machine *of, const char *backend, probe_result *out_result)
{
    sd14_error error;
    of->options.backend = backend;
    assert_int_equal(probe_run(&of->options, out_result, &error), SD14_OK);
    json_t *json = json_loads(out_result->json, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    return json;
}

/** Whether a problem of that section and item is reported, with a remedy of one line. */
static inline bool reports_problem(json_t *report, const char *section, const char *item)
{
    size_t i;
    json_t *problem;
    json_array_foreach(json_object_get(report, "problems"), i, problem)
    {
        const char *remedy = json_string_value(json_object_get(problem, "remedy"));
        assert_non_null(remedy);
        assert_true(remedy[0] != '\0' && strchr(remedy, '\n') == NULL);
        if (strcmp(json_string_value(json_object_get(problem, "section")), section) == 0 &&
            strcmp(json_string_value(json_object_get(problem, "item")), item) == 0) {
            return true;
        }
    }
    return false;
}

static inline json_t *json_at(json_t *report, const char *section, const char *key)
{
    json_t *value = json_object_get(json_object_get(report, section), key);
    if (value == NULL) fail_msg("%s has no %s", section, key);
    return value;
}

#endif /* SD14_TEST_FAKE_MACHINE_H */
