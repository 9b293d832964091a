/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cgroup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The first line of a file; false when there is none. */
static bool read_line(const char *folder, const char *name, char *line, int bytes)
{
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (length < 0 || length >= (int)sizeof(path)) return false;

    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    const bool read = fgets(line, bytes, file) != NULL;
    (void)fclose(file);
    return read;
}

/* What a group's folder says of one resource; 0: no limit. */
typedef int64_t folder_limit(const char *folder);

/* Quota / period, rounded up; 0 for none ("max" in v2, -1 in v1, nonsense). */
static int64_t cores_of(int64_t quota, int64_t period)
{
    if (quota <= 0 || period <= 0) return 0;
    const int64_t cores = quota / period + (quota % period != 0);
    return cores > INT_MAX ? 0 : cores;
}

static int64_t folder_cores(const char *folder)
{
    char line[128];
    int64_t quota = 0;
    int64_t period = 0;
    if (read_line(folder, "cpu.max", line, (int)sizeof(line))) {
        return sscanf(line, "%" SCNd64 " %" SCNd64, &quota, &period) == 2 ? cores_of(quota, period)
                                                                          : 0;
    }
    if (!read_line(folder, "cpu.cfs_quota_us", line, (int)sizeof(line))) return 0;
    if (sscanf(line, "%" SCNd64, &quota) != 1) return 0;
    if (!read_line(folder, "cpu.cfs_period_us", line, (int)sizeof(line))) return 0;
    return sscanf(line, "%" SCNd64, &period) == 1 ? cores_of(quota, period) : 0;
}

/* "max" in v2; in v1 the largest number of whole pages, for which any number beyond 2^60 may stand. */
static int64_t folder_memory(const char *folder)
{
    char line[128];
    int64_t bytes = 0;
    if (!read_line(folder, "memory.max", line, (int)sizeof(line)) &&
        !read_line(folder, "memory.limit_in_bytes", line, (int)sizeof(line))) {
        return 0;
    }
    if (sscanf(line, "%" SCNd64, &bytes) != 1) return 0;
    return bytes > 0 && bytes < (int64_t)1 << 60 ? bytes : 0;
}

static int64_t smaller(int64_t a, int64_t b)
{
    if (a == 0) return b;
    return b == 0 || a < b ? a : b;
}

/* From mount/group up to the mount. Inside a container the group's own folder is often not mounted;
 * the limits then stand at the mount itself. */
static int64_t walk(const char *mount, const char *group, folder_limit *limit_of)
{
    char folder[PATH_MAX];
    const int length = snprintf(folder, sizeof(folder), "%s%s", mount, group);
    if (length < 0 || length >= (int)sizeof(folder)) return 0;

    int64_t limit = limit_of(folder);
    const size_t root = strlen(mount);
    for (char *slash = strrchr(folder, '/'); slash != NULL && slash >= folder + root;
         slash = strrchr(folder, '/')) {
        *slash = '\0';
        limit = smaller(limit, limit_of(folder));
    }
    return limit;
}

/* Whether a comma-separated list of v1 controllers has this one. */
static bool lists(const char *controllers, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = controllers; at != NULL; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* The smallest limit over the hierarchies that know the controller. */
static int64_t
find_limit(const char *membership, const char *mount, const char *name, folder_limit *limit_of)
{
    FILE *file = fopen(membership, "re");
    if (file == NULL) return 0;

    int64_t limit = 0;
    char line[PATH_MAX];
    char controller[PATH_MAX];
    while (fgets(line, (int)sizeof(line), file) != NULL) {
        /* "4:cpu,cpuacct:/group" in v1, "0::/group" in v2 */
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':');
        char *group = list == NULL ? NULL : strchr(list + 1, ':');
        if (group == NULL || group[1] != '/') continue;
        list++;
        *group++ = '\0';

        if (*list == '\0') {
            limit = smaller(limit, walk(mount, group, limit_of));
        } else if (lists(list, name)) {
            const int length = snprintf(controller, sizeof(controller), "%s/%s", mount, list);
            if (length < 0 || length >= (int)sizeof(controller)) continue;
            limit = smaller(limit, walk(controller, group, limit_of));
        }
    }
    (void)fclose(file);
    return limit;
}

int cgroup_cores(const char *membership, const char *mount)
{
    return (int)find_limit(membership, mount, "cpu", folder_cores);
}

int64_t cgroup_memory(const char *membership, const char *mount)
{
    return find_limit(membership, mount, "memory", folder_memory);
}
