#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the numbers of src/backends/cpu/kernels/polynomials.h.

Each is a weighted least-squares fit on Chebyshev nodes, reweighted towards the greatest error
(Lawson), so that it comes close to minimax. The coefficients are rounded to float32 from the lowest
power up; after each rounding those that remain are fitted again.

    python3 tools/fit_polynomials.py        # needs numpy only
"""
import math

import numpy as np

NODES = 500


def nodes(low, high):
    return low + (high - low) * (0.5 - 0.5 * np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES))


def minimax(basis, target, weight):
    """Coefficients c with a nearly least greatest |basis·c - target|·weight."""
    lawson = np.ones(NODES)
    best = (np.inf, None)
    for _ in range(100):
        w = np.sqrt(lawson) * weight
        c = np.linalg.lstsq(basis * w[:, None], target * w, rcond=None)[0]
        error = np.abs(basis @ c - target) * weight
        if error.max() < best[0]:
            best = (error.max(), c)
        lawson *= error / error.max() + 1e-9
        lawson /= lawson.mean()
    return best[1]


def c_float(value):
    mantissa, exponent = float(value).hex().split("p")
    text = f"{mantissa.rstrip('0').rstrip('.')}p{exponent}F"
    return f"({text})" if value < 0 else text


def fit(prefix, u, powers, target, weight):
    """target(u) ≈ Σ c[i]·u^powers[i]. weight·error is in ulp of the result."""
    fixed = np.zeros(0)
    basis = np.stack([u**p for p in powers], axis=1)
    while len(fixed) < len(powers):
        k = len(fixed)
        c = minimax(basis[:, k:], target - basis[:, :k] @ fixed, weight)
        fixed = np.append(fixed, np.float64(np.float32(c[0])))
    worst = np.max(np.abs(basis @ fixed - target) * weight)
    print(f"/* off by at most {worst:.3f} ulp */")
    for power, c in zip(powers, fixed):
        print(f"#define {prefix}{power} {c_float(c)}")


def main():
    # exp(r) = 1 + r + r²·(c2 + c3·r + ...), |r| up to half of ln 2 and the rounding of n.
    r = nodes(-0.3470, 0.3470)
    exp = np.array([math.exp(v) for v in r])
    fit("EXP_C", r, range(2, 7), exp - 1 - r, np.where(exp < 1, 2.0**24, 2.0**23))

    # 2^r, |r| up to 1/2 and the rounding of n; in units of 2^-18 of the result.
    r = nodes(-0.5001, 0.5001)
    fit("EXP2_C", r, range(0, 5), 2.0**r, 2.0**18 / 2.0**r)

    # erf(x) = x + x·(c0 + c1·x² + ...), |x| below 1.125; relative.
    x = nodes(1e-3, 1.125)
    ratio = np.array([math.erf(v) / v for v in x])
    fit("ERF_C", x * x, range(0, 7), ratio - 1, 2.0**23 / ratio)

    # erf(x) = 1 + (c0 + c1·u + ...), u = |x| - 2.5, |x| from 1.125 to 3.9375, which stands for all
    # beyond: the end weighs more, so that it rounds to 1.
    u = nodes(1.125 - 2.5, 3.9375 - 2.5)
    erfc = np.array([math.erfc(2.5 + v) for v in u])
    fit("ERFC_C", u, range(0, 14), -erfc, 2.0**24 * np.where(u > 1.4, 8, 1))

    high = np.float32(math.log(2.0))
    print("#define LOG2_E", c_float(np.float32(1.0 / math.log(2.0))))
    print("#define LN2_HIGH", c_float(high))
    print("#define LN2_LOW", c_float(np.float32(math.log(2.0) - float(high))))


if __name__ == "__main__":
    main()
