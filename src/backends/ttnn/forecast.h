/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A roofline: the least time that a program's calls can take on a chip, from their shapes alone.
 *
 * A call takes as long as the slowest of three, which a good kernel overlaps: its products at the peak of the
 * chosen fidelity, its traffic with DRAM, its traffic with L1. Each tensor that it reads or makes passes once.
 * Not counted, so that the card is slower: dispatch, the vector unit (softmax, gelu, norms), what is read twice,
 * gather and halo exchange between cores and chips, cores that have no part in a call.
 */
#ifndef SD14_TTNN_FORECAST_H
#define SD14_TTNN_FORECAST_H

#include "backends/ttnn/ttnn_program.h"

/** A chip's peaks, a second. */
typedef struct forecast_chip {
    double macs; /**< multiply-adds at LoFi; a HiFi takes 2 to 4 passes */
    double dram_bytes;
    double l1_bytes;
} forecast_chip;

/** One chip of an N150 or N300. */
extern const forecast_chip forecast_wormhole;

typedef struct forecast {
    uint64_t macs;                 /**< on whole tiles; of causal attention half */
    uint64_t dram_bytes, l1_bytes; /**< read and written */
    double compute_seconds, dram_seconds, l1_seconds;
    double seconds; /**< of a call the greatest of the three; of several their calls' sum */
} forecast;

/** Whether a call runs anything on the device; one that only makes a view does not. */
bool forecast_launches(const tt_program *program, const tt_call *call);

/** One call of the program's body. */
forecast forecast_call(const tt_program *program, const tt_call *call, const forecast_chip *chip);

/** Adds `one` to `sum`. */
void forecast_add(forecast *sum, const forecast *one);

#endif /* SD14_TTNN_FORECAST_H */
