"""How far points are from the boundary of their activation region; in any input dimension, without any search."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Enclosure, Rational, rational
from polyregions.arithmetic.enclosure import QUIET, TINY, UNIT, gamma
from polyregions.enumeration.regions import switch_pattern
from polyregions.geometry.nearest import Norm, check_norm, dual, lengths
from polyregions.measures.measure import Measure
from polyregions.networks.affine import RegionForms, enclosed_forms, layer_pieces
from polyregions.networks.evaluate import check_points, switch_signs
from polyregions.networks.network import Network
from polyregions.queries.distances import Distances, as_distance

ENTRIES = 1 << 23
"""About so many floats are kept in one array; points are taken in runs if there would be more."""

Floats = NDArray[np.float64]


def distance_to_region_boundary(
    network: Network, points: ArrayLike, *, norm: Norm = 2, exact: bool = False
) -> Distances:
    """Return how far points are from the boundary of their activation region, in the whole input space.

    Parameters
    ----------
    network : Network
    points : array_like, shape (N, n)
        Floats, taken as exact.
    norm : {1, 2, math.inf}
    exact : bool
        Whether to compute the exact distances too: fractions, in the 2-norm square roots.

    Returns
    -------
    Distances
        Infinite where the region is the whole space, zero on its boundary.

    Raises
    ------
    DimensionMismatch
        The points have another shape, or are not finite.
    ValueError
        There is no such norm here.

    Notes
    -----
    The region is a polytope, so this is the least distance from the hyperplanes of its switches,
    ``min |g_z(x)| / |gradient g_z(x)|*`` with the dual norm: those that are redundant are never the nearest.  It is a
    lower bound of the distance from B_N, of whose walls some may be invisible (Hanin and Rolnick 2019).  Costs the
    affine maps of all units at each point; hyperplanes that floats do not tell apart are compared in rationals, which
    takes minutes for networks of many inputs.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[3.0, 4.0], [1.0, 0.0]], [[1.0, 1.0]]], [[-1.0, 0.0], [0.0]])
    >>> found = pr.distance_to_region_boundary(net, [[0.3, 1.0], [2.0, 2.0]])
    >>> found.value, found.units
    (array([0.3, 2. ]), array([1, 1]))
    """
    array, order = check_points(network, points), check_norm(norm)
    run = max(1, ENTRIES // max(1, (network.input_dim + 1) * max(network.n_switches, 1)))
    parts = [_run(network, array[first : first + run], order, exact) for first in range(0, len(array), run)]
    if not parts:
        parts = [_run(network, array, order, exact)]
    names = ("value", "lower", "upper", "nearest", "units", "patterns", "entered")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Distances(**joined, exact=tuple(number for part in parts for number in part.exact))


@QUIET
def _run(network: Network, points: Floats, norm: float, exact: bool) -> Distances:
    count = len(points)
    signs = switch_signs(network, points)
    patterns = switch_pattern(network, signs)
    forms = _switch_forms(network, patterns)
    height = _heights(forms, points)
    low, high = _distances(forms, height, norm)
    certainly = (forms.value[:, :, :-1] != 0.0) & (np.abs(forms.value) > forms.error)[:, :, :-1]
    zero = (signs.T == 0) & certainly.any(axis=2)
    low[zero], high[zero] = 0.0, 0.0
    value, lower, upper = (np.full(count, np.inf) for _ in range(3))
    nearest, units = np.full(points.shape, np.nan), np.full(count, -1, dtype=np.int64)
    known: list[Measure | None] = [None] * count
    limit = high.min(axis=0, initial=np.inf)
    for number in range(count):
        candidates = np.flatnonzero((low[:, number] <= limit[number]) & np.isfinite(low[:, number]))
        if exact or len(candidates) > 1:
            best, power = _compared(network, patterns[number], points[number], candidates, norm)
            if best >= 0:
                known[number] = Measure.of(as_distance(power, norm))
        else:
            best = int(candidates[0]) if len(candidates) else -1
        if best < 0:
            continue
        units[number] = network.switch_units[best]
        gradient, above = forms.value[best, number, :-1], float(height.value[best, number])
        nearest[number] = points[number] + _step(gradient, above, norm)
        lower[number], upper[number] = low[best, number], high[best, number]
        value[number] = np.clip(np.linalg.norm(nearest[number] - points[number], norm), lower[number], upper[number])
        measure = known[number]
        if measure is not None:
            value[number], lower[number], upper[number] = measure.value, measure.lower, measure.upper
    numbers = tuple(measure.exact if exact and measure else None for measure in known)
    return Distances(value, lower, upper, nearest, units, patterns, np.ones(count, dtype=np.int64), numbers)


def _switch_forms(network: Network, patterns: NDArray[np.uint8]) -> Enclosure:
    """Return all switches as forms on the regions of points, shape (n_switches, N, n + 1)."""
    count, width = len(patterns), network.input_dim + 1
    values, errors = [np.zeros((0, count, width))], [np.zeros((0, count, width))]
    each = zip(network.layers, enclosed_forms(network, patterns), layer_pieces(network, patterns), strict=False)
    for layer, rows, pieces in each:
        q = layer.n_switches
        if q:
            pairs = np.repeat(np.arange(q), count), np.tile(np.arange(count), q)
            forms = layer.units.switch_forms(rows, pieces.T, *pairs)
            values.append(forms.value.reshape(q, count, width))
            errors.append(forms.error.reshape(q, count, width))
    return Enclosure(np.concatenate(values), np.concatenate(errors))


def _heights(forms: Enclosure, points: Floats) -> Enclosure:
    """Return the values of forms at their points, shape (n_switches, N)."""
    sizes = np.abs(points)
    value = np.einsum("sni,ni->sn", forms.value[:, :, :-1], points) + forms.value[:, :, -1]
    size = np.einsum("sni,ni->sn", np.abs(forms.value[:, :, :-1]), sizes) + np.abs(forms.value[:, :, -1])
    error = np.einsum("sni,ni->sn", forms.error[:, :, :-1], sizes) + forms.error[:, :, -1]
    terms = points.shape[1] + 4
    moving = (size > 0.0) | (error > 0.0)
    return Enclosure(value, (error + gamma(terms) * size) * (1.0 + gamma(terms + 8)) + TINY * terms * moving)


def _distances(forms: Enclosure, height: Enclosure, norm: float) -> tuple[Floats, Floats]:
    """Return bounds of the distances of points from the zero sets of forms, shape (n_switches, N)."""
    least, most = lengths(forms.value[:, :, :-1], dual(norm))
    _, doubt = lengths(forms.error[:, :, :-1], dual(norm))
    least, most = (least - doubt * (1.0 + 4.0 * UNIT)).clip(min=0.0), (most + doubt) * (1.0 + 4.0 * UNIT)
    gap = np.abs(height.value)
    low = (gap - height.error).clip(min=0.0) / most * (1.0 - 8.0 * UNIT)
    high = (gap + height.error) / least * (1.0 + 8.0 * UNIT)
    high[~(least > 0.0) | np.isnan(high)] = np.inf
    low[np.isnan(low)] = 0.0
    still = ~(forms.value[:, :, :-1].any(axis=2) | forms.error[:, :, :-1].any(axis=2))
    low[still], high[still] = np.inf, np.inf
    return low, high


def _compared(
    network: Network, pattern: NDArray[np.uint8], point: Floats, candidates: NDArray[np.int64], norm: float
) -> tuple[int, Rational]:
    """Return the nearest of some switches, the lowest of equals, and its exact distance; squared in the 2-norm."""
    exact = RegionForms(network, pattern)
    place = [rational(x) for x in point.tolist()]
    best, least = -1, rational(0)
    for switch in candidates.tolist():
        form = exact.switch(switch)
        sizes = [abs(entry) for entry in form[:-1]]
        if not any(sizes):
            continue
        height = abs(form[-1] + sum((a * x for a, x in zip(form[:-1], place, strict=True)), rational(0)))
        if norm == 2:
            power = height * height / sum((size * size for size in sizes), rational(0))
        else:
            power = height / (max(sizes) if norm == 1 else sum(sizes, rational(0)))
        if best < 0 or power < least:
            best, least = switch, power
    return best, least


def _step(gradient: Floats, height: float, norm: float) -> Floats:
    """Return the shortest step to where an affine function of this gradient and value vanishes."""
    if height == 0.0:
        return np.zeros_like(gradient)
    if norm == 2:
        scale = np.abs(gradient).max()
        unit = gradient / scale
        return np.asarray(-height / scale / (unit @ unit) * unit)
    if norm == np.inf:
        return np.asarray(-height / np.abs(gradient).sum() * np.sign(gradient))
    steepest = int(np.abs(gradient).argmax())
    step = np.zeros_like(gradient)
    step[steepest] = -height / gradient[steepest]
    return step
