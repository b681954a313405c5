"""What a network makes of K, and where its outputs lie in a given set."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Rational, RationalMatrix, nearest_float, rank, rational
from polyregions.arithmetic.portable import primitive
from polyregions.complexes import PolyhedralComplex, Subcomplex, build_complex
from polyregions.enumeration.run import Progress
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.frozen import Frozen
from polyregions.geometry.construct import halfspace_rows
from polyregions.geometry.polytope import Polytope
from polyregions.networks.activation import Activation
from polyregions.networks.evaluate import evaluate_exactly
from polyregions.networks.layer import Layer
from polyregions.networks.network import Network

DIGITS = 53
"""Bits of a float: whole numbers with more are written as sums."""


@dataclass(frozen=True, eq=False)
class Image(Frozen):
    """The outputs of a network on K: a union of polytopes, one for each region, which may overlap.

    Make one with `image`.

    Parameters
    ----------
    source : PolyhedralComplex
    """

    source: PolyhedralComplex

    def __len__(self) -> int:
        """Return the number of polytopes: that of regions."""
        return len(self.source.regions)

    def __repr__(self) -> str:
        """Name size and dimension."""
        return f"Image({len(self)} polytopes in dimension {self.source.network.output_dim})"

    def points(self, region: int) -> NDArray[np.float64]:
        """Return the outputs at the vertices of a region in floats: the image is their hull, shape (V, outputs)."""
        return self.source.outputs.value[self._vertices(region)]

    def exact_points(self, region: int) -> list[list[Fraction]]:
        """Return the outputs at the vertices of a region, exactly."""
        points = [self.source.exact_point(vertex) for vertex in self._vertices(region).tolist()]
        return [evaluate_exactly(self.source.network, point) for point in points]

    def dimension(self, region: int) -> int:
        """Return the dimension of a region's image: the rank of its affine map."""
        exact = self.source.regions.affine_map(self._checked(region)).exact
        gradients = [entry for row in exact.tolist() for entry in row[:-1]]
        return rank(RationalMatrix(exact.nrows(), exact.ncols() - 1, gradients))

    def polytope(self, region: int) -> Polytope:
        """Return a region's image as a polytope.

        Raises
        ------
        DimensionMismatch
            It is flat: of lower dimension than the outputs.
        """
        dimension, wanted = self.dimension(region), self.source.network.output_dim
        if dimension < wanted:
            raise DimensionMismatch(
                f"the image of region {region} has dimension {dimension} in a space of {wanted}; take exact_points"
            )
        return Polytope.from_vertices(np.array(self.exact_points(region), dtype=object))

    def _vertices(self, region: int) -> NDArray[np.int32]:
        return self.source.vertices_of(self.source.dim, self._checked(region))

    def _checked(self, region: int) -> int:
        if not isinstance(region, int | np.integer) or isinstance(region, bool) or region not in range(len(self)):
            raise DimensionMismatch(f"the regions are 0 to {len(self) - 1}, got {region!r}")
        return region


def image(complex_: PolyhedralComplex) -> Image:
    """Return the image of K, or of any polytope that a complex was built on.

    Parameters
    ----------
    complex_ : PolyhedralComplex

    Returns
    -------
    Image

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0], [1.0, -1.0]]], [[0.0, 0.0], [0.0, 0.0]])
    >>> pieces = pr.image(pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2)))
    >>> [pieces.dimension(region) for region in range(len(pieces))], pieces.polytope(3).volume
    ([0, 1, 1, 2], Fraction(2, 1))
    """
    if not isinstance(complex_, PolyhedralComplex):
        raise DimensionMismatch(f"wanted a PolyhedralComplex, from build_complex; got {type(complex_).__name__}")
    return Image(complex_)


def preimage(
    network: Network,
    domain: Polytope,
    body: Polytope | tuple[ArrayLike, ArrayLike],
    *,
    progress: Progress | bool | None = None,
) -> Subcomplex:
    """Return the points of K whose outputs lie in a polytope or in half-spaces, as a union of polytopes.

    Parameters
    ----------
    network : Network
    domain : Polytope
    body : Polytope, or (normals, offsets)
        Of the outputs: a polytope, or ``normals @ y <= offsets`` with arrays of shapes (m, outputs) and (m,).
    progress : callable or bool, optional
        As in `build_complex`.

    Returns
    -------
    Subcomplex
        Its cells of full dimension are the parts of regions that are mapped into the body, exactly; it has volumes,
        topology and polytopes like any other.  Parts of lower dimension are left out.

    Raises
    ------
    DimensionMismatch
        The body does not fit the outputs, or the domain the inputs.
    InvalidDomain
        The numbers of the half-spaces are not finite.
    InvalidNetwork
        A half-space that is no floats has numbers of more than 1000 bits, as whole numbers without a common divisor.

    Notes
    -----
    A unit for each half-space is added to the network, so that its complex is cut where outputs enter the body.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 0.0], [-1.0, 0.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> near = pr.preimage(net, square, ([[1.0]], [0.25]))  # |x| <= 1/4
    >>> pr.total_volume(near.complex, 2, near.faces[2], exact=True)
    Measure(1.0, exactly 1)
    """
    rows = body.rows.tolist() if isinstance(body, Polytope) else halfspace_rows(*_pair(body))
    if len(rows[0]) != network.output_dim + 1:
        raise DimensionMismatch(f"the network has {network.output_dim} outputs, got half-spaces in {len(rows[0]) - 1}")
    complex_ = build_complex(with_halfspaces(network, rows), domain, progress=progress)
    inside = (complex_.signs(complex_.dim)[:, -len(rows) :] >= 0).all(axis=1)
    return Subcomplex.closure_of(complex_, complex_.dim, inside)


def _pair(body: tuple[ArrayLike, ArrayLike]) -> tuple[ArrayLike, ArrayLike]:
    try:
        normals, offsets = body
    except (TypeError, ValueError):
        raise DimensionMismatch("wanted a Polytope of outputs, or a pair of normals and offsets") from None
    return normals, offsets


def with_halfspaces(network: Network, rows: list[list[Rational]]) -> Network:
    """Return the network with a last layer of ReLU units, one for each row, positive inside it; exact for any rows.

    Rows that are no floats are scaled to whole numbers, and these are sums of floats, which act on copies of the
    outputs.

    Raises
    ------
    InvalidNetwork
        A row that is no floats has numbers of such different sizes that sums of floats do not hold them either.
    """
    summands = [_summands(row) for row in rows]
    parts, width = max(map(len, summands)), network.output_dim
    weights = np.zeros((len(rows), parts, width + 1))
    for number, floats in enumerate(summands):
        weights[number, : len(floats)] = floats
    copies = np.tile(np.eye(width + 1, width), (parts, 1))
    constants = np.tile(np.append(np.zeros(width), 1.0), parts)
    first = Layer(copies, constants, Activation.identity())
    last = Layer(weights.reshape(len(rows), -1), np.zeros(len(rows)), Activation.relu())
    return Network((*network.layers, first, last), network.input_dim)


def _summands(row: list[Rational]) -> list[list[float]]:
    """Return rows of floats whose sum is a positive multiple of a row."""
    nearest = [nearest_float(number) for number in row]
    if all(np.isfinite(x) and rational(x) == number for x, number in zip(nearest, row, strict=True)):
        return [nearest]
    whole = primitive(row)
    parts = max(-(-abs(number).bit_length() // DIGITS) for number in whole)
    if parts * DIGITS > 1000:
        raise InvalidNetwork("a half-space of outputs has coefficients of more than 1000 bits; round them")
    digits = [[abs(number) & ((1 << DIGITS) - 1) << DIGITS * part for number in whole] for part in range(parts)]
    return [[float(-x if number < 0 else x) for x, number in zip(part, whole, strict=True)] for part in digits]
