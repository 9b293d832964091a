# SPDX-License-Identifier: Apache-2.0
"""Damaged, wrong and malicious model folders, one by one, through the command line.

    hostile_models.py PROGRAM MODEL [NAME ...]

Each case is a copy of MODEL with one thing wrong. The program must end by itself within a time limit, with the
documented exit code, and say what is wrong in one line that names the file.
"""
import json
import math
import os
import pathlib
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import time

from model_folder import TEXT, UNET, VAE, Weights, copy_model, edit_json, write

PROGRAM, MODEL = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
SECONDS = 60
OK, USAGE, FILE, VERIFICATION = 0, 2, 3, 6  # documented exit codes
CASES = []  # (name, damage, exit code, words that standard error must hold)

CONFIGS = ["unet/config.json", "vae/config.json", "text_encoder/config.json", "scheduler/scheduler_config.json",
           "model_index.json"]


def case(name, *words, code=FILE):
    """Decorator: registers damage(folder), which may return another path to give to the program."""
    def register(damage):
        CASES.append((name, damage, code, words))
        return damage
    return register


# ---- the folder ---------------------------------------------------------------------------------------------

@case("the model itself", code=OK)
def _(folder):
    pass


@case("no such folder", "no such model")
def _(folder):
    return folder / "missing"


@case("a file instead of a folder", "a file; give the diffusers folder")
def _(folder):
    return folder / "model_index.json"


@case("a weight file instead of a folder", "a file; give the diffusers folder")
def _(folder):
    return folder / UNET


@case("an empty folder", "model_index.json")
def _(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


@case("a part of a model", "model_index.json")
def _(folder):
    return folder / "unet"


@case("an empty name", code=USAGE)
def _(folder):
    return ""


@case("a folder that links to itself", "loop")
def _(folder):
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


@case("a name too long for the system", "xxx...")
def _(folder):
    return "x" * 5000


@case("a name with a line feed and an escape", "no such model")
def _(folder):
    return str(folder / "red\x1b[31m\nsd14: done\r\x07\x7f")


@case("a name that is not UTF-8", "no such model")
def _(folder):
    return os.fsencode(folder) + b"/\xff\xfe\x80"


@case("damage inside a folder with a line feed and an escape", "not valid JSON")
def _(folder):
    strange = folder / "a\x1b[2J\nb"
    strange.mkdir()
    copy_model(MODEL, strange / "m")
    write(strange / "m", "unet/config.json", "{")
    return strange / "m"


@case("an outdated schedule in a folder with a line feed", "outdated", code=OK)
def _(folder):
    strange = folder / "a\nb"
    strange.mkdir()
    copy_model(MODEL, strange / "m")
    edit_json(strange / "m", "scheduler/scheduler_config.json", steps_offset=0)
    return strange / "m"


for file in [*CONFIGS, VAE, UNET, TEXT, "tokenizer/vocab.json", "tokenizer/merges.txt"]:
    @case(f"without {file}", str(pathlib.PurePath(file).parent if "/" in file else file))
    def _(folder, file=file):
        (folder / file).unlink()

    @case(f"{file} is a folder", pathlib.PurePath(file).name)
    def _(folder, file=file):
        (folder / file).unlink()
        (folder / file).mkdir()

    @case(f"{file} is a pipe", pathlib.PurePath(file).name)
    def _(folder, file=file):
        (folder / file).unlink()
        os.mkfifo(folder / file)

    @case(f"{file} links to itself", str(pathlib.PurePath(file).parent if "/" in file else file))
    def _(folder, file=file):
        (folder / file).unlink()
        (folder / file).symlink_to(pathlib.PurePath(file).name)

    @case(f"{file} is empty", file)
    def _(folder, file=file):
        write(folder, file, b"")

for part in ["unet", "vae", "text_encoder", "scheduler", "tokenizer"]:
    @case(f"without the folder {part}", part)
    def _(folder, part=part):
        shutil.rmtree(folder / part)

    @case(f"the folder {part} is a file", part)
    def _(folder, part=part):
        shutil.rmtree(folder / part)
        (folder / part).write_text("{}")


@case("a device instead of a configuration", "regular file")
def _(folder):
    (folder / "unet/config.json").unlink()
    (folder / "unet/config.json").symlink_to("/dev/zero")


for file in ["unet/config.json", VAE, "tokenizer/vocab.json", "sd14.json"]:
    @case(f"{file} may not be read", "ermission")
    def _(folder, file=file):
        if os.geteuid() == 0:
            return None  # root may read everything: main() says so
        write(folder, file, (folder / file).read_bytes())
        (folder / file).chmod(0)


# ---- configurations -----------------------------------------------------------------------------------------

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
for file in CONFIGS:
    for words, data in TEXTS.items():
        if file == "scheduler/scheduler_config.json" and words in ("a number",):
            continue
        @case(f"{file} holds {words}", file)
        def _(folder, file=file, data=data):
            write(folder, file, data)

    @case(f"{file} is cut short", file, "JSON")
    def _(folder, file=file):
        data = (folder / file).read_bytes()
        write(folder, file, data[:len(data) // 2])


@case("a configuration larger than any", "too many for JSON")
def _(folder):
    write(folder, "unet/config.json", b"{}")
    os.truncate(folder / "unet/config.json", 1 << 40)


def refused(file, key, *values, words=()):
    """Each value of a key of a configuration is refused, the key named."""
    for value in values:
        @case(f"{file}: {key} = {str(value)[:60]!r}", file, key, *words)
        def _(folder, value=value):
            edit_json(folder, file, **{key: value})


HUGE = [0, -1, 1.5, "4", True, None, [], {}, 2**31, 2**63 - 1, -2**63]  # never a count of channels
NUMBERS = [v for v in HUGE if v is not None]  # null is as good as absent for most

refused("unet/config.json", "in_channels", *NUMBERS)
refused("unet/config.json", "out_channels", *NUMBERS)
refused("unet/config.json", "layers_per_block", *NUMBERS, 9, 1000, [2, 2, 2, 2])
refused("unet/config.json", "cross_attention_dim", *HUGE, [128, 128, 128, 128])
refused("unet/config.json", "norm_num_groups", *NUMBERS)
refused("unet/config.json", "sample_size", *NUMBERS, [16, 16])
refused("unet/config.json", "attention_head_dim", 0, -2, 2.5, "8", [8], [2, 2, 2, 0], 2**40, {}, True)
refused("unet/config.json", "num_attention_heads", 0, "2")
refused("unet/config.json", "block_out_channels", [], 64, "64", None, [64, 96, 96, "96"], [64, 96, 96, 0],
        [64, 96, 96, 97], [64, 96, 96, -96], [16] * 9, [16] * 100000, [64, 96, 96, 2**40], [64, 96, 96, 1.5])
refused("unet/config.json", "norm_eps", -1, 0, 2, "1e-5", 1e300)
refused("unet/config.json", "freq_shift", -1, "0", 1e300)
refused("unet/config.json", "flip_sin_to_cos", 1, "true")
refused("unet/config.json", "down_block_types", [], ["DownBlock2D"], "DownBlock2D", [1, 2, 3, 4],
        ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "AttnDownBlock2D", "DownBlock2D"],
        ["UpBlock2D"] * 4, ["DownBlock2D"] * 5)
refused("unet/config.json", "up_block_types", None, ["ResnetUpsampleBlock2D"] * 4, ["CrossAttnUpBlock2D\n\x1b[31m"] * 4)
refused("unet/config.json", "mid_block_type", "UNetMidBlock2DSimpleCrossAttn", None)
refused("unet/config.json", "act_fn", "relu", "gelu", None, 3)
refused("unet/config.json", "class_embed_type", "timestep", "projection")
refused("unet/config.json", "num_class_embeds", 1000)
refused("unet/config.json", "addition_embed_type", "text_time")
refused("unet/config.json", "resnet_time_scale_shift", "scale_shift")
refused("unet/config.json", "time_embedding_type", "fourier")
refused("unet/config.json", "transformer_layers_per_block", [1, 2, 10], 2)
refused("unet/config.json", "only_cross_attention", True, [True, True, True, False])
refused("unet/config.json", "dual_cross_attention", True)
refused("unet/config.json", "encoder_hid_dim", 768)
refused("unet/config.json", "time_cond_proj_dim", 256)
refused("unet/config.json", "mid_block_scale_factor", 2, 0)
refused("unet/config.json", "a_setting_of_next_year", 1, "x", True, {"a": 1})
refused("vae/config.json", "in_channels", *NUMBERS, 4)
refused("vae/config.json", "latent_channels", *NUMBERS, 65)
refused("vae/config.json", "norm_num_groups", *NUMBERS)
refused("vae/config.json", "layers_per_block", *NUMBERS, 1000)
refused("vae/config.json", "scaling_factor", 0, -1, "0.18215", 1e300, [1])
refused("vae/config.json", "block_out_channels", [], [16, 32, 64, 97], [16, 32, 64, 2**62])
refused("vae/config.json", "act_fn", "relu")
refused("vae/config.json", "down_block_types", ["AttnDownEncoderBlock2D"] * 4)
refused("vae/config.json", "up_block_types", ["UpDecoderBlock2D"] * 3)
refused("vae/config.json", "latents_mean", [0.0, 0.0, 0.0, 0.0])
refused("vae/config.json", "shift_factor", 0.1159)
refused("vae/config.json", "use_quant_conv", "yes", 1)
refused("text_encoder/config.json", "vocab_size", *NUMBERS)
refused("text_encoder/config.json", "hidden_size", *NUMBERS)
refused("text_encoder/config.json", "intermediate_size", *NUMBERS)
refused("text_encoder/config.json", "num_hidden_layers", *NUMBERS, 1001)
refused("text_encoder/config.json", "num_attention_heads", *NUMBERS, 5)
refused("text_encoder/config.json", "max_position_embeddings", *NUMBERS)
refused("text_encoder/config.json", "hidden_act", "relu", "gelu_new", 1)
refused("text_encoder/config.json", "layer_norm_eps", 0, -1, "1e-5", 1e300)
refused("scheduler/scheduler_config.json", "prediction_type", "v_prediction", "sample", 1, None)
refused("scheduler/scheduler_config.json", "trained_betas", [0.1, 0.2], 1)
refused("scheduler/scheduler_config.json", "steps_offset", "1", -1, 1.5, 2**40, True)
refused("scheduler/scheduler_config.json", "num_train_timesteps", 0, -1, "1000", 1.5, 2**40)
refused("scheduler/scheduler_config.json", "beta_start", 0, -0.1, 1, "x", 1e300, [0.1])
refused("scheduler/scheduler_config.json", "beta_end", 0, -0.1, 1.0, "x")
refused("scheduler/scheduler_config.json", "beta_schedule", "squaredcos_cap_v2", 1, "")
refused("scheduler/scheduler_config.json", "timestep_spacing", "karras", 1)
refused("scheduler/scheduler_config.json", "rescale_betas_zero_snr", True)
refused("scheduler/scheduler_config.json", "thresholding", True)
refused("scheduler/scheduler_config.json", "clip_sample", "no")
refused("sd14.json", "steps", 0, -1, 1001, "20", 1.5)
refused("sd14.json", "width", 0, 7, 4097, -64, "128", 2**40)
refused("sd14.json", "guidance_scale", -1, 101, "4", 1e300)
refused("sd14.json", "seed", 3)
refused("model_index.json", "_class_name", "StableDiffusionXLPipeline", "StableDiffusionInpaintPipeline",
        "FluxPipeline", "", 1, None, ["StableDiffusionPipeline"], "Stable\nDiffusion\x1b[0m", "x" * 100000)
refused("model_index.json", "unet", None, [None, None], ["diffusers"], ["diffusers", "UNet2DModel"],
        ["diffusers", 7], "UNet2DConditionModel")
refused("model_index.json", "vae", ["diffusers", "AutoencoderTiny"], ["diffusers", "AsymmetricAutoencoderKL"])
refused("model_index.json", "text_encoder", ["transformers", "FlaxCLIPTextModel"], ["transformers", "T5EncoderModel"])
refused("model_index.json", "tokenizer", ["transformers", "T5Tokenizer"])

for words, data in TEXTS.items():
    if words in ("a number",):
        continue
    @case(f"sd14.json holds {words}", "sd14.json")
    def _(folder, data=data):
        write(folder, "sd14.json", data)


@case("sd14.json is a pipe", "sd14.json")
def _(folder):
    (folder / "sd14.json").unlink()
    os.mkfifo(folder / "sd14.json")


# What is well formed, but not what the weights are: told by the weights, nothing allocated for it.
def misfit(file, *words, **changes):
    @case(f"{file}: {', '.join(f'{k} = {v}' for k, v in changes.items())}", *words)
    def _(folder):
        edit_json(folder, file, **changes)


misfit("unet/config.json", UNET, "not the weights its config.json describes",
       block_out_channels=[65536, 65536, 65536, 65536], attention_head_dim=1)
misfit("unet/config.json", UNET, "missing", layers_per_block=8)
misfit("unet/config.json", UNET, "missing", block_out_channels=[64, 96, 96, 96, 96, 96, 96, 96],
       down_block_types=["DownBlock2D"] * 8, up_block_types=["UpBlock2D"] * 8)
misfit("unet/config.json", UNET, "no part of the model reads", block_out_channels=[64],
       down_block_types=["CrossAttnDownBlock2D"], up_block_types=["CrossAttnUpBlock2D"])
misfit("unet/config.json", UNET, "wrong shape", use_linear_projection=False, block_out_channels=[64, 96, 96, 112])
misfit("unet/config.json", "the text encoder makes 128", cross_attention_dim=768)
misfit("unet/config.json", "inpainting", in_channels=9)
misfit("vae/config.json", VAE, "wrong shape", block_out_channels=[65536, 65536, 65536, 65536])
misfit("vae/config.json", "latent channels", latent_channels=16)
misfit("vae/config.json", VAE, "no part of the model reads", use_quant_conv=False)
misfit("vae/config.json", VAE, "no part of the model reads", mid_block_add_attention=False)
misfit("text_encoder/config.json", TEXT, "missing", num_hidden_layers=1000)
misfit("text_encoder/config.json", TEXT, "wrong shape", intermediate_size=1 << 20)
misfit("text_encoder/config.json", TEXT, "wrong shape", vocab_size=1 << 24)
misfit("text_encoder/config.json", "the tokenizer makes 77 ids", max_position_embeddings=65536)
misfit("scheduler/scheduler_config.json", "step", num_train_timesteps=1, steps_offset=1)


# ---- weights ------------------------------------------------------------------------------------------------

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


# ---- tokenizer ----------------------------------------------------------------------------------------------

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


# ---- running ------------------------------------------------------------------------------------------------

def check(name, damage, code, words):
    """Runs one case; returns what is wrong with the answer, "" when nothing is."""
    with tempfile.TemporaryDirectory(prefix="sd14-hostile-") as scratch:
        folder = pathlib.Path(scratch) / "m"
        copy_model(MODEL, folder)
        given = damage(folder)
        model = folder if given is None else given
        picture = pathlib.Path(scratch) / "picture.png"
        began = time.monotonic()
        try:
            done = subprocess.run([PROGRAM, "generate", "-m", model, "-W", "64", "-H", "64", "--steps", "1", "-s",
                                   "1", "-t", "2", "-o", picture, "a red apple"] + (["-q"] if code != OK else []),
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"no end after {SECONDS} s"
        for path in folder.rglob("*"):  # or it could not be removed
            if stat.S_ISREG(path.lstat().st_mode):
                path.chmod(0o600)
        return judge(done, code, words, picture.exists(), time.monotonic() - began)


def judge(done, code, words, drawn, seconds):
    text = done.stderr.decode(errors="backslashreplace")
    problems = []
    if done.returncode != code:
        problems.append(f"exit code {done.returncode}, expected {code}")
    if code != OK and (text.count("\n") != 1 or not text.endswith("\n") or not text.startswith("sd14: ")):
        problems.append("not one line that starts with the program's name")
    if any(not line.startswith("sd14: ") for line in text.splitlines()):
        problems.append("a line without the program's name")
    if any((ord(c) < 32 and c != "\n") or ord(c) == 127 for c in text):
        problems.append("control characters")
    problems += [f"does not say {word!r}" for word in words if word not in text]
    if drawn != (code == OK):
        problems.append("a picture was written" if drawn else "no picture was written")
    if os.environ.get("VERBOSE") and not problems:
        print(f"    {seconds:.2f} s  {text.strip()[:300]}")
    return "; ".join(problems) and "; ".join(problems) + f"\n    {text.strip()[:2000]}"


def main():
    wanted = sys.argv[3:]
    failed = skipped = run = 0
    for name, damage, code, words in CASES:
        if wanted and not any(word in name for word in wanted):
            continue
        if name.endswith("may not be read") and os.geteuid() == 0:
            print(f"skipped, root may read everything: {name}")
            skipped += 1
            continue
        if os.environ.get("VERBOSE"):
            print(name)
        run += 1
        problem = check(name, damage, code, words)
        if problem:
            failed += 1
            print(f"FAILED: {name}: {problem}")
    print(f"{run} hostile models, {failed} failed, {skipped} skipped")
    return 1 if failed or run == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
