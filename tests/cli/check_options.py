# SPDX-License-Identifier: Apache-2.0
"""The help (made from the parser's own table), the manual and the completion name the same options."""
import pathlib
import re
import subprocess
import sys

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")
wrong = []


def help_options(command):
    """-> (what a row is called, what it is also called)"""
    text = subprocess.run([program, "help", command], stdout=subprocess.PIPE, check=True, text=True).stdout
    names, aliases = set(), set()
    for line in text.split("Usage:")[1].splitlines():
        if re.match(r"  (-.,|   ) --", line):
            names |= set(OPTION.findall(re.split(r"  +", line[2:].strip())[0]))
        elif re.match(r" +also -", line):
            aliases |= set(OPTION.findall(line))
    return names, aliases


def manual_options(*sections):
    text = (root / "docs/man/sd14.1").read_text()
    names = set()
    for section in re.split(r"^\.SH ", text, flags=re.M)[1:]:
        if section.splitlines()[0] in sections:
            rows = re.findall(r"^\.TP\n\.BR (.*)", section, flags=re.M)
            names |= set(OPTION.findall(" ".join(rows).replace("\\-", "-").replace("\\fI", " ")))
    return names


def completion_words(variable):
    text = (root / "completions/sd14.bash").read_text()
    found = re.search(rf'local {variable}="([^"]*)"', text)
    if not found:
        wrong.append(f"completion: no variable {variable}")
    return set(found.group(1).split()) if found else set()


def completion_options(*variables):
    return set().union(*map(completion_words, variables))


def compare(what, found, expected):
    if found != expected:
        wrong.append(f"{what}: lacks {sorted(expected - found)}, has too many {sorted(found - expected)}")


program_help = subprocess.run([program, "help"], stdout=subprocess.PIPE, check=True, text=True).stdout
listed = re.findall(r"^  (\w+) ", program_help.split("Commands:")[1].split("Exit codes:")[0], flags=re.M)
commands = [c for c in listed if c not in ("version", "help")]
if len(commands) < 2:
    wrong.append(f"help: only {commands} found; did its form change?")
for command in commands:
    names, aliases = help_options(command)
    if not {"--json", "--help"} <= names:
        wrong.append(f"help {command}: only {sorted(names)} found; did its form change?")
    shared = ("model", "common") if "--threads" in names else ("common",)
    sections = (f"OPTIONS OF {command.upper()}", *(f"{s.upper()} OPTIONS" for s in shared))
    compare(f"manual, {command}", manual_options(*sections), names | aliases)
    compare(f"completion, {command}", completion_options(command, *shared), names)
if completion_words("commands") != set(commands):
    wrong.append(f"completion: its commands are not {sorted(commands)}")

print("\n".join(wrong) or "the same options everywhere")
sys.exit(bool(wrong))
