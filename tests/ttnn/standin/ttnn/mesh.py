# SPDX-License-Identifier: Apache-2.0
"""Tensors on several chips."""

import numpy as np

from .configs import MemoryConfig
from .device import MeshDevice, fabric_is_on
from .enums import Topology
from .operation import operation
from .tensor import Tensor, require


class TensorToMesh:
    """How a host array becomes one per chip."""

    def __init__(self, device, dim=None):
        """Along `dim`, else the same on all."""
        if not isinstance(device, MeshDevice):
            raise TypeError("a mapper wants a MeshDevice")
        self.chips, self.dim = device.get_num_devices(), dim

    def parts(self, values):
        """One array per chip."""
        if self.dim is None:
            return [values] * self.chips
        require(
            values.shape[self.dim] % self.chips == 0,
            f"{values.shape} does not divide along {self.dim}",
        )
        return np.split(values, self.chips, axis=self.dim)


def replicate_tensor_to_mesh_mapper(mesh_device):
    """ttnn.replicate_tensor_to_mesh_mapper."""
    return TensorToMesh(mesh_device)


def shard_tensor_to_mesh_mapper(mesh_device, dim):
    """ttnn.shard_tensor_to_mesh_mapper."""
    return TensorToMesh(mesh_device, dim)


def ReplicateTensorToMesh(mesh_device):  # noqa: N802, ttnn's name
    """ttnn.ReplicateTensorToMesh."""
    return TensorToMesh(mesh_device)


def ShardTensorToMesh(mesh_device, dim):  # noqa: N802, ttnn's name
    """ttnn.ShardTensorToMesh."""
    return TensorToMesh(mesh_device, dim)


def get_device_tensors(tensor):
    """ttnn.get_device_tensors: one per chip."""
    return [tensor._chip(index) for index in range(len(tensor._chips))]


@operation(whole=True)
def all_gather(
    input_tensor: Tensor,
    dim: int,
    *,
    cluster_axis: int | None = None,
    memory_config: MemoryConfig | None = None,
    num_links: int | None = None,
    topology: Topology | None = None,
):
    """ttnn.all_gather: every chip gets all chips' tensors, joined along `dim`."""
    x = input_tensor
    require(len(x._chips) > 1, "all_gather op will only work for num_devices > 1")
    require(fabric_is_on(), "Trying to get un-initialized fabric context")
    values = np.concatenate([chip._values() for chip in get_device_tensors(x)], axis=dim)
    result = Tensor._make(values, x.dtype, x.layout, x._device, memory_config or x._memory)
    result._chips = [result._chips[0].copy() for _ in x._chips]
    return result
