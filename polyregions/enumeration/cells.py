"""Cells of a partly known pattern: what the branching engine keeps for each node of its tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, RationalMatrix, rational
from polyregions.geometry.extremum import Witness
from polyregions.geometry.forms import Forms, Row, System
from polyregions.geometry.polytope import Polytope
from polyregions.geometry.simplex import row_values
from polyregions.networks.affine import activate, activate_exactly, exact_layers, preactivations
from polyregions.networks.network import Layer, Network

OPEN = UNDECIDED
"""The sign of a switch that is not settled on a cell."""


@dataclass(slots=True, eq=False)
class Prefix:
    """The finished layers of a cell: its pieces there, and the forms they make, in floats and lazily in rationals."""

    network: Network
    pieces: tuple[NDArray[np.int64], ...]
    outputs: list[Enclosure]
    _exact_inputs: Callable[[], list[RationalMatrix]]
    _exact_preactivations: RationalMatrix | None = None

    @property
    def layer(self) -> Layer:
        """The layer to come."""
        return self.network.layers[len(self.pieces)]

    def exact_preactivations(self) -> RationalMatrix:
        """Return the forms of the layer to come, in rationals; computed once."""
        if self._exact_preactivations is None:
            inputs = self._exact_inputs()
            layers = exact_layers(self.network)
            self._exact_preactivations = layers.preactivations(len(self.pieces), inputs, self.network.input_dim)
        return self._exact_preactivations

    def after(self, forms: Enclosure, pieces: NDArray[np.int64]) -> Prefix:
        """Finish the layer to come, with these pieces and its forms before activation."""
        layer = self.layer

        def exact() -> list[RationalMatrix]:
            return [*self._exact_inputs(), activate_exactly(layer, self.exact_preactivations(), pieces)]

        outputs = [*self.outputs, activate(layer, forms, pieces)]
        return Prefix(self.network, (*self.pieces, pieces), outputs, exact)


def empty_prefix(network: Network) -> Prefix:
    """Return the prefix with no layer finished."""
    identity = Enclosure.exact(np.eye(network.input_dim, network.input_dim + 1))
    return Prefix(network, (), [identity], lambda: [exact_layers(network).input_forms()])


def domain_system(domain: Polytope) -> System:
    """Return the domain's facets as rows; none for a box, whose bounds the solver knows."""
    rows = [] if domain.is_box else [Row(domain.forms, i, 1, -1 - i) for i in range(domain.n_facets)]
    return System.of(rows, domain.dim)


def switch_forms(prefix: Prefix, forms: Enclosure, reach: NDArray[np.float64]) -> Forms:
    """Return the switches of the layer to come as forms over the domain: pre-activation minus breakpoint."""
    breakpoints = prefix.layer.activation.breakpoints
    value = np.repeat(forms.value, len(breakpoints), axis=0)
    error = np.repeat(forms.error, len(breakpoints), axis=0)
    shifts = np.tile(np.array(breakpoints), len(forms.value))
    if shifts.any():
        error[:, -1] += 2.0**-52 * (np.abs(value[:, -1]) + np.abs(shifts)) * (shifts != 0.0)
        value[:, -1] -= shifts

    def exact() -> RationalMatrix:
        matrix = prefix.exact_preactivations()
        last = matrix.ncols() - 1
        rows = [[*row[:last], row[last] - rational(b)] for row in matrix.tolist() for b in breakpoints]
        return RationalMatrix(len(rows), last + 1, [entry for row in rows for entry in row])

    return Forms(Enclosure(value, error), reach, exact)


@dataclass(slots=True, eq=False)
class Points:
    """Points known to lie strictly inside a cell, and the certain signs of the current layer's switches there.

    Attributes
    ----------
    witnesses : list of Witness, length k
    floats : numpy.ndarray, shape (k, n)
    signs : numpy.ndarray of int8, shape (k, q)
        0 says nothing.
    """

    witnesses: list[Witness]
    floats: NDArray[np.float64]
    signs: NDArray[np.int8]

    @classmethod
    def of(cls, witnesses: list[Witness], forms: Forms) -> Points:
        """Evaluate the switches at points: floats where they are certain, rationals where there are no floats."""
        floats = np.array([witness.floats for witness in witnesses])
        signs = forms.signs_at(floats)
        for position, witness in enumerate(witnesses):
            if witness.rationals is not None:
                values = row_values(forms.exact, witness.exact)
                signs[position] = [int(value > 0) - int(value < 0) for value in values]
        return cls(witnesses, floats, signs)

    def joined(self, other: Points) -> Points:
        """Return these points and the others."""
        return Points(
            self.witnesses + other.witnesses,
            np.concatenate([self.floats, other.floats]),
            np.concatenate([self.signs, other.signs]),
        )

    def where(self, keep: NDArray[np.bool_]) -> Points:
        """Return some of the points."""
        chosen = np.flatnonzero(keep)
        return Points([self.witnesses[i] for i in chosen.tolist()], self.floats[chosen], self.signs[chosen])


@dataclass(slots=True, eq=False)
class Cell:
    """A node of the branch tree: an open convex cell on which earlier layers and part of this one are settled.

    Attributes
    ----------
    prefix : Prefix
    layer_forms : Enclosure, shape (units, n + 1)
        This layer before activation.
    forms : Forms
        This layer's switches.
    signs : numpy.ndarray of int8, shape (q,)
        -1, 0 (vanishes on the whole cell), 1 or `OPEN`.
    system : System
        The rows of the cell: one for each switch that was found to cut a larger cell.
    points : Points
        At least one.
    box : tuple of numpy.ndarray, shapes (n,)
        Lower and upper bounds that certainly hold on the cell.
    share : float
        The part of the whole work that this node stands for, as far as anyone knows.
    """

    prefix: Prefix
    layer_forms: Enclosure
    forms: Forms
    signs: NDArray[np.int8]
    system: System
    points: Points
    box: tuple[NDArray[np.float64], NDArray[np.float64]]
    share: float


def enter_layer(
    prefix: Prefix,
    system: System,
    witnesses: list[Witness],
    box: tuple[NDArray[np.float64], NDArray[np.float64]],
    reach: NDArray[np.float64],
    share: float,
) -> Cell:
    """Return the cell at the start of its next layer that has switches; there must be one."""
    layer_forms = preactivations(prefix.layer, prefix.outputs)
    while not prefix.layer.n_switches:
        prefix = prefix.after(layer_forms, np.zeros(prefix.layer.width, dtype=np.int64))
        layer_forms = preactivations(prefix.layer, prefix.outputs)
    forms = switch_forms(prefix, layer_forms, reach)
    points = Points.of(witnesses, forms)
    return Cell(prefix, layer_forms, forms, forms.constant_sign.copy(), system, points, box, share)
