"""Networks in ``.nnet`` files, the text format of the ACAS Xu networks.

Lines that begin with ``//`` come first.  Then, with commas between numbers and perhaps one after the last:

* the number of layers L, of inputs n, of outputs, and the largest width;
* the L + 1 widths, from the inputs to the outputs;
* a flag that is ignored;
* smallest and largest values of the inputs, n numbers each;
* means, then ranges, of the inputs and, as the last number, of all outputs: n + 1 numbers each;
* for each layer its weights, one line for each unit, then its biases, one line for each.

ReLU follows every layer but the last.  A network in such a file is evaluated at ``(x - mean) / range``, and its outputs
are multiplied by their range before their mean is added (K. Julian, *NNet*, Stanford 2016).
"""

from __future__ import annotations

import math
import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork
from polyregions.networks.activation import Activation
from polyregions.networks.loaders.agreement import DOUBLE, check_agreement
from polyregions.networks.network import Network
from polyregions.networks.tensor import inputs

__all__ = ["load_nnet"]

Array = NDArray[np.float64]
Stack = list[tuple[Array, Array]]

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def load_nnet(path: str | Path, check: bool = True, normalise: bool = True) -> Network:
    """Read a network from a ``.nnet`` file.

    Parameters
    ----------
    path : str or pathlib.Path
    check : bool
        Whether to compare the network with the formula of the format, in floats, at random points.
    normalise : bool
        Whether the network's inputs and outputs are the raw ones, in the units of the file's means and ranges.  If not,
        it is the stack of layers alone, between normalised inputs and outputs.

    Returns
    -------
    Network

    Raises
    ------
    InvalidNetwork
        The file is damaged or does not hold a network; the message names the line.
    Disagreement
        The network computes something else than the formula.

    Notes
    -----
    Every number is the float64 nearest to the decimal one in the file.  Normalisation is two layers: subtracting the
    means is exact; for each range r the factor is ``1 / r``, rounded once to the nearest float64.  At the end, the
    outputs are multiplied by their range, and their mean is added, exactly.

    Programs that evaluate such files move inputs to the file's smallest and largest values first.  That is no part of
    the network here; within those bounds it makes no difference.
    """
    file = _Lines(Path(path))
    depth, input_dim, output_dim, _ = file.integers("the numbers of layers, inputs, outputs, and the largest width", 4)
    widths = file.integers("the widths of the inputs and all layers", depth + 1)
    if widths[0] != input_dim or widths[-1] != output_dim:
        file.refuse(
            f"the widths say {widths[0]} inputs and {widths[-1]} outputs, the line before {input_dim} and {output_dim}"
        )
    file.numbers("a flag", 1)
    file.numbers("the smallest inputs", input_dim)
    file.numbers("the largest inputs", input_dim)
    means = file.numbers("means of the inputs and the outputs", input_dim + 1)
    ranges = file.numbers("ranges of the inputs and the outputs", input_dim + 1)
    if 0.0 in ranges:
        file.refuse("a range is zero; inputs are divided by it")
    file.expect(2 * sum(widths[1:]))
    stack = _stack(file, widths)
    if not normalise:
        means, ranges = [0.0] * (input_dim + 1), [1.0] * (input_dim + 1)
    (x,) = inputs((input_dim,))
    with np.errstate(over="ignore"):
        factors = 1.0 / np.array(ranges[:-1])
    if not np.isfinite(factors).all():
        file.refuse(f"a range is so small that its reciprocal is no float: {min(map(abs, ranges))}")
    x = x.shifted(-np.array(means[:-1])).scaled(factors)
    for number, (weights, bias) in enumerate(stack):
        x = (x.activate(Activation.relu()) if number else x).affine(weights, bias)
    network = x.scaled(ranges[-1]).shifted(means[-1]).network()
    if check:
        check_agreement(network, partial(_formula, stack, means, ranges), DOUBLE, file.name)
    return network


def _formula(stack: Stack, means: list[float], ranges: list[float], points: Array) -> Array:
    """Evaluate the file as its authors do."""
    values = (points - means[:-1]) / ranges[:-1]
    for number, (weights, bias) in enumerate(stack):
        values = (np.maximum(values, 0.0) if number else values) @ weights.T + bias
    return np.asarray(values * ranges[-1] + means[-1])


def _stack(file: _Lines, widths: list[int]) -> Stack:
    """Read the weights and biases of all layers."""
    depth, stack = len(widths) - 1, []
    for number, (before, width) in enumerate(pairwise(widths), start=1):
        where = f"layer {number} of {depth}"
        rows = [file.numbers(f"the weights of unit {k} of {width} in {where}", before) for k in range(1, width + 1)]
        bias = [file.numbers(f"the bias of unit {k} of {width} in {where}", 1)[0] for k in range(1, width + 1)]
        stack.append((np.array(rows), np.array(bias)))
    return stack


class _Lines:
    """The lines of a file, read one after the other."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InvalidNetwork(f"cannot read {path.name}: {error.strerror}") from None
        self.lines = content.decode("utf-8", errors="replace").rstrip().split("\n")
        self.place = 0
        while self.place < len(self.lines) and self.lines[self.place].startswith("//"):
            self.place += 1

    def refuse(self, message: str) -> NoReturn:
        """Raise an error that names the line that was read last."""
        raise InvalidNetwork(f"{self.name}, line {self.place}: {message}")

    def expect(self, count: int) -> None:
        """Make sure that so many lines are left, before anything is made for them."""
        left = len(self.lines) - self.place
        if left != count:
            raise InvalidNetwork(
                f"{self.name}: the widths ask for {count} lines of weights and biases after line {self.place}, "
                f"there are {left}; the file is damaged, or one of its layers is not a plain one"
            )

    def numbers(self, what: str, count: int) -> list[float]:
        """Read a line of so many finite numbers."""
        line = self.lines[self.place] if self.place < len(self.lines) else None
        self.place += 1
        if line is None:
            self.refuse(f"the file ends where {what} should be")
        texts = line.strip().removesuffix(",").split(",")
        if len(texts) != count:
            self.refuse(f"wanted {count} number(s), {what}, got {len(texts)}")
        return [self._number(text.strip(), what) for text in texts]

    def _number(self, text: str, what: str) -> float:
        number = float(text) if NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(number):
            self.refuse(f"{what}: {text[:40]!r} is not a finite number")
        return number

    def integers(self, what: str, count: int) -> list[int]:
        """Read a line of so many positive integers."""
        numbers = self.numbers(what, count)
        if any(number < 1 or number != int(number) for number in numbers):
            self.refuse(f"{what} must be positive integers")
        return [int(number) for number in numbers]
