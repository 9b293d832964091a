# SPDX-License-Identifier: Apache-2.0
"""The peers' Python: a virtual environment of pinned packages, made once."""

import hashlib
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from measure import Failed

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parents[1] / "tools" / "reference"
REQUIREMENTS = (REFERENCE / "requirements.txt", HERE / "requirements.txt")
SDCPP = HERE / "requirements-sdcpp.txt"
SHOWN = ("torch", "diffusers", "transformers", "openvino", "nncf", "stable-diffusion-cpp-python")


def python_of(folder: Path) -> Path:
    """Its interpreter."""
    return folder / "bin" / "python"


def pinned() -> list[str]:
    """The packages that inputs, references and converted models are made with."""
    return [line for path in REQUIREMENTS for line in path.read_text().splitlines()]


def recipe() -> str:
    """Changes when what is to be installed does."""
    text = "\n".join([sys.version, *pinned(), SDCPP.read_text()])
    return hashlib.sha256(text.encode()).hexdigest()


def run_logged(command: list[str], log: Path) -> None:
    """Keeps all output in a file; Failed with the place and its last line."""
    with log.open("a") as output:
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
    if code.returncode != 0:
        lines = [line.strip() for line in log.read_text().splitlines() if line.strip()]
        raise Failed(f"{lines[-1] if lines else 'no output'} (all of it: {log})")


def make(folder: Path) -> dict[str, str]:
    """Installs what is missing. Returns the reason for each family that could not be installed."""
    stamp = folder / "complete.json"
    found = json.loads(stamp.read_text()) if stamp.exists() else {}
    if found.get("recipe") == recipe():
        return found["left_out"]
    print(f"installing the peers into {folder} (gigabytes)", file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "install.log"
    log.unlink(missing_ok=True)
    stamp.unlink(missing_ok=True)
    run_logged([sys.executable, "-m", "venv", str(folder)], log)
    install = [str(python_of(folder)), "-m", "pip", "install", "--disable-pip-version-check"]
    run_logged([*install, "-r", str(REQUIREMENTS[-1])], log)
    left_out = {}
    try:
        run_logged([*install, "--no-deps", "-r", str(SDCPP)], log)
    except Failed as failure:
        left_out["sdcpp"] = f"not installed: {failure}"
    stamp.write_text(json.dumps({"recipe": recipe(), "left_out": left_out}) + "\n")
    return left_out


def versions() -> dict[str, str]:
    """Of the packages that a measurement depends on."""
    found = {}
    for name in SHOWN:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
