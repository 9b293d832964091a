#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what transformers' CLIPTokenizer answers, for tests/unit/tokenizer.c.

    python tools/reference/record_tokenizer.py > tests/data/tokenizer_cases.json

texts: bytes in hex; per vocabulary all ids without bos and eos, and the dropped words in hex.
code_points: per block of 4096 code points (surrogates left out), as one text with a blank after each,
the FNV-1a hash, 64 bits, of its ids, each as 4 bytes, by the full vocabulary. It shows at once when a
system's utf8proc brings answers that tokenizer_unicode_table.c does not know.
"""
import json
import struct

import transformers
from tokenizer_texts import chosen_texts, random_texts
from transformers import CLIPTokenizer

FOLDERS = ["data/clip-bpe", "models/emoji/tokenizer"]
COUNT, LENGTH, BLOCK = 500, 77, 4096


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def block_hash(tokenizer, start):
    text = "".join(chr(c) + " " for c in range(start, start + BLOCK) if not 0xD800 <= c <= 0xDFFF)
    ids = tokenizer(text, add_special_tokens=False).input_ids
    return fnv(struct.pack(f"<{len(ids)}i", *ids))


def main():
    tokenizers = [CLIPTokenizer.from_pretrained(f) for f in FOLDERS]
    texts = chosen_texts()
    short = [t for t in random_texts(2000, seed=2022) if len(t) < 400]
    texts += short[: COUNT - len(texts)]
    cases = []
    for text in texts:
        case = {"text": text.hex()}
        for folder, tokenizer in zip(FOLDERS, tokenizers):
            ids = tokenizer(text.decode("utf-8", errors="replace")).input_ids
            dropped = tokenizer.decode(ids[LENGTH - 1 : -1])
            case[folder] = {"ids": ids[1:-1], "dropped": dropped.encode().hex()}
        cases.append(case)
    hashes = [block_hash(tokenizers[0], start) for start in range(0, 0x110000, BLOCK)]
    print('{"transformers": "%s",\n"cases": [' % transformers.__version__)
    print(",\n".join(json.dumps(c, separators=(",", ":")) for c in cases))
    print('],\n"code_points": %s}' % json.dumps(hashes))


if __name__ == "__main__":
    main()
