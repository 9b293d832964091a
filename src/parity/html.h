/* SPDX-License-Identifier: Apache-2.0 */

/** A page of HTML in one file: its style inside, no scripts, nothing fetched from elsewhere. */
#ifndef SD14_PARITY_HTML_H
#define SD14_PARITY_HTML_H

#include "base/status.h"
#include "base/text.h"
#include "formats/png.h"

/** Everything up to the body's first element, a heading with the title. The style knows tables, figures
 * with their captions, td.number, .good, .bad and .note. */
void html_begin(text *to, const char *title);

/** As html_begin(), with more rules behind the style's own. */
void html_begin_styled(text *to, const char *title, const char *rules);

void html_end(text *to);

/** Any UTF-8 as the text of an element or of a quoted attribute. */
void html_escape(text *to, const char *words);

/** An <img> with the picture inside of it. @param alt  what it shows, in words */
SD14_NODISCARD sd14_status html_add_picture(text *to,
                                            const png_picture *picture,
                                            const char *alt,
                                            sd14_error *error);

#endif /* SD14_PARITY_HTML_H */
