"""Tighter bounds for the coordinates of vertices.

The subdivision engine's bounds grow from vertex to vertex, which does no harm to signs.  Here every vertex is computed
once more from n of the hyperplanes through it: for the float inverse R of their matrix A and a float solution x, the
error is at most ``|R| |A x + c|``, enlarged by ``1 / (1 - a)`` for ``a = || I - R A ||`` (Rump 2010, "Verification
methods: rigorous results using floating-point arithmetic", section 10), with all roundings counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, nearest_floats
from polyregions.arithmetic.enclosure import QUIET, TINY, UNIT, gamma
from polyregions.enumeration.regions import switch_pattern
from polyregions.enumeration.rows import unpacked
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import CHUNK, enclosed_switches
from polyregions.networks.network import Network


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
        sharp = _solve(*_independent(_hyperplanes(network, domain, signs[part], through)))
        better = sharp.error < error[part]
        value[part] = np.where(better, sharp.value, value[part])
        error[part] = np.where(better, sharp.error, error[part])
    return Enclosure(value, error)


def _hyperplanes(network: Network, domain: Polytope, signs: NDArray[np.int8], through: NDArray[np.bool_]) -> Enclosure:
    """Return the hyperplanes through vertices as forms, padded with zeros to the same number, (V, p, n + 1)."""
    count, most = len(signs), int(through.sum(axis=1).max())
    place = np.cumsum(through, axis=1) - 1
    value, error = (np.zeros((count, most, domain.dim + 1)) for _ in range(2))
    rows = nearest_floats(domain.rows)
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


def _independent(forms: Enclosure) -> tuple[Enclosure, NDArray[np.bool_]]:
    """Choose n of the hyperplanes at each vertex, well apart: always the one farthest from the span of the others."""
    n = forms.value.shape[2] - 1
    rest = forms.value[:, :, :-1].copy()
    chosen = np.zeros((len(rest), n), dtype=np.int64)
    everyone = np.arange(len(rest))
    for step in range(n):
        sizes = np.einsum("vpi,vpi->vp", rest, rest)
        sizes[~np.isfinite(sizes)] = 0.0
        chosen[:, step] = sizes.argmax(axis=1)
        pivot = rest[everyone, chosen[:, step]]
        pivot = pivot / np.sqrt(np.maximum(np.einsum("vi,vi->v", pivot, pivot), TINY))[:, None]
        rest = rest - np.einsum("vpi,vi->vp", rest, pivot)[:, :, None] * pivot[:, None, :]
    take = chosen[:, :, None]
    system = Enclosure(np.take_along_axis(forms.value, take, axis=1), np.take_along_axis(forms.error, take, axis=1))
    different = (np.diff(np.sort(chosen, axis=1), axis=1) != 0).all(axis=1)
    return system, np.isfinite(system.value).all(axis=(1, 2)) & different


def _solve(system: Enclosure, usable: NDArray[np.bool_]) -> Enclosure:
    """Enclose the solutions of square systems ``(A | c)``, shape (V, n, n + 1); infinite bounds where that fails."""
    n = system.value.shape[1]
    matrix, constant = system.value[:, :, :-1], system.value[:, :, -1]
    usable = usable & (np.abs(np.linalg.det(np.where(usable[:, None, None], matrix, 0.0))) > 2.0**-80)
    inverse = np.linalg.inv(np.where(usable[:, None, None], matrix, np.eye(n)))
    point = -np.einsum("vij,vj->vi", inverse, constant)
    for _ in range(2):
        residual = np.einsum("vij,vj->vi", matrix, point) + constant
        step = np.einsum("vij,vj->vi", inverse, residual)
        point = point - step
    residual = np.einsum("vij,vj->vi", matrix, point) + constant
    size = np.abs(matrix) @ np.abs(point)[:, :, None]
    slack = (system.error[:, :, :-1] @ np.abs(point)[:, :, None])[:, :, 0] + system.error[:, :, -1]
    slack += gamma(n + 3) * (size[:, :, 0] + np.abs(constant)) + TINY
    spread = (np.abs(inverse) @ (np.abs(residual) + slack)[:, :, None])[:, :, 0]
    defect = np.abs(np.eye(n) - inverse @ matrix) + np.abs(inverse) @ system.error[:, :, :-1]
    defect += gamma(n + 3) * (np.abs(inverse) @ np.abs(matrix) + 1.0)
    norm = defect.sum(axis=2).max(axis=1)
    error = (spread + (norm / (1.0 - norm) * spread.max(axis=1))[:, None]) * (1.0 + gamma(8 * n + 40)) + TINY
    return Enclosure(point, np.where((usable & (norm < 0.5))[:, None], error, np.inf))
