/* SPDX-License-Identifier: Apache-2.0 */

/** A model folder as diffusers writes it: model_index.json and a folder per component. */
#ifndef SD14_MODELS_FOLDER_H
#define SD14_MODELS_FOLDER_H

#include "base/status.h"

/** "folder/name"; the caller's to mem_free(). NULL without memory. */
char *folder_path(const char *folder, const char *name);

/**
 * Whether this is a Stable Diffusion 1.x folder: model_index.json is there and names a StableDiffusionPipeline
 * of CLIPTextModel, UNet2DConditionModel, AutoencoderKL and CLIPTokenizer.
 * @return SD14_OK; SD14_ERROR_MODEL: what it is instead, and what to give.
 */
SD14_NODISCARD sd14_status folder_check(const char *folder, sd14_error *error);

#endif /* SD14_MODELS_FOLDER_H */
