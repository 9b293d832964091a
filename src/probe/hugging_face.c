/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/hugging_face.h"

#include <string.h>
#include <sys/stat.h>

bool hugging_face_home(const machine *on, char out[PATH_MAX])
{
    char cache[PATH_MAX];
    const char *given = machine_variable(on, "HF_HOME");
    if (given != NULL) return machine_expand(on, given, out);
    return machine_cache_folder(on, cache) && machine_join(out, "%s/huggingface", cache);
}

bool hugging_face_hub(const machine *on, char out[PATH_MAX])
{
    char home[PATH_MAX];
    const char *given = machine_variable(on, "HF_HUB_CACHE");
    if (given == NULL) given = machine_variable(on, "HUGGINGFACE_HUB_CACHE");
    if (given != NULL) return machine_expand(on, given, out);
    return hugging_face_home(on, home) && machine_join(out, "%s/hub", home);
}

/* Whether a file with something in it is there. */
static bool holds_something(const machine *on, const char *path, bool *out_others_can_read)
{
    char real[PATH_MAX];
    struct stat about;
    if (!machine_path(on, path, real) || stat(real, &about) != 0) return false;
    *out_others_can_read = (about.st_mode & (S_IRGRP | S_IROTH)) != 0;
    return S_ISREG(about.st_mode) && about.st_size > 0;
}

hugging_face_token hugging_face_find_token(const machine *on)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    bool open_to_others = false;
    if (machine_variable(on, "HF_TOKEN") != NULL) {
        return (hugging_face_token){.place = "environment variable HF_TOKEN"};
    }
    if (machine_variable(on, "HUGGING_FACE_HUB_TOKEN") != NULL) {
        return (hugging_face_token){.place = "environment variable HUGGING_FACE_HUB_TOKEN",
                                    .old_place = true};
    }
    const char *given = machine_variable(on, "HF_TOKEN_PATH");
    if (given != NULL) {
        if (!machine_expand(on, given, path) || !holds_something(on, path, &open_to_others)) {
            return (hugging_face_token){0};
        }
        return (hugging_face_token){.place = "the file that HF_TOKEN_PATH names",
                                    .others_can_read = open_to_others};
    }
    if (hugging_face_home(on, folder) && machine_join(path, "%s/token", folder) &&
        holds_something(on, path, &open_to_others)) {
        return (hugging_face_token){.place = "the file token in Hugging Face's folder",
                                    .others_can_read = open_to_others};
    }
    if (machine_expand(on, "~/.huggingface/token", path) &&
        holds_something(on, path, &open_to_others)) {
        return (hugging_face_token){.place = "the file ~/.huggingface/token",
                                    .old_place = true,
                                    .others_can_read = open_to_others};
    }
    return (hugging_face_token){0};
}
