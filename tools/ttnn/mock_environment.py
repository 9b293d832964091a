#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prepares the real ttnn on its mock device, which needs no card, and prints the environment for a shell.

    eval "$(tools/ttnn/mock_environment.py --board n300)" && sd14 ... --backend ttnn

The mock checks every call, its shapes and its memory; it computes nothing. ttnn comes from the package index
once and is kept (in --folder); what is there is used without a network. Exit 77: it cannot be had here, and a
line on stderr says why.
"""

import argparse
import fcntl
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = ("0.81.1", "0.75.0")
PYTHONS = ("3.12", "3.10")
SKIPPED = 77

# What makes an interpreter fit for sd14-ttnn-device.
ABOUT = """
import json, os, sys, sysconfig, ensurepip, venv
get = sysconfig.get_config_var
library = os.path.join(get("LIBDIR") or "", get("INSTSONAME") or "")
print(json.dumps(["%d.%d" % sys.version_info[:2], ".so" in library and os.path.isfile(library)]))
"""


class CannotBeHad(Exception):
    """Why there is no mock device here."""


def say(words):
    print(words, file=sys.stderr, flush=True)


def interpreters(version):
    """Places where a Python of that version may be."""
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    for folder, pattern in (
        (pyenv / "versions", f"{version}.*/bin/python{version}"),
        (
            pathlib.Path("/opt/hostedtoolcache/Python"),
            f"{version}.*/x64/bin/python{version}",
        ),
        (
            pathlib.Path.home() / ".local/share/uv/python",
            f"cpython-{version}.*/bin/python{version}",
        ),
        (pathlib.Path("/usr/local/bin"), f"python{version}"),
    ):
        yield from map(str, sorted(folder.glob(pattern), reverse=True))


def is_fit(program, version):
    try:
        answer = subprocess.run(
            [program, "-c", ABOUT],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return answer.returncode == 0 and json.loads(answer.stdout) == [version, True]
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False


def find_python(versions):
    for version in versions:
        for program in interpreters(version):
            if is_fit(program, version):
                return program, version
    raise CannotBeHad(
        f"no Python {' or '.join(versions)} with venv and a shared libpython, for which ttnn has packages"
    )


def run(*command):
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise CannotBeHad(f"{' '.join(map(str, command[:4]))} ...: {words[-1]}")


def package_folder(venv):
    """Where ttnn lies in a virtual environment; None: not in it."""
    found = list(venv.glob("lib/python3*/site-packages/ttnn"))
    return found[0] if found and (venv / "complete").exists() else None


def install(venv, program, version):
    say(f"installing ttnn {version} into {venv}")
    run(program, "-m", "venv", "--clear", venv)
    run(
        venv / "bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries",
        2,
        f"ttnn=={version}",
        "numpy<2",
    )
    (venv / "complete").touch()


def compiler_version(package):
    """The line by which ttnn knows the compiler that its firmware was built with."""
    facts = dict(
        line.split("=", 1)
        for line in (package / "tt_metal/sfpi-version").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    value = {key: text.strip("'\"") for key, text in facts.items()}
    return f"riscv-tt-elf-g++ (tenstorrent/sfpi:{value['sfpi_version']}[{value['sfpi_build']}]) 15.1.0\n"


def make_link(target, link):
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def make_runtime(root, package):
    """The package by links, with the stand-in for the compiler that it lacks."""
    compiler = root / "runtime/sfpi/compiler/bin"
    compiler.mkdir(parents=True, exist_ok=True)
    for file in package.iterdir():
        if file.name not in ("runtime", "generated", "__pycache__"):
            make_link(file, root / file.name)
    for file in (package / "runtime").glob("*"):
        if file.name != "sfpi":
            make_link(file, root / "runtime" / file.name)
    shutil.copy(HERE / "mock/riscv-tt-elf-g++", compiler)
    (compiler / "version").write_text(compiler_version(package))
    run(
        "riscv64-unknown-elf-as",
        "-march=rv32im",
        "-mabi=ilp32",
        HERE / "mock/kernel.S",
        "-o",
        compiler / "kernel.o",
    )


def prepare(options):
    """The environment's variables."""
    if not shutil.which("riscv64-unknown-elf-as"):
        raise CannotBeHad(
            "no riscv64-unknown-elf-as: install binutils-riscv64-unknown-elf"
        )
    pythons = [options.python] if options.python else PYTHONS
    venvs = [options.folder / f"venv-{python}-{options.ttnn}" for python in pythons]
    venv = next(filter(package_folder, venvs), None)
    if venv is None and options.installed:
        raise CannotBeHad(
            f"ttnn {options.ttnn} is not in {options.folder}; without --installed it gets there"
        )
    if venv is None:
        program, python = find_python(pythons)
        venv = options.folder / f"venv-{python}-{options.ttnn}"
        install(venv, program, options.ttnn)
    package = package_folder(venv)
    if package is None:
        raise CannotBeHad(f"{venv} has no ttnn after installing it")
    name = venv.name.removeprefix("venv-")
    root = options.folder / f"runtime-{name}"
    make_runtime(root, package)
    return {
        "SD14_TTNN_PYTHON": venv,
        "TT_METAL_MOCK_CLUSTER_DESC_PATH": HERE / f"mock/{options.board}.yaml",
        "TT_METAL_RUNTIME_ROOT": root,
        "TT_METAL_CACHE": options.folder / f"cache-{name}",
        "TT_METAL_LOGS_PATH": options.folder / f"logs-{name}",
        "TT_METAL_SLOW_DISPATCH_MODE": 1,
        "TT_LOGGER_LEVEL": "ERROR",
    }


def default_folder():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(
        os.environ.get("SD14_TTNN_MOCK") or pathlib.Path(cache) / "sd14/ttnn-mock"
    )


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--board", choices=("n150", "n300"), default="n150")
    parser.add_argument(
        "--ttnn", choices=VERSIONS, default=VERSIONS[0], help="version of the package"
    )
    parser.add_argument("--python", choices=PYTHONS, help="default: 3.12, else 3.10")
    parser.add_argument(
        "--installed", action="store_true", help="use what is there, install nothing"
    )
    parser.add_argument(
        "--folder",
        type=pathlib.Path,
        default=default_folder(),
        help="where ttnn is kept (default: $SD14_TTNN_MOCK, else %(default)s)",
    )
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    return options


def main():
    options = parse()
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        with open(options.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            variables = prepare(options)
    except (CannotBeHad, OSError) as why:
        say(f"no mock device: {why}")
        return SKIPPED
    for key, value in variables.items():
        print(f"export {key}={shlex.quote(str(value))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
