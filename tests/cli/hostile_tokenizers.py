# SPDX-License-Identifier: Apache-2.0
"""Tokenizer files."""
import json

from hostile_cases import FILE, TEXTS, case
from model_folder import edit_json, write

for file in ["tokenizer/vocab.json", "tokenizer/tokenizer_config.json", "tokenizer/special_tokens_map.json"]:
    for words in ["no JSON", "half a JSON", "an array", "a number", "100000 arrays", "UTF-16", "a web page"]:
        @case(f"{file} holds {words}", "tokenizer")
        def _(folder, file=file, words=words):
            write(folder, file, TEXTS[words])


def vocabulary(name, *words):
    def register(change):
        @case(f"a vocabulary with {name}", "tokenizer", *words)
        def _(folder):
            values = json.loads((folder / "tokenizer/vocab.json").read_text())
            write(folder, "tokenizer/vocab.json", json.dumps(change(values) or values))
    return register


vocabulary("a negative id")(lambda v: v.update({"a</w>": -1}))
vocabulary("an id that is text")(lambda v: v.update({"a</w>": "5"}))
vocabulary("an id that is broken")(lambda v: v.update({"a</w>": 5.5}))
vocabulary("an id past all")(lambda v: v.update({"a</w>": 2**40}))
vocabulary("an id twice")(lambda v: v.update({"a</w>": v["b</w>"]}))
vocabulary("a token less")(lambda v: v.pop("a</w>") and None)
vocabulary("no end of text")(lambda v: v.pop("<|endoftext|>") and None)
vocabulary("nothing")(lambda v: {"": 0})
vocabulary("one token")(lambda v: {"a": 0})


@case("a vocabulary larger than the text encoder's table", "tokenizer and text encoder do not belong together",
      code=FILE)
def _(folder):
    values = json.loads((folder / "tokenizer/vocab.json").read_text())
    end = values["<|endoftext|>"]
    del values["<|endoftext|>"]
    values["zzzzzzzzzz</w>"] = end
    values["<|endoftext|>"] = end + 1
    write(folder, "tokenizer/vocab.json", json.dumps(values))


for words, data in {
    "no JSON": b"hello\nworld\n", "one word a line": b"#version: 0.2\nab\ncd\n", "three words a line": b"a b c\n",
    "unknown tokens": b"qqq www\n", "no UTF-8": b"\xff \xfe\n", "zeros": bytes(1000), "a zero": b"a\0b c\n",
    "one long line": b"a" * 1000000, "a web page": TEXTS["a web page"],
}.items():
    @case(f"merges that hold {words}", "tokenizer")
    def _(folder, data=data):
        write(folder, "tokenizer/merges.txt", data)

for value in [0, -1, 1, 76, 78, "77", 1.5, [77]]:
    @case(f"tokenizer: model_max_length = {value!r}", "okenizer")
    def _(folder, value=value):
        edit_json(folder, "tokenizer/tokenizer_config.json", model_max_length=value)

for value in ["<|nothing|>", "", 3, {"content": 3}, {"x": "y"}, ["<|endoftext|>"]]:
    @case(f"tokenizer: eos_token = {value!r}", "okenizer")
    def _(folder, value=value):
        edit_json(folder, "tokenizer/tokenizer_config.json", eos_token=value)
        edit_json(folder, "tokenizer/special_tokens_map.json", eos_token=value)
