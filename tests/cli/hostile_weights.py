# SPDX-License-Identifier: Apache-2.0
"""Weight files: damaged safetensors, tensors that do not fit, damaged shards."""
import json
import math
import os
import struct

from hostile_cases import OK, TEXTS, VERIFICATION, case
from model_folder import TEXT, UNET, VAE, Weights, write

for offset in [1, 7, 8, 9, 100, 5000, "header - 1", "header", "header + 1", "half", "end - 1"]:
    @case(f"weights cut at {offset}", VAE)
    def _(folder, offset=offset):
        data = (folder / VAE).read_bytes()
        header = 8 + struct.unpack("<Q", data[:8])[0]
        at = {"header - 1": header - 1, "header": header, "header + 1": header + 1, "half": len(data) // 2,
              "end - 1": len(data) - 1}.get(offset, offset)
        write(folder, VAE, data[:at])

for length in [0, 1, 2**63, 2**64 - 1, 2**64 - 8, 100000001, "file", "file + 1", "header - 1", "header + 1"]:
    @case(f"weights whose header says it has {length} bytes", VAE)
    def _(folder, length=length):
        weights = Weights(folder, VAE)
        header = len(json.dumps(weights.header))
        file = header + 8 + len(weights.data)
        lie = {"file": file, "file + 1": file + 1, "header - 1": header - 1, "header + 1": header + 1}
        weights.write(length=lie.get(length, length))

for words, data in TEXTS.items():
    @case(f"weights whose header is {words}", VAE)
    def _(folder, data=data):
        Weights(folder, VAE).write(header=data)

    @case(f"weights that are {words}", UNET)
    def _(folder, data=data):
        write(folder, UNET, data)

for words, data in {
    "a torch checkpoint": b"PK\x03\x04" + bytes(100), "an old torch checkpoint": b"\x80\x02\x8a\x0a" + bytes(100),
    "a GGUF file": b"GGUF" + bytes(100), "a numpy array": b"\x93NUMPY" + bytes(100), "zeros": bytes(1000),
    "ones": b"\xff" * 1000, "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100), "gzip": b"\x1f\x8b" + bytes(100),
}.items():
    @case(f"weights that are {words}", TEXT)
    def _(folder, data=data):
        write(folder, TEXT, data)


def entry(name, *words, **changes):
    """One tensor of the VAE described otherwise; the data stay."""
    @case(f"a tensor with {name}", VAE, *words)
    def _(folder):
        weights = Weights(folder, VAE)
        key = weights.tensors()[3]
        weights.header[key].update(changes)
        for gone in [k for k, v in changes.items() if v is ...]:
            del weights.header[key][gone]
        weights.write()


entry("no dtype", dtype=...)
entry("no shape", shape=...)
entry("no place", data_offsets=...)
entry("a dtype that is a number", dtype=3)
entry("an unknown dtype", "F17", dtype="F17")
entry("a dtype with an escape", dtype="\x1b[31m\n")
entry("a shape that is a number", shape=16)
entry("a shape of strings", shape=["16"])
entry("a negative shape", shape=[-16])
entry("a broken shape", shape=[1.5])
entry("a shape of 2^62 x 8", "too large", shape=[2**62, 8])
entry("a shape of 2^32 x 2^32", "too large", shape=[2**32, 2**32])
entry("a shape past 2^64", shape=[2**64])
entry("a shape of 100000 ones", shape=[1] * 100000)
entry("a shape of zero and much", shape=[0, 2**62])
entry("too small a shape", shape=[1])
entry("one offset", data_offsets=[0])
entry("three offsets", data_offsets=[0, 1, 2])
entry("negative offsets", data_offsets=[-32, 0])
entry("offsets the wrong way round", data_offsets=[64, 32])
entry("offsets outside the file", data_offsets=[2**40, 2**40 + 32])
entry("offsets at the end of numbers", data_offsets=[2**63 - 33, 2**63 - 1])
entry("offsets past the end of numbers", data_offsets=[2**64 - 32, 2**64])
entry("offsets that are strings", data_offsets=["0", "32"])
entry("another's place", data_offsets=[0, 32], shape=[16], dtype="F16")


@case("a tensor that is a list", VAE)
def _(folder):
    weights = Weights(folder, VAE)
    weights.header[weights.tensors()[0]] = [1, 2]
    weights.write()


@case("metadata that is a list", VAE, "__metadata__")
def _(folder):
    weights = Weights(folder, VAE)
    weights.header["__metadata__"] = [1]
    weights.write()


@case("metadata that is no text", VAE, "__metadata__")
def _(folder):
    weights = Weights(folder, VAE)
    weights.header["__metadata__"] = {"format": {"a": 1}}
    weights.write()


@case("tensors that overlap", VAE, "other tensors reach to")
def _(folder):
    weights = Weights(folder, VAE)
    for key in weights.tensors()[1:]:
        start, end = weights.header[key]["data_offsets"]
        weights.header[key]["data_offsets"] = [start - 2, end - 2]
    weights.write()


@case("a hole between tensors", VAE, "those before end at")
def _(folder):
    weights = Weights(folder, VAE)
    for key in weights.tensors()[1:]:
        start, end = weights.header[key]["data_offsets"]
        weights.header[key]["data_offsets"] = [start + 64, end + 64]
    weights.write(data=weights.data + bytes(64))


@case("bytes after the last tensor", VAE, "after the last tensor")
def _(folder):
    weights = Weights(folder, VAE)
    weights.write(data=weights.data + bytes(10))


@case("no tensors at all", VAE, "missing")
def _(folder):
    weights = Weights(folder, VAE)
    weights.write(header=b"{}", data=b"")


@case("missing tensors", VAE, "2 missing: decoder.conv_in.weight, decoder.conv_in.bias")
def _(folder):
    weights = Weights(folder, VAE)
    weights.without(["decoder.conv_in.weight", "decoder.conv_in.bias"])
    weights.write()


@case("a decoder without its encoder", VAE, "encoder.conv_in", "more")
def _(folder):
    weights = Weights(folder, VAE)
    weights.without([k for k in weights.tensors() if k.startswith("encoder.")])
    weights.write()


@case("the weights of another part", VAE, "missing", "no part of the model reads")
def _(folder):
    write(folder, VAE, (folder / UNET).read_bytes())


@case("a tensor too many", VAE, "1 that no part of the model reads: lora.up.weight")
def _(folder):
    weights = Weights(folder, VAE)
    weights.add("lora.up.weight", "F16", [2], bytes(4))
    weights.write()


@case("a tensor with a strange name", VAE, "no part of the model reads")
def _(folder):
    weights = Weights(folder, VAE)
    weights.add("\x1b[31m\nsd14: \t\u202e" + "x" * 240, "F16", [2], bytes(4))
    weights.write()


@case("a tensor without a name", VAE, "no part of the model reads")
def _(folder):
    weights = Weights(folder, VAE)
    weights.add("", "F16", [2], bytes(4))
    weights.write()


@case("a tensor by its new and its old name", VAE, "no part of the model reads")
def _(folder):
    weights = Weights(folder, VAE)
    key = "decoder.mid_block.attentions.0.to_q.weight"
    weights.add(key.replace("to_q", "query"), weights.header[key]["dtype"], weights.header[key]["shape"],
                weights.bytes_of(key))
    weights.write()


@case("a text tensor with and without its prefix", TEXT, "no part of the model reads")
def _(folder):
    weights = Weights(folder, TEXT)
    key = next(k for k in weights.tensors() if "final_layer_norm.weight" in k)
    other = key.removeprefix("text_model.") if key.startswith("text_model.") else "text_model." + key
    weights.add(other, weights.header[key]["dtype"], weights.header[key]["shape"], weights.bytes_of(key))
    weights.write()


@case("50000 tensors too many", VAE, "50000 that no part of the model reads", "49994 more")
def _(folder):
    weights = Weights(folder, VAE)
    for i in range(50000):
        weights.add(f"extra.{i}", "F16", [0], b"")
    weights.write()


for dtype, size in {"I64": 8, "I32": 4, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2}.items():
    @case(f"a weight of dtype {dtype}", VAE, "decoder.conv_out.bias")
    def _(folder, dtype=dtype, size=size):
        weights = Weights(folder, VAE)
        key = "decoder.conv_out.bias"
        shape = weights.header[key]["shape"]
        weights.without([key])
        weights.add(key, dtype, shape, bytes(size * math.prod(shape)))
        weights.write()

for shape in [[3, 1, 1, 1, 1], [1, 3], [4], [], [0], [1]]:
    @case(f"a bias of shape {shape}", VAE, "decoder.conv_out.bias")
    def _(folder, shape=shape):
        weights = Weights(folder, VAE)
        weights.without(["decoder.conv_out.bias"])
        weights.add("decoder.conv_out.bias", "F16", shape, bytes(2 * math.prod(shape)))
        weights.write()


@case("a transposed weight", UNET, "time_embedding.linear_1.weight is [64,256], expected [256,64]")
def _(folder):
    weights = Weights(folder, UNET)
    weights.header["time_embedding.linear_1.weight"]["shape"].reverse()
    weights.write()


for file, key in {UNET: "conv_in.weight", TEXT: "final_layer_norm.weight", VAE: "decoder.conv_in.weight"}.items():
    for value in [math.nan, math.inf, -math.inf]:
        @case(f"{value} in {file}", "NaN", "damaged", code=VERIFICATION)
        def _(folder, file=file, key=key, value=value):
            weights = Weights(folder, file)
            weights.poke(next(k for k in weights.tensors() if k.endswith(key)), value)
            weights.write()


# ---- shards -------------------------------------------------------------------------------------------------

def shard(folder, **files):
    """Splits the VAE into two shards and an index, then damages the index by `files`."""
    weights = Weights(folder, VAE)
    keys = weights.tensors()
    index = {"metadata": {"total_size": len(weights.data)}, "weight_map": {}}
    for number, part in enumerate([keys[:50], keys[50:]], 1):
        name = f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        one = Weights(folder, VAE)
        one.without(set(keys) - set(part))
        one.name = "vae/" + name
        one.write()
        index["weight_map"].update({key: name for key in part})
    (folder / VAE).unlink()
    index["weight_map"].update(files)
    write(folder, VAE + ".index.json", json.dumps(index))
    return index


@case("shards", code=OK)
def _(folder):
    shard(folder)


@case("a shard that is not there", "diffusion_pytorch_model-00002-of-00002.safetensors")
def _(folder):
    shard(folder)
    (folder / "vae/diffusion_pytorch_model-00002-of-00002.safetensors").unlink()


@case("a shard that is a pipe", "diffusion_pytorch_model-00002-of-00002.safetensors")
def _(folder):
    shard(folder)
    path = folder / "vae/diffusion_pytorch_model-00002-of-00002.safetensors"
    path.unlink()
    os.mkfifo(path)


for name in ["../unet/diffusion_pytorch_model.safetensors", "/etc/passwd", "..", ".", "", "a/../../x", "..\\x", 3, None, ["x"],
             "x" * 5000, "missing.safetensors", "a\nb\x1b[31m"]:
    @case(f"a shard called {str(name)[:40]!r}", "vae/")
    def _(folder, name=name):
        shard(folder, **{"decoder.conv_in.weight": name})


@case("an index that names the wrong shard", "decoder.conv_in.weight", "where the index says")
def _(folder):
    shard(folder, **{"decoder.conv_in.weight": "diffusion_pytorch_model-00002-of-00002.safetensors",
                     "decoder.conv_in.bias": "diffusion_pytorch_model-00001-of-00002.safetensors"})


@case("an index that forgets a tensor", "decoder.conv_in.weight")
def _(folder):
    index = shard(folder)
    del index["weight_map"]["decoder.conv_in.weight"]
    write(folder, VAE + ".index.json", json.dumps(index))


for words, data in TEXTS.items():
    @case(f"an index that holds {words}", "index.json")
    def _(folder, data=data):
        shard(folder)
        write(folder, VAE + ".index.json", data)
