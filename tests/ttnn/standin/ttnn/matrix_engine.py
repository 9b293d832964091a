# SPDX-License-Identifier: Apache-2.0
"""Wormhole's matrix engine: which bits of the operands are multiplied, and how sums are kept.

Model, after "Fidelity phases" and MVMUL in the Tensix ISA documentation
(github.com/tenstorrent/tt-isa-documentation, WormholeB0/TensixTile/TensixCoprocessor) and
tt-metal's tech_reports/matrix_engine:

- The multipliers take 5 bits of SrcA and 7 bits of SrcB, the leading one included. In a product `a
  @ b` the engine has a in SrcB and b, the weights, in SrcA. A fidelity is a number of phases, which
  are added up:
      phase 0  upper 7 bits of a * upper 5 bits of b      LoFi
      phase 1  upper 7 bits of a * next 5 bits of b       HiFi2 adds it
      phase 2  lower bits of a   * upper 5 bits of b      HiFi3 adds it
      phase 3  lower bits of a   * next 5 bits of b       HiFi4 adds it
  Bits are cut, not rounded. bfloat16 has 8 bits, so that HiFi4 has the exact products of bfloat16.
- float32 tensors reach SrcA and SrcB as TF32 (11 bits) where sums are float32, otherwise as
  bfloat16; also cut.
- Sums are float32 with fp32_dest_acc_en. Otherwise the sum is rounded to bfloat16 after each step
  of 16 along the inner axis, tile by tile of 32, in each tile phase by phase.

The document calls its order of additions a rough guide; so is this one. float32 sums are taken in
BLAS' order. math_approx_mode and packer_l1_acc change nothing here.
"""

import numpy as np

from .configs import WormholeComputeKernelConfig
from .enums import DataType, MathFidelity
from .formats import round_bfloat16, truncate

_SRC_B_UPPER = 0xFFFE0000
_SRC_A_UPPER = 0xFFF80000
_SRC_A_ALL = 0xFFFFC000
_TF32 = 0xFFFFE000
_BFLOAT16 = 0xFFFF0000
TILE, STEP = 32, 16


def kernel_config(given, fidelity=MathFidelity.HiFi4, fp32=False):
    """The configuration given, or an operation's own."""
    return given or WormholeComputeKernelConfig(math_fidelity=fidelity, fp32_dest_acc_en=fp32)


def unpacked(values, dtype, config):
    """The operand as SrcA or SrcB hold it."""
    if dtype is not DataType.FLOAT32:
        return values
    return truncate(np.ascontiguousarray(values), _TF32 if config.fp32_dest_acc_en else _BFLOAT16)


def intermediate(values, config):
    """What is left of a value between two kernels' stages: float32 or bfloat16, as Dst has it."""
    return values.astype(np.float32) if config.fp32_dest_acc_en else round_bfloat16(values)


def _phases(a, b, fidelity):
    """Pairs of operands whose products are added up; b has at most 10 bits."""
    a_upper = truncate(np.ascontiguousarray(a), _SRC_B_UPPER)
    b = truncate(np.ascontiguousarray(b), _SRC_A_ALL)
    b_upper = truncate(b, _SRC_A_UPPER)
    pairs = [
        (a_upper, b_upper),
        (a_upper, b - b_upper),
        (a - a_upper, b_upper),
        (a - a_upper, b - b_upper),
    ]
    return pairs[
        : {MathFidelity.LoFi: 1, MathFidelity.HiFi2: 2, MathFidelity.HiFi3: 3}.get(fidelity, 4)
    ]


def _fused(a, b, fidelity):
    """The phases in as few products as give the same sum."""
    a = np.ascontiguousarray(a)
    b = truncate(np.ascontiguousarray(b), _SRC_A_ALL)
    if fidelity is MathFidelity.LoFi:
        return [(truncate(a, _SRC_B_UPPER), truncate(b, _SRC_A_UPPER))]
    if fidelity is MathFidelity.HiFi2:
        return [(truncate(a, _SRC_B_UPPER), b)]
    if fidelity is MathFidelity.HiFi3:
        upper = truncate(a, _SRC_B_UPPER)
        return [(upper, b), (a - upper, truncate(b, _SRC_A_UPPER))]
    return [(a, b)]


def product(a, b, config):
    """`a @ b` of unpacked operands, as Dst has it in the end."""
    if config.fp32_dest_acc_en:
        return sum(np.matmul(x, y) for x, y in _fused(a, b, config.math_fidelity))
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) + (a.shape[-2], b.shape[-1])
    total = np.zeros(shape, np.float32)
    pairs = _phases(a, b, config.math_fidelity)
    for tile in range(0, a.shape[-1], TILE):
        for x, y in pairs:
            for k in range(tile, min(tile + TILE, a.shape[-1]), STEP):
                total = round_bfloat16(
                    total + np.matmul(x[..., k : k + STEP], y[..., k : k + STEP, :])
                )
    return total
