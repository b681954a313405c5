"""How much boundary there is: B_N by codimension, by unit and by layer, and the surfaces of cells.

B_{N,k} is the part of B_N near which B_N does not change along n - k directions.  Its (n-k)-volume is the sum of the
volumes of the faces of codimension k inside K at which the normals of the visible walls have rank k.
"""

from __future__ import annotations

from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from polyregions.arithmetic import Enclosure
from polyregions.arithmetic.enclosure import QUIET, gamma
from polyregions.complexes import CellComplex, PolyhedralComplex, boundary_order, visible_walls, wall_units
from polyregions.measures.exact import sums_of_volumes, total_volume
from polyregions.measures.face_volumes import volumes
from polyregions.measures.measure import Measure

By = Literal["unit", "layer"]
Parts = dict[tuple[int, ...], Measure]


@overload
def boundary_volume(
    complex_: PolyhedralComplex, codim: int, *, visible: bool = True, by: None = None, exact: bool = False
) -> Measure: ...


@overload
def boundary_volume(
    complex_: PolyhedralComplex, codim: int, *, visible: bool = True, by: By, exact: bool = False
) -> Parts: ...


def boundary_volume(
    complex_: PolyhedralComplex, codim: int, *, visible: bool = True, by: By | None = None, exact: bool = False
) -> Measure | Parts:
    """Return the (n-k)-volume of B_{N,k} inside K, for the codimension k.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    codim : int
        From 1, for the walls, to n, where points are counted.
    visible : bool
        Whether only walls count across which the Jacobian jumps, as in B_N, or all walls between regions.
    by : {"unit", "layer"}, optional
        Split the volume by the units whose walls meet there, or by their layers.
    exact : bool
        Compute the volumes exactly.  Numbers of points are always exact.

    Returns
    -------
    Measure, or dict of Measure
        With `by`, the keys are ascending tuples of units, or of the layers of these units, counted from 1, with
        repetitions.  On generic networks they have length `codim`; where several units share a wall or a face, they
        are longer.  The parts add up to the whole.

    Raises
    ------
    DimensionMismatch
        There is no such codimension.
    ValueError
        There is no such way to split it.

    Notes
    -----
    Faces inside a larger flat piece of the boundary, such as those where an invisible wall meets a visible one, belong
    to a smaller k and are left out.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.5], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> boundary_volume(complex_, 1, exact=True)
    Measure(4.0, exactly 4)
    >>> boundary_volume(complex_, 2, by="unit")
    {(0, 1): Measure(1.0, exactly 1)}
    """
    if by not in (None, "unit", "layer"):
        raise ValueError(f'boundaries are split by "unit" or "layer", got {by!r}')
    faces = np.flatnonzero(boundary_order(complex_, codim, visible) == codim)
    k = complex_.dim - codim
    if by is None:
        return total_volume(complex_, k, faces, exact=exact)
    groups: dict[tuple[int, ...], list[int]] = {}
    layers = complex_.network.unit_layers
    units = _units_around(complex_, k, faces, visible)
    for face, first, last in zip(faces.tolist(), units.indptr[:-1], units.indptr[1:], strict=True):
        key = units.indices[first:last]
        groups.setdefault(tuple((key if by == "unit" else layers[key]).tolist()), []).append(face)
    ordered = sorted(groups.items())
    sums = sums_of_volumes(complex_, k, [np.array(part, dtype=np.int64) for _, part in ordered], exact)
    return {key: total for (key, _), total in zip(ordered, sums, strict=True)}


def _units_around(complex_: PolyhedralComplex, k: int, faces: NDArray[np.int64], visible: bool) -> csr_array:
    """Return the units that switch at the walls around k-faces: compressed rows, ascending."""
    units = wall_units(complex_).astype(np.int32)
    if visible:
        units = csr_array(diags_array(visible_walls(complex_).astype(np.int32), dtype=np.int32) @ units)
    for j in range(complex_.dim - 2, k - 1, -1):
        units = csr_array((complex_.coboundary(j).astype(np.int32) @ units) > 0).astype(np.int32)
    chosen = csr_array(units[faces])
    chosen.eliminate_zeros()
    chosen.sort_indices()
    return chosen


@QUIET
def surface(complex_: CellComplex, *, inner: bool = False) -> Enclosure:
    """Return the (n-1)-volume of the boundary of every cell, with rigorous error bounds.

    Parameters
    ----------
    complex_ : CellComplex
    inner : bool
        Leave out what lies on the boundary of K.

    Returns
    -------
    Enclosure, shape (cells,)

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> surface(complex_).value
    array([4., 4., 4., 4.])
    >>> surface(complex_, inner=True).value
    array([2., 2., 2., 2.])
    """
    facets = complex_.boundary(complex_.dim).astype(np.float64)
    if inner:
        facets = csr_array(facets[:, complex_.walls])
    sizes = volumes(complex_, complex_.dim - 1, complex_.walls if inner else None)
    value = np.asarray(facets @ sizes.value)
    if complex_.dim == 1:
        return Enclosure.exact(value)
    counts = np.diff(facets.indptr)
    error = (facets @ sizes.error + gamma(1) * counts * value) * (1.0 + gamma(1) * (counts + 8))
    known = np.isfinite(value) & np.isfinite(error)
    return Enclosure(np.where(known, value, np.inf), np.where(known, error, np.inf))
