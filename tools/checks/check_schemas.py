#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every JSON file below configs/ and contracts/ against the JSON Schema that its "$schema" names, and
the schemas themselves against JSON Schema draft 2020-12."""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "configs", ROOT / "contracts")
DRAFT = "https://json-schema.org/draft/2020-12/schema"

try:
    import jsonschema
except ImportError:
    print("skipped: no jsonschema here (Debian's package python3-jsonschema)")
    sys.exit(77)


def reject_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key twice: {max(keys, key=keys.count)}")
    return dict(pairs)


def read(file):
    return json.loads(file.read_text(), object_pairs_hook=reject_duplicates)


def check_schema(schema):
    if schema.get("additionalProperties") is not False:
        yield "lets unknown keys through: additionalProperties must be false"
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        yield f"not a valid schema: {'/'.join(map(str, error.absolute_path))}: {error.message}"


def check_config(file, value):
    name = value.get("$schema")
    schema = (file.parent / name).resolve() if isinstance(name, str) else None
    if schema is None or not schema.is_file():
        yield f'"$schema" {json.dumps(name)} must be the path of a schema beside this file'
        return
    validator = jsonschema.Draft202012Validator(read(schema))
    for error in sorted(validator.iter_errors(value), key=str):
        place = "/".join(map(str, error.absolute_path)) or "the whole"
        yield f"{place}: {error.message}"


def check(file):
    try:
        value = read(file)
    except ValueError as error:
        yield f"not JSON: {error}"
        return
    if not isinstance(value, dict):
        yield "not an object"
    elif value.get("$schema") == DRAFT:
        yield from check_schema(value)
    else:
        yield from check_config(file, value)


def main():
    files = sorted(file for folder in FOLDERS for file in folder.rglob("*.json"))
    wrong = 0
    for file in files:
        for sentence in check(file):
            print(f"{file.relative_to(ROOT)}: {sentence}")
            wrong += 1
    print(f"{len(files)} files, {wrong} wrong")
    return wrong > 0 or not files


if __name__ == "__main__":
    sys.exit(main())
