"""Where a classifier decides what, and the level sets of an output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyregions.complexes.build import build_complex, cells_of, vertex_set_of
from polyregions.complexes.cell_complex import CellComplex
from polyregions.complexes.lattice import extreme_vertices, face_lattice
from polyregions.complexes.subcomplex import Subcomplex
from polyregions.complexes.vertex_set import VertexSet
from polyregions.enumeration.rows import packed, take_rows, unpacked
from polyregions.enumeration.run import Progress
from polyregions.errors import DimensionMismatch
from polyregions.frozen import frozen
from polyregions.geometry.polytope import Polytope
from polyregions.networks.compare import with_level, with_maximum
from polyregions.networks.network import Network


@dataclass(frozen=True, eq=False, repr=False)
class DecisionComplex(CellComplex):
    """The activation regions of a classifier, cut where its decision changes, with all their faces.

    A cell is a region intersected with the points of one class; the classes are the outputs, and a point belongs to
    the first of its largest ones.  A network with one output has the classes 0, where it is not positive, and 1.  Make
    one with `decision_complex`.

    Parameters
    ----------
    network : Network
    patterns : numpy.ndarray of uint8, shape (cells, n_units)
        The activation pattern of each cell; cells of the same pattern have different classes.
    classes : numpy.ndarray of int, shape (cells,)
        The class of each cell.
    """

    network: Network
    patterns: NDArray[np.uint8]
    classes: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        super().__post_init__()
        frozen(self.patterns)
        frozen(self.classes)

    @cached_property
    def pairs(self) -> NDArray[np.int64]:
        """The classes on the two sides of each wall, the smaller first, shape (W, 2)."""
        return frozen(np.sort(self.classes[self.wall_regions], axis=1))

    @cached_property
    def decisive(self) -> NDArray[np.bool_]:
        """The facets between different classes, shape (f_{n-1},)."""
        result = np.zeros(self.f_vector()[self.dim - 1], dtype=np.bool_)
        result[self.walls] = self.pairs[:, 0] != self.pairs[:, 1]
        return frozen(result)

    def _check_class(self, number: int) -> None:
        count = max(self.network.output_dim, 2)
        if number not in range(count):
            raise DimensionMismatch(f"the classes are 0 to {count - 1}, got {number}")

    def boundary_between(self, one: int, other: int) -> Subcomplex:
        """Return the facets between two classes with all their faces.

        Raises
        ------
        DimensionMismatch
            There are no two such classes.
        """
        self._check_class(one)
        self._check_class(other)
        if one == other:
            raise DimensionMismatch(f"a boundary lies between two different classes, got {one} twice")
        facets = self.walls[(self.pairs == sorted((one, other))).all(axis=1)]
        return Subcomplex.closure_of(self, self.dim - 1, facets)

    @property
    def decision_boundary(self) -> Subcomplex:
        """The facets between different classes with all their faces."""
        return Subcomplex.closure_of(self, self.dim - 1, self.decisive)

    def class_region(self, number: int) -> Subcomplex:
        """Return the closure of the points of one class; empty if no point of K belongs to it.

        Raises
        ------
        DimensionMismatch
            There is no such class.
        """
        self._check_class(number)
        return Subcomplex.closure_of(self, self.dim, self.classes == number)


def level_set(
    network: Network,
    domain: Polytope,
    level: float = 0.0,
    output: int = 0,
    *,
    progress: Progress | bool | None = None,
) -> Subcomplex:
    """Return the points of a domain where an output has a given value, as a subcomplex.

    Parameters
    ----------
    network : Network
    domain : Polytope
    level : float
        Taken as exact.
    output : int
    progress : callable or bool, optional
        As in `build_complex`.

    Returns
    -------
    Subcomplex
        Of the `PolyhedralComplex` of the network with one more unit, which vanishes there.  It has cells of full
        dimension if the output is constantly `level` on a region.

    Raises
    ------
    DimensionMismatch
        There is no such output, or network and domain have different dimensions.
    InvalidNetwork
        The level is not a finite number.
    """
    complex_ = build_complex(with_level(network, output, level), domain, progress=progress)
    return Subcomplex.spanned_by(complex_, complex_.vertex_signs[:, -1] == 0)


def decision_complex(network: Network, domain: Polytope, *, progress: Progress | bool | None = None) -> DecisionComplex:
    """Cut the activation regions of a classifier where the decision changes, exactly.

    Parameters
    ----------
    network : Network
        With an output for each class; or one output, whose sign decides.
    domain : Polytope
    progress : callable or bool, optional

    Returns
    -------
    DecisionComplex

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.

    Notes
    -----
    Each output is compared with the largest one before it.  Cells that a comparison cut although a later output is
    larger are put together again, so that a region is split into the cells of the upper envelope and nothing finer.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2)], [[0.0, 0.0]])
    >>> complex_ = pr.decision_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> complex_.f_vector(), complex_.classes.tolist(), complex_.decision_boundary.f_vector()
    ((4, 5, 2), [0, 1], (2, 1, 0))
    """
    extended = with_level(network, 0, 0.0) if network.output_dim == 1 else with_maximum(network)
    cells = cells_of(extended, domain, progress)
    classes = _classes(cells.signs[:, network.n_switches :] > 0)
    patterns = cells.patterns[:, : network.n_units]
    regions = np.concatenate([[0], np.cumsum((patterns[1:] != patterns[:-1]).any(axis=1))])
    order = np.lexsort((classes, regions))
    new = np.diff(regions[order], prepend=-1).astype(np.bool_) | np.diff(classes[order], prepend=-1).astype(np.bool_)
    first = np.flatnonzero(new)
    ends, points = take_rows(cells.starts, cells.members, order)
    vertices = vertex_set_of(cells)
    masks = _hyperplanes(vertices, network)
    starts, members = extreme_vertices(np.append(ends[first], ends[-1]), points, masks)
    used, numbers = np.unique(members, return_inverse=True)
    faces, boundaries = face_lattice(starts, numbers.astype(np.int32), masks[used], domain.dim)
    return DecisionComplex(
        vertices.take(used), faces, boundaries, network, patterns[order[first]], classes[order[first]]
    )


def _classes(larger: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the class of cells from the comparisons: the last output that was larger than all before it."""
    count = larger.shape[1]
    return np.where(larger.any(axis=1), count - larger[:, ::-1].argmax(axis=1), 0)


def _hyperplanes(vertices: VertexSet, network: Network) -> NDArray[np.uint64]:
    """Return the hyperplanes through vertices: facets of K, switches of the network, and outputs that are largest."""
    comparisons = vertices.signs[:, network.n_switches :]
    largest = np.zeros((len(vertices), comparisons.shape[1] + 1), dtype=np.bool_)
    largest[:, 0] = True
    for j, signs in enumerate(comparisons.T, start=1):
        largest[signs > 0] = False
        largest[:, j] = signs >= 0
    through = unpacked(vertices.incidence, vertices.domain.n_facets + network.n_switches)
    return packed(np.concatenate([through, largest], axis=1))
