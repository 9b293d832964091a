# SPDX-License-Identifier: Apache-2.0
"""Tensors, padding, memory, traces, meshes and files."""

import os
import tempfile
import unittest

from standin import BF16, BFP8, FP32, ROWS, TILE, get, np, numbers, put, ttnn

POISON = 30000


class Tensors(unittest.TestCase):
    """On one chip."""

    def setUp(self):
        self.device = ttnn.open_device(device_id=0, l1_small_size=32768)

    def test_store_rounds(self):
        third = np.full((32, 32), 1 / 3, np.float32)
        self.assertEqual(get(put(self.device, third))[0, 0], 0.333984375)
        self.assertEqual(get(put(self.device, third, dtype=BFP8))[0, 0], 85 / 256)

    def test_padding_from_the_host_is_zero(self):
        x = put(self.device, numbers(33, 40))
        self.assertEqual(tuple(x.padded_shape), (64, 64))
        self.assertFalse(x._padded()[33:].any() or x._padded()[:, 40:].any())

    def test_padding_is_computed_with(self):
        x = put(self.device, numbers(33, 40))
        self.assertEqual(ttnn.exp(x)._padded()[-1, -1], 1)
        self.assertEqual(ttnn.add(x, 2.0)._padded()[-1, -1], 2)

    def test_padding_is_never_nan(self):
        x = ttnn.subtract(put(self.device, np.abs(numbers(33, 40)) + np.float32(1)), 1.0)
        self.assertTrue(np.isfinite(ttnn.sqrt(x)._padded()).all())

    def test_padding_that_nobody_promises_is_poison(self):
        x = put(self.device, numbers(1, 2, 33, 64))
        heads = [ttnn.slice(x, [0, 0, 0, 0], [1, 2, 33, 32]), ttnn.softmax(x, dim=-1)]
        for tensor in heads:
            self.assertEqual(tensor._padded()[0, 0, -1, -1], round(POISON / 128) * 128)

    def test_reliance_on_padding_shows(self):
        """Poison beside numbers of a shared exponent leaves nothing of them."""
        x = put(self.device, numbers(1, 1, 32, 40))
        part = ttnn.slice(x, [0, 0, 0, 0], [1, 1, 32, 36])
        self.assertFalse(get(ttnn.typecast(part, BFP8))[..., 32:].any())

    def test_to_layout_pads_with_the_value_asked_for(self):
        x = put(self.device, numbers(33, 40), layout=ROWS)
        self.assertFalse(ttnn.to_layout(x, TILE)._padded()[33:].any())
        self.assertEqual(ttnn.to_layout(x, TILE, pad_value=3.0)._padded()[-1, -1], 3)

    def test_a_device_tensor_is_a_copy(self):
        values = numbers(32, 32)
        host = ttnn.Tensor(values, FP32, None, TILE)
        on_device = ttnn.to_device(host, self.device)
        values[:] = 0
        host._chips[0][:] = 0
        self.assertTrue(np.array_equal(get(on_device), numbers(32, 32)))

    def test_memory(self):
        kind = ttnn.BufferType.DRAM
        before = ttnn.get_memory_view(self.device, kind).total_bytes_allocated_per_bank
        x = put(self.device, np.zeros((32 * 12, 32), np.float32))
        y = put(self.device, np.zeros((32 * 24, 32), np.float32), dtype=BFP8)
        view = ttnn._ttnn.device.GetMemoryView(self.device, kind)
        self.assertEqual(view.total_bytes_allocated_per_bank - before, 2048 + 2 * 1088)
        del x, y
        view = ttnn._ttnn.device.GetMemoryView(self.device, kind)
        self.assertEqual(view.total_bytes_allocated_per_bank, before)

    def test_deallocated(self):
        x = put(self.device, numbers(32, 32))
        ttnn.deallocate(x)
        with self.assertRaises(RuntimeError):
            ttnn.neg(x)

    def test_closed(self):
        ttnn.close_device(self.device)
        with self.assertRaises(RuntimeError):
            put(self.device, numbers(32, 32))

    def test_copy(self):
        x, y = put(self.device, numbers(32, 32)), put(self.device, numbers(32, 32, seed=1))
        ttnn.copy(x, y)
        self.assertTrue(np.array_equal(get(y), numbers(32, 32)))

    def test_trace(self):
        x = put(self.device, numbers(32, 32))
        trace = ttnn.begin_trace_capture(self.device, cq_id=0)
        y = ttnn.neg(ttnn.add(x, x))
        ttnn.copy(y, x)
        for refused in (lambda: get(y), lambda: put(self.device, numbers(32, 32))):
            with self.assertRaises(RuntimeError):
                refused()
        ttnn.end_trace_capture(self.device, trace, cq_id=0)
        self.assertTrue((get(y) == POISON).all())
        ttnn.copy_host_to_device_tensor(ttnn.Tensor(numbers(32, 32), BF16, None, TILE), x)
        for factor in (-2, 4, -8):
            ttnn.execute_trace(self.device, trace, cq_id=0, blocking=True)
            self.assertTrue(np.array_equal(get(y), factor * numbers(32, 32)))
        ttnn.release_trace(self.device, trace)
        with self.assertRaises(RuntimeError):
            ttnn.execute_trace(self.device, trace)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.tensorbin")
            for dtype in (BF16, BFP8, FP32):
                x = put(self.device, numbers(33, 40), dtype=dtype)
                ttnn.dump_tensor(path, x)
                y = ttnn.load_tensor(path)
                self.assertEqual((y.dtype, y.layout, y.shape), (x.dtype, x.layout, x.shape))
                self.assertTrue(np.array_equal(get(y), get(x)))


class Mesh(unittest.TestCase):
    """On two chips."""

    def setUp(self):
        ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)
        self.mesh = ttnn.open_mesh_device(ttnn.MeshShape(1, 2), l1_small_size=32768)

    def put(self, values, dim=None):
        """Sharded along `dim`, or on both."""
        if dim is None:
            mapper = ttnn.replicate_tensor_to_mesh_mapper(self.mesh)
        else:
            mapper = ttnn.shard_tensor_to_mesh_mapper(self.mesh, dim)
        host = ttnn.Tensor(values, BF16, layout=TILE, mesh_mapper=mapper)
        return ttnn.to_device(host, self.mesh)

    def chips(self, tensor):
        """Each chip's numbers."""
        return [get(t) for t in ttnn.get_device_tensors(ttnn.from_device(tensor))]

    def test_halves(self):
        x, w = numbers(2, 1, 32, 64), numbers(64, 64, seed=1)
        halves, weight = self.put(x, 0), self.put(w)
        self.assertEqual(tuple(halves.shape), (1, 1, 32, 64))
        got = self.chips(ttnn.linear(halves, weight))
        wanted = get(
            ttnn.linear(*(put(ttnn.open_device(device_id=0), values) for values in (x, w)))
        )
        for chip in range(2):
            self.assertTrue(np.array_equal(got[chip], wanted[chip : chip + 1]))

    def test_all_gather(self):
        x = numbers(2, 1, 32, 64)
        both = ttnn.all_gather(self.put(x, 0), dim=0, topology=ttnn.Topology.Linear)
        for chip in self.chips(both):
            self.assertTrue(np.array_equal(chip, x))

    def test_all_gather_without_fabric(self):
        ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)
        with self.assertRaises(RuntimeError):
            ttnn.all_gather(self.put(numbers(2, 1, 32, 64), 0), dim=0)

    def test_prepared_weights_are_on_both(self):
        _, (weight, bias) = ttnn.conv2d(
            input_tensor=self.put(numbers(2, 1, 64, 32), 0),
            weight_tensor=ttnn.Tensor(numbers(32, 32, 3, 3), BF16),
            bias_tensor=ttnn.Tensor(numbers(1, 1, 1, 32), BF16),
            device=self.mesh,
            in_channels=32,
            out_channels=32,
            batch_size=1,
            input_height=8,
            input_width=8,
            kernel_size=(3, 3),
            padding=(1, 1),
            return_weights_and_bias=True,
        )
        self.assertEqual([len(self.chips(weight)), len(self.chips(bias))], [2, 2])

    def test_trace(self):
        x = self.put(numbers(2, 1, 32, 64), 0)
        trace = ttnn.begin_trace_capture(self.mesh)
        y = ttnn.neg(x)
        ttnn.end_trace_capture(self.mesh, trace)
        ttnn.execute_trace(self.mesh, trace)
        self.assertTrue(np.array_equal(np.concatenate(self.chips(y)), -numbers(2, 1, 32, 64)))


if __name__ == "__main__":
    unittest.main()
