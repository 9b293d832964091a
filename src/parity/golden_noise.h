/* SPDX-License-Identifier: Apache-2.0 */

/** The initial noise of another golden run, in place of the seeds'. */
#ifndef SD14_PARITY_GOLDEN_NOISE_H
#define SD14_PARITY_GOLDEN_NOISE_H

#include "parity/run_folder.h"
#include "parity/suite.h"

typedef struct golden_noise {
    run_folder run;
    char sha256[SHA256_TEXT_BYTES]; /**< of the manifest: it names the noise of every item */
} golden_noise;

/**
 * Opens DIR/manifest.json and checks the noise of every item of the suite: it is there, whole, drawn with the
 * item's seed, of the item's shape and finite.
 * @return SD14_ERROR_FILE naming the item and what differs.
 */
SD14_NODISCARD sd14_status golden_noise_open(const char *folder,
                                             const suite *suite,
                                             size_t channels,
                                             size_t scale,
                                             golden_noise *out_noise,
                                             sd14_error *error);

/** Reads one item's. @param dst  [height / scale, width / scale, channels] */
SD14_NODISCARD sd14_status golden_noise_read(const golden_noise *noise,
                                             const suite_item *item,
                                             size_t channels,
                                             size_t scale,
                                             float *dst,
                                             sd14_error *error);

/** An all-zero one is fine. */
void golden_noise_release(golden_noise *noise);

#endif /* SD14_PARITY_GOLDEN_NOISE_H */
