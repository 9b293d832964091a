/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/config_entry.h"

void config_entries_init(config_entries *entries)
{
    *entries = (config_entries){.object = json_object()};
    entries->failed = entries->object == NULL;
}

void config_entries_release(config_entries *entries)
{
    json_decref(entries->object);
    *entries = (config_entries){0};
}

void config_put(config_entries *entries, const char *key, json_t *value, const char *source)
{
    json_t *entry = json_object();
    const bool kept = json_object_set_new(entry, "value", value) == 0 &&
                      json_object_set_new(entry, "source", json_string(source)) == 0;
    if (!kept) entries->failed = true;
    if (json_object_set_new(entries->object, key, entry) != 0) entries->failed = true;
}

void config_put_derived(config_entries *entries, const char *key, json_t *value)
{
    config_put(entries, key, value, CONFIG_FROM_DERIVED);
}

void config_put_object(config_entries *entries, const char *key, config_entries *object)
{
    if (object->failed || json_object_set_new(entries->object, key, object->object) != 0) {
        if (object->failed) json_decref(object->object);
        entries->failed = true;
    }
    *object = (config_entries){0};
}
