"""Networks restricted to lines, planes and flats of their input space, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from polyregions.arithmetic import Rational, RationalMatrix, rank, rational, rational_matrix
from polyregions.errors import DimensionMismatch, InvalidDomain, InvalidNetwork
from polyregions.frozen import Frozen
from polyregions.geometry.construct import body_of_rows
from polyregions.geometry.polytope import Polytope
from polyregions.networks.activation import Activation
from polyregions.networks.affine import affine_map
from polyregions.networks.evaluate import check_points
from polyregions.networks.layer import Layer
from polyregions.networks.network import Network

Shape = Literal["simplex", "box"]


@dataclass(frozen=True, eq=False)
class Slice(Frozen):
    """A network restricted to a flat: a pair of a network and a domain for every other function.

    Make one with `slice_network`.  It unpacks into its first two fields.

    Parameters
    ----------
    network : Network
        With k inputs, the coordinates in the flat.
    domain : Polytope
        Of dimension k.
    embedding : Network
        The affine map from coordinates to points of the original input space; no unit switches.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(3), np.ones((1, 3))], [np.zeros(3), [0.0]])
    >>> plane = pr.slice_network(net, through=[[1, 0, 0], [0, 1, 0], [0, -1, 1]])
    >>> len(pr.enumerate_regions(*plane))
    2
    >>> plane.embedding([0.5, 0.5])
    array([0. , 0. , 0.5])
    """

    network: Network
    domain: Polytope
    embedding: Network

    def __iter__(self) -> Iterator[Any]:
        """Yield the network and the domain."""
        return iter((self.network, self.domain))


def slice_network(
    network: Network,
    *,
    through: ArrayLike | None = None,
    along: tuple[ArrayLike, ArrayLike] | None = None,
    domain: Polytope | Shape | None = None,
    within: Polytope | None = None,
) -> Slice:
    """Restrict a network to a flat of its input space, exactly.

    Parameters
    ----------
    network : Network
        With n inputs.
    through : array_like, shape (k + 1, n), optional
        Points that span the flat: ``y`` stands for ``p_0 + y_1 (p_1 - p_0) + ... + y_k (p_k - p_0)``.
    along : (matrix, offset), shapes (n, k) and (n,), optional
        Instead: ``y`` stands for ``matrix @ y + offset``.
    domain : Polytope of dimension k, "simplex" or "box", optional
        Which part of the flat, in its coordinates y: *simplex* is the convex hull of the points, which is the default
        for them; *box* is ``[0, 1]^k``, for three points a parallelogram.
    within : Polytope of dimension n, optional
        Only what lies in there, such as images with all pixels in [0, 1].  Without `domain` this is all of the flat
        that does.

    Returns
    -------
    Slice
        ``enumerate_regions(*slice_network(...))``, and so on.

    Raises
    ------
    DimensionMismatch
        Shapes do not fit, the points lie in a flat of lower dimension, or it is not said which part is meant.
    InvalidDomain
        The part of the flat within a polytope is empty, has no interior in the flat, or is not bounded.

    Notes
    -----
    Points and matrix are layers of their own, so nothing is rounded.  A plane through images: a network of 784 inputs
    becomes one of two, and everything that works in the plane works on it.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(3), np.ones((1, 3))], [np.zeros(3), [0.0]])
    >>> cube = pr.Polytope.box(-1, 1, dim=3)
    >>> section = pr.slice_network(net, along=([[1, 0], [-1, 1], [0, -1]], [0, 0, 0]), within=cube)
    >>> section.domain  # the hexagon in which the plane x + y + z = 0 meets a cube
    Polytope(dim=2, 6 facets)
    >>> len(pr.enumerate_regions(*section))
    6
    """
    if (through is None) == (along is None):
        raise DimensionMismatch("a flat needs either points to go through or a map to go along")
    embedding = _through(network, through) if through is not None else _along(network, along)
    if domain is None and within is None:
        if through is None:
            raise DimensionMismatch("which part of the flat? Give a domain in its coordinates, or within=")
        domain = "simplex"
    restricted = network
    for layer in reversed(embedding.layers):
        restricted = restricted.after(layer.weights, layer.bias)
    return Slice(restricted, _domain(embedding, domain, within), embedding)


def _through(network: Network, points: ArrayLike | None) -> Network:
    """Return the map from coordinates to points: first to barycentric coordinates, then to the points' mean."""
    array = check_points(network, points)  # type: ignore[arg-type]
    dim = max(len(array) - 1, 0)
    table = rational_matrix(array).tolist()
    steps = [x - p for point in table[1:] for x, p in zip(point, table[0], strict=True)]
    if not dim or rank(RationalMatrix(dim, network.input_dim, steps)) < dim:
        raise DimensionMismatch(
            f"a flat of dimension {max(dim, 1)} needs {max(dim, 1) + 1} points in general position; these {len(array)} "
            "lie in a smaller one"
        )
    linear = Activation.identity()
    weights = np.concatenate([-np.ones((1, dim)), np.eye(dim)])
    barycentric = Layer(weights, np.eye(dim + 1)[0], linear)
    return Network((barycentric, Layer(array.T, np.zeros(network.input_dim), linear)))


def _along(network: Network, along: tuple[ArrayLike, ArrayLike] | None) -> Network:
    try:
        matrix, offset = along  # type: ignore[misc]
    except (TypeError, ValueError):
        raise DimensionMismatch("a flat goes along a pair of a matrix and an offset") from None
    try:
        layer = Layer(matrix, offset, Activation.identity())  # type: ignore[arg-type]
    except InvalidNetwork as error:
        raise DimensionMismatch(f"matrix and offset of a flat are like weights and bias: {error}") from None
    if layer.width != network.input_dim:
        raise DimensionMismatch(f"the network has {network.input_dim} inputs, got a map to {layer.width} numbers")
    return Network((layer,))


def _domain(embedding: Network, domain: Polytope | Shape | None, within: Polytope | None) -> Polytope:
    """Return the part of the flat that is meant, in its coordinates."""
    dim = embedding.input_dim
    if isinstance(domain, str):
        if domain not in ("simplex", "box"):
            raise DimensionMismatch(f'the domain of a slice is "simplex", "box" or a Polytope, got {domain!r}')
        domain = Polytope.simplex(dim) if domain == "simplex" else Polytope.box(0, 1, dim=dim)
    for name, body in (("domain", domain), ("within", within)):
        if not isinstance(body, Polytope | None):
            raise DimensionMismatch(f"{name} must be a Polytope, got {type(body).__name__}")
    if domain is not None and domain.dim != dim:
        raise DimensionMismatch(f"the flat has dimension {dim}, got a domain of dimension {domain.dim}; see within=")
    if within is None:
        return domain  # type: ignore[return-value]
    if within.dim != embedding.output_dim:
        raise DimensionMismatch(f"the network has {embedding.output_dim} inputs, got a polytope in {within.dim}")
    rows = [] if domain is None else domain.rows.tolist()
    try:
        return Polytope(*body_of_rows([*rows, *_preimage(embedding, within)]))
    except InvalidDomain as error:
        raise InvalidDomain(f"the flat within the polytope: {error}") from None


def _preimage(embedding: Network, body: Polytope) -> list[list[Rational]]:
    """Return the facets of a polytope as forms on the flat, those that are there several times once."""
    forms = affine_map(embedding, np.zeros(0, dtype=np.int64)).exact
    table = [*forms.tolist(), [rational(int(column == embedding.input_dim)) for column in range(forms.ncols())]]
    rows = {}
    for facet in body.rows.tolist():
        used = [(factor, table[i]) for i, factor in enumerate(facet) if factor != 0]
        row = [sum((factor * own[j] for factor, own in used), rational(0)) for j in range(forms.ncols())]
        rows[tuple(row)] = row
    return list(rows.values())
