/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include <string.h>
#include <sys/mman.h>

#include "backends/ttnn/wire/frame.h"

static const struct {
    const char *name;
    request_fn *execute;
    bool needs_device;
} table[] = {
    {"open", request_open, false},        {"close", request_close, false},
    {"call", request_call, true},         {"define", request_define, true},
    {"run", request_run, true},           {"capture", request_capture, true},
    {"replay", request_replay, true},     {"release", request_release, true},
    {"measure", request_measure, true},   {"upload", request_upload, true},
    {"download", request_download, true}, {"drop", request_drop, true},
    {"save", request_save, true},         {"load", request_load, true},
    {"memory", request_memory, true},
};

const char *request_kind(sd14_status status)
{
    switch (status) {
    case SD14_ERROR_FAILED:
        return "python";
    case SD14_ERROR_DEVICE:
        return "ttnn";
    case SD14_ERROR_FILE:
        return "device";
    case SD14_ERROR_CANCELLED:
        return "stopped";
    case SD14_ERROR_OUT_OF_MEMORY:
        return "memory";
    default:
        return "protocol";
    }
}

sd14_status
request_text(const request *of, const char *key, const char **out_text, sd14_error *error)
{
    *out_text = json_string_value(json_object_get(of->message, key));
    if (*out_text == NULL) FAIL(error, INVALID_ARGUMENT, "\"%s\" is no text", key);
    return SD14_OK;
}

sd14_status request_count_or(
    const request *of, const char *key, long long other, long long *out_count, sd14_error *error)
{
    const json_t *value = json_object_get(of->message, key);
    *out_count = value == NULL ? other : json_integer_value(value);
    if ((value != NULL && !json_is_integer(value)) || *out_count < 0) {
        FAIL(error, INVALID_ARGUMENT, "\"%s\" is no whole number >= 0", key);
    }
    return SD14_OK;
}

sd14_status
request_count(const request *of, const char *key, long long *out_count, sd14_error *error)
{
    return request_count_or(of, key, -1, out_count, error);
}

sd14_status request_answer(request *of, const char *key, json_t *value, sd14_error *error)
{
    if (json_object_set_new(of->reply, key, value) != 0) FAIL_NO_MEMORY(error, "a reply");
    return SD14_OK;
}

sd14_status request_answer_all(request *of, python_object *stolen, sd14_error *error)
{
    json_t *fields = NULL;
    TRY(session_take_json(of->in, stolen, &fields, error));
    const int code = json_object_update(of->reply, fields);
    json_decref(fields);
    if (code != 0) FAIL_NO_MEMORY(error, "a reply");
    return SD14_OK;
}

/* The parent has made the shared memory larger. */
static sd14_status grow_memory(request *of, sd14_error *error)
{
    session *in = of->in;
    long long bytes = 0;
    TRY(request_count_or(of, "shared_bytes", (long long)in->memory_bytes, &bytes, error));
    if ((size_t)bytes <= in->memory_bytes) return SD14_OK;
    void *memory = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, FRAME_MEMORY, 0);
    if (memory == MAP_FAILED) FAIL_NO_MEMORY(error, "the shared memory");
    if (in->memory != NULL) (void)munmap(in->memory, in->memory_bytes);
    in->memory = memory;
    in->memory_bytes = (size_t)bytes;
    return SD14_OK;
}

sd14_status request_execute(request *of, sd14_error *error)
{
    const char *name = NULL;
    of->place = (program_place){-1, -1};
    TRY(request_text(of, "do", &name, error));
    TRY(grow_memory(of, error));
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) != 0) continue;
        if (table[i].needs_device && of->in->device == NULL) {
            FAIL(error, INVALID_ARGUMENT, "%s: no device is open", name);
        }
        return table[i].execute(of, error);
    }
    FAIL(error, INVALID_ARGUMENT, "%s: no such request", name);
}
