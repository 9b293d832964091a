/* SPDX-License-Identifier: Apache-2.0 */
#include "device_options.h"

#include <jansson.h>
#include <string.h>

/* The options that have a name of their own, on top of the object. */
static bool add_named(const model_settings *settings, json_t *object)
{
    bool fine = true;
    if (settings->ttnn_python != NULL)
        fine &= json_object_set_new(object, "python", json_string(settings->ttnn_python)) == 0;
    if (settings->tt_chips > 0)
        fine &= json_object_set_new(object, "chips", json_integer(settings->tt_chips)) == 0;
    if (strcmp(settings->tt_trace, "auto") != 0) {
        const bool on = strcmp(settings->tt_trace, "on") == 0;
        fine &= json_object_set_new(object, "trace", json_boolean(on)) == 0;
    }
    return fine;
}

static exit_code write_text(const json_t *object, console *con, char out[DEVICE_OPTIONS_BYTES])
{
    const size_t length = json_dumpb(object, out, DEVICE_OPTIONS_BYTES - 1, JSON_COMPACT);
    if (length == 0 || length >= DEVICE_OPTIONS_BYTES) {
        console_error(con, "the device options are too long");
        return EXIT_CODE_USAGE;
    }
    out[length] = '\0';
    return EXIT_CODE_OK;
}

exit_code device_options_text(const model_settings *settings,
                              console *con,
                              char out[DEVICE_OPTIONS_BYTES],
                              const char **out_text)
{
    json_error_t problem;
    const char *given = settings->device_options;
    json_t *object = given == NULL ? json_object() : json_loads(given, 0, &problem);
    if (!json_is_object(object)) {
        json_decref(object);
        console_error(con, "--device-options: must be a JSON object: '{\"chips\": 1}'");
        return EXIT_CODE_USAGE;
    }
    exit_code code = EXIT_CODE_OK;
    if (!add_named(settings, object)) {
        console_error(con, "not enough memory for the device options");
        code = EXIT_CODE_MEMORY;
    } else if (json_object_size(object) > 0) {
        code = write_text(object, con, out);
        *out_text = out;
    } else {
        *out_text = NULL;
    }
    json_decref(object);
    return code;
}
