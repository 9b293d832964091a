#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails where a file includes what its layer may not see, and where folders include each other in a circle.

The tables below are the architecture: docs/architecture.md explains it, this file holds it.
"""
import pathlib
import re
import sys

# layer (a folder, the longest that fits): what it may include besides itself
MAY_INCLUDE = {
    "include/sd14": set(),
    "src/base": {"include/sd14"},
    "src/tensor": {"src/base"},
    "src/formats": {"src/base", "src/tensor"},
    "src/graph": {"src/base", "src/tensor"},
    "src/sampling": {"src/base", "src/tensor"},
    "src/backends/cpu": {"src/base", "src/tensor", "src/graph"},
    "src/models": {"src/base", "src/tensor", "src/formats", "src/graph", "src/sampling"},
    "src/pipeline": {"src/base", "src/tensor", "src/graph", "src/sampling", "src/models"},
    "src/parity": {"src/base", "src/tensor", "src/formats", "src/graph", "src/sampling", "src/models",
                   "src/pipeline"},
    "src/machine": {"src/base"},
    "src/backends/ttnn/wire": {"src/base"},
    "src/backends/ttnn": {"src/base", "src/tensor", "src/graph", "src/machine", "src/backends/ttnn/wire"},
    "src/probe": {"src/base", "src/formats", "src/machine"},
    "src/api": {"include/sd14", "src/base", "src/tensor", "src/formats", "src/graph", "src/sampling",
                "src/machine", "src/backends/cpu", "src/backends/ttnn", "src/models", "src/pipeline", "src/parity",
                "src/probe"},
    "apps/cli": {"include/sd14"},
    "apps/ttnn_device": {"src/base", "src/backends/ttnn/wire"},
    "examples": {"include/sd14"},
}
# The status is everybody's vocabulary; the rest of the public headers is for those who implement them.
EVERYWHERE = {"sd14/status.h"}
# libraries, and the only layers that know them; the probe tells their versions
LIBRARIES = {
    "png.h": {"src/formats", "src/probe"},
    "jansson.h": {"src/formats", "src/models", "src/parity", "src/probe", "src/backends/ttnn",
                  "src/backends/ttnn/wire", "apps/cli", "apps/ttnn_device"},
    "utf8proc.h": {"src/formats", "src/models", "src/probe"},
    "openssl/": {"src/base", "src/probe"},
    "pthread.h": {"src/base", "apps/ttnn_device"},
    "immintrin.h": {"src/backends/cpu"},
}
ROOTS = ("include", "src", "apps", "examples")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]', re.MULTILINE)


def layer_of(path):
    fitting = [layer for layer in MAY_INCLUDE if path.startswith(layer + "/")]
    return max(fitting, key=len, default=None)


def resolve(root, file, name):
    """The project's file that an include names, relative to the root; None: not the project's."""
    for folder in (file.parent, root / "src", root / "include"):
        if (folder / name).is_file():
            return (folder / name).resolve().relative_to(root).as_posix()
    return None


def check_include(here, quote, name, target):
    """What is wrong with an include in a file of layer `here`, or None."""
    for library, layers in LIBRARIES.items():
        if name == library or (library.endswith("/") and name.startswith(library)):
            return None if here in layers else f"{here} may not use {library}"
    if target is None:
        return "no such file" if quote == '"' or name.startswith("sd14/") else None
    there = layer_of(target)
    if there is None:
        return "in no layer"
    if name in EVERYWHERE or there == here:
        return None
    return None if there in MAY_INCLUDE[here] else f"{here} may not include {there}"


def find_circle(edges):
    """A list of folders that include each other in a circle, or None."""
    done, path = set(), []

    def visit(folder):
        if folder in path:
            return path[path.index(folder):] + [folder]
        if folder in done:
            return None
        path.append(folder)
        circle = next(filter(None, map(visit, sorted(edges.get(folder, ())))), None)
        path.pop()
        done.add(folder)
        return circle

    return next(filter(None, map(visit, sorted(edges))), None)


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    broken, files, edges = 0, 0, {}
    for top in ROOTS:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in {".c", ".h", ".inc"}:
                continue
            files += 1
            path = file.relative_to(root).as_posix()
            here = layer_of(path)
            if here is None:
                print(f"{path}: in no layer; tools/checks/check_layers.py lists them")
                broken += 1
                continue
            for quote, name in INCLUDE.findall(file.read_text()):
                target = resolve(root, file, name)
                wrong = check_include(here, quote, name, target)
                if wrong:
                    print(f"{path}: {name}: {wrong}")
                    broken += 1
                if target and pathlib.Path(target).parent != pathlib.Path(path).parent:
                    edges.setdefault(str(pathlib.Path(path).parent), set()).add(
                        str(pathlib.Path(target).parent))
    circle = find_circle(edges)
    if circle:
        print("folders that include each other in a circle: " + " -> ".join(circle))
        broken += 1
    print(f"{files} files, {broken} wrong")
    return broken != 0


if __name__ == "__main__":
    sys.exit(main())
