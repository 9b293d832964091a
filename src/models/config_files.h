/* SPDX-License-Identifier: Apache-2.0 */

/** Each configuration file's reader; models/config.h puts them together. */
#ifndef SD14_MODELS_CONFIG_FILES_H
#define SD14_MODELS_CONFIG_FILES_H

#include "formats/json.h"
#include "models/config.h"

SD14_NODISCARD sd14_status config_read_unet(const json_node *root,
                                            unet_config *out_config,
                                            sd14_error *error);
SD14_NODISCARD sd14_status config_read_vae(const json_node *root,
                                           vae_config *out_config,
                                           sd14_error *error);
SD14_NODISCARD sd14_status config_read_text_encoder(const json_node *root,
                                                    clip_text_config *out_config,
                                                    sd14_error *error);

/** Any scheduler's file gives DDIM: they share the keys that matter. What diffusers' pipeline overrides is
 * overridden here too, and said in `warning`. */
SD14_NODISCARD sd14_status config_read_scheduler(const json_node *root,
                                                 schedule_config *out_config,
                                                 char warning[CONFIG_WARNING_BYTES],
                                                 sd14_error *error);

/** sd14.json. */
SD14_NODISCARD sd14_status config_read_defaults(const json_node *root,
                                                model_defaults *out_defaults,
                                                sd14_error *error);

#endif /* SD14_MODELS_CONFIG_FILES_H */
