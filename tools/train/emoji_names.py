# SPDX-License-Identifier: Apache-2.0
"""Names and synonyms of the chosen emoji: emoji.txt, Unicode's names, CLDR's keywords."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("emoji.txt")
UNICODE = Path("/usr/share/unicode")  # Debian's unicode-data and unicode-cldr-core
VARIATION_SELECTOR = 0xFE0F


@dataclass(frozen=True)
class Emoji:
    """One chosen emoji."""

    name: str  # Unicode's, e.g. "automobile"
    code_point: int
    synonyms: tuple[str, ...]  # words that name this emoji and no other chosen one
    noun: str | None  # set if it is recoloured, e.g. "car"
    own_colour: str | None  # the colour it has as it is


def read_list(path: Path = LIST) -> list[tuple[str, list[str], str | None, str | None]]:
    """The lines `name [= word, ...] [; noun: colour]` of emoji.txt, in order."""
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        head, _, recolour = line.partition(";")
        name, _, words = head.partition("=")
        noun, _, colour = recolour.partition(":")
        entries.append(
            (
                name.strip(),
                [word.strip() for word in words.split(",") if word.strip()],
                noun.strip() or None,
                colour.strip() or None,
            )
        )
    return entries


def read_code_points(path: Path = UNICODE / "emoji" / "emoji-test.txt") -> dict[str, int]:
    """Name to code point of every emoji that is one code point (a variation selector aside)."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if "; fully-qualified" not in line:
            continue
        code, _, comment = line.partition(";")
        points = [int(word, 16) for word in code.split()]
        points = [point for point in points if point != VARIATION_SELECTOR]
        if len(points) == 1:  # "... # <the emoji> E1.0 grinning face"
            found[comment.partition("#")[2].strip().split(" ", 2)[2]] = points[0]
    return found


def read_keywords(
    path: Path = UNICODE / "cldr" / "common" / "annotations" / "en.xml",
) -> dict[str, list[str]]:
    """Character to CLDR's English keywords."""
    found = {}
    for note in ElementTree.parse(path).getroot().iter("annotation"):
        if note.get("type") is None:
            found[note.get("cp", "")] = [word.strip() for word in (note.text or "").split("|")]
    return found


def chosen_emoji(count: int | None = None) -> list[Emoji]:
    """The emoji of emoji.txt; with `count`, that many, spread evenly over the list.

    A keyword is a synonym only where it points to one emoji of the whole list: "boat" names
    several, "sailboat" one.
    """
    entries = read_list()
    points, keywords = read_code_points(), read_keywords()
    missing = [name for name, *_ in entries if name not in points]
    if missing:
        raise SystemExit(f"{LIST.name}: no such single emoji in emoji-test.txt: {missing}")
    words = {
        name: dict.fromkeys([*own, *([noun] if noun else []), *keywords.get(chr(points[name]), [])])
        for name, own, noun, _ in entries
    }
    uses = Counter(word for found in words.values() for word in found)
    names = {name for name, *_ in entries}
    if count is not None:
        entries = [entries[k * len(entries) // count] for k in range(count)]
    return [
        Emoji(
            name=name,
            code_point=points[name],
            synonyms=tuple(w for w in words[name] if uses[w] == 1 and w not in names),
            noun=noun,
            own_colour=colour,
        )
        for name, _, noun, colour in entries
    ]
