#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/models/tokenizer/tokenizer_unicode_table.c: where the Rust library behind transformers answers
otherwise than the Unicode versions utf8proc may bring.

Older end: Python 3.11's own unicodedata (Unicode 14, as utf8proc 2.7). Newer end: the package
unicodedata2, whichever version is installed. A code point is listed when the library's answer is not
the one of both ends, so the table holds for every utf8proc in between.

    python tools/reference/make_tokenizer_unicode_table.py > src/models/tokenizer/tokenizer_unicode_table.c
    clang-format -i src/models/tokenizer/tokenizer_unicode_table.c
"""
import unicodedata as old

import tokenizers
import unicodedata2 as new
from tokenizers import Regex, normalizers

POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
NAMES = {"L": "UNICODE_LETTER", "N": "UNICODE_NUMBER", "-": "UNICODE_OTHER"}
nfc = normalizers.NFC().normalize_str
lower = normalizers.Lowercase().normalize_str


def ranges(points, key=lambda c: None):
    out = []
    for c in sorted(points):
        if out and out[-1][1] == c - 1 and key(c) == key(out[-1][0]):
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def members(pattern):
    only = normalizers.Replace(Regex("[^" + pattern + "]"), "")
    found = set()
    for i in range(0, len(POINTS), 4096):
        found.update(map(ord, only.normalize_str("".join(map(chr, POINTS[i : i + 4096])))))
    return found


def classes():
    letters, numbers = members(r"\p{L}"), members(r"\p{N}")
    of = {c: "L" if c in letters else "N" if c in numbers else "-" for c in POINTS}

    def ends(c):
        return {k if k in "LN" else "-" for k in (u.category(chr(c))[0] for u in (old, new))}

    differ = {c for c in POINTS if ends(c) != {of[c]}}
    return [(a, b, NAMES[of[a]]) for a, b in ranges(differ, of.get)]


def lowers():
    """Python's str.lower of one character is the full mapping of Unicode 14."""
    differ = {c: lower(chr(c)) for c in POINTS if lower(chr(c)) != chr(c).lower()}
    assert all(len(v) == 1 for v in differ.values())
    return [(a, b, ord(differ[a])) for a, b in ranges(differ, lambda c: ord(differ[c]) - c)]


def inert():
    """Combining classes and compositions younger than the library's tables."""
    found = set()
    for c in POINTS:
        if new.combining(chr(c)) == 0 or new.normalize("NFC", chr(c)) != chr(c):
            continue
        # Known marks of class 1 and 240, the lowest and the highest: one of them would change places.
        tests = ("\u2603" + chr(c) + "\u0334", "\u2603\u0345" + chr(c))
        if all(nfc(t) == t for t in tests):
            found.add(c)
    for c in POINTS:
        parts = new.decomposition(chr(c))
        if not parts or parts[0] == "<" or new.normalize("NFC", chr(c)) != chr(c):
            continue
        parts = [int(p, 16) for p in parts.split()]
        if len(parts) == 2 and nfc("".join(map(chr, parts))) != chr(c):
            found.add(c)
            found.update(p for p in parts if p > 0xFFFF)
    # utf8proc composes a Hangul syllable with U+11A7, one before the first trailing consonant.
    found.add(0x11A7)
    return ranges(found)


HEAD = """/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Written by tools/reference/make_tokenizer_unicode_table.py from tokenizers {tokenizers}, between
 * Unicode {old} and {new}: change that, not this.
 */
#include "models/tokenizer/tokenizer_unicode.h"
"""


def table(comment, kind, name, rows):
    print(f"\n/* {comment} */\nconst {kind} {name}[] = {{")
    for row in rows:
        print("    {" + ", ".join(v if isinstance(v, str) else f"0x{v:04X}" for v in row) + "},")
    print(f"}};\nconst size_t {name}_count = sizeof({name}) / sizeof({name}[0]);")


def main():
    versions = {"tokenizers": tokenizers.__version__, "old": old.unidata_version}
    print(HEAD.format(new=new.unidata_version, **versions), end="")
    table("Letters and numbers that came after Unicode 14: the library knows those up to 16.",
          "unicode_class_range", "unicode_class_table", classes())
    table("Lower case that came after Unicode 14: the library knows it up to 17.",
          "unicode_lower_range", "unicode_lower_table", lowers())
    table("Marks and compositions that came after Unicode 9: the library's NFC knows none of them.\n"
          " * And U+11A7, which utf8proc takes for a trailing consonant of Hangul.",
          "unicode_range", "unicode_inert_table", inert())


if __name__ == "__main__":
    main()
