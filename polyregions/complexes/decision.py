"""Where a classifier decides what, and the level sets of an output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyregions.complexes.build import build_complex, cells_of, vertex_set_of
from polyregions.complexes.cell_complex import CellComplex
from polyregions.complexes.lattice import face_lattice
from polyregions.complexes.subcomplex import Subcomplex
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
    The largest output is a maximum like those inside networks: it splits a region into the cells of the upper envelope
    and nothing finer.

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
    vertices = vertex_set_of(cells)
    faces, boundaries = face_lattice(cells.starts, cells.members, vertices.incidence, domain.dim)
    patterns = cells.patterns
    return DecisionComplex(
        vertices, faces, boundaries, network, patterns[:, : network.n_units], patterns[:, -1].astype(np.int64)
    )
