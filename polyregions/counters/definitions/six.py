"""The number of regions by six definitions that are not equivalent, side by side."""

from __future__ import annotations

from dataclasses import dataclass, fields

from polyregions.complexes import PolyhedralComplex, build_complex, distinct_affine_maps, linear_regions
from polyregions.counters.definitions.closed_regions import closed_linear_regions
from polyregions.counters.definitions.pieces import Bounds, convex_pieces
from polyregions.enumeration.regions import switch_pattern
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network


@dataclass(frozen=True)
class Definitions:
    """The number of regions of a network inside a domain K by six definitions.

    None of the numbers is smaller than the next one.  The names in italics are those of Stargalla, Hertrich, Reichman.

    Parameters
    ----------
    activation_patterns : int
        *Activation regions*: patterns of points of the interior of K, also of points on walls.
    activation_regions : int
        *Proper activation regions*: patterns with interior points; what `enumerate_regions` returns.
    convex_pieces : Bounds
        *Convex regions*: the least number of full-dimensional cells of a polyhedral complex on whose cells the network
        is affine.
    linear_regions : int
        *Open connected regions*: components of the interior of K without the points where the gradient jumps.
    closed_linear_regions : int
        *Closed connected regions*: maximal closed connected sets with interior points on which the network is affine.
    distinct_affine_maps : int
        *Affine regions*: affine maps that the network is equal to on an open set.

    Examples
    --------
    >>> numbers = Definitions(7, 5, Bounds(4, 4), 3, 3, 3)
    >>> print(numbers)
    activation patterns     7
    activation regions      5
    convex pieces           4
    linear regions          3
    closed linear regions   3
    distinct affine maps    3
    """

    activation_patterns: int
    activation_regions: int
    convex_pieces: Bounds
    linear_regions: int
    closed_linear_regions: int
    distinct_affine_maps: int

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """Return numbers by name, for JSON; ``{"lower": ..., "upper": ...}`` for convex pieces not known exactly."""
        least = self.convex_pieces
        bounds = {"lower": least.lower, "upper": least.upper} if least.exact is None else least.exact
        return {name: bounds if name == "convex_pieces" else getattr(self, name) for name in NAMES}

    def __str__(self) -> str:
        """Return a table with a line for each definition."""
        return "\n".join(f"{name.replace('_', ' '):<21}{getattr(self, name)!r:>4}" for name in NAMES)


NAMES = tuple(field.name for field in fields(Definitions))
"""The definitions, from that with the largest number to that with the smallest."""


def count_all_definitions(network: Network, domain: Polytope) -> Definitions:
    """Count the regions of a network inside a domain by six definitions.

    Parameters
    ----------
    network : Network
    domain : Polytope

    Returns
    -------
    Definitions
        All exact but for the least number of convex pieces, which may be known by bounds only.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    LimitReached
        K has too many vertices to build the complex.

    Notes
    -----
    Builds the complex with all its faces, so it is for low input dimensions.  `closed_linear_regions` and
    `convex_pieces` say what these two numbers cost beyond it; the others need little.

    Stargalla, Hertrich, Reichman (2025), The Computational Complexity of Counting Linear Regions in ReLU Neural
    Networks, collect the definitions and compare them.

    Examples
    --------
    Their example, ``max(-y, min(0, -x))``:

    >>> import polyregions as pr
    >>> layers = [[[1, 0], [0, 1], [0, -1]], [[1, 0, 0], [1, -1, 1]], [[-1, 1]]]
    >>> net = pr.Network.from_arrays(layers, [[0] * 3, [0] * 2, [0]])
    >>> count_all_definitions(net, pr.Polytope.box(-1, 1, dim=2)).as_dict()["linear_regions"]
    3
    """
    return definitions_of(build_complex(network, domain))


def definitions_of(complex_: PolyhedralComplex) -> Definitions:
    """Count the regions of a complex by six definitions; see `count_all_definitions`.

    Parameters
    ----------
    complex_ : PolyhedralComplex

    Returns
    -------
    Definitions
    """
    return Definitions(
        activation_patterns(complex_),
        len(complex_.regions),
        convex_pieces(complex_),
        len(linear_regions(complex_)),
        closed_linear_regions(complex_),
        distinct_affine_maps(complex_.regions),
    )


def activation_patterns(complex_: PolyhedralComplex) -> int:
    """Return the number of patterns of points of the interior of K, those on walls included.

    Parameters
    ----------
    complex_ : PolyhedralComplex

    Notes
    -----
    A ReLU unit is active where it is positive; in general a unit at a breakpoint is on the piece before it, and a
    maximum is its first candidate of the largest.  One pattern for each face inside K, and several faces may have the
    same.

    Examples
    --------
    The unit is active on one side of the wall, and inactive on the other and on the wall itself:

    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]])
    >>> activation_patterns(pr.build_complex(net, pr.Polytope.box(-1, 1, dim=1)))
    2
    """
    found: set[bytes] = set()
    for k in range(complex_.dim + 1):
        signs = complex_.signs(k)[complex_.interior(k)]
        found |= {pattern.tobytes() for pattern in switch_pattern(complex_.network, signs)}
    return len(found)
