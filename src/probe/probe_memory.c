/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cgroup.h"
#include "probe/sections.h"

/* What drawing 512x512 with SD 1.4 in float32 takes at its peak, measured: docs/performance.md. */
static const double sd14_bytes = 4.1 * 1073741824.0;

/* "MemTotal:  16384 kB" in bytes; -1: not there. */
static int64_t meminfo(const char *lines, const char *key)
{
    char value[MACHINE_LINE];
    long long kib = 0;
    if (!machine_field(lines, key, value, sizeof(value))) return -1;
    if (sscanf(value, "%lld", &kib) != 1 || kib < 0 || kib > INT64_MAX / 1024) return -1;
    return kib * 1024;
}

static json_t *bytes_or_null(int64_t bytes)
{
    return bytes < 0 ? json_null() : json_integer(bytes);
}

/* The soft limit of "Max address space  SOFT HARD bytes"; -1: none. */
static int64_t address_space_limit(const machine *on)
{
    char limits[4096];
    long long bytes = 0;
    if (!machine_read(on, "/proc/self/limits", limits, sizeof(limits))) return -1;
    const char *line = strstr(limits, "Max address space");
    if (line == NULL || sscanf(line + strlen("Max address space"), "%lld", &bytes) != 1) return -1;
    return bytes;
}

static int64_t least(int64_t a, int64_t b)
{
    if (a < 0) return b;
    return b < 0 || a < b ? a : b;
}

static const char *size_or(const char *none, int64_t bytes, char out[SIZE_TEXT_BYTES])
{
    return bytes < 0 ? none : findings_size((double)bytes, out);
}

static void
add_limit(findings *to, const char *key, const char *label, int64_t bytes, const char *how)
{
    char size[SIZE_TEXT_BYTES];
    const bool small = bytes >= 0 && (double)bytes < sd14_bytes;
    findings_item(to, small ? MARK_WARN : MARK_OK, key, bytes_or_null(bytes), label, "%s",
                  size_or("none", bytes, size));
    if (small) {
        findings_remedy(to,
                        "Stable Diffusion 1.4 takes %.1f GiB for 512x512: %s, or use a smaller "
                        "model or size",
                        sd14_bytes / 1073741824.0, how);
    }
}

static void add_memory(const machine *on, findings *to, const char *info)
{
    char membership[PATH_MAX];
    char mount[PATH_MAX];
    char sizes[2][SIZE_TEXT_BYTES];
    int64_t cgroup = 0;
    if (machine_path(on, "/proc/self/cgroup", membership) &&
        machine_path(on, "/sys/fs/cgroup", mount)) {
        cgroup = cgroup_memory(membership, mount);
    }
    const int64_t total = meminfo(info, "MemTotal");
    const int64_t available = meminfo(info, "MemAvailable");
    const int64_t swap = meminfo(info, "SwapTotal");
    const int64_t swap_free = meminfo(info, "SwapFree");
    const int64_t usable = least(available, cgroup > 0 ? cgroup : -1);
    const bool small = usable >= 0 && (double)usable < sd14_bytes;

    findings_item(to, MARK_NOTE, "total_bytes", bytes_or_null(total), "total", "%s",
                  size_or("unknown", total, sizes[0]));
    findings_item(to, small && usable == available ? MARK_WARN : MARK_OK, "available_bytes",
                  bytes_or_null(available), "available", "%s",
                  size_or("unknown", available, sizes[0]));
    if (small && usable == available) {
        findings_remedy(to,
                        "Stable Diffusion 1.4 takes %.1f GiB for 512x512: close other programs, "
                        "or use a smaller model or size",
                        sd14_bytes / 1073741824.0);
    }
    add_limit(to, "cgroup_limit_bytes", "cgroup limit", cgroup > 0 ? cgroup : -1,
              "raise it (docker run --memory, systemd MemoryMax=)");
    add_limit(to, "address_space_limit_bytes", "address space limit", address_space_limit(on),
              "raise it (ulimit -v unlimited)");
    findings_value(to, "swap_free_bytes", bytes_or_null(swap_free));
    findings_item(to, MARK_NOTE, "swap_bytes", bytes_or_null(swap), "swap", "%s, %s free",
                  size_or("unknown", swap, sizes[0]), size_or("unknown", swap_free, sizes[1]));
}

/* The chosen word of "always [madvise] never". */
static bool chosen_word(const char *words, char out[MACHINE_LINE])
{
    const char *begin = strchr(words, '[');
    const char *end = begin == NULL ? NULL : strchr(begin, ']');
    if (end == NULL) return false;
    (void)snprintf(out, MACHINE_LINE, "%.*s", (int)(end - begin - 1), begin + 1);
    return true;
}

static void add_transparent(const machine *on, findings *to)
{
    char words[MACHINE_LINE];
    char mode[MACHINE_LINE];
    if (!machine_read(on, "/sys/kernel/mm/transparent_hugepage/enabled", words, sizeof(words)) ||
        !chosen_word(words, mode)) {
        findings_item(to, MARK_NOTE, "transparent_hugepages", json_null(), "transparent", "%s",
                      "unknown");
        return;
    }
    const bool never = strcmp(mode, "never") == 0;
    findings_item(to, never ? MARK_WARN : MARK_OK, "transparent_hugepages", findings_string(mode),
                  "transparent", "%s", mode);
    if (never) {
        findings_remedy(to, "large weights are slower to reach without: echo madvise > "
                            "/sys/kernel/mm/transparent_hugepage/enabled");
    }
}

static void add_pool(const machine *on, findings *to, const char *size, const char *label)
{
    char folder[PATH_MAX];
    char key[64];
    long long pages = 0;
    long long free_pages = 0;
    (void)machine_join(folder, "/sys/kernel/mm/hugepages/hugepages-%s", size);
    const bool known = machine_read_number(on, folder, "nr_hugepages", &pages) &&
                       machine_read_number(on, folder, "free_hugepages", &free_pages);
    (void)snprintf(key, sizeof(key), "free_pages_%s", size);
    findings_value(to, key, known ? json_integer(free_pages) : json_null());
    (void)snprintf(key, sizeof(key), "pages_%s", size);
    if (known) {
        findings_item(to, MARK_NOTE, key, json_integer(pages), label, "%lld pages, %lld free",
                      pages, free_pages);
    } else {
        findings_item(to, MARK_NOTE, key, json_null(), label, "%s", "unknown");
    }
}

sd14_status probe_memory(const probe_options *options, findings *to, sd14_error *error)
{
    const machine *on = &options->machine;
    char info[8192] = "";
    (void)error;
    (void)machine_read(on, "/proc/meminfo", info, sizeof(info));
    findings_section(to, "memory", "Memory");
    add_memory(on, to, info);
    findings_section(to, "huge_pages", "Huge pages");
    add_transparent(on, to);
    add_pool(on, to, "2048kB", "2 MiB");
    add_pool(on, to, "1048576kB", "1 GiB");
    return SD14_OK;
}
