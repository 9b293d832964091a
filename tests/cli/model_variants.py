# SPDX-License-Identifier: Apache-2.0
"""The same model stored in the ways that files in the world are: each must draw the same latent and picture.

    model_variants.py PROGRAM MODEL
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

from model_folder import TEXT, UNET, VAE, Weights, copy_model, edit_json, write

PROGRAM, MODEL = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
OLD_ATTENTION = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}


def rename(folder, file, new_name):
    weights = Weights(folder, file)
    weights.header = {new_name(key): entry for key, entry in weights.header.items()}
    weights.write()


def as_it_is(folder):
    pass


def old_attention_names(folder):
    def old(key):
        for new, before in OLD_ATTENTION.items():
            key = key.replace(new, before) if ".attentions." in key else key
        return key
    rename(folder, VAE, old)


def attention_as_convolutions(folder):
    """[c, c] stored as [c, c, 1, 1], as single-file checkpoints have it."""
    weights = Weights(folder, VAE)
    for key, entry in weights.header.items():
        if ".attentions." in key and len(entry.get("shape", [])) == 2:
            entry["shape"] += [1, 1]
    weights.write()


def text_encoder_without_prefix(folder):
    rename(folder, TEXT, lambda key: key.removeprefix("text_model."))


def position_ids(folder):
    weights = Weights(folder, TEXT)
    weights.add("text_model.embeddings.position_ids", "I64", [1, 77], struct.pack("<77q", *range(77)))
    weights.write()


def stale_ids(folder):
    edit_json(folder, "text_encoder/config.json", bos_token_id=0, eos_token_id=2, pad_token_id=1)


def pndm_scheduler(folder):
    """As Stable Diffusion 1.4 publishes it."""
    write(folder, "scheduler/scheduler_config.json", json.dumps({
        "_class_name": "PNDMScheduler", "_diffusers_version": "0.7.0.dev0", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
        "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None,
        "clip_sample": False}))


def convert(folder, dtype, pack):
    """Rewrites every float16 weight as `dtype`, by pack(list of values) -> bytes."""
    for file in (TEXT, UNET, VAE):
        source = Weights(folder, file)
        made = Weights(folder, file)
        made.header, made.data = {}, bytearray()
        for key in source.tensors():
            values = struct.unpack(f"<{len(source.bytes_of(key)) // 2}e", source.bytes_of(key))
            made.add(key, dtype, source.header[key]["shape"], pack(values))
        made.write()


def float32(folder):
    convert(folder, "F32", lambda values: struct.pack(f"<{len(values)}f", *values))


def upper_halves(values):
    """bfloat16 is the upper half of float32."""
    return [bits >> 16 for bits in struct.unpack(f"<{len(values)}I", struct.pack(f"<{len(values)}f", *values))]


def bfloat16(folder):
    convert(folder, "BF16", lambda values: struct.pack(f"<{len(values)}H", *upper_halves(values)))


def bfloat16_in_float32(folder):
    convert(folder, "F32", lambda values: struct.pack(f"<{len(values)}I", *(x << 16 for x in upper_halves(values))))


def fp16_file_name(folder):
    for file in (TEXT, UNET, VAE):
        (folder / file).rename(folder / file.replace(".safetensors", ".fp16.safetensors"))


def shards(folder):
    """Three files and their index."""
    whole = Weights(folder, UNET)
    names = whole.tensors()
    place = {}
    for i in range(3):
        file = f"diffusion_pytorch_model-0000{i + 1}-of-00003.safetensors"
        mine = set(names[i::3])
        part = Weights(folder, UNET)
        part.without(set(names) - mine)
        part.name = "unet/" + file
        part.write()
        place.update(dict.fromkeys(mine, file))
    (folder / UNET).unlink()
    write(folder, UNET + ".index.json", json.dumps({"metadata": {}, "weight_map": place}))


def no_sd14_json(folder):
    """Its defaults are then Stable Diffusion 1.4's; everything that matters is on the command line."""
    (folder / "sd14.json").unlink()


# Within a group all draw the same; bfloat16 holds fewer digits than the model's float16.
GROUPS = [
    [bfloat16, bfloat16_in_float32],
    [as_it_is, old_attention_names, attention_as_convolutions, text_encoder_without_prefix,
     position_ids, stale_ids, pndm_scheduler, float32, fp16_file_name, shards, no_sd14_json],
]


def pixels(png):
    """The compressed pixels of a PNG, unpacked: its texts differ, as the files' hashes do."""
    at, data = 8, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IDAT":
            data += png[at + 8:at + 8 + size]
        at += 12 + size
    return zlib.decompress(data)


def draw(change):
    with tempfile.TemporaryDirectory(prefix="sd14-variant-") as scratch:
        folder = pathlib.Path(scratch) / "m"
        copy_model(MODEL, folder)
        change(folder)
        command = [PROGRAM, "generate", "-m", folder, "-W", "64", "-H", "64", "--steps", "2", "-g", "4", "-s", "1",
                   "-t", "2", "-o", "-", "a red apple"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        if done.returncode != 0:
            return None, done.stderr.decode()
        return pixels(done.stdout), ""


def main():
    drawn, failed = [], 0
    for group in GROUPS:
        expected = None
        for change in group:
            found, said = draw(change)
            expected = expected or found
            if found is None or found != expected:
                failed += 1
                print(f"FAILED: {change.__name__}: {said or 'another picture'}")
        drawn.append(expected)
    if len(set(drawn)) != len(GROUPS):
        failed += 1
        print("FAILED: other weights draw the same picture")
    print(f"{sum(map(len, GROUPS))} ways to store the model, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
