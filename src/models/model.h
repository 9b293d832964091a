/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A loaded model: configurations, tokenizer, schedule, and every tensor of its networks found, checked and
 * mapped. Immutable; any number of threads may read it.
 */
#ifndef SD14_MODELS_MODEL_H
#define SD14_MODELS_MODEL_H

#include "graph/graph.h"
#include "models/config.h"
#include "models/model_card.h"
#include "models/tokenizer/tokenizer.h"
#include "models/weight_files.h"

/** Its networks. */
typedef enum model_part {
    MODEL_TEXT_ENCODER,
    MODEL_UNET,
    MODEL_VAE_DECODER,
    MODEL_VAE_ENCODER,
    MODEL_PARTS
} model_part;

/** Its folders of weights. The VAE's serves two networks. */
enum { MODEL_COMPONENTS = 3 };

typedef struct model {
    char *folder;
    char *digests; /**< folder where its large files' SHA-256 are remembered; NULL: nowhere */
    model_config config;
    model_card card;
    tokenizer *tokenizer;
    schedule *schedule;
    weight_files files[MODEL_COMPONENTS]; /**< text_encoder, unet, vae */
    tensor *tensors[MODEL_PARTS];         /**< [the part's graph->n_weights] */
} model;

/**
 * Opens and checks a diffusers folder.
 * @return SD14_OK; SD14_ERROR_MODEL naming what is missing, misshapen, left over or not supported;
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status model_load(const char *folder, model **out_model, sd14_error *error);

/** NULL is fine. */
void model_destroy(model *of);

/**
 * The graph of a part. Its weights are model->tensors[part], whatever the sizes.
 * @param height  of its input: latent rows for UNet and decoder, pixels for the encoder; not used for text
 */
SD14_NODISCARD sd14_status model_graph(const model_config *config,
                                       model_part part,
                                       size_t batch,
                                       size_t height,
                                       size_t width,
                                       graph **out_graph,
                                       sd14_error *error);

/** "text_encoder", "unet", "vae_decoder", "vae_encoder". */
const char *model_part_name(model_part part);

/** Pixels that width and height must be multiples of: the latent is halved at every level of the UNet. */
size_t model_pixel_multiple(const model_config *config);

#endif /* SD14_MODELS_MODEL_H */
