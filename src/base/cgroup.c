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

/* Quota / period, rounded up; 0 for none ("max" in v2, -1 in v1, nonsense). */
static int cores_of(int64_t quota, int64_t period)
{
    if (quota <= 0 || period <= 0) return 0;
    const int64_t cores = quota / period + (quota % period != 0);
    return cores > INT_MAX ? 0 : (int)cores;
}

static int folder_cores(const char *folder)
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

static int smaller(int a, int b)
{
    if (a == 0) return b;
    return b == 0 || a < b ? a : b;
}

/* From mount/group up to the mount. Inside a container the group's own folder is often not mounted;
 * the limits then stand at the mount itself. */
static int walk_cores(const char *mount, const char *group)
{
    char folder[PATH_MAX];
    const int length = snprintf(folder, sizeof(folder), "%s%s", mount, group);
    if (length < 0 || length >= (int)sizeof(folder)) return 0;

    int cores = folder_cores(folder);
    const size_t root = strlen(mount);
    for (char *slash = strrchr(folder, '/'); slash != NULL && slash >= folder + root;
         slash = strrchr(folder, '/')) {
        *slash = '\0';
        cores = smaller(cores, folder_cores(folder));
    }
    return cores;
}

/* Whether a comma-separated list of v1 controllers has "cpu". */
static bool lists_cpu(const char *controllers)
{
    for (const char *at = controllers; at != NULL; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0')) return true;
    }
    return false;
}

int cgroup_cores(const char *membership, const char *mount)
{
    FILE *file = fopen(membership, "re");
    if (file == NULL) return 0;

    int cores = 0;
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
            cores = smaller(cores, walk_cores(mount, group));
        } else if (lists_cpu(list)) {
            const int length = snprintf(controller, sizeof(controller), "%s/%s", mount, list);
            if (length < 0 || length >= (int)sizeof(controller)) continue;
            cores = smaller(cores, walk_cores(controller, group));
        }
    }
    (void)fclose(file);
    return cores;
}
