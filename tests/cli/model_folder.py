# SPDX-License-Identifier: Apache-2.0
"""Copies of a model folder with something changed: for the tests that give them to the program."""
import json
import shutil
import struct

VAE = "vae/diffusion_pytorch_model.safetensors"
UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"


def copy_model(model, to):
    """Weights are links until somebody writes others."""
    for path in model.rglob("*"):
        target = to / path.relative_to(model)
        if path.is_dir():
            target.mkdir(parents=True)
        elif path.suffix == ".safetensors":
            target.symlink_to(path)
        else:
            shutil.copyfile(path, target)


def write(folder, name, data):
    path = folder / name
    path.unlink(missing_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def edit_json(folder, name, remove=(), **changes):
    values = json.loads((folder / name).read_text())
    values.update(changes)
    for key in remove:
        del values[key]
    write(folder, name, json.dumps(values))


class Weights:
    """A safetensors file taken apart: header {name: entry}, data."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        raw = (folder / name).read_bytes()
        length, = struct.unpack("<Q", raw[:8])
        self.header = json.loads(raw[8:8 + length])
        self.data = bytearray(raw[8 + length:])

    def tensors(self):
        return sorted((k for k in self.header if k != "__metadata__"), key=lambda k: self.header[k]["data_offsets"])

    def write(self, header=None, length=None, data=None):
        text = header if isinstance(header, bytes) else json.dumps(header or self.header).encode()
        size = struct.pack("<Q", len(text) if length is None else length)
        write(self.folder, self.name, size + text + bytes(self.data if data is None else data))

    def without(self, names):
        """Rewrites the data, so that only the tensors are missing."""
        data, header = bytearray(), {}
        for key in self.tensors():
            if key in names:
                continue
            start, end = self.header[key]["data_offsets"]
            header[key] = dict(self.header[key], data_offsets=[len(data), len(data) + end - start])
            data += self.data[start:end]
        self.header, self.data = header, data

    def add(self, key, dtype, shape, data):
        self.header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(self.data), len(self.data) + len(data)]}
        self.data += data

    def bytes_of(self, key):
        start, end = self.header[key]["data_offsets"]
        return self.data[start:end]

    def poke(self, key, value, index=0):
        """Overwrites an element of a float16 or float32 tensor."""
        kind = {"F16": "<e", "F32": "<f"}[self.header[key]["dtype"]]
        at = self.header[key]["data_offsets"][0] + index * struct.calcsize(kind)
        struct.pack_into(kind, self.data, at, value)
