"""Building the polyhedral complex of a network in a domain."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.lattice import distinct_faces, facets_of_faces
from polyregions.enumeration.engines import check_dimensions, subdivision_of
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Progress, Statistics, Status, Throttle, reporting
from polyregions.enumeration.subdivision import Cells
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network


def build_complex(network: Network, domain: Polytope, *, progress: Progress | bool | None = None) -> PolyhedralComplex:
    """Cut a domain by all units of a network, and return all faces that arise.

    Parameters
    ----------
    network : Network
    domain : Polytope
        Of dimension ``network.input_dim``.
    progress : callable or bool, optional
        Called with the share of the work done and the number of regions known; True shows a bar.

    Returns
    -------
    PolyhedralComplex

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    LimitReached
        K has too many vertices: use `enumerate_regions`, whose branching engine needs none.

    Notes
    -----
    The subdivision engine finds the regions as sets of vertices; their faces follow from the hyperplanes through the
    vertices, all exactly.  Time and memory grow with the number of faces, which is about ``2**n`` for each region, and
    much larger where most regions touch the boundary of K.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.ones((1, 3))], [np.zeros(3), [0.0]])
    >>> pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2)).f_vector()
    (9, 14, 6)
    """
    check_dimensions(network, domain)
    started = time.perf_counter()
    subdivision_of(network, domain)
    with reporting(progress, "building the complex") as report:
        cells = Cells.of_domain(network, domain)
        throttled = Throttle(report)
        count = len(network.layers)

        def tick(layers: int, share: float) -> None:
            throttled((layers + share) / count, len(cells))

        for number in range(count):
            cells.cut_by_layer(partial(tick, number))
        cells = cells.sorted()
        members, boundaries = _faces(cells)
        report(1.0, len(cells))
    regions = _regions(cells, time.perf_counter() - started)
    table = cells.table
    signs, incidence = table.signs[: table.size], table.incidence[: table.size]
    coordinates, outputs = table.block(0), table.block(count)
    for array in (signs, incidence, coordinates.value, coordinates.error, outputs.value, outputs.error):
        array.setflags(write=False)
    return PolyhedralComplex(regions, coordinates, outputs, signs, incidence, members, boundaries, table.point)


def _regions(cells: Cells, seconds: float) -> Regions:
    found, table = cells.found(), cells.table
    statistics = Statistics(seconds=seconds, vertices=table.size, vertex_signs_in_rationals=table.in_rationals)
    return Regions(
        table.network,
        table.domain,
        found.patterns,
        found.points,
        found.thin,
        found.cuts,
        Status.COMPLETE,
        statistics,
    )


def _faces(cells: Cells) -> tuple[tuple[csr_array, ...], tuple[csr_array, ...]]:
    """Return the vertices of all faces, by dimension, and the facets of all faces of dimension 1 and more."""
    count, incidence = cells.table.size, cells.table.incidence[: cells.table.size]
    starts, members = cells.starts, cells.members
    order = np.lexsort((members, np.repeat(np.arange(len(cells)), np.diff(starts))))
    members = members[order]
    faces, boundaries = [_incidence(starts, members, count)], []
    for _ in range(cells.table.domain.dim - 1):
        counts, parts, vertices = facets_of_faces(starts, members, incidence)
        numbers, first = distinct_faces(parts, vertices)
        boundaries.append(_incidence(np.cumsum([0, *counts]), numbers.astype(np.int32), len(first)))
        lengths = np.diff(parts)[first]
        starts = np.cumsum([0, *lengths])
        members = vertices[np.repeat(parts[first] - starts[:-1], lengths) + np.arange(starts[-1])]
        faces.append(_incidence(starts, members, count))
    faces.append(_incidence(np.arange(count + 1), np.arange(count, dtype=np.int32), count))
    boundaries.append(faces[-2])
    return tuple(faces[::-1]), tuple(boundaries[::-1])


def _incidence(starts: NDArray[np.int64], members: NDArray[np.int32], columns: int) -> csr_array:
    """Return compressed rows as a matrix of ones."""
    ones = np.ones(len(members), dtype=np.int8)
    return csr_array((ones, members, starts.astype(np.int32)), shape=(len(starts) - 1, columns))
