# SPDX-License-Identifier: Apache-2.0
"""What the hostile_*.py files fill: the list of cases, each a copy of the model with one thing wrong."""
import pathlib
import sys

PROGRAM, MODEL = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
OK, USAGE, FILE, VERIFICATION = 0, 2, 3, 6  # documented exit codes
CASES = []  # (name, damage, exit code, words that standard error must hold)

CONFIGS = ["unet/config.json", "vae/config.json", "text_encoder/config.json", "scheduler/scheduler_config.json",
           "model_index.json"]

# Bytes that are no JSON object of ours.
TEXTS = {
    "no JSON": b"hello",
    "half a JSON": b'{"act_fn": "silu", "block_out',
    "an array": b"[1, 2]",
    "a string": b'"config"',
    "a number": b"3",
    "null": b"null",
    "a huge number": b'{"in_channels": 1e999}',
    "a long number": b'{"in_channels": ' + b"9" * 4000 + b"}",
    "NaN": b'{"in_channels": NaN}',
    "a key twice": b'{"in_channels": 4, "in_channels": 4}',
    "100000 arrays": b'{"in_channels": ' + b"[" * 100000 + b"]" * 100000 + b"}",
    "100000 objects": b'{"a":' * 100000 + b"1" + b"}" * 100000,
    "text after the end": b"{} {}",
    "a zero byte": b'{"in_channels": 4\0}',
    "a zero in a key": b'{"in\\u0000channels": 4}',
    "no UTF-8": b'{"in_channels": "\xff\xfe"}',
    "half a surrogate": b'{"act_fn": "\\ud800"}',
    "UTF-16": '{"in_channels": 4}'.encode("utf-16"),
    "a control character": b'{"act_fn": "a\nb"}',
    "a web page": b"<!DOCTYPE html><html><body>404</body></html>",
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
}


def case(name, *words, code=FILE):
    """Decorator: registers damage(folder), which may return another path to give to the program."""
    def register(damage):
        CASES.append((name, damage, code, words))
        return damage
    return register
