#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what fuzzing begins with, OUT/<subject>/<number>, made of the repository's own files.

    make_seeds.py OUT

Besides, OUT/words: libFuzzer's dictionary, of every string in the seeds that are JSON, and PNG's chunks.
"""
import json
import pathlib
import re
import shutil
import struct
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/emoji"
DATA = ROOT / "tests/data"
PNG_CHUNKS = "IHDR PLTE IDAT IEND tRNS tEXt zTXt iTXt gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs sPLT tIME eXIf"
SMALL = 8192  # bytes: longer seeds are slow to change and to read


def files(*patterns):
    return [path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def safetensors(tensors, metadata=None):
    """tensors: name, dtype, shape, bytes."""
    header = {"__metadata__": metadata} if metadata else {}
    data = b""
    for name, dtype, shape, values in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def safetensors_seeds():
    yield safetensors([])
    yield safetensors([("a", "F32", [2, 1], floats(1, 2)), ("b", "I32", [], b"\1\0\0\0")], {"format": "pt"})
    yield safetensors([("h", "F16", [1, 2, 1, 2], bytes(8)), ("e", "F64", [0, 3], b""), ("u", "U8", [3], b"abc")])
    yield safetensors([("f8", "F8_E4M3", [1, 1, 1, 1, 1], b"\0"), ("b", "BOOL", [1], b"\1"), ("x", "BF16", [1], b"ab")])


def index_seeds():
    for weights in ({"x": "a", "y": "b"}, {"x": "b"}, {"z": "a"}, {"x": "../a"}, {}):
        yield json.dumps({"metadata": {"total_size": 16}, "weight_map": weights}).encode()


def json_seeds():
    yield from files("configs/*.json", "configs/*/smoke.json", "models/emoji/*.json", "models/emoji/*/*config.json")
    yield json.dumps("".join(map(chr, range(1, 160)))).encode()
    yield (br'{"b": [0, -1, 9223372036854775807, 0.1, 1e-5, 5e-324, 1.7976931348623157e308, -0.0, 5.0],'
           br'"a": {"\u0001\n\r\t\"\\\/": "\ud83c\udf4e \u00e9", "": null}, "c": [true, false, [[]], {}]}')


def npy(version, text, values):
    length = struct.pack("<H" if version == 1 else "<I", len(text) + 1)
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode() + b"\n" + values


def npy_seeds():
    for version, descr, shape, values in ((1, "<f4", "(1, 2)", floats(1, 2)), (2, "<i8", "(1,)", bytes(8)),
                                          (1, "<i4", "()", bytes(4)), (1, "<f4", "(0, 4, 1, 1)", b""),
                                          (1, "<f8", "(1,)", bytes(8))):
        yield npy(version, f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}", values)
    yield from files("tests/data/golden/emoji-parity/one-step/noise.npy")


def png(depth, kind, rows, *chunks, interlaced=0):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = struct.pack(">IIBBBBB", 2, len(rows), depth, kind, 0, 0, interlaced)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(*one) for one in chunks) +
            chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def png_seeds():
    note, utf8 = (b"tEXt", b"prompt\0a red apple"), (b"iTXt", b"note\0\0\0\0\0\xf0\x9f\x8d\x8e")
    yield png(8, 2, [bytes(6), b"\xff" * 6], note, utf8)
    yield png(8, 6, [bytes(8)], (b"gAMA", struct.pack(">I", 45455)))
    yield png(16, 0, [b"\x12\x34\xff\xff"], (b"tRNS", b"\0\0"))
    yield png(1, 3, [b"\x40"], (b"PLTE", bytes(6)), (b"tRNS", b"\x80"))
    yield png(4, 0, [b"\x1f", b"\xf1"], (b"zTXt", b"z\0\0\x78\x9c\x03\0\0\0\0\1"))


def golden_manifests():
    manifest = json.loads((DATA / "golden/emoji-parity/manifest.json").read_bytes())
    for items in (manifest["items"][:1], [], [{**manifest["items"][0], "seed": "18446744073709551615"}]):
        yield json.dumps({**manifest, "items": items}).encode()


def measurement_seeds():
    times = {f"{stage}_seconds": 0.5 for stage in ("total", "text", "prepare", "denoise", "decode")}
    run = {"version": "0.1.0", "model": {"name": "m"}, "width": 64, "height": 64, "steps": 4, "guidance_scale": 7.5,
           "backend": "cpu", "precision": "f32", "isa": "avx2", "threads": 2, "peak_rss_bytes": 5 << 20,
           "memory": {"weights_bytes": 3 << 20, "plan_bytes": 1 << 20}}
    steps = {"step_seconds": [9.0, 1.0, 0.25]}
    yield json.dumps({**run, "pictures": [{**times, **steps}, {**times, **steps}]}).encode()
    yield json.dumps({**run, "images": [{"path": "x.png", "timings": times, **steps}]}).encode()
    yield json.dumps({**run, "operators": []}).encode()


def recording_seeds():
    sums = struct.pack("<4d", 1.0, 2.0, 7.0, 3.0)
    yield safetensors([("a", "F32", [2], floats(1, 2)), ("a.stats", "F64", [4], sums), ("t", "I32", [1], bytes(4))])
    yield safetensors([("one", "F16", [1], bytes(2)), ("one.stats", "F64", [4], sums), ("p", "U8", [3], b"abc")])
    yield from files("tests/data/emoji/manifest.json")


def tokenizer_seeds():
    letters = ["a", "b", "c", "a</w>", "b</w>", "c</w>", "ab", "ab</w>", "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(letters)}
    merges = "#version: 0.2\na b\na b</w>\n"
    settings = [(MODEL / "tokenizer" / name).read_text() for name in ("tokenizer_config.json", "special_tokens_map.json")]
    added = [{"id": vocabulary[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for token in letters[-2:]]
    whole = {"version": "1.0", "added_tokens": added,
             "model": {"type": "BPE", "vocab": vocabulary, "merges": ["a b", ["a", "b</w>"]]}}
    vocabulary = json.dumps(vocabulary)
    yield "\0".join([vocabulary, merges]).encode()
    yield "\0".join([vocabulary, merges, *settings]).encode()
    yield "\0".join([vocabulary, merges, *settings, "", json.dumps({"<new>": 10})]).encode()
    yield "\0".join(["", "", *settings, json.dumps(whole)]).encode()


def prompt_seeds():
    for case in json.loads((DATA / "tokenizer_cases.json").read_bytes())["cases"]:
        if len(case["text"]) <= 512:
            yield bytes.fromhex(case["text"])
    yield b"a \0 <|startoftext|><|endoftext|>! " + "e\u0301 \ufb01 \u0130 \U0001f34e".encode() + b"\xff\xc3" + b"x" * 200


def cli_seeds():
    yield from files("configs/*.json")
    yield (b'{"model": "m", "backend": "cpu", "precision": "f32", "isa": "auto", "threads": 2, "max_ram": "2GiB",'
           b'"steps": 20, "guidance_scale": 7.5, "width": 64, "height": 128, "eta": 0.5, "negative_prompt": "",'
           b'"seed": "random", "sampler": "ddim", "device_options": {}, "description": "d", "$schema": "s"}')


SUBJECTS = {
    "safetensors": safetensors_seeds,
    "safetensors_index": index_seeds,
    "json": json_seeds,
    "npy": npy_seeds,
    "png": png_seeds,
    "suite": lambda: files("configs/suites/*.json"),
    "thresholds": lambda: files("configs/thresholds/*.json"),
    "run_folder": golden_manifests,
    "report_run": measurement_seeds,
    "recording": recording_seeds,
    "model_config": lambda: files("models/emoji/sd14.json", "models/emoji/*/*config.json"),
    "model_folder": lambda: files("models/emoji/*.json"),
    "tokenizer_files": tokenizer_seeds,
    "prompt": prompt_seeds,
    "cli_config": cli_seeds,
}


def main():
    out = pathlib.Path(sys.argv[1])
    shutil.rmtree(out, ignore_errors=True)
    words = set()
    for subject, seeds in SUBJECTS.items():
        (out / subject).mkdir(parents=True)
        for number, seed in enumerate(one for one in seeds() if len(one) <= SMALL):
            (out / subject / f"{number:03}").write_bytes(seed)
            if subject != "prompt":
                words.update(re.findall(rb'"[\w$.-]{2,40}"', seed))
    lines = ['"\\"%s\\""\n' % word.decode().strip('"') for word in sorted(words)]
    lines += [f'"{name}"\n' for name in PNG_CHUNKS.split()]
    (out / "words").write_text("".join(lines))


if __name__ == "__main__":
    main()
