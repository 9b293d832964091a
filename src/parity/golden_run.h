/* SPDX-License-Identifier: Apache-2.0 */

/** Draws the items of a suite that a golden run's folder does not have yet. */
#ifndef SD14_PARITY_GOLDEN_RUN_H
#define SD14_PARITY_GOLDEN_RUN_H

#include "parity/golden_item.h"

typedef enum golden_event {
    GOLDEN_KEPT,    /**< it was there, whole */
    GOLDEN_DRAWING, /**< it begins */
    GOLDEN_WRITTEN  /**< its files and its line in the manifest are there */
} golden_event;

/** Everything is borrowed. */
typedef struct golden_run_params {
    const char *suite;      /**< path */
    const char *folder;     /**< made unless it is there */
    const char *noise_from; /**< folder of another run, or NULL: the seeds' noise */
    const model *model;
    golden_machine machine;
    golden_artist artist; /**< its channels and scale are the model's, set here */
    void (*item)(void *user, golden_event event, const char *id, size_t index, size_t count);
    void *user;
} golden_run_params;

/**
 * Goes on where a run of the same suite, model and settings stopped; the folder's files but measurements.json
 * are in the end those of a run that was never stopped. One run at a time may write into a folder.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT (a size the model cannot draw); SD14_ERROR_FILE (suite, noise or
 *         folder; a run with other settings is in the folder: the setting is named); as text_to_image_run().
 */
SD14_NODISCARD sd14_status golden_run(const golden_run_params *params, sd14_error *error);

#endif /* SD14_PARITY_GOLDEN_RUN_H */
