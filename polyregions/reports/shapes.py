"""Faces as outlines, and regions and walls in the plane as shapely geometries for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic.enclosure import QUIET
from polyregions.complexes import CellComplex
from polyregions.errors import DimensionMismatch

if TYPE_CHECKING:
    import shapely

SAFE = 2.0**-40
"""A signed area is certainly of the right sign if it is larger than this part of the products that make it."""


def to_shapely(
    complex_: CellComplex, what: Literal["regions", "walls"] = "regions"
) -> list[shapely.Polygon] | list[shapely.LineString]:
    """Return the regions or walls of a network with two inputs as shapely geometries.

    Parameters
    ----------
    complex_ : PolyhedralComplex or DecisionComplex
    what : {"regions", "walls"}
        Regions are polygons in the order of ``complex_.regions``, with their vertices counter-clockwise; walls are line
        strings of two points in the order of ``complex_.walls``.

    Returns
    -------
    list of shapely.Polygon or shapely.LineString
        Geometries that share a vertex have it in the same floats.

    Raises
    ------
    DimensionMismatch
        The domain is not in the plane.
    ValueError
        There is nothing else to be returned.

    Notes
    -----
    Which vertices a region has, in which order, is exact; shapely sees their coordinates rounded to floats.  A region
    that is too thin for floats gets a polygon that shapely does not call valid.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 0.0]], [[1.0]]], [[0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> [polygon.area for polygon in to_shapely(complex_)]
    [2.0, 2.0]
    >>> [wall.length for wall in to_shapely(complex_, "walls")]
    [2.0]
    """
    if what not in ("regions", "walls"):
        raise ValueError(f"regions or walls become shapely geometries: what must name one of them, got {what!r}")
    if complex_.dim != 2:
        raise DimensionMismatch(f"only regions in the plane are polygons, these are in dimension {complex_.dim}")
    import shapely

    shapes: list[Any]
    if what == "walls":
        shapes = shapely.linestrings(wall_ends(complex_)).tolist()
    else:
        starts, members = rings(complex_)
        owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        outlines = shapely.linearrings(complex_.vertices[members], indices=owners)
        shapes = shapely.polygons(outlines).tolist()
    return shapes


def outlines(complex_: CellComplex) -> list[NDArray[np.float64]]:
    """Return the corners of every face of dimension 2 in floats, in order around it.

    In the plane, where these faces are the regions, counter-clockwise.
    """
    starts, members = rings(complex_)
    return np.split(complex_.vertices[members], starts[1:-1])


def wall_ends(complex_: CellComplex) -> NDArray[np.float64]:
    """Return the vertices of the walls in floats: shape (W, 2, 2) in the plane, (W, 1, 1) on the line."""
    members = complex_.members[complex_.dim - 1][complex_.walls].indices
    return complex_.vertices[members.reshape(len(complex_.walls), complex_.dim)]


def rings(complex_: CellComplex) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the vertices of every face of dimension 2, in the order in which one meets them walking around it.

    Parameters
    ----------
    complex_ : CellComplex
        Of dimension 2 or more.

    Returns
    -------
    starts : numpy.ndarray of int, shape (f_2 + 1,)
    members : numpy.ndarray of int
        Face i has the vertices ``members[starts[i] : starts[i + 1]]``; in the plane counter-clockwise.

    Notes
    -----
    From edge to edge, without coordinates; all faces take their steps at the same time.  Which way round is a question
    for coordinates, and goes to rationals if floats leave it open.
    """
    part = complex_.members[2]
    starts = part.indptr.astype(np.int64)
    sizes = np.diff(starts)
    nearby = _neighbours(complex_, starts)
    order = np.empty_like(nearby[:, 0])
    here, previous = starts[:-1], nearby[starts[:-1], 0]
    rows = np.arange(len(sizes))
    for step in range(int(sizes.max(initial=0))):
        order[starts[rows] + step] = here
        onwards = np.where(nearby[here, 0] == previous, nearby[here, 1], nearby[here, 0])
        going = sizes[rows] > step + 1
        rows, previous, here = rows[going], here[going], onwards[going]
    members = part.indices[order].astype(np.int64)
    if complex_.dim == 2:
        clockwise = np.repeat(_turn(complex_, starts, members) < 0, sizes)
        backwards = np.repeat(starts[:-1] + starts[1:] - 1, sizes) - np.arange(len(members))
        members = np.where(clockwise, members[backwards], members)
    return starts, members


def _neighbours(complex_: CellComplex, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each vertex of each face of dimension 2, where its two neighbours stand among the vertices."""
    members, edges = complex_.members[2], complex_.boundary(2)
    ends = complex_.members[1].indices.reshape(-1, 2)[edges.indices].astype(np.int64)
    owners = np.repeat(np.arange(edges.shape[0], dtype=np.int64), np.diff(edges.indptr))
    names = np.repeat(np.arange(len(starts) - 1, dtype=np.int64), np.diff(starts)) * members.shape[1] + members.indices
    places = np.searchsorted(names, owners[:, None] * members.shape[1] + ends)
    one, other = np.concatenate([places, places[:, ::-1]]).T
    return np.asarray(other[np.argsort(one, kind="stable")].reshape(-1, 2))


@QUIET
def _turn(complex_: CellComplex, starts: NDArray[np.int64], members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sign of the turn at the second vertex of every ring, exactly: 1 if that is counter-clockwise."""
    corners = members[starts[:-1, None] + np.arange(3)]
    value, error = complex_.coordinates.value[corners], complex_.coordinates.error[corners]
    legs = value[:, 1:] - value[:, :1]
    # Each leg is off by its rounding and the bounds of two points, so is each product by that times the other leg.
    wide = (error[:, 1:] + error[:, :1] + 2.0**-50 * (np.abs(value[:, 1:]) + np.abs(value[:, :1]))) * 1.01
    area = legs[:, 0, 0] * legs[:, 1, 1] - legs[:, 0, 1] * legs[:, 1, 0]
    reach = np.abs(legs) + wide
    spread = wide[:, 0] * reach[:, 1, ::-1] + reach[:, 0] * wide[:, 1, ::-1]
    products = reach[:, 0] * reach[:, 1, ::-1]
    bound = spread.sum(axis=1) * 1.01 + products.sum(axis=1) * SAFE + 2.0**-900
    known = np.abs(area) > bound
    turn: NDArray[np.int64] = np.where(area > 0.0, 1, -1)
    for face in np.flatnonzero(~known).tolist():
        a, b, c = (complex_.exact_point(vertex) for vertex in corners[face].tolist())
        exact = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        turn[face] = 1 if exact > 0 else -1
    return turn
