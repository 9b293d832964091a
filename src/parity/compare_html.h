/* SPDX-License-Identifier: Apache-2.0 */

/** The pictures on the page of a comparison: A's, B's, and what they differ in. */
#ifndef SD14_PARITY_COMPARE_HTML_H
#define SD14_PARITY_COMPARE_HTML_H

#include "base/text.h"
#include "parity/compare.h"

/** Three sheets beside each other, the worst items first. @return SD14_ERROR_OUT_OF_MEMORY */
SD14_NODISCARD sd14_status compare_html_sheets(const comparison *of, text *to, sd14_error *error);

/** One item's three pictures, larger. Nothing when it has none. @return SD14_ERROR_OUT_OF_MEMORY */
SD14_NODISCARD sd14_status compare_html_trio(const comparison *of,
                                             const compared_item *item,
                                             text *to,
                                             sd14_error *error);

#endif /* SD14_PARITY_COMPARE_HTML_H */
