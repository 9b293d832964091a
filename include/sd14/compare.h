/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Two recorded runs of one prompt suite, or two files, compared: every tensor and picture measured and held
 * against limits that each have a reason, everything else that differs named.
 */
#ifndef SD14_COMPARE_H
#define SD14_COMPARE_H

#include <stdbool.h>

#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sd14_comparison sd14_comparison;

/** What to compare. Fill with sd14_compare_params_default() first. All borrowed for the call. */
typedef struct sd14_compare_params {
    /** What is judged: a folder that `sd14 golden` or tools/reference/golden_diffusers.py wrote, or a .npy,
     * .safetensors or .png file. */
    const char *a;
    /** The reference, of the same kind. */
    const char *b;
    /** A file as configs/schemas/thresholds.schema.json has it; NULL (default): the built-in one,
     * configs/thresholds/f32.json. */
    const char *thresholds;
    /** Hash every file of both folders first, and name those that are not what their manifest recorded.
     * Default true. */
    bool verify;
} sd14_compare_params;

/** Sets every field to its default; a and b to NULL. */
SD14_API void sd14_compare_params_default(sd14_compare_params *out_params);

/**
 * Compares. Per tensor (token ids, text embeddings, noise, the latent at each checkpoint: float32, NCHW): shape,
 * dtype, PCC, cosine, largest and mean |a - b|, |a - b| / |b|, the first NaN or infinity. Per picture: PSNR in
 * dB, SSIM (Wang et al. 2004), largest difference of 8-bit levels. Whatever a limit, a setting, a missing or
 * damaged file makes fail is a finding: the call still succeeds, sd14_comparison_passed() says no.
 *
 * @param out_comparison  Set on success; the caller owns it: sd14_comparison_destroy(). Untouched on failure.
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  a or b missing; a folder and a file; two kinds of files
 *         SD14_ERROR_FILE, SD14_ERROR_MODEL  a folder without a readable manifest, an unreadable single file,
 *                                      thresholds that are not valid
 *         SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD SD14_API sd14_status sd14_compare(const sd14_compare_params *params,
                                                 sd14_comparison **out_comparison,
                                                 sd14_error *error);

/** NULL is fine. */
SD14_API void sd14_comparison_destroy(sd14_comparison *of);

/** The verdict: everything within its limits, and no other finding that fails. */
SD14_API bool sd14_comparison_passed(const sd14_comparison *of);

/** How a comparison is written down. */
typedef enum sd14_comparison_format {
    SD14_COMPARISON_SUMMARY, /**< text: over all items, the worst tensor of each, findings, verdict */
    SD14_COMPARISON_DETAILS, /**< text: every tensor of every item too */
    SD14_COMPARISON_JSON,    /**< docs/json.md */
    SD14_COMPARISON_HTML /**< one file, pictures inside of it; reads the folders' pictures again */
} sd14_comparison_format;

/**
 * Writes it down.
 *
 * @param out_text  UTF-8, ends with a newline; the caller's: sd14_text_destroy(). Untouched on failure.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_comparison_write(const sd14_comparison *of,
                                                          sd14_comparison_format format,
                                                          char **out_text,
                                                          sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_COMPARE_H */
