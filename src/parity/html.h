/* SPDX-License-Identifier: Apache-2.0 */

/** A page of HTML in one file: its style inside, no scripts, nothing fetched from elsewhere. */
#ifndef SD14_PARITY_HTML_H
#define SD14_PARITY_HTML_H

#include "base/text.h"

/** Everything up to the body's first element, a heading with the title. The style knows tables, figures
 * with their captions, td.number, .good, .bad and .note. */
void html_begin(text *to, const char *title);

void html_end(text *to);

/** Any UTF-8 as the text of an element or of a quoted attribute. */
void html_escape(text *to, const char *words);

#endif /* SD14_PARITY_HTML_H */
