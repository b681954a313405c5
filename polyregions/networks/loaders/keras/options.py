"""The options of one layer of a Keras model, read from JSON without believing any of it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.activation import Activation
from polyregions.networks.layer import exact_floats
from polyregions.networks.loaders.keras.archive import Json, Weights
from polyregions.networks.loaders.unsupported import reason

ACTIVATIONS = {
    "linear": Activation.identity(),
    "relu": Activation.relu(),
    "leaky_relu": Activation.leaky_relu(0.2),
    "relu6": Activation.relu6(),
    "hard_tanh": Activation.hard_tanh(),
    "hard_sigmoid": Activation.hard_sigmoid(),
    "soft_shrink": Activation.soft_shrink(),
    "sparse_sigmoid": Activation((-1.0, 1.0), (0.0, 0.5, 0.0), 0.0, name="sparse_sigmoid"),
}
"""By the names that Keras gives them, with its default numbers."""

RECTIFIERS = {"ReLU", "LeakyReLU"}
"""Layers that are an activation with numbers of its own."""


class Options:
    """The options and weights of a layer.

    Parameters
    ----------
    kind, name : str
        The layer's class and its own name.
    config : dict
    weights : Weights
    path : str
        Where the layer's weights are.
    """

    def __init__(self, kind: str, name: str, config: Json, weights: Weights, path: str) -> None:
        self.kind, self.name, self.config = kind, name, config
        self._weights, self._path = weights, path

    def weight(self, number: int, shape: Sequence[int]) -> NDArray[np.float64]:
        """Return a weight, which must have the shape."""
        return self._weights.take(f"{self._path}/vars/{number}", shape)

    def unused_weight(self, number: int) -> None:
        """Let Keras find a number that changes nothing when a network is used."""
        self._weights.taken[f"{self._path}/vars/{number}"] = np.zeros(())

    def refuse(self, key: str, wanted: str) -> InvalidNetwork:
        """Return the error of an option that is not what it should be."""
        return InvalidNetwork(f"its option {key!r} should be {wanted}, got {str(self.config.get(key))[:60]!r}")

    def given(self, key: str) -> bool:
        """Tell whether an option is there and not null."""
        return self.config.get(key) is not None

    def axes(self) -> int:
        """Return the number of spatial axes, which is in the name of the class."""
        match = re.search(r"([123])D$", self.kind)
        return int(match[1]) if match else 0

    def integer(self, key: str, low: int = 1) -> int:
        """Return an integer."""
        value = self.config.get(key)
        if type(value) is not int or not low <= value < 2**31:
            raise self.refuse(key, f"an integer from {low}")
        return value

    def integers(self, key: str, count: int | None, low: int = 1) -> tuple[int, ...]:
        """Return so many integers; a single one stands for all."""
        value = self.config.get(key)
        many = value if isinstance(value, list) else [value] * (count or 1)
        fit = all(type(entry) is int and low <= entry < 2**31 for entry in many)
        if not fit or (count is not None and len(many) != count):
            raise self.refuse(key, f"{count or 'a list of'} integers from {low}")
        return tuple(many)

    def pairs(self, key: str, count: int) -> list[tuple[int, int]]:
        """Return so many pairs; a single integer, or one for each, stands for both of a pair."""
        value = self.config.get(key)
        if count == 1 and isinstance(value, list) and len(value) == 2:
            value = [value]
        many = value if isinstance(value, list) else [value] * count
        both: list[list[Any]] = [entry if isinstance(entry, list) else [entry, entry] for entry in many]
        fit = all(len(pair) == 2 and all(type(n) is int and 0 <= n < 2**31 for n in pair) for pair in both)
        if len(both) != count or not fit:
            raise self.refuse(key, f"{count} pairs of integers from 0")
        return [(before, after) for before, after in both]

    def axis_list(self, key: str, ndim: int) -> list[int]:
        """Return axes, ascending, counted from the batch; null stands for none."""
        value = self.config.get(key)
        many = value if isinstance(value, list) else [] if value is None else [value]
        if not all(type(axis) is int and -ndim <= axis < ndim for axis in many):
            raise self.refuse(key, f"axes of an array with {ndim} of them")
        axes = sorted({axis % ndim for axis in many})
        if 0 in axes:
            raise UnsupportedLayer("it works along the batch, so its outputs are not functions of one input")
        return axes

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Return true or false."""
        value = self.config.get(key, default)
        if not isinstance(value, bool):
            raise self.refuse(key, "true or false")
        return value

    def number(self, key: str) -> float:
        """Return a finite number."""
        value = self.config.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refuse(key, "a finite number")
        return float(exact_floats(value, f"the option {key!r}", 0))

    def array(self, key: str) -> NDArray[np.float64]:
        """Return a number or nested lists of them."""
        value = self.config.get(key)
        try:
            numbers = np.array(value)
        except ValueError:
            raise self.refuse(key, "an array of numbers") from None
        return exact_floats(numbers, f"the option {key!r}", numbers.ndim)

    def choice(self, key: str, *choices: str, default: str | None = None) -> str:
        """Return one of several words."""
        value = self.config.get(key, default)
        if value not in choices:
            raise self.refuse(key, " or ".join(map(repr, choices)))
        return str(value)

    def channels_last(self) -> bool:
        """Tell whether channels are the last axis."""
        kinds = ("channels_last", "channels_first")
        return self.choice("data_format", *kinds, default=kinds[0]) == kinds[0]

    def rectifier(self) -> Activation:
        """Return the activation of a ReLU or LeakyReLU layer."""
        low = self.number("negative_slope")
        if self.kind == "LeakyReLU":
            return Activation.leaky_relu(low)
        if self.given("threshold") and self.number("threshold") != 0.0:
            raise UnsupportedLayer(
                "with a threshold other than 0 it jumps; only continuous functions have linear regions"
            )
        if not self.given("max_value"):
            return Activation.leaky_relu(low)
        top = self.number("max_value")
        if top < 0.0:
            raise self.refuse("max_value", "null or a number from 0")
        kinks, slopes = ([0.0, top], [low, 1.0, 0.0]) if top else ([0.0], [low, 0.0])
        same = [t for t in range(len(kinks)) if slopes[t] == slopes[t + 1]]
        value = 0.0 if 0 not in same else top
        kept = [t for t in range(len(kinks)) if t not in same]
        return Activation(
            tuple(kinks[t] for t in kept),
            tuple([slopes[t] for t in kept] + slopes[-1:]),
            value,
            name="relu6" if (low, top) == (0.0, 6.0) else f"relu(max={top!r},slope={low!r})",
        )

    def activation(self) -> Activation:
        """Return the activation that a layer applies at the end."""
        if self.kind in RECTIFIERS:
            return self.rectifier()
        value = self.config.get("activation")
        if value is None:
            return Activation.identity()
        if isinstance(value, str):
            if value not in ACTIVATIONS:
                raise UnsupportedLayer(f"its activation is {value[:40]!r}: {reason(value)}")
            return ACTIVATIONS[value]
        kind, config = activation_layer(value)
        return Options(kind, self.name, config, self._weights, "").rectifier()


def activation_layer(value: Any) -> tuple[str, Json]:
    """Return class and options of a layer that another one uses as its activation."""
    kind = value.get("class_name") if isinstance(value, dict) else None
    config = value.get("config") if isinstance(value, dict) else None
    own = is_builtin(value) if isinstance(value, dict) else False
    if not isinstance(kind, str) or kind not in RECTIFIERS or not own or not isinstance(config, dict):
        what = reason(str(kind)) if own else "it is not one of Keras itself"
        raise UnsupportedLayer(f"its activation is {str(kind)[:40]!r}: {what}")
    return kind, config


def is_builtin(item: Json) -> bool:
    """Tell whether a serialised object is one of Keras itself, not of somebody else under the same name."""
    module, registered = item.get("module"), item.get("registered_name")
    if module in ("keras", "keras.layers"):
        return registered is None
    inner = isinstance(module, str) and re.match(r"keras\.src\.(layers|models|ops)\.", module) is not None
    return inner and registered in (None, item.get("class_name"))
