/* SPDX-License-Identifier: Apache-2.0 */

/** Measurements of runs side by side. */
#ifndef SD14_REPORT_H
#define SD14_REPORT_H

#include <stddef.h>

#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sd14_report_format {
    SD14_REPORT_MARKDOWN, /**< tables, ratios to the first run in brackets */
    SD14_REPORT_CSV,      /**< a line per run and number: seconds, bytes */
    SD14_REPORT_HTML,     /**< one page with plots as SVG; no scripts, nothing loaded */
    SD14_REPORT_JSON      /**< the same numbers: docs/json.md */
} sd14_report_format;

/** Runs of one report at most. */
#define SD14_REPORT_RUNS_MAX 32

/**
 * Reads what `sd14 bench --json` and `sd14 generate --json` printed (files) and golden runs (folders with
 * manifest.json and a measurements.json per item), and writes latency (min, median, p95), throughput and memory
 * of each beside the others. Runs of different settings are compared too, and the report says what differs.
 *
 * @param paths     n_paths of them, 1 to SD14_REPORT_RUNS_MAX. The first is what ratios are relative to.
 * @param out_text  Set on success, UTF-8; the caller's to sd14_text_destroy(). Untouched on failure.
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  no paths, too many, or no such format
 *         SD14_ERROR_FILE              a path is missing, damaged, or something else: named, with the place
 *         SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD SD14_API sd14_status sd14_report(const char *const *paths,
                                                size_t n_paths,
                                                sd14_report_format format,
                                                char **out_text,
                                                sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_REPORT_H */
