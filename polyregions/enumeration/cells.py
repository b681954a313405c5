"""Cells of a partly known pattern: what the branching engine keeps for each node of its tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, RationalMatrix
from polyregions.geometry.extremum import Witness
from polyregions.geometry.forms import Forms, Row, System
from polyregions.geometry.polytope import Polytope
from polyregions.geometry.simplex import row_values
from polyregions.networks.affine import exact_layers, row_forms
from polyregions.networks.layer import Layer
from polyregions.networks.network import Network

OPEN = UNDECIDED
"""The sign of a switch that is not settled on a cell."""


@dataclass(slots=True, eq=False)
class Prefix:
    """The finished layers of a cell: its pieces there, and the forms they make, in floats and lazily in rationals."""

    network: Network
    pieces: tuple[NDArray[np.int64], ...]
    outputs: list[Enclosure]
    _exact_inputs: Callable[[], list[RationalMatrix]]
    _exact_rows: RationalMatrix | None = None

    @property
    def layer(self) -> Layer:
        """The layer to come."""
        return self.network.layers[len(self.pieces)]

    def rows(self) -> Enclosure:
        """Return the rows of the layer to come as forms, shape (rows, n + 1)."""
        return row_forms(self.layer, self.outputs)

    def exact_rows(self) -> RationalMatrix:
        """Return the rows of the layer to come, in rationals; computed once."""
        if self._exact_rows is None:
            self._exact_rows = exact_layers(self.network).rows(len(self.pieces), self._exact_inputs())
        return self._exact_rows

    def after(self, rows: Enclosure, pieces: NDArray[np.int64]) -> Prefix:
        """Finish the layer to come, with these pieces and its rows."""
        layer = self.layer

        def exact() -> list[RationalMatrix]:
            return [*self._exact_inputs(), layer.units.exactly_on_pieces(self.exact_rows(), pieces)]

        outputs = [*self.outputs, layer.units.forms_on_pieces(rows[:, None], pieces[:, None])[:, 0]]
        return Prefix(self.network, (*self.pieces, pieces), outputs, exact)


def empty_prefix(network: Network) -> Prefix:
    """Return the prefix with no layer finished."""
    identity = Enclosure.exact(np.eye(network.input_dim, network.input_dim + 1))
    return Prefix(network, (), [identity], lambda: [exact_layers(network).input_forms()])


def domain_system(domain: Polytope) -> System:
    """Return the domain's facets as rows; none for a box, whose bounds the solver knows."""
    rows = [] if domain.is_box else [Row(domain.forms, i, 1, -1 - i) for i in range(domain.n_facets)]
    return System.of(rows, domain.dim)


def switch_forms(prefix: Prefix, rows: Enclosure, pieces: NDArray[np.int64], reach: NDArray[np.float64]) -> Forms:
    """Return the switches of the layer to come as forms over the domain, where its units have the given pieces."""
    units = prefix.layer.units
    switches = np.arange(units.n_switches)
    forms = units.switch_forms(rows[:, None], pieces[:, None], switches, np.zeros_like(switches))

    def exact() -> RationalMatrix:
        matrix = prefix.exact_rows()
        table = [units.exact_switch_form(matrix, pieces, switch) for switch in switches.tolist()]
        return RationalMatrix(len(table), matrix.ncols(), [entry for row in table for entry in row])

    return Forms(forms, reach, exact)


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
    rows : Enclosure, shape (rows, n + 1)
        This layer's rows as forms.
    pieces : numpy.ndarray of int, shape (units,)
        The pieces for which the switches are written as forms; that matters for maxima only.
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
    rows: Enclosure
    pieces: NDArray[np.int64]
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
    rows = prefix.rows()
    while not prefix.layer.n_switches:
        prefix = prefix.after(rows, np.zeros(prefix.layer.width, dtype=np.int64))
        rows = prefix.rows()
    at_witness = rows.value[:, :-1] @ witnesses[0].floats + rows.value[:, -1]
    pieces = prefix.layer.units.likely_pieces(at_witness[:, None])[:, 0]
    forms = switch_forms(prefix, rows, pieces, reach)
    points = Points.of(witnesses, forms)
    return Cell(prefix, rows, pieces, forms, forms.constant_sign.copy(), system, points, box, share)
