# SPDX-License-Identifier: Apache-2.0
"""CLIP's byte-pair encoding, cut to the merges that captions need.

Kept are the first merges and all on the way to a word of the captions, in their order: such
words split as with the whole table, others into smaller pieces, single bytes at worst. Nothing is
unknown.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

FULL = Path(__file__).resolve().parents[2] / "data" / "clip-bpe" / "merges.txt"
ALWAYS_KEPT = 1000  # the most frequent merges
START, END = "<|startoftext|>", "<|endoftext|>"
_WORD = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")


def _byte_letters() -> tuple[list[str], dict[int, str]]:
    """Printable letters for bytes: in the order of CLIP's vocabulary, and by byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain}
    letters |= {byte: chr(256 + k) for k, byte in enumerate(others)}
    return [letters[byte] for byte in (*plain, *others)], letters


_ORDERED, _LETTER = _byte_letters()


def split_words(text: str) -> list[str]:
    """CLIP's words of a text."""
    return _WORD.findall(" ".join(unicodedata.normalize("NFC", text).split()).lower())


def read_merges(path: Path) -> list[tuple[str, str]]:
    """The pairs of a merges.txt, most urgent first."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [tuple(line.split(" ")) for line in lines if line]


def merge_word(
    word: str, rank: dict[tuple[str, str], int], used: set[tuple[str, str]] | None = None
) -> list[str]:
    """The pieces of a word; merges made are added to `used`."""
    pieces = [_LETTER[byte] for byte in word.encode()]
    pieces[-1] += "</w>"
    while len(pieces) > 1:
        pair = min(zip(pieces, pieces[1:], strict=False), key=lambda p: rank.get(p, len(rank)))
        if pair not in rank:
            break
        if used is not None:
            used.add(pair)
        merged, k = [], 0
        while k < len(pieces):
            step = 2 if tuple(pieces[k : k + 2]) == pair else 1
            merged.append("".join(pieces[k : k + step]))
            k += step
        pieces = merged
    return pieces


def cut(texts: Iterable[str], folder: Path) -> None:
    """Writes the tokenizer's files, as the published SD 1.4 has them, for these texts."""
    merges = read_merges(FULL)
    rank = {pair: k for k, pair in enumerate(merges)}
    used = set(merges[:ALWAYS_KEPT])
    for word in {word for text in texts for word in split_words(text)}:
        merge_word(word, rank, used)
    kept = [pair for pair in merges if pair in used]
    vocabulary = [*_ORDERED, *(letter + "</w>" for letter in _ORDERED)]
    vocabulary += ["".join(pair) for pair in kept] + [START, END]
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    config = {
        "model_max_length": 77,
        "tokenizer_class": "CLIPTokenizer",
        **special,
        "do_lower_case": True,
        "add_prefix_space": False,
        "errors": "replace",
    }
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "vocab.json", {piece: k for k, piece in enumerate(vocabulary)}, None)
    lines = ["#version: 0.2", *(" ".join(pair) for pair in kept)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _write_json(folder / "tokenizer_config.json", config, 2)
    _write_json(folder / "special_tokens_map.json", special, 2)


def _write_json(path: Path, value: object, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    path.write_text(text + "\n", encoding="utf-8")


class Tokenizer:
    """Text to ids, as transformers' CLIPTokenizer does it, with a memory of words."""

    def __init__(self, folder: Path) -> None:
        """Reads vocab.json and merges.txt."""
        self.ids: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        self.start, self.end = self.ids[START], self.ids[END]
        self._rank = {pair: k for k, pair in enumerate(read_merges(folder / "merges.txt"))}
        self._known: dict[str, list[int]] = {}

    def __call__(self, text: str, length: int = 77) -> list[int]:
        """Start, the words' pieces, end, and ends as padding: `length` ids."""
        found = [self.start]
        for word in split_words(text):
            if word not in self._known:
                self._known[word] = [self.ids[piece] for piece in merge_word(word, self._rank)]
            found += self._known[word]
        found = found[: length - 1]
        return found + [self.end] * (length - len(found))
