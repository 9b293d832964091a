# SPDX-License-Identifier: Apache-2.0
"""What every function of ttnn has in common: checked arguments, several chips, traces."""

import collections.abc
import functools
import inspect
import types

from .tensor import Tensor, require

_WIDER = {float: (int, float), int: (int,)}


def _kinds(annotation):
    """The classes that an annotation allows."""
    parts = annotation.__args__ if isinstance(annotation, types.UnionType) else (annotation,)
    kinds = []
    for part in parts:
        kinds += _WIDER.get(part, (part,))
    return tuple(kinds)


def _check(name, parameters, bound):
    """Refuses an argument of another type, as ttnn's binding does."""
    for key, value in bound.arguments.items():
        kinds = parameters[key]
        if kinds is None:
            continue
        if not isinstance(value, kinds):
            wanted = " | ".join(kind.__name__ for kind in kinds)
            raise TypeError(f"ttnn.{name}(): {key} is {wanted}, not {type(value).__name__}")


def _tensors(value):
    """All tensors in an argument or a result."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in _tensors(item)]
    return []


def _on_chip(value, index):
    """The argument that one chip sees."""
    if isinstance(value, Tensor):
        return value._chip(index if len(value._chips) > 1 else 0)
    if isinstance(value, (list, tuple)):
        return type(value)(_on_chip(item, index) for item in value)
    return value


def _together(results):
    """One result of the results of all chips."""
    first = results[0]
    if isinstance(first, Tensor):
        first._chips = [result._padded() for result in results]
        return first
    if isinstance(first, (list, tuple)):
        return type(first)(_together(items) for items in zip(*results, strict=True))
    return first


def run_on_chips(function, args, kwargs):
    """`function` once, or once per chip where an argument is on several."""
    tensors = _tensors(args) + _tensors(tuple(kwargs.values()))
    chips = max((len(tensor._chips) for tensor in tensors), default=1)
    if chips < 2:
        return function(*args, **kwargs)
    results = [
        function(
            *_on_chip(args, chip), **{key: _on_chip(value, chip) for key, value in kwargs.items()}
        )
        for chip in range(chips)
    ]
    return _together(results)


def device_of(*tensors):
    """The device all tensors are on; host tensors are refused."""
    device = None
    for tensor in tensors:
        if tensor is not None:
            require(tensor._device is not None, "Device Operations expect device tensors as inputs")
            device = tensor._device
    return device


def operation(function=None, *, host=False, whole=False, shards=False):
    """Decorator: a function of ttnn.

    host: it also takes host tensors; whole: it sees all chips of a mesh at once; shards: it takes
    or gives tensors in shards.
    """
    if function is None:
        return functools.partial(operation, host=host, whole=whole, shards=shards)
    signature = inspect.signature(function)
    parameters = {
        key: None if parameter.annotation is parameter.empty else _kinds(parameter.annotation)
        for key, parameter in signature.parameters.items()
    }

    @functools.wraps(function)
    def call(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        _check(function.__name__, parameters, bound)
        tensors = _tensors(args) + _tensors(tuple(kwargs.values()))
        device = next((tensor._device for tensor in tensors if tensor._device is not None), None)
        if not host:
            device_of(*tensors)
        if not shards:
            memories = [tensor._memory for tensor in tensors] + [kwargs.get("memory_config")]
            require(
                not any(memory is not None and memory.is_sharded() for memory in memories),
                f"{function.__name__}: shards are not in the stand-in",
            )

        def run():
            return function(*args, **kwargs) if whole else run_on_chips(function, args, kwargs)

        result = run()
        if device is not None and device._recording is not None:
            device._recording.add(run, _tensors((result,)), tensors)
        return result

    return call


Sequence = collections.abc.Sequence
