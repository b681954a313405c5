"""Tighter bounds for the coordinates of vertices.

The subdivision engine's bounds grow from vertex to vertex, which does no harm to signs.  Here every vertex is computed
once more from n of the hyperplanes through it: for the float inverse R of their matrix A and a float solution x, the
error is at most ``|R| |A x + c|``, enlarged by ``1 / (1 - a)`` for ``a = || I - R A ||`` (Rump 2010, "Verification
methods: rigorous results using floating-point arithmetic", section 10), with all roundings counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure
from polyregions.arithmetic.enclosure import QUIET, TINY, UNIT, gamma
from polyregions.compiled import compiled
from polyregions.enumeration.regions import switch_pattern
from polyregions.enumeration.rows import unpacked
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import CHUNK, enclosed_switches
from polyregions.networks.network import Network

Floats = NDArray[np.float64]


@QUIET
def sharpen(
    network: Network,
    domain: Polytope,
    signs: NDArray[np.int8],
    incidence: NDArray[np.uint64],
    coordinates: Enclosure,
) -> Enclosure:
    """Return enclosures of vertices, the given ones or tighter.

    Parameters
    ----------
    network : Network
    domain : Polytope
    signs : numpy.ndarray of int8, shape (V, n_switches)
        The exact signs of all switches at the vertices.
    incidence : numpy.ndarray of uint64, shape (V, words)
        The hyperplanes through every vertex, as bits: facets of the domain first, then switches.
    coordinates : Enclosure, shape (V, n)

    Returns
    -------
    Enclosure, shape (V, n)
    """
    value, error = coordinates.value.copy(), coordinates.error.copy()
    for first in range(0, len(value), CHUNK):
        part = slice(first, first + CHUNK)
        through = unpacked(incidence[part], domain.n_facets + network.n_switches)
        forms = _hyperplanes(network, domain, signs[part], through)
        points, bounds = meeting_points(forms.value, forms.error)
        better = bounds < error[part]
        value[part] = np.where(better, points, value[part])
        error[part] = np.where(better, bounds, error[part])
    return Enclosure(value, error)


def _hyperplanes(network: Network, domain: Polytope, signs: NDArray[np.int8], through: NDArray[np.bool_]) -> Enclosure:
    """Return the hyperplanes through vertices as forms, padded with zeros to the same number, (V, p, n + 1)."""
    count, most = len(signs), int(through.sum(axis=1).max())
    place = np.cumsum(through, axis=1) - 1
    value, error = (np.zeros((count, most, domain.dim + 1)) for _ in range(2))
    rows = np.column_stack([-domain.normals, domain.offsets])
    vertices, facets = np.nonzero(through[:, : domain.n_facets])
    value[vertices, place[vertices, facets]] = rows[facets]
    error[vertices, place[vertices, facets]] = UNIT * np.abs(rows[facets]) + TINY
    vertices, switches = np.nonzero(through[:, domain.n_facets :])
    forms = enclosed_switches(network, switch_pattern(network, signs), vertices, switches)
    places = place[vertices, domain.n_facets + switches]
    value[vertices, places], error[vertices, places] = forms.value, forms.error
    size = np.abs(value[:, :, :-1]).max(axis=2, keepdims=True)
    scale = np.ldexp(1.0, -np.frexp(np.where(size > 0.0, size, 1.0))[1])
    return Enclosure(value * scale, error * scale + np.where(error > 0.0, TINY, 0.0))


@compiled
def meeting_points(forms: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Enclose the points where forms vanish.

    Parameters
    ----------
    forms, errors : numpy.ndarray, shape (V, p, n + 1)
        The hyperplanes through each vertex, with error bounds.

    Returns
    -------
    points, bounds : numpy.ndarray, shape (V, n)
        The bounds are infinite where this fails.
    """
    count, _, width = forms.shape
    points, bounds = np.zeros((count, width - 1)), np.zeros((count, width - 1))
    for vertex in range(count):
        chosen = _independent(forms[vertex])
        _solve(forms[vertex][chosen], errors[vertex][chosen], points[vertex], bounds[vertex])
    return points, bounds


@compiled
def _independent(forms: Floats) -> NDArray[np.int64]:
    """Choose n of the hyperplanes at a vertex, well apart: always the one farthest from the span of the others."""
    n = forms.shape[1] - 1
    rest, chosen = forms.copy(), np.zeros(n, dtype=np.int64)
    for step in range(n):
        largest = TINY
        for i in range(len(rest)):
            size = 0.0
            for j in range(n):
                size += rest[i, j] * rest[i, j]
            if largest < size < np.inf:
                largest, chosen[step] = size, i
        pivot = rest[chosen[step]].copy()
        for i in range(len(rest)):
            along = 0.0
            for j in range(n):
                along += rest[i, j] * pivot[j]
            for j in range(n):
                rest[i, j] -= along / largest * pivot[j]
    return chosen


@compiled
def _solve(system: Floats, errors: Floats, point: Floats, bound: Floats) -> None:
    """Enclose the solution of a square system ``(A | c)``, shape (n, n + 1), beginning with a point of zeros."""
    n = len(system)
    inverse = _inverse(system)
    for _ in range(3):
        residual = _residual(system, point)
        for i in range(n):
            for j in range(n):
                point[i] -= inverse[i, j] * residual[j]
    residual = _residual(system, point)
    for i in range(n):
        size, slack = abs(system[i, n]), errors[i, n]
        for j in range(n):
            size += abs(system[i, j] * point[j])
            slack += errors[i, j] * abs(point[j])
        residual[i] = abs(residual[i]) + slack + gamma(n + 3) * size + TINY
    norm = largest = 0.0  # of I - R A, and of the bounds so far
    solved = True
    for i in range(n):
        bound[i] = total = 0.0
        for j in range(n):
            bound[i] += abs(inverse[i, j]) * residual[j]
            entry, size = -1.0 if i == j else 0.0, 1.0
            for k in range(n):
                entry += inverse[i, k] * system[k, j]
                size += abs(inverse[i, k] * system[k, j])
                total += abs(inverse[i, k]) * errors[k, j]
            total += abs(entry) + gamma(n + 3) * size
        solved = solved and total < 0.5 and bound[i] < np.inf
        norm, largest = max(norm, total), max(largest, bound[i])
    for i in range(n):
        enlarged = (bound[i] + norm / (1.0 - norm) * largest) * (1.0 + gamma(8 * n + 40)) + TINY
        bound[i] = enlarged if solved else np.inf


@compiled
def _residual(system: Floats, point: Floats) -> Floats:
    """Return ``A x + c``."""
    n = len(system)
    result = system[:, n].copy()
    for i in range(n):
        for j in range(n):
            result[i] += system[i, j] * point[j]
    return result


@compiled
def _inverse(system: Floats) -> Floats:
    """Return the inverse of A in floats, by Gauss and Jordan; not finite where they find none."""
    n = len(system)
    table = np.zeros((n, 2 * n))
    for i in range(n):
        table[i, n + i] = 1.0
        for j in range(n):
            table[i, j] = system[i, j]
    for step in range(n):
        pivot = step
        for i in range(step + 1, n):
            if abs(table[i, step]) > abs(table[pivot, step]):
                pivot = i
        for j in range(2 * n):
            table[step, j], table[pivot, j] = table[pivot, j], table[step, j]
        leading = table[step, step]
        for j in range(2 * n):
            table[step, j] /= leading
        for i in range(n):
            factor = table[i, step] if i != step else 0.0
            for j in range(2 * n):
                table[i, j] -= factor * table[step, j]
    return table[:, n:]
