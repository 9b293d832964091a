/* SPDX-License-Identifier: Apache-2.0 */

/** The error of every item along its denoising, drawn as SVG. */
#ifndef SD14_PARITY_COMPARE_PLOT_H
#define SD14_PARITY_COMPARE_PLOT_H

#include "base/text.h"
#include "parity/compare.h"

/** Appends a <figure>: relative L2 (logarithmic; 0 on a line of its own) against the share of the steps done, a
 * line per item, the highest in colour, the limits dashed. Nothing when no latent was measured. */
void compare_plot(const comparison *of, text *to);

#endif /* SD14_PARITY_COMPARE_PLOT_H */
