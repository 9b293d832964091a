/* SPDX-License-Identifier: Apache-2.0 */

/** A comparison written down: as text for a terminal, as JSON (docs/json.md), as one HTML file. */
#ifndef SD14_PARITY_COMPARE_REPORT_H
#define SD14_PARITY_COMPARE_REPORT_H

#include "base/text.h"
#include "parity/compare.h"

/* Each appends to `to`, and returns SD14_ERROR_OUT_OF_MEMORY when memory is out. */

/** @param every_tensor  lines for each tensor of each item, not only for the worst. */
SD14_NODISCARD sd14_status compare_report_text(const comparison *of,
                                               bool every_tensor,
                                               text *to,
                                               sd14_error *error);

SD14_NODISCARD sd14_status compare_report_json(const comparison *of, text *to, sd14_error *error);

/** Reads the runs' pictures again. One that cannot be read is left out: the findings name it. */
SD14_NODISCARD sd14_status compare_report_html(const comparison *of, text *to, sd14_error *error);

#endif /* SD14_PARITY_COMPARE_REPORT_H */
