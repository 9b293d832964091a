# SPDX-License-Identifier: Apache-2.0
"""A golden run of random numbers, written with Python alone: what sd14 compare reads."""
import hashlib
import json
import pathlib
import random
import struct
import zlib

CODES = {"float32": ("<f4", "F32", "f"), "int32": ("<i4", "I32", "i")}
PERCENTS = (0, 25, 50, 75, 100)


def npy_bytes(values, shape, dtype="float32"):
    header = f"{{'descr': '{CODES[dtype][0]}', 'fortran_order': False, 'shape': {tuple(shape)!r}, }}"
    header += " " * ((-10 - len(header) - 1) % 64) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
            + struct.pack(f"<{len(values)}{CODES[dtype][2]}", *values))


def safetensors_bytes(tensors):
    """{name: (values, shape, dtype)}"""
    header, data = {}, b""
    for name, (values, shape, dtype) in sorted(tensors.items()):
        packed = struct.pack(f"<{len(values)}{CODES[dtype][2]}", *values)
        header[name] = {"dtype": CODES[dtype][1], "shape": list(shape),
                        "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def png_bytes(pixels, width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + bytes(pixels[y * width * 3:(y + 1) * width * 3]) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Item:
    """One item's tensors and settings, the same for the same id; change them, then write the run."""

    def __init__(self, name, seed=1):
        self.id, self.width, self.height = name, 64, 128
        self.settings = {"id": name, "prompt": f"a picture of {name}", "negative_prompt": "", "seed": seed,
                         "steps": 20, "guidance_scale": 7.5, "width": 64, "height": 128}
        self.checkpoints = [{"percent": p, "step": 20 * p // 100, "name": f"latents_{p:03}"} for p in PERCENTS]
        drawn = random.Random(f"{name} {seed}")
        shape = (1, 4, self.height // 8, self.width // 8)
        noise = [drawn.gauss(0, 1) for _ in range(4 * self.height // 8 * self.width // 8)]
        self.arrays = {"noise": [noise, shape, "float32"]}
        for p in PERCENTS:
            values = [x * (1 - p / 200) + (p > 0) * drawn.gauss(0, 0.1) for x in noise]
            self.arrays[f"latents_{p:03}"] = [values, shape, "float32"]
        self.named = {"text_embeddings": [[drawn.gauss(0, 1) for _ in range(2 * 77 * 4)], (2, 77, 4), "float32"],
                      "input_ids": [[drawn.randrange(49408) for _ in range(2 * 77)], (2, 77), "int32"]}
        self.pixels = [drawn.randrange(256) for _ in range(self.width * self.height * 3)]


class Run:
    def __init__(self, *names, producer="sd14"):
        self.items = [Item(name, i + 1) for i, name in enumerate(names)]
        self.manifest = {"format": 1, "kind": "golden", "producer": {"name": producer, "version": "0"},
                         "suite": {"name": "test", "sha256": "0" * 64},
                         "model": {"name": "m", "files": [{"name": "unet/config.json", "sha256": "1" * 64}]},
                         "backend": "cpu", "precision": "f32", "isa": "avx2", "threads": 2, "sampler": "ddim"}

    def __getitem__(self, name):
        return next(item for item in self.items if item.id == name)

    def write(self, folder):
        """-> the folder"""
        folder = pathlib.Path(folder)
        for item in self.items:
            place = folder / item.id
            place.mkdir(parents=True)
            for name, array in item.arrays.items():
                (place / f"{name}.npy").write_bytes(npy_bytes(*array))
            (place / "tensors.safetensors").write_bytes(safetensors_bytes({**item.arrays, **item.named}))
            (place / "picture.png").write_bytes(png_bytes(item.pixels, item.width, item.height))
        self.write_manifest(folder)
        return folder

    def write_manifest(self, folder):
        def entry(file):
            data = file.read_bytes()
            return {"name": f"{file.parent.name}/{file.name}", "sha256": hashlib.sha256(data).hexdigest(),
                    "bytes": len(data)}
        items = [{**item.settings, "checkpoints": item.checkpoints,
                  "files": [entry(file) for file in sorted((folder / item.id).iterdir())]} for item in self.items]
        (folder / "manifest.json").write_text(json.dumps({**self.manifest, "items": items}))
