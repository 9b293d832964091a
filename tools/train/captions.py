# SPDX-License-Identifier: Apache-2.0
"""What is said about a picture: phrases ("blue apple") in templates ("a drawing of {a} {x}")."""

import random
from dataclasses import dataclass

from .emoji_names import Emoji
from .recolour import COLOURS

TRAINING_TEMPLATES = (
    "{x}",
    "{a} {x}",
    "the {x}",
    "{x} emoji",
    "{a} {x} emoji",
    "an emoji of {a} {x}",
    "a picture of {a} {x}",
    "a drawing of {a} {x}",
    "a photo of {a} {x}",
    "{a} {x} on a white background",
    "a cute {x}",
    "{x}, icon",
)
# Never seen in training; what evaluate.py asks with.
HELD_OUT_TEMPLATES = (
    "draw me {a} {x}",
    "an illustration of one {x}",
    "a small picture of the {x}",
    "clip art: {x}",
    "my favourite {x}",
)
HELD_OUT_EVERY = 5  # one pair of noun and colour in so many


@dataclass(frozen=True)
class Picture:
    """One picture of the data set: an emoji as it is, or in another colour."""

    emoji: int  # index into the list of chosen emoji
    colour: str | None  # None: as it is
    held_out: bool  # never seen in training
    phrases: tuple[str, ...]  # names it: Unicode's name first, or "blue apple"
    synonyms: tuple[str, ...]


def is_held_out(noun_index: int, colour: str) -> bool:
    """The committed rule: diagonals of the table of recoloured nouns by colours.

    They begin where "green heart" and "blue apple" are among them.
    """
    return (noun_index - list(COLOURS).index(colour) + 3) % HELD_OUT_EVERY == 0


def all_pictures(emoji: list[Emoji]) -> list[Picture]:
    """First every emoji as it is, in order, then the recoloured ones."""
    originals = []
    for index, one in enumerate(emoji):
        phrases = [one.name] + ([f"{one.own_colour} {one.noun}"] if one.noun else [])
        originals.append(Picture(index, None, False, tuple(dict.fromkeys(phrases)), one.synonyms))
    nouns = [(index, one) for index, one in enumerate(emoji) if one.noun]
    others = [
        Picture(index, colour, is_held_out(row, colour), (f"{colour} {one.noun}",), ())
        for row, (index, one) in enumerate(nouns)
        for colour in COLOURS
        if colour != one.own_colour
    ]
    return originals + others


def fill(template: str, phrase: str) -> str:
    """The template with the phrase and its article."""
    return template.format(x=phrase, a="an" if phrase[0].lower() in "aeiou" else "a")


def draw_caption(picture: Picture, source: random.Random) -> str:
    """A training caption: a phrase in three of five, else a synonym, in a training template."""
    words = picture.phrases
    if picture.synonyms and source.random() < 0.4:
        words = picture.synonyms
    return fill(source.choice(TRAINING_TEMPLATES), source.choice(words))


def colour_in(caption: str) -> int:
    """Index into COLOURS plus one of the colour that a caption names, 0 if none."""
    words = set(caption.lower().replace(",", " ").split())
    return next((k for k, colour in enumerate(COLOURS, 1) if colour in words), 0)


def every_text(pictures: list[Picture]) -> list[str]:
    """All that captions are made of, for the tokenizer."""
    phrases = [text for picture in pictures for text in (*picture.phrases, *picture.synonyms)]
    templates = [fill(text, "x") for text in (*TRAINING_TEMPLATES, *HELD_OUT_TEMPLATES)]
    return [*templates, *COLOURS, *phrases]
