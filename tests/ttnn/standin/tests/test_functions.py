# SPDX-License-Identifier: Apache-2.0
"""Each function against its formula in float64.

A result in bfloat16 of one rounding is off by 2**-9 of itself; where kernels hand on intermediate
results, by a few of these of the numbers that were added up.
"""

import math
import unittest

from standin import BF16, BFP8, FP32, ROWS, TILE, config, get, np, numbers, put, ttnn

ONE_ROUNDING = 2**-8
SEVERAL = 2**-6  # relative L2
erf = np.vectorize(math.erf)


def softmax(x):
    """Over the last axis."""
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gelu(x):
    """By erf."""
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def conv(x, weight, bias, stride, sides):
    """[n, h, w, c] by [out, in, kh, kw]."""
    x = np.pad(x, ((0, 0), sides[:2], sides[2:], (0, 0)))
    high, wide = weight.shape[2:]
    rows, columns = (x.shape[1] - high) // stride + 1, (x.shape[2] - wide) // stride + 1
    total = np.zeros((x.shape[0], rows, columns, weight.shape[0]))
    for i in range(high):
        for j in range(wide):
            part = x[:, i : i + rows * stride : stride, j : j + columns * stride : stride]
            total += part @ weight[:, :, i, j].T
    return total + bias


class Case(unittest.TestCase):
    """A device, and comparison."""

    def setUp(self):
        self.device = ttnn.open_device(device_id=0, l1_small_size=32768)

    def put(self, values, **others):
        """On the device."""
        return put(self.device, values, **others)

    def near(self, tensor, wanted, limit=ONE_ROUNDING, scale=None):
        """Within `limit` of each number, or of `scale`, the size of what was added up."""
        got = get(tensor).astype(np.float64)
        self.assertEqual(got.shape, wanted.shape)
        size = np.abs(wanted) if scale is None else np.maximum(scale, np.abs(wanted))
        worst = np.max(np.abs(got - wanted) - limit * size)
        self.assertLessEqual(worst, 1e-30, f"beyond the limit by {worst}")

    def close(self, tensor, wanted, limit):
        """By relative L2 distance, where errors of several roundings add up."""
        apart = np.linalg.norm(get(tensor) - wanted) / np.linalg.norm(wanted)
        self.assertLessEqual(apart, limit)


class Elements(Case):
    """Functions of each element."""

    def test_unary(self):
        x = numbers(2, 33, 70)
        formulas = {
            "neg": np.negative,
            "square": np.square,
            "exp": np.exp,
            "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
            "silu": lambda v: v / (1 + np.exp(-v)),
            "gelu": gelu,
            "tanh": np.tanh,
        }
        for name, formula in formulas.items():
            with self.subTest(name):
                wanted = formula(x.astype(np.float64))
                self.near(getattr(ttnn, name)(self.put(x)), wanted)
                exact = getattr(ttnn, name)(self.put(x, dtype=FP32))
                self.near(exact, wanted, 1e-6, 1e-6)

    def test_roots(self):
        x = np.abs(numbers(33, 70)) + np.float32(0.25)
        self.near(ttnn.rsqrt(self.put(x, dtype=FP32)), 1 / np.sqrt(x.astype(np.float64)), 1e-6)
        self.near(ttnn.sqrt(self.put(x, dtype=FP32)), np.sqrt(x.astype(np.float64)), 1e-6)

    def test_binary(self):
        a, b = numbers(2, 1, 33, 70), numbers(2, 1, 33, 70, seed=1)
        formulas = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply}
        for name, formula in (formulas | {"divide": np.divide}).items():
            with self.subTest(name):
                wanted = formula(a.astype(np.float64), b)
                function = getattr(ttnn, name)
                self.near(function(self.put(a), self.put(b)), wanted)
                self.near(function(self.put(a), 0.5), formula(a.astype(np.float64), 0.5))

    def test_broadcast(self):
        a = numbers(2, 1, 33, 70)
        for shape in ((1, 1, 1, 70), (2, 1, 33, 1), (2, 1, 1, 1), (1, 1, 33, 70), (1, 70)):
            with self.subTest(shape):
                b = numbers(*shape, seed=1)
                self.near(ttnn.add(self.put(a), self.put(b)), a.astype(np.float64) + b)
                self.near(ttnn.multiply(self.put(b), self.put(a)), a.astype(np.float64) * b)

    def test_fused_activation_and_dtype(self):
        a, b = numbers(33, 70), numbers(33, 70, seed=1)
        silu = ttnn.UnaryWithParam(ttnn.UnaryOpType.SILU)
        result = ttnn.add(self.put(a), self.put(b), dtype=FP32, activations=[silu])
        total = a.astype(np.float64) + b
        self.near(result, total / (1 + np.exp(-total)), 1e-6, 1e-6)

    def test_geglu(self):
        x = numbers(1, 1, 33, 128)
        wanted = x[..., :64] * gelu(x[..., 64:].astype(np.float64))
        self.near(ttnn.geglu(self.put(x), -1), wanted, 2 * ONE_ROUNDING)

    def test_output_tensor(self):
        a, into = self.put(numbers(32, 64)), self.put(np.zeros((32, 64), np.float32))
        ttnn.add(a, a, output_tensor=into)
        self.near(into, 2 * numbers(32, 64).astype(np.float64))


class Sums(Case):
    """Reductions, norms and softmax."""

    def test_mean_and_sum(self):
        x = numbers(2, 3, 33, 70)
        for axis in (-1, 2, 0, (1, 3), None):
            for keep in (False, True):
                with self.subTest(axis=axis, keep=keep):
                    dim = list(axis) if isinstance(axis, tuple) else axis
                    tensor = self.put(x)
                    wanted = x.mean(axis=axis, keepdims=keep, dtype=np.float64)
                    self.near(ttnn.mean(tensor, dim=dim, keepdim=keep), wanted, ONE_ROUNDING, 1e-6)
                    wanted = x.sum(axis=axis, keepdims=keep, dtype=np.float64)
                    self.near(ttnn.sum(tensor, dim=dim, keepdim=keep), wanted, ONE_ROUNDING, 1e-3)

    def test_group_norm(self):
        x = get(self.put(numbers(2, 1, 64, 128) + np.float32(2)))
        gain, shift = numbers(128, seed=1), numbers(128, seed=2)
        groups = x.astype(np.float64).reshape(2, 64, 32, 4)
        centred = groups - groups.mean((1, 3), keepdims=True)
        wanted = centred / np.sqrt(np.square(centred).mean((1, 3), keepdims=True) + 0.25)
        wanted = wanted.reshape(x.shape) * gain + shift
        weights = [self.put(w.reshape(1, 1, 4, 32), layout=ROWS) for w in (gain, shift)]
        for kernel in (config(), config(fp32=False)):
            result = ttnn.group_norm(
                self.put(x),
                num_groups=32,
                epsilon=0.25,
                weight=weights[0],
                bias=weights[1],
                inplace=False,
                compute_kernel_config=kernel,
            )
            if kernel.fp32_dest_acc_en:
                self.near(result, wanted, ONE_ROUNDING, 1)
            self.close(result, wanted, SEVERAL)

    def test_layer_norm(self):
        x = get(self.put(numbers(1, 2, 33, 70) - np.float32(1)))
        gain, shift = numbers(1, 70, seed=1), numbers(1, 70, seed=2)
        centred = x - x.mean(-1, keepdims=True, dtype=np.float64)
        wanted = centred / np.sqrt(np.square(centred).mean(-1, keepdims=True) + 0.25) * gain + shift
        for kernel in (config(), config(fp32=False)):
            result = ttnn.layer_norm(
                self.put(x),
                epsilon=0.25,
                weight=self.put(gain),
                bias=self.put(shift),
                compute_kernel_config=kernel,
            )
            if kernel.fp32_dest_acc_en:
                self.near(result, wanted, ONE_ROUNDING, 1)
            self.close(result, wanted, SEVERAL)

    def test_softmax(self):
        x = numbers(1, 2, 33, 77) * np.float32(4)
        wanted = softmax(x.astype(np.float64))
        self.near(ttnn.softmax(self.put(x), dim=-1, compute_kernel_config=config()), wanted)
        self.close(ttnn.softmax(self.put(x), dim=-1), wanted, SEVERAL)


class Products(Case):
    """Matrix products and convolutions."""

    def test_matmul(self):
        for a_shape, b_shape in (
            ((64, 64), (64, 96)),
            ((33, 40), (40, 5)),
            ((2, 3, 33, 40), (40, 5)),
            ((2, 3, 33, 40), (2, 3, 40, 5)),
            ((1, 1, 33, 40), (2, 3, 40, 5)),
        ):
            with self.subTest(a=a_shape, b=b_shape):
                a, b = numbers(*a_shape), numbers(*b_shape, seed=1)
                result = ttnn.matmul(self.put(a), self.put(b), compute_kernel_config=config())
                self.near(result, a.astype(np.float64) @ b, ONE_ROUNDING, 1e-3)

    def test_padding_of_the_inner_axis_takes_no_part(self):
        w = numbers(64, 64, seed=1)
        poisoned = ttnn.slice(self.put(numbers(33, 64)), [0, 0], [33, 40])
        weight = ttnn.slice(self.put(w), [0, 0], [40, 64])
        result = ttnn.matmul(poisoned, weight, compute_kernel_config=config())
        wanted = numbers(33, 64)[:, :40].astype(np.float64) @ w[:40]
        self.near(result, wanted, ONE_ROUNDING, 1e-3)

    def test_transposed(self):
        a, b = numbers(64, 40), numbers(96, 40, seed=1)
        result = ttnn.matmul(
            self.put(a), self.put(b), transpose_b=True, compute_kernel_config=config()
        )
        self.near(result, a.astype(np.float64) @ b.T, ONE_ROUNDING, 1e-3)

    def test_fidelity(self):
        """The bits that each phase takes, of numbers with all 8 bits set to some use."""
        a, b = numbers(32, 32), numbers(32, 32, seed=1)

        def cut(x, kept):
            mask = np.uint32(0xFFFFFFFF << (24 - kept) & 0xFFFFFFFF)
            return (x.view(np.uint32) & mask).view(np.float32).astype(np.float64)

        a7, b5, exact = cut(a, 7), cut(b, 5), (a.astype(np.float64), b.astype(np.float64))
        wanted = {
            "LoFi": a7 @ b5,
            "HiFi2": a7 @ exact[1],
            "HiFi3": a7 @ exact[1] + (exact[0] - a7) @ b5,
            "HiFi4": exact[0] @ exact[1],
        }
        results = {}
        for name, formula in wanted.items():
            result = ttnn.matmul(
                self.put(a), self.put(b), dtype=FP32, compute_kernel_config=config(name)
            )
            self.near(result, formula, 1e-5, 1)
            rough = ttnn.matmul(self.put(a), self.put(b), compute_kernel_config=config(name, False))
            self.close(rough, formula, SEVERAL)
            results[name] = get(result)
        errors = [np.abs(results[name] - wanted["HiFi4"]).max() for name in wanted]
        self.assertEqual(errors, sorted(errors, reverse=True))
        self.assertGreater(errors[0], 10 * errors[2])

    def test_sums_of_bfloat16_lose_what_float32_keeps(self):
        a, b = np.ones((32, 1024), np.float32), np.full((1024, 32), 2**-6, np.float32)
        a[:, 0], b[0] = 256, 1
        kinds = [
            get(
                ttnn.matmul(
                    self.put(a), self.put(b), dtype=FP32, compute_kernel_config=config(fp32=fp32)
                )
            )
            for fp32 in (True, False)
        ]
        self.assertEqual(kinds[0][0, 0], 256 + 1023 * 2**-6)
        self.assertEqual(kinds[1][0, 0], 256)

    def test_float32_is_cut_to_tf32(self):
        a = np.full((32, 32), 1 + 2**-11 + 2**-10, np.float32)
        b = np.eye(32, dtype=np.float32)
        result = ttnn.matmul(
            self.put(a, dtype=FP32), self.put(b, dtype=FP32), compute_kernel_config=config()
        )
        self.assertEqual(get(result)[0, 0], 1 + 2**-10)

    def test_linear(self):
        x, w, bias = numbers(2, 1, 33, 64), numbers(64, 96, seed=1), numbers(1, 1, 1, 96, seed=2)
        wanted = x.astype(np.float64) @ w + bias
        arguments = {"bias": self.put(bias), "compute_kernel_config": config()}
        result = ttnn.linear(self.put(x), self.put(w), **arguments)
        self.near(result, wanted, ONE_ROUNDING, 1e-2)
        result = ttnn.linear(self.put(x), self.put(w), activation="gelu", **arguments)
        self.near(result, gelu(wanted), ONE_ROUNDING, 1e-2)
        coarse = self.put(w, dtype=BFP8)
        self.near(
            ttnn.linear(self.put(x), coarse, **arguments),
            x.astype(np.float64) @ get(coarse) + bias,
            ONE_ROUNDING,
            1e-2,
        )

    def convolve(self, x, weight, bias, stride, sides, layout=TILE, **others):
        """Through conv2d, in its form."""
        n, high, wide, channels = x.shape
        return ttnn.conv2d(
            input_tensor=self.put(x.reshape(1, 1, n * high * wide, channels), layout=layout),
            weight_tensor=ttnn.Tensor(weight.copy(), BF16),
            bias_tensor=ttnn.Tensor(bias.reshape(1, 1, 1, -1).copy(), BF16),
            device=self.device,
            in_channels=channels,
            out_channels=weight.shape[0],
            batch_size=n,
            input_height=high,
            input_width=wide,
            kernel_size=tuple(weight.shape[2:]),
            stride=(stride, stride),
            padding=sides,
            conv_config=ttnn.Conv2dConfig(weights_dtype=BF16),
            compute_config=config(),
            dtype=BF16,
            **others,
        )

    def test_conv2d(self):
        for channels, out, kernel, stride, sides, layout in (
            (32, 64, 3, 1, (1, 1, 1, 1), TILE),
            (4, 40, 3, 1, (1, 1, 1, 1), ROWS),
            (40, 3, 3, 1, (1, 1, 1, 1), TILE),
            (32, 32, 3, 2, (0, 1, 0, 1), TILE),
            (32, 32, 3, 2, (1, 1, 1, 1), TILE),
            (32, 32, 3, 1, (1, 0, 0, 2), TILE),
            (40, 32, 1, 1, (0, 0, 0, 0), TILE),
        ):
            with self.subTest(
                channels=channels, out=out, kernel=kernel, stride=stride, sides=sides
            ):
                x = numbers(2, 6, 8, channels)
                weight, bias = numbers(out, channels, kernel, kernel, seed=1), numbers(out, seed=2)
                wanted = conv(x.astype(np.float64), weight, bias, stride, sides)
                result, size, (w, b) = self.convolve(
                    x,
                    weight,
                    bias,
                    stride,
                    sides,
                    layout,
                    return_output_dim=True,
                    return_weights_and_bias=True,
                )
                self.assertEqual(tuple(size), wanted.shape[1:3])
                self.near(result, wanted.reshape(1, 1, -1, out), ONE_ROUNDING, 1e-2)
                self.assertEqual(w.shape[2], kernel * kernel * (-(-channels // 32) * 32))
                self.assertEqual(b.shape[3], w.shape[3])

    def test_conv2d_with_prepared_weights(self):
        x, weight, bias = numbers(1, 6, 8, 32), numbers(64, 32, 3, 3, seed=1), numbers(64, seed=2)
        first, (w, b) = self.convolve(x, weight, bias, 1, (1, 1), return_weights_and_bias=True)
        second = ttnn.conv2d(
            input_tensor=self.put(x.reshape(1, 1, 48, 32)),
            weight_tensor=w,
            bias_tensor=b,
            device=self.device,
            in_channels=32,
            out_channels=64,
            batch_size=1,
            input_height=6,
            input_width=8,
            kernel_size=(3, 3),
            padding=(1, 1),
            compute_config=config(),
        )
        self.assertTrue(np.array_equal(get(first), get(second)))


class Attention(Case):
    """Attention and heads."""

    def attend(self, q, k, v, **others):
        """Through the stand-in."""
        tensors = [self.put(x) for x in (q, k, v)]
        return ttnn.transformer.scaled_dot_product_attention(
            *tensors, compute_kernel_config=config(), **others
        )

    def test_cross(self):
        q, k, v = (
            numbers(2, 3, 50, 64),
            numbers(2, 3, 96, 64, seed=1),
            numbers(2, 3, 96, 64, seed=2),
        )
        scores = q.astype(np.float64) @ k.swapaxes(-1, -2) * 0.125
        wanted = softmax(scores) @ v
        self.close(self.attend(q, k, v, is_causal=False, scale=0.125), wanted, SEVERAL)
        mask = np.zeros((1, 1, 50, 96), np.float32)
        mask[..., 77:] = -1e9
        wanted = softmax(scores[..., :77]) @ v[:, :, :77]
        result = self.attend(q, k, v, is_causal=False, scale=0.125, attn_mask=self.put(mask))
        self.close(result, wanted, SEVERAL)

    def test_causal(self):
        q, k, v = (numbers(1, 2, 77, 64, seed=s) for s in range(3))
        scores = q.astype(np.float64) @ k.swapaxes(-1, -2) / 8
        scores[..., np.triu(np.ones((77, 77), bool), 1)] = -np.inf
        self.close(self.attend(q, k, v, is_causal=True), softmax(scores) @ v, SEVERAL)

    def test_large_scores(self):
        """The greatest score moves from chunk to chunk."""
        q, k, v = (numbers(1, 1, 96, 32, seed=s) for s in range(3))
        q = q * np.float32(8)
        wanted = softmax(q.astype(np.float64) @ k.swapaxes(-1, -2) / math.sqrt(32)) @ v
        got = get(self.attend(q, k, v, is_causal=False))
        self.assertGreater(np.corrcoef(got.ravel(), wanted.ravel())[0, 1], 0.999)

    def test_heads(self):
        x = numbers(2, 1, 33, 3 * 128)
        parts = [p.reshape(2, 33, 2, 64).transpose(0, 2, 1, 3) for p in np.split(x, 3, axis=3)]
        create = ttnn.experimental.nlp_create_qkv_heads
        got = create(self.put(x), num_heads=2, transpose_k_heads=False)
        for tensor, wanted in zip(got, parts, strict=True):
            self.assertTrue(np.array_equal(get(tensor), wanted))
        got = create(self.put(x), num_heads=2)
        self.assertTrue(np.array_equal(get(got[1]), parts[1].swapaxes(-1, -2)))
        kv = self.put(x[..., 128:])
        got = create(
            self.put(x[..., :128]), kv, num_heads=2, num_kv_heads=2, transpose_k_heads=False
        )
        for tensor, wanted in zip(got, parts, strict=True):
            self.assertTrue(np.array_equal(get(tensor), wanted))
        joined = ttnn.experimental.nlp_concat_heads(got[0])
        self.assertTrue(np.array_equal(get(joined), x[..., :128]))
        joined = ttnn.transformer.concatenate_heads(got[0])
        self.assertTrue(np.array_equal(get(joined), x[:, 0, :, :128]))


class Movement(Case):
    """What moves numbers, exactly."""

    def same(self, tensor, wanted):
        """Every number."""
        self.assertTrue(np.array_equal(get(tensor), wanted))

    def test_all(self):
        x, y = numbers(2, 3, 33, 40), numbers(2, 3, 33, 24, seed=1)
        for layout in (TILE, ROWS):
            a, b = self.put(x, layout=layout), self.put(y, layout=layout)
            self.same(ttnn.reshape(a, (1, 6, 33, 40)), x.reshape(1, 6, 33, 40))
            self.same(ttnn.reshape(a, (2, 3, 1, -1)), x.reshape(2, 3, 1, 1320))
            self.same(ttnn.permute(a, (0, 2, 1, 3)), x.transpose(0, 2, 1, 3))
            self.same(ttnn.transpose(a, -1, -2), x.swapaxes(-1, -2))
            self.same(ttnn.concat([a, b], dim=-1), np.concatenate([x, y], -1))
            self.same(ttnn.slice(a, [0, 1, 2, 3], [2, 3, 30, 20]), x[:, 1:, 2:30, 3:20])
            self.same(a[:, 1:2], x[:, 1:2])
            self.same(ttnn.repeat(a, [2, 1, 1, 1]), np.tile(x, (2, 1, 1, 1)))
            wide = [(0, 0), (0, 0), (0, 31), (0, 8)]
            self.same(ttnn.pad(a, wide, 2.0), np.pad(x, wide, constant_values=2))
        image = numbers(2, 4, 6, 40)
        result = ttnn.upsample(self.put(image, layout=ROWS), 2)
        self.same(result, image.repeat(2, 1).repeat(2, 2))

    def test_embedding(self):
        table, ids = numbers(96, 64), np.arange(77, dtype=np.uint32)[None] % 50
        tensor = self.put(ids, dtype=ttnn.uint32, layout=ROWS)
        result = ttnn.embedding(tensor, self.put(table, layout=ROWS), layout=TILE)
        self.same(result, table[ids])


if __name__ == "__main__":
    unittest.main()
