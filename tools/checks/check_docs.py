#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the documentation against the tree: links, paths in `code`, and the options of sd14."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/release/sd14"
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:\.ci|apps|bench|cmake|configs|docs|examples|include|models|src|tests|tools)/[\w./-]+")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+|-[A-Za-z])(?=[\s=`\]|,)]|$)")


def anchors(text):
    """The names that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def check_links(page, text):
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists():
            yield f"link to {target}: no such file"
        elif anchor and anchor not in anchors(file.read_text()):
            yield f"link to {target}: no such heading"


def check_paths(text):
    for code in CODE.findall(FENCE.sub("", text)):
        if PATH.fullmatch(code) and not (ROOT / code).exists():
            yield f"`{code}`: no such file"


def options_of_program():
    def help_of(*command):
        return subprocess.run([PROGRAM, "help", *command], check=True, capture_output=True, text=True).stdout
    whole = help_of()
    commands = re.findall(r"^  (\w+) ", whole.split("Commands:")[1].split("Exit codes:")[0], re.MULTILINE)
    return set(OPTION.findall("\n".join([whole, *map(help_of, commands)])))


def check_options(text, known):
    """Options in the commands that call sd14, and those that stand alone as `--option`."""
    commands = [line for block in FENCE.findall(text) for line in block.splitlines()
                if re.match(r"\s*(\$ )?(\S*/)?sd14 ", line)]
    commands += [code for code in CODE.findall(FENCE.sub("", text)) if re.match(r"(sd14 |-)", code)]
    for command in commands:
        for option in OPTION.findall(re.sub(r'"[^"]*"', "", command)):
            if option not in known:
                yield f"{option}: not in sd14's help"


def main():
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "*.md"], check=True, capture_output=True,
                           text=True).stdout.split()
    known = options_of_program() if PROGRAM.exists() else None
    if known is None:
        print("options not checked: build/release/sd14 is not there")
    wrong = 0
    for page in filter(pathlib.Path.exists, (ROOT / name for name in names)):
        text = page.read_text()
        found = [*check_links(page, text), *check_paths(text)]
        if known is not None and page.name == "README.md" and page.parent == ROOT:
            found += check_options(text, known)
        for sentence in found:
            print(f"{page.relative_to(ROOT)}: {sentence}")
        wrong += len(found)
    print(f"{len(names)} pages, {wrong} wrong")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
