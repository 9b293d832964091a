/* SPDX-License-Identifier: Apache-2.0 */

/** What diffusers and transformers fill in where a configuration file is silent. */
#ifndef SD14_PARITY_CONFIG_DEFAULTS_H
#define SD14_PARITY_CONFIG_DEFAULTS_H

#include <stddef.h>

enum { CONFIG_CLASSES = 6, CONFIG_FILES_MAX = 2 };

typedef struct config_default {
    const char *key;
    const char *value;  /**< JSON */
    const char *former; /**< what older files call the key; NULL: the same */
} config_default;

/** A value that the pipeline puts in place of the component's own. */
typedef struct config_override {
    const char *key;
    const char *value; /**< JSON */
} config_override;

typedef struct config_class {
    const char *component; /**< "unet" */
    const char *name;      /**< the class that diffusers loads it with */
    const char *files
        [CONFIG_FILES_MAX]; /**< in the model's folder; a key counts in the first that has it */
    const config_default *defaults;   /**< ends with a row without a key */
    const char *const *left_out;      /**< keys about files and versions; ends with NULL */
    const config_override *overrides; /**< ends with a row without a key; NULL: none */
} config_class;

/** text_encoder, unet, vae, scheduler, tokenizer, pipeline. */
extern const config_class config_classes[CONFIG_CLASSES];

#endif /* SD14_PARITY_CONFIG_DEFAULTS_H */
