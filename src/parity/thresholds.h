/* SPDX-License-Identifier: Apache-2.0 */

/**
 * How far a tensor or picture may be from its reference, read from a file that gives a reason for each limit:
 * configs/schemas/thresholds.schema.json. configs/thresholds/f32.json is built in.
 */
#ifndef SD14_PARITY_THRESHOLDS_H
#define SD14_PARITY_THRESHOLDS_H

#include <stdbool.h>
#include <stddef.h>

#include "formats/json.h"

/** What is measured: the first five of tensors, the others of pictures. */
typedef enum measure {
    MEASURE_PCC,
    MEASURE_COSINE,
    MEASURE_MAX_ABS,
    MEASURE_MEAN_ABS,
    MEASURE_RELATIVE_L2,
    MEASURE_PSNR,
    MEASURE_SSIM,
    MEASURE_LEVEL,
    MEASURE_COUNT
} measure;

/** "pcc": the name in JSON. */
const char *measure_name(measure of);

/** "PCC": the name in tables. */
const char *measure_title(measure of);

/** Whether it is a measure of 8-bit pictures. */
bool measure_of_pictures(measure of);

/** Whether more of it is worse: an error, not a likeness. */
bool measure_is_error(measure of);

/** How far `value` is from perfect, in parts of what `limit` allows: 0 is perfect, more than 1 is beyond the
 * limit (infinitely, when only perfect is allowed). NaN is beyond every limit. */
double measure_excess(measure of, double value, double limit);

/** "7.1e-05", "71.204" in as many digits as the measure needs; returns `buffer`. */
enum { MEASURE_TEXT_BYTES = 32 };
const char *measure_text(measure of, double value, char buffer[MEASURE_TEXT_BYTES]);

/** A limit; `reason` is NULL where there is none. */
typedef struct threshold {
    double limit;
    const char *reason;
} threshold;

/** The limits of the tensors of one name. */
typedef struct threshold_row {
    const char *tensor;
    threshold checks[MEASURE_COUNT];
} threshold_row;

typedef struct thresholds {
    json_document document; /**< holds the strings */
    const char *name;
    const char *description;
    bool same_model; /**< model files of one name must have one SHA-256 */
    threshold_row *rows;
    size_t row_count;
} thresholds;

/** The key of a limit in the file: "relative_l2_max". */
const char *threshold_key(measure of);

/**
 * @param path  NULL: the built-in ones.
 * @return SD14_ERROR_FILE: unreadable, an unknown key, a limit without a reason; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status thresholds_load(const char *path,
                                           thresholds *out_thresholds,
                                           sd14_error *error);

/** An all-zero or released one is fine. */
void thresholds_release(thresholds *limits);

/** The row of that name; "unet" for "unet/conv_out" and "unet@951/conv_out", and so for text_encoder and vae_decoder;
 * "latents" for another latents_NNN; "tensor" for anything else but pictures; NULL: none. */
const threshold_row *thresholds_find(const thresholds *limits, const char *tensor);

#endif /* SD14_PARITY_THRESHOLDS_H */
