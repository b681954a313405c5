"""Building the polyhedral complex of a network in a domain."""

from __future__ import annotations

import time
from functools import partial

from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.lattice import face_lattice
from polyregions.complexes.vertex_set import VertexSet
from polyregions.enumeration.engines import check_dimensions, check_vertices
from polyregions.enumeration.found import Found
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
    >>> import numpy as np
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.ones((1, 3))], [np.zeros(3), [0.0]])
    >>> pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2)).f_vector()
    (9, 14, 6)
    """
    started = time.perf_counter()
    cells = cells_of(network, domain, progress)
    vertices = vertex_set_of(cells)
    members, boundaries = face_lattice(cells.starts, cells.members, vertices.incidence, domain.dim)
    regions = _regions(cells, time.perf_counter() - started)
    return PolyhedralComplex(vertices, members, boundaries, regions, cells.table.block(len(network.layers)))


def cells_of(network: Network, domain: Polytope, progress: Progress | bool | None) -> Cells:
    """Cut a domain by all units of a network; return the cells sorted by pattern."""
    check_dimensions(network, domain)
    check_vertices(domain)
    cells = Cells.of_domain(network, domain)
    count = len(network.layers)
    with reporting(progress, "cutting") as report:
        throttled = Throttle(report)

        def tick(layers: int, share: float) -> None:
            throttled((layers + share) / count, len(cells))

        for number in range(count):
            cells.cut_by_layer(partial(tick, number))
        report(1.0, len(cells))
    cells.table.trim()
    return cells.sorted()


def vertex_set_of(cells: Cells) -> VertexSet:
    """Return the vertices of subdivided cells."""
    table = cells.table
    return VertexSet(table.network, table.domain, table.block(0), table.signs, table.incidence, table.point)


def _regions(cells: Cells, seconds: float) -> Regions:
    found, table = Found.joined(cells.found(), cells.table.network), cells.table
    statistics = Statistics("subdivision", seconds, vertices=table.size, vertex_signs_in_rationals=table.in_rationals)
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
