/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "probe/hugging_face.h"
#include "probe/sections.h"

/* The float32 weights of Stable Diffusion 1.4 that are used: UNet 3.44, text encoder 0.49, VAE 0.33 GB. */
static const double download_bytes = 4.3e9;

/* The folder itself, or the nearest above it that exists: where it would be made. */
static void nearest(const machine *on, const char *path, char out[PATH_MAX])
{
    (void)machine_join(out, "%s", path);
    while (!machine_has(on, out)) {
        char *slash = strrchr(out, '/');
        if (slash == NULL) {
            (void)machine_join(out, ".");
            return;
        }
        if (slash == out) slash++; /* "/" stays */
        if (*slash == '\0') return;
        *slash = '\0';
    }
}

static bool is_folder(const machine *on, const char *path)
{
    char real[PATH_MAX];
    struct stat about;
    return machine_path(on, path, real) && stat(real, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Bytes that this user may still write; -1: unknown. */
static double free_bytes(const machine *on, const char *path)
{
    char real[PATH_MAX];
    struct statvfs about;
    if (!machine_path(on, path, real) || statvfs(real, &about) != 0) return -1;
    return (double)about.f_bavail * (double)about.f_frsize;
}

static void add_remedy(findings *to, const char *path, bool folder, bool writable)
{
    if (!folder) {
        findings_remedy(to, "%s is a file: move it away, or name another folder", path);
    } else if (!writable) {
        findings_remedy(to,
                        "%s cannot be written: change its owner, or set HF_HOME or "
                        "XDG_CACHE_HOME to a folder of yours",
                        path);
    } else {
        findings_remedy(to,
                        "a download of Stable Diffusion 1.4 takes %.1f GB: make room, or set "
                        "HF_HOME to a folder on a larger disk",
                        download_bytes / 1e9);
    }
}

static void add_folder(const machine *on,
                       findings *to,
                       const char *key,
                       const char *label,
                       bool known,
                       const char *path)
{
    if (!known) {
        findings_item(to, MARK_WARN, key, json_null(), label, "%s", "unknown: HOME is not set");
        findings_remedy(to, "%s", "set HOME, or HF_HOME and XDG_CACHE_HOME");
        return;
    }
    char there[PATH_MAX];
    char size[SIZE_TEXT_BYTES];
    nearest(on, path, there);
    const double room = free_bytes(on, there);
    const bool exists = strcmp(there, path) == 0;
    const bool folder = is_folder(on, there);
    const bool writable = folder && machine_may_write(on, there);
    const bool good = writable && (room < 0 || room >= download_bytes);

    json_t *value = json_pack("{s:o, s:b, s:b, s:o}", "path", findings_string(path), "exists",
                              exists, "writable", writable, "free_bytes",
                              room < 0 ? json_null() : json_integer((json_int_t)room));
    findings_item(to, good ? MARK_OK : MARK_WARN, key, value, label, "%s%s, %s, %s free", path,
                  exists ? "" : " (not made yet)", writable ? "writable" : "not writable",
                  room < 0 ? "unknown" : findings_size(room, size));
    if (!good) add_remedy(to, there, folder, writable);
}

sd14_status probe_folders(const probe_options *options, findings *to, sd14_error *error)
{
    const machine *on = &options->machine;
    char path[PATH_MAX] = "";
    (void)error;
    findings_section(to, "folders", "Folders");
    bool known = machine_cache_folder(on, path);
    add_folder(on, to, "cache", "cache", known, path);
    known = hugging_face_hub(on, path);
    add_folder(on, to, "hugging_face_cache", "Hugging Face cache", known, path);
    return SD14_OK;
}
