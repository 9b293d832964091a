/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/config_dump.h"

#include "base/sha256.h"
#include "formats/json.h"
#include "parity/config_values.h"

enum { CONFIG_FORMAT = 1 };

static sd14_status add_component(const model *of,
                                 const config_class *class,
                                 const config_dump_params *params,
                                 config_entries *components,
                                 sd14_error *error)
{
    config_entries values, derived, component;
    config_entries_init(&values);
    config_entries_init(&derived);
    sd14_status status = config_values(of->folder, class, &values, error);
    if (status == SD14_OK) status = config_derived(class->component, of, params, &derived, error);
    if (status != SD14_OK) {
        config_entries_release(&values);
        config_entries_release(&derived);
        return status;
    }
    config_entries_init(&component);
    if (json_object_set_new(component.object, "class", json_string(class->name)) != 0) {
        component.failed = true;
    }
    config_put_object(&component, "config", &values);
    config_put_object(&component, "derived", &derived);
    config_put_object(components, class->component, &component);
    return SD14_OK;
}

static sd14_status
add_all(const model *of, const config_dump_params *params, config_entries *dump, sd14_error *error)
{
    config_entries components, memory;
    config_entries_init(&components);
    config_entries_init(&memory);
    sd14_status status = SD14_OK;
    for (int i = 0; status == SD14_OK && i < CONFIG_CLASSES; i++) {
        status = add_component(of, &config_classes[i], params, &components, error);
    }
    if (status == SD14_OK) status = config_memory(of, params, &memory, error);
    config_put_object(dump, "components", &components);
    config_put_object(dump, "memory", &memory);
    return status;
}

static sd14_status hash_and_write(config_entries *dump, text *out, sd14_error *error)
{
    char hash[SHA256_TEXT_BYTES];
    text unhashed = {0};
    json_canonical(dump->object, &unhashed);
    sd14_status status = SD14_OK;
    if (text_failed(&unhashed)) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for the dump");
    } else {
        status = sha256_bytes(text_get(&unhashed), unhashed.length, hash, error);
    }
    text_release(&unhashed);
    TRY(status);
    if (json_object_set_new(dump->object, "sha256", json_string(hash)) != 0) {
        FAIL_NO_MEMORY(error, "the dump");
    }
    json_canonical(dump->object, out);
    if (text_failed(out)) FAIL_NO_MEMORY(error, "the dump");
    return SD14_OK;
}

sd14_status
config_dump(const model *of, const config_dump_params *params, text *out, sd14_error *error)
{
    config_entries dump;
    config_entries_init(&dump);
    json_t *settings = json_pack("{s:I, s:I, s:i}", "width", (json_int_t)params->width, "height",
                                 (json_int_t)params->height, "steps", params->steps);
    if (json_object_set_new(dump.object, "settings", settings) != 0 ||
        json_object_set_new(dump.object, "format", json_integer(CONFIG_FORMAT)) != 0 ||
        json_object_set_new(dump.object, "kind", json_string("config")) != 0) {
        dump.failed = true;
    }
    sd14_status status = add_all(of, params, &dump, error);
    if (status == SD14_OK && dump.failed) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for the dump");
    }
    if (status == SD14_OK) status = hash_and_write(&dump, out, error);
    config_entries_release(&dump);
    return status;
}
