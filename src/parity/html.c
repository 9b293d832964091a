/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/html.h"

#include <string.h>

#include "formats/base64.h"

static const char style[] =
    ":root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #c62828; }\n"
    "body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; padding: 0 1em; max-width: "
    "72em; }\n"
    "h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; }\n"
    "table { border-collapse: collapse; }\n"
    "th, td { padding: .25em .8em; border-bottom: 1px solid var(--line); text-align: left; }\n"
    "td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "figure { margin: 1em 0; overflow-x: auto; } figcaption { font-weight: 600; }\n"
    "svg { max-width: 100%; height: auto; } svg text { fill: currentColor; font-size: 12px; }\n"
    ".good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }\n"
    ".note { border-left: 4px solid var(--bad); padding: .3em .8em; }\n";

/* NULL: it stands for itself. */
static const char *entity(char of)
{
    switch (of) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_escape(text *to, const char *words)
{
    while (*words != '\0') {
        const size_t printable = text_printable(words);
        if (printable == 0) { /* HTML allows no control characters but white space */
            text_add(to, "%s", strchr("\t\n\r", *words) != NULL ? " " : "\xEF\xBF\xBD");
        } else if (entity(*words) != NULL) {
            text_add(to, "%s", entity(*words));
        } else {
            text_add_bytes(to, words, printable);
        }
        words += printable == 0 ? 1 : printable;
    }
}

void html_begin(text *to, const char *title)
{
    html_begin_styled(to, title, "");
}

void html_begin_styled(text *to, const char *title, const char *rules)
{
    text_add(to, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    html_escape(to, title);
    text_add(to, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<h1>", style, rules);
    html_escape(to, title);
    text_add(to, "</h1>\n");
}

void html_end(text *to)
{
    text_add(to, "</body>\n</html>\n");
}

sd14_status
html_add_picture(text *to, const png_picture *picture, const char *alt, sd14_error *error)
{
    text png = {0};
    const sd14_status status = png_picture_encode(picture, &png, error);
    if (status != SD14_OK) {
        text_release(&png);
        return status;
    }
    text_add(to, "<img width=\"%d\" height=\"%d\" alt=\"", picture->width, picture->height);
    html_escape(to, alt);
    text_add(to, "\" src=\"data:image/png;base64,");
    base64_add(to, png.bytes, png.length);
    text_add(to, "\">");
    text_release(&png);
    return SD14_OK;
}
