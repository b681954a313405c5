"""Functions of keras.ops, which models may use beside layers, as operations on tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from polyregions.errors import InvalidNetwork
from polyregions.networks import operators as ops
from polyregions.networks.activation import Activation
from polyregions.networks.loaders.keras.layers import Function, check_size, joined
from polyregions.networks.loaders.keras.options import Options
from polyregions.networks.tensor import Tensor

__all__ = ["OPERATIONS"]


def _arity(function: Callable[..., Tensor], count: int) -> Function:
    def apply(o: Options, *args: Any) -> Tensor:
        if len(args) != count or any(isinstance(arg, list) for arg in args):
            raise InvalidNetwork(f"it needs {count} argument(s), got {len(args)}")
        shapes = [arg.shape if isinstance(arg, Tensor) else np.shape(arg) for arg in args]
        try:
            together = np.broadcast_shapes(*shapes)
        except ValueError:
            raise InvalidNetwork(f"its arguments should have shapes that fit, got {shapes}") from None
        check_size(together)
        return function(*args)

    return apply


def _kinked(activation: Activation) -> tuple[Function, frozenset[str]]:
    return _arity(lambda x: x.activate(activation), 1), frozenset()


def _leaky(o: Options, *args: Tensor) -> Tensor:
    return _arity(lambda x: x.activate(Activation.leaky_relu(o.number("negative_slope"))), 1)(o, *args)


def _shrink(o: Options, *args: Tensor) -> Tensor:
    return _arity(lambda x: x.activate(Activation.soft_shrink(o.number("threshold"))), 1)(o, *args)


def _joined(o: Options, xs: Sequence[Tensor]) -> Tensor:
    return joined(xs, o)


OPERATIONS: dict[str, tuple[Function, frozenset[str]]] = {
    "Add": (_arity(ops.add, 2), frozenset()),
    "Subtract": (_arity(ops.subtract, 2), frozenset()),
    "Multiply": (_arity(ops.multiply, 2), frozenset()),
    "Divide": (_arity(ops.divide, 2), frozenset()),
    "TrueDivide": (_arity(ops.divide, 2), frozenset()),
    "Maximum": (_arity(ops.maximum, 2), frozenset()),
    "Minimum": (_arity(ops.minimum, 2), frozenset()),
    "Negative": (_arity(ops.negate, 1), frozenset()),
    "Absolute": _kinked(Activation.absolute()),
    "Abs": _kinked(Activation.absolute()),
    "Relu": _kinked(Activation.relu()),
    "Relu6": _kinked(Activation.relu6()),
    "HardTanh": _kinked(Activation.hard_tanh()),
    "HardSigmoid": _kinked(Activation.hard_sigmoid()),
    "LeakyRelu": (_leaky, frozenset({"negative_slope"})),
    "SoftShrink": (_shrink, frozenset({"threshold"})),
    "Concatenate": (_joined, frozenset({"axis"})),
}
"""What every known function of keras.ops does, and the options on which that depends."""
