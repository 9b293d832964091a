# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/recorded_spread.inc: samples and what numpy says of their spread.

    python tools/reference/record_spread.py > tests/data/recorded_spread.inc
"""
import textwrap

import numpy as np


def samples():
    yield [3.0]
    yield [1.0, 2.0]
    yield [5.0, 1.0, 4.0]
    generator = np.random.default_rng(14)
    for count in (3, 4, 5, 9):  # wide gaps: another order of rounding shows
        yield generator.lognormal(0, 4, count).tolist()
    for count in (7, 20, 21, 100):
        yield generator.lognormal(0, 1, count).tolist()


def main():
    print(f"/* Written by tools/reference/record_spread.py with numpy {np.__version__}. */\n")
    rows = []
    for index, values in enumerate(samples()):
        print(f"static double spread_samples_{index}[] = {{")
        print(textwrap.fill(", ".join(map(repr, values)), 96, initial_indent="    ", subsequent_indent="    "))
        print("};")
        array = np.array(values)
        found = array.min(), np.median(array), np.percentile(array, 95), array.max()
        rows.append(f"    {{spread_samples_{index}, {{{', '.join(repr(float(x)) for x in found)}, {len(values)}}}}},")
    print("static const recorded_spread recorded_spreads[] = {", *rows, "};", sep="\n")


main()
