/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/cgroup.h"
#include "base/cpu.h"
#include "probe/sections.h"

enum { CPUINFO_BYTES = 16384, CACHES_MAX = 16 };

/* Of interest for kernels to come; names as /proc/cpuinfo has them. */
static const char *const further_flags[] = {"avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16",
                                            "amx_int8"};

static void add_model(findings *to, const char *cpuinfo)
{
    char model[MACHINE_LINE] = "";
    char vendor[MACHINE_LINE] = "";
    if (!machine_field(cpuinfo, "model name", model, sizeof(model))) {
        cpu_model_name(model, (int)sizeof(model));
    }
    (void)machine_field(cpuinfo, "vendor_id", vendor, sizeof(vendor));
    findings_value(to, "vendor", vendor[0] == '\0' ? json_null() : findings_string(vendor));
    findings_item(to, MARK_NOTE, "model", model[0] == '\0' ? json_null() : findings_string(model),
                  "model", "%s%s%s", model[0] == '\0' ? "unknown" : model,
                  vendor[0] == '\0' ? "" : ", ", vendor);
}

static void add_isa(findings *to)
{
    json_t *levels = json_array();
    text names = {0};
    for (int level = 0; level < ISA_COUNT; level++) {
        if (!cpu_has((isa_level)level)) continue;
        const char *name = isa_name((isa_level)level);
        findings_append(to, levels, json_string(name));
        text_add(&names, "%s%s", names.length > 0 ? ", " : "", name);
    }
    findings_value(to, "isa", json_string(isa_name(cpu_newest())));
    findings_item(to, cpu_newest() == ISA_REF ? MARK_WARN : MARK_OK, "isa_levels", levels,
                  "instruction sets", "%s", text_get(&names));
    if (cpu_newest() == ISA_REF) {
        findings_remedy(to, "plain C is slow: use a processor with AVX2; in a virtual machine pass "
                            "the host's processor through");
    }
    to->failed |= text_failed(&names);
    text_release(&names);
}

/* Whether a list of words has the word. */
static bool has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = strstr(words, word); at != NULL; at = strstr(at + 1, word)) {
        const bool begins = at == words || at[-1] == ' ';
        if (begins && (at[length] == ' ' || at[length] == '\0')) return true;
    }
    return false;
}

static void add_flags(findings *to, const char *cpuinfo)
{
    char flags[CPUINFO_BYTES / 2] = "";
    json_t *found = json_array();
    text names = {0};
    (void)machine_field(cpuinfo, "flags", flags, sizeof(flags));
    for (size_t i = 0; i < sizeof(further_flags) / sizeof(further_flags[0]); i++) {
        if (!has_word(flags, further_flags[i])) continue;
        findings_append(to, found, json_string(further_flags[i]));
        text_add(&names, "%s%s", names.length > 0 ? ", " : "", further_flags[i]);
    }
    findings_item(to, MARK_NOTE, "further_flags", found, "not used yet", "%s",
                  names.length > 0 ? text_get(&names) : "none of bf16, fp16 and AMX");
    to->failed |= text_failed(&names);
    text_release(&names);
}

static void add_cores(const machine *on, findings *to)
{
    char line[4096];
    char list[1024] = "";
    char membership[PATH_MAX];
    char mount[PATH_MAX];
    int online = 0;
    int allowed = 0;
    int quota = 0;
    if (machine_read(on, "/sys/devices/system/cpu/online", line, sizeof(line))) {
        online = machine_count_list(line);
    }
    if (machine_read(on, "/proc/self/status", line, sizeof(line)) &&
        machine_field(line, "Cpus_allowed_list", list, sizeof(list))) {
        allowed = machine_count_list(list);
    }
    if (machine_path(on, "/proc/self/cgroup", membership) &&
        machine_path(on, "/sys/fs/cgroup", mount)) {
        quota = cgroup_cores(membership, mount);
    }
    int usable = allowed > 0 ? allowed : online;
    if (quota > 0 && (quota < usable || usable == 0)) usable = quota;
    if (usable == 0) usable = 1;

    findings_value(to, "cores_online", online > 0 ? json_integer(online) : json_null());
    findings_value(to, "cores_allowed", allowed > 0 ? json_integer(allowed) : json_null());
    findings_value(to, "cores_quota", quota > 0 ? json_integer(quota) : json_null());
    char quota_text[16];
    (void)snprintf(quota_text, sizeof(quota_text), "%d", quota);
    const bool limited = quota > 0 && quota < (allowed > 0 ? allowed : online);
    findings_item(to, limited ? MARK_WARN : MARK_OK, "cores_usable", json_integer(usable), "cores",
                  "%d usable; %d online, %d by affinity, %s by cgroup quota", usable, online,
                  allowed, quota > 0 ? quota_text : "all");
    if (limited) {
        findings_remedy(to,
                        "the cgroup allows %d of %d cores; raise its quota (docker run --cpus, "
                        "systemd CPUQuota=) to use more",
                        quota, allowed > 0 ? allowed : online);
    }
}

/* "L2 unified 1024K, for 2 cores" */
static void
add_cache(const machine *on, findings *to, const char *folder, json_t *list, text *names)
{
    char type[MACHINE_LINE];
    char size[MACHINE_LINE];
    char shared[MACHINE_LINE];
    long long level = 0;
    if (!machine_read_number(on, folder, "level", &level) ||
        !machine_read_in(on, folder, "type", type, sizeof(type)) ||
        !machine_read_in(on, folder, "size", size, sizeof(size))) {
        return;
    }
    int cores = 0;
    if (machine_read_in(on, folder, "shared_cpu_list", shared, sizeof(shared))) {
        cores = machine_count_list(shared);
    }
    json_t *cache = json_pack("{s:I, s:o, s:o, s:i}", "level", (json_int_t)level, "type",
                              findings_string(type), "size", findings_string(size), "cores", cores);
    findings_append(to, list, cache);
    text_add(names, "%sL%lld%s %s", names->length > 0 ? ", " : "", level,
             strcmp(type, "Data") == 0          ? " data"
             : strcmp(type, "Instruction") == 0 ? " code"
                                                : "",
             size);
    if (cores > 1) text_add(names, " (of %d cores)", cores);
}

static void add_caches(const machine *on, findings *to)
{
    json_t *list = json_array();
    text names = {0};
    for (int i = 0; i < CACHES_MAX; i++) {
        char folder[PATH_MAX];
        if (machine_join(folder, "/sys/devices/system/cpu/cpu0/cache/index%d", i)) {
            add_cache(on, to, folder, list, &names);
        }
    }
    findings_item(to, MARK_NOTE, "caches", list, "caches", "%s",
                  names.length > 0 ? text_get(&names) : "unknown");
    to->failed |= text_failed(&names);
    text_release(&names);
}

sd14_status probe_cpu(const probe_options *options, findings *to, sd14_error *error)
{
    char cpuinfo[CPUINFO_BYTES] = "";
    (void)error;
    (void)machine_read(&options->machine, "/proc/cpuinfo", cpuinfo, sizeof(cpuinfo));
    findings_section(to, "cpu", "Processor");
    add_model(to, cpuinfo);
    add_isa(to);
    add_flags(to, cpuinfo);
    add_cores(&options->machine, to);
    add_caches(&options->machine, to);
    return SD14_OK;
}
