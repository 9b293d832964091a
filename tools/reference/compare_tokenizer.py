#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares our tokenizer with transformers' CLIPTokenizer: random texts, chosen ones, and every code
point alone. Prints the numbers of differences; exits 1 if there are any.

    python tools/reference/compare_tokenizer.py --tool build/release/tests/tokenize \\
        data/clip-bpe models/emoji/tokenizer
"""
import argparse
import struct
import subprocess
import sys
import tempfile

import numpy as np
from tokenizer_texts import chosen_texts, random_texts
from transformers import CLIPTokenizer

LENGTH = 77


def ours(tool, folder, texts):
    with tempfile.TemporaryFile() as given:
        for text in texts:
            given.write(struct.pack("<I", len(text)) + text)
        given.seek(0)
        out = subprocess.run([tool, folder], stdin=given, stdout=subprocess.PIPE, check=True).stdout
    at = 0
    for _ in texts:
        padded = np.frombuffer(out, "<i4", LENGTH, at).tolist()
        count, dropped = struct.unpack_from("<II", out, at + 4 * LENGTH)
        at += 4 * LENGTH + 8
        words = out[at : at + dropped].decode() if dropped else None
        at += dropped
        yield padded, np.frombuffer(out, "<i4", count, at).tolist(), words
        at += 4 * count
    assert at == len(out)


def theirs(tokenizer, texts):
    """The ids as a diffusers pipeline asks for them, and the words it warns have been cut off."""
    for i in range(0, len(texts), 4096):
        batch = [t.decode("utf-8", errors="replace") for t in texts[i : i + 4096]]
        padded = tokenizer(batch, padding="max_length", truncation=True, max_length=LENGTH).input_ids
        whole = tokenizer(batch).input_ids
        cut = [w[LENGTH - 1 : -1] for w in whole]
        words = tokenizer.batch_decode(cut)
        for p, w, c, text in zip(padded, whole, cut, words):
            yield p, w[1:-1], text if c else None


def compare(name, tool, folder, tokenizer, texts):
    wrong = 0
    for text, a, b in zip(texts, ours(tool, folder, texts), theirs(tokenizer, texts)):
        # Dropped words that decode to nothing are an empty text to us and to them.
        if a[0] == b[0] and a[1] == b[1] and (a[2] or "") == (b[2] or ""):
            continue
        wrong += 1
        if wrong <= 5:
            print(f"  differs: {text[:200]!r}\n    ours   {a[1][:40]} {a[2]!r:.200}\n    theirs {b[1][:40]} {b[2]!r:.200}")
    print(f"{folder}: {name}: {len(texts)} texts, {wrong} different", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--no-code-points", action="store_true")
    parser.add_argument("folders", nargs="+")
    args = parser.parse_args()

    wrong = 0
    points = [chr(c).encode() for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    for folder in args.folders:
        tokenizer = CLIPTokenizer.from_pretrained(folder)
        both = (args.tool, folder, tokenizer)
        wrong += compare("chosen", *both, chosen_texts())
        wrong += compare("random", *both, random_texts(args.count, args.seed))
        if not args.no_code_points:
            wrong += compare("code points", *both, points)
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
