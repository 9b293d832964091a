/* SPDX-License-Identifier: Apache-2.0 */

/** A value of the configuration dump, and where it is from. */
#ifndef SD14_PARITY_CONFIG_ENTRY_H
#define SD14_PARITY_CONFIG_ENTRY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/status.h"

#define CONFIG_FROM_FILE "file"
#define CONFIG_FROM_DEFAULT "default"   /**< the class's, or this program's; the file is silent */
#define CONFIG_FROM_PIPELINE "pipeline" /**< StableDiffusionPipeline overrides what the two say */
#define CONFIG_FROM_DERIVED "derived"   /**< computed from the others or from the weights */

/** An object of {"key": {"value": ..., "source": ...}}. A failed allocation is remembered: fill first, check
 * once. */
typedef struct config_entries {
    json_t *object;
    bool failed;
} config_entries;

void config_entries_init(config_entries *entries);

/** @param value  taken over; NULL: there was no memory for it */
void config_put(config_entries *entries, const char *key, json_t *value, const char *source);

/** Adds `key`: {"value", "source": "derived"}. */
void config_put_derived(config_entries *entries, const char *key, json_t *value);

/** Adds an object under a plain key; taken over. */
void config_put_object(config_entries *entries, const char *key, config_entries *object);

void config_entries_release(config_entries *entries);

#endif /* SD14_PARITY_CONFIG_ENTRY_H */
