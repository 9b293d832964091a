# SPDX-License-Identifier: Apache-2.0
"""Model folders that are no folders, lack files, or are laid out in strange ways."""
import os
import pathlib
import shutil

from hostile_cases import CONFIGS, MODEL, OK, USAGE, case
from model_folder import TEXT, UNET, VAE, copy_model, edit_json, write


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
