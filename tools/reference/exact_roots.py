# SPDX-License-Identifier: Apache-2.0
"""Square roots as IEEE 754 has them, for reference runs of torch.

torch's x86-64 builds take sqrt from Intel MKL, which is off by one unit in the last place for about a
fifth of all float32 values, by a rule that is MKL's own: no environment variable changes it. The
coefficients of DDIMScheduler.step are such roots. Inside of `with ExactRoots():` they are correctly
rounded, as everywhere else.
"""

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

POWERS = (torch.Tensor.__pow__, torch.Tensor.pow, torch.pow)
ROOTS = (torch.Tensor.sqrt, torch.sqrt)


class ExactRoots(TorchFunctionMode):
    def __torch_function__(self, function, types, arguments=(), keywords=None):
        keywords = keywords or {}
        is_root = function in ROOTS or (function in POWERS and isinstance(arguments[1], float) and arguments[1] == 0.5)
        if is_root and not keywords and isinstance(arguments[0], torch.Tensor) and arguments[0].is_floating_point():
            return torch.from_numpy(np.asarray(np.sqrt(arguments[0].detach().cpu().numpy())))
        return function(*arguments, **keywords)
