"""A mixed-integer linear program for the activation patterns of regions."""

from __future__ import annotations

import highspy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, hstack, vstack

from polyregions.arithmetic.enclosure import QUIET
from polyregions.enumeration.engines import check_dimensions
from polyregions.errors import SolverFailed, UnsupportedLayer
from polyregions.geometry.lp import SilentHighs
from polyregions.geometry.polytope import Polytope
from polyregions.networks.activation import Activation
from polyregions.networks.elementwise import Elementwise
from polyregions.networks.layer import Layer
from polyregions.networks.network import Network

Floats = NDArray[np.float64]
Range = tuple[Floats, Floats]

Affine = tuple[csr_array, Floats]
"""Numbers that are affine in the variables of a program: a matrix and constants."""

Block = tuple[csr_array, Floats | float, Floats | float]
"""Constraints: a matrix, and bounds."""

SLACK = 1e-6
"""Rows keep this distance from breakpoints, in units of half their range."""

SETTINGS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "presolve": "off",  # with it, a few in a thousand programs are called infeasible that are not
    "threads": 1,
    "mip_feasibility_tolerance": 1e-9,
    "primal_feasibility_tolerance": 1e-9,
    "small_matrix_value": 1e-12,
}


class PatternProgram:
    """A mixed-integer linear program whose solutions are the activation patterns of regions.

    Parameters
    ----------
    network : Network
        Without maxima.
    domain : Polytope

    Attributes
    ----------
    free : numpy.ndarray of int, shape (q,)
        The switches whose signs interval bounds leave open.

    Raises
    ------
    DimensionMismatch, UnsupportedLayer, SolverFailed
        As `polyregions.counters.estimators.milp.milp_patterns`.

    Notes
    -----
    For a switch of row g with breakpoint xi there are ``h = max(g - xi, 0)``, ``k = max(xi - g, 0)`` and a binary z, by
    ``g - xi = h - k``, ``0 <= h <= M z`` and ``0 <= k <= K (1 - z)``.  A unit's output is that of its lowest piece and,
    for every breakpoint, h times the jump of the slope.  M and K come from interval arithmetic over the box around the
    domain, and all variables are measured in units of their ranges.

    Moreover ``h + k`` is `SLACK` at least.  Serra et al. maximise this number and want it to be positive; no objective
    makes programs some four times faster.  Where all switches have certain signs they have the same signs nearby, so
    that the pattern belongs to a region.  But a row may equal its breakpoint on a whole region; its unit is then in the
    lower piece.  So k may be small for rows that are constant on the region, because what they read are units on pieces
    without slope, or constants themselves.  Rows that are constant because terms cancel are not recognized.

    Examples
    --------
    >>> net = Network.from_arrays([[[1.0], [1.0]], [[1.0, 1.0]]], [[0.0, 2.0], [0.0]])
    >>> program = PatternProgram(net, Polytope.box(-1, 1, dim=1))
    >>> program.free  # the second unit is always active
    array([0])
    >>> program.find([[1.0, 0.0]], [1.0], [1.0])  # with the first one active
    array([1, 1], dtype=int8)
    """

    @QUIET
    def __init__(self, network: Network, domain: Polytope) -> None:
        check_dimensions(network, domain)
        last = max(int(np.searchsorted(network.first_switches, network.n_switches)), 1)  # later layers never switch
        self._layers = [(layer, _elementwise(number, layer)) for number, layer in enumerate(network.layers[:last], 1)]
        self._first_switches = network.first_switches
        ranges = _row_ranges(self._layers, domain)
        self._first_rows = np.cumsum([0, *(len(part[0]) for part in ranges)])
        self._low, self._high, least, most = np.concatenate(ranges, axis=1)
        # Switches: where they are, and what bounds say of their signs.
        self._kinks = np.concatenate([units.breakpoints for _, units in self._layers])
        parts = zip(self._first_rows, self._layers, strict=False)
        self._rows = np.concatenate([first + units.switch_units for first, (_, units) in parts])
        low, high = self._low[self._rows], self._high[self._rows]
        self._open = (low <= self._kinks) & (self._kinks < high)
        self.free = np.flatnonzero(self._open)
        self._may_vanish = self._open & (least[self._rows] <= self._kinks) & (self._kinks <= most[self._rows])
        may_be_constant = (least <= most) & self._may_vanish.any()
        # Columns: the input, rows, whether rows are constant, h of switches, and z of switches.
        sizes = [domain.dim, len(self._low), len(self._low), len(self._kinks), len(self._kinks)]
        self._columns = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        always = self._kinks < low
        self._lower = np.concatenate([np.full(sizes[0] + sizes[1], -1.0), np.zeros(sizes[2] + sizes[3]), always])
        upper = np.ones(sizes[0] + sizes[1]), may_be_constant, 2.0 * self._open, always | self._open
        self._upper = np.concatenate([np.asarray(part, dtype=np.float64) for part in upper])
        self._matrix, self._bounds = self._constraints(domain)
        if not np.isfinite(self._matrix.data).all():
            raise SolverFailed("floats do not hold the bounds of all rows over the domain; choose other units")

    def find(self, rows: ArrayLike, least: ArrayLike, most: ArrayLike) -> NDArray[np.int8] | None:
        """Find the pattern of a region, with more constraints.

        Parameters
        ----------
        rows : array_like, shape (r, n_switches + e)
            Of constraints on the binaries, which are 1 for positive switches, and on e more whole numbers >= 0.
        least, most : array_like, shape (r,)
            Their bounds.

        Returns
        -------
        numpy.ndarray of int8, shape (n_switches,), or None
            The binaries; None if there is no such pattern.

        Raises
        ------
        SolverFailed
            HiGHS gave up.
        """
        more = self._spread(csr_array(np.asarray(rows, dtype=np.float64)))
        width = len(self._lower)
        count = more.shape[1] - width
        matrix = vstack([hstack([self._matrix, csr_array((self._matrix.shape[0], count))]), more], format="csr")
        integral = np.append(np.zeros(width, dtype=np.bool_), np.ones(count, dtype=np.bool_))
        integral[self._columns[4][self.free]] = True
        columns = np.append(self._lower, np.zeros(count)), np.append(self._upper, np.full(count, len(self._kinks)))
        lower, upper = (np.append(own, ends) for own, ends in zip(self._bounds, (least, most), strict=True))
        point = _solution(matrix, (lower, upper), columns, integral)
        return None if point is None else np.round(point[self._columns[4]]).astype(np.int8)

    def _spread(self, rows: csr_array) -> csr_array:
        """Move the columns of constraints on binaries and more numbers to where these are."""
        width, switches = len(self._lower), len(self._kinks)
        count = rows.shape[1] - switches
        places = np.concatenate([self._columns[4], width + np.arange(count)])
        return csr_array((rows.data, places[rows.indices], rows.indptr), shape=(rows.shape[0], width + count))

    def _one_each(self, columns: NDArray[np.int64], entries: Floats | float = 1.0) -> csr_array:
        """Return a matrix with one entry in every row."""
        count = len(columns)
        return csr_array((np.ones(count) * entries, (np.arange(count), columns)), shape=(count, len(self._lower)))

    def _constraints(self, domain: Polytope) -> tuple[csr_array, tuple[Floats, Floats]]:
        """Return all constraints as a matrix and its bounds."""
        radius = domain.upper / 2.0 - domain.lower / 2.0
        centre = domain.lower + radius
        sizes = (np.abs(domain.normals) * radius).sum(axis=1)[:, None]
        facets = csr_array(domain.normals * radius / sizes) @ self._one_each(self._columns[0])
        blocks: list[Block] = [(facets, -np.inf, (domain.offsets - domain.normals @ centre) / sizes[:, 0])]
        outputs = [(self._one_each(self._columns[0], radius), centre)]
        constant = [(0.0 * outputs[0][0], np.zeros(domain.dim))]  # at least 1 where an output is constant
        for index in range(len(self._layers)):
            blocks += self._layer(index, outputs, constant)
        least, most = (
            np.concatenate([np.ones(matrix.shape[0]) * ends[side] for matrix, *ends in blocks]) for side in (0, 1)
        )
        return vstack([matrix for matrix, *_ in blocks], format="csr"), (least, most)

    def _layer(self, index: int, outputs: list[Affine], constant: list[Affine]) -> list[Block]:
        """Return the constraints of a layer, and append what its outputs are, and whether they are constant."""
        layer, units = self._layers[index]
        own, switches = slice(*self._first_rows[index : index + 2]), slice(*self._first_switches[index : index + 2])
        low, half = self._low[own], self._high[own] / 2.0 - self._low[own] / 2.0
        middle, share = low + half, np.divide(1.0, half, out=np.zeros(len(half)), where=half > 0.0)
        weights, (inputs, shift) = csr_array(layer.weights), _joined(layer, outputs)
        row, is_constant = self._one_each(self._columns[1][own]), self._one_each(self._columns[2][own])
        blocks: list[Block] = []
        value = share * (weights @ shift + layer.bias - middle)
        blocks.append((row - _times(share, weights @ inputs), value, value))

        chosen = np.flatnonzero(self._open[switches])
        unit = units.switch_units[chosen]
        above, active = (self._one_each(self._columns[part][switches][chosen]) for part in (3, 4))
        kink = (units.breakpoints[chosen] - middle[unit]) * share[unit]
        blocks += [
            (above - _times(1.0 - kink, active), -np.inf, 0.0),
            (above - row[unit], -kink, np.inf),
            (above - row[unit] + _times(1.0 + kink, active), -np.inf, 1.0),
            (2.0 * above - row[unit] + is_constant[unit], SLACK - kink, np.inf),
        ]
        strict = np.flatnonzero(self._may_vanish[switches][chosen])
        blocks.append(((above - active)[strict], SLACK - 1.0, np.inf))

        # A row is constant only if all outputs that it reads are.
        flat, zero = _joined(layer, constant)
        asked = np.flatnonzero((self._upper[self._columns[2][own]] > 0.0) & (half > 0.0))
        pairs = weights[asked].tocoo()
        blocks.append((is_constant[asked][pairs.row] - flat[pairs.col], -np.inf, zero[pairs.col]))

        lowest = units.likely_pieces(low[:, None])[:, 0]
        slopes = [np.array(activation.slopes) for activation in units.activations]
        first, jump = _pieces(slopes, lowest, units, chosen)
        steps = csr_array((jump * half[unit], (unit, np.arange(len(unit)))), shape=(len(low), len(unit)))
        outputs.append((_times(first * half, row) + steps @ above, units(low) + first * half))
        first, jump = _pieces([(each == 0.0).astype(np.float64) for each in slopes], lowest, units, chosen)
        steps = csr_array((jump, (unit, np.arange(len(unit)))), shape=(len(low), len(unit)))
        constant.append((is_constant + steps @ active, first))
        return blocks


def _solution(matrix: csr_array, rows: Range, columns: Range, integral: NDArray[np.bool_]) -> Floats | None:
    """Ask HiGHS for a point with rows and columns in their ranges, some of its numbers whole; None if there is none."""
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.row_lower_, model.row_upper_ = rows
    model.col_lower_, model.col_upper_ = columns
    model.col_cost_ = np.zeros(matrix.shape[1])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    kinds = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
    model.integrality_ = [kinds[flag] for flag in integral.tolist()]
    solver = SilentHighs()
    for name, value in SETTINGS.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverFailed(
            f"HiGHS did not decide a mixed-integer program of {model.num_col_} variables: it says "
            f"{solver.modelStatusToString(status)!r}"
        )
    return np.array(solver.getSolution().col_value)


def _times(factors: Floats, matrix: csr_array) -> csr_array:
    return csr_array(matrix.multiply(factors[:, None]))


def _joined(layer: Layer, outputs: list[Affine]) -> Affine:
    """Put what a layer reads on top of each other."""
    parts = [outputs[source] for source in layer.sources or ()]
    return vstack([matrix for matrix, _ in parts], format="csr"), np.concatenate([shift for _, shift in parts])


def _pieces(
    values: list[Floats], lowest: NDArray[np.int64], units: Elementwise, switches: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return numbers that belong to pieces, on the lowest piece of every unit, and how they change at some switches."""
    first = np.array([value[piece] for value, piece in zip(values, lowest, strict=True)])
    changes = np.concatenate([np.zeros(0), *(np.diff(value) for value in values)])
    return first, changes[switches]


def _elementwise(number: int, layer: Layer) -> Elementwise:
    """Return the units of a layer, or refuse maxima."""
    if isinstance(layer.units, Elementwise):
        return layer.units
    raise UnsupportedLayer(
        f"mixed-integer programs are made for units that apply an activation to one row, but layer {number} is a "
        f"{layer.kind}; count the regions of this network in another way"
    )


def _row_ranges(layers: list[tuple[Layer, Elementwise]], domain: Polytope) -> list[Floats]:
    """Bound the rows of every layer over the domain, and the values that they may have where they are constant.

    Returns
    -------
    list of numpy.ndarray, shape (4, rows)
        Lower and upper bounds of both; (inf, -inf) where a row is constant nowhere.
    """
    nowhere = np.full(domain.dim, np.inf)
    outputs = [np.stack([domain.lower, domain.upper, nowhere, -nowhere])]
    found = []
    for layer, units in layers:
        weights = csr_array(layer.weights)
        ends = np.concatenate([outputs[source] for source in layer.sources or ()], axis=1)
        rising, falling = weights.maximum(0.0), weights.minimum(0.0)
        found.append(
            np.stack([rising @ a + falling @ b + layer.bias for a, b in zip(ends, ends[[1, 0, 3, 2]], strict=True)])
        )
        outputs.append(np.array([_unit_ranges(*each) for each in zip(units.activations, *found[-1], strict=True)]).T)
    return found


def _unit_ranges(
    activation: Activation, low: float, high: float, least: float, most: float
) -> tuple[float, float, float, float]:
    """Return the ranges of a unit's output from those of its row."""
    corners = np.array([low, *activation.breakpoints, high]).clip(low, high)
    values = activation(corners)
    is_flat = (np.array(activation.slopes) == 0.0) & (corners[:-1] < corners[1:])
    constants = values[:-1][is_flat]
    if least <= most:
        constants = np.append(constants, activation(np.array([least, *activation.breakpoints, most]).clip(least, most)))
    return values.min(), values.max(), constants.min(initial=np.inf), constants.max(initial=-np.inf)
