/* SPDX-License-Identifier: Apache-2.0 */

/** One item of a golden run: drawn, and written with the tensors on its way. */
#ifndef SD14_PARITY_GOLDEN_ITEM_H
#define SD14_PARITY_GOLDEN_ITEM_H

#include "parity/golden_manifest.h"
#include "parity/golden_noise.h"
#include "pipeline/text_to_image.h"

/** What draws. Everything is borrowed. */
typedef struct golden_artist {
    text_to_image *pipeline;
    size_t channels; /**< of a latent */
    size_t scale;    /**< pixels per latent pixel */
    void (*progress)(void *user, const text_to_image_progress *progress); /**< or NULL */
    void *user;
} golden_artist;

/**
 * Draws an item and writes its files and measurements.json into folder/<id>, which is made.
 * @param noise  NULL: the seed's
 * @return as text_to_image_run(), the item named; SD14_ERROR_FILE.
 */
SD14_NODISCARD sd14_status golden_item_make(const golden_artist *artist,
                                            const suite_item *item,
                                            const golden_noise *noise,
                                            const char *folder,
                                            sd14_error *error);

#endif /* SD14_PARITY_GOLDEN_ITEM_H */
