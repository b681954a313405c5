"""How many regions a random network has on average: from the volume theorem, by counting faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from polyregions.errors import DimensionMismatch
from polyregions.geometry.polytope import Polytope
from polyregions.theory.architecture import Architecture
from polyregions.theory.estimate import Estimate
from polyregions.theory.expectation import expected_boundary_volume
from polyregions.theory.prior import Floats, Prior
from polyregions.theory.sampling import Embedding


def expected_pieces_on_line(
    architecture: Architecture,
    prior: Prior,
    start: ArrayLike,
    end: ArrayLike,
    *,
    visible: bool = True,
    samples: int = 100_000,
    seed: int = 0,
) -> Estimate:
    """Estimate the mean number of linear pieces of a random network on a segment.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior
    start, end : array_like, shape (n,)
    visible : bool
        Count linear pieces, or activation regions on the segment.
    samples : int
    seed : int

    Returns
    -------
    Estimate

    Raises
    ------
    DimensionMismatch
        The points do not fit, or are equal.
    InvalidNetwork
        Biases have no density.

    Notes
    -----
    One, and one for each point of B_N on the segment: Hanin and Rolnick (2019).  For normal weights the cost does not
    depend on the number of inputs.

    Examples
    --------
    From minus a point to that point, almost every unit switches once; from zero to the point, half of them do.

    >>> import polyregions as pr
    >>> architecture, point = pr.Architecture(64, (16, 16)), np.ones(64)
    >>> pieces = pr.theory.expected_pieces_on_line(architecture, pr.Prior(), -point, point, visible=False)
    >>> abs(pieces.value - 33) < 1, pieces.error < 0.2
    (True, True)
    >>> pieces = pr.theory.expected_pieces_on_line(architecture, pr.Prior(), 0 * point, point, visible=False)
    >>> abs(pieces.value - 17) < 1, pieces.error < 0.2
    (True, True)
    """
    first, last = _point(architecture, start), _point(architecture, end)
    line = Polytope.box(0.0, 1.0, dim=1)
    way = ((last - first)[:, None], first)
    if not np.any(first != last):
        raise DimensionMismatch("a segment needs two different end points")
    return expected_boundary_volume(
        architecture, prior, line, 1, visible=visible, embedding=way, samples=samples, seed=seed
    ).plus(1.0)


def expected_regions(
    architecture: Architecture,
    prior: Prior,
    domain: Polytope,
    *,
    embedding: Embedding | None = None,
    samples: int = 100_000,
    seed: int = 0,
) -> Estimate:
    """Estimate the mean number of activation regions of a random network in a segment or a polygon.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior
    domain : Polytope
        Of dimension 1 or 2.
    embedding : (array_like, array_like), optional
        As in `expected_boundary_volume`: where a polygon lies in a space of more inputs.
    samples : int
        For the domain, and again for its edges.
    seed : int

    Returns
    -------
    Estimate

    Raises
    ------
    DimensionMismatch
        The domain has more dimensions, or does not fit the networks.
    InvalidNetwork
        Biases have no density.

    Notes
    -----
    At a vertex inside K almost surely two walls cross, so by Euler's relation the regions in a convex polygon are as
    many as 1, the crossings, and half of the points where walls meet the edges.  The means of both follow from the
    volume theorem for all walls, visible or not, of the network on the polygon and on each of its edges.

    Examples
    --------
    >>> import polyregions as pr
    >>> square, prior = pr.Polytope.box(-1, 1, dim=2), pr.Prior(bias_scale=1.0)
    >>> regions = pr.theory.expected_regions(pr.Architecture(2, (6,)), prior, square)
    >>> abs(regions.value - pr.theory.shallow_regions(6, ratio=1.0)) < 4 * regions.error
    True
    """
    if domain.dim > 2:
        raise DimensionMismatch(f"this count is known for domains of dimension 1 and 2, got {domain.dim}")
    n, m = architecture.input_dim, domain.dim
    inside = expected_boundary_volume(
        architecture, prior, domain, m, visible=False, embedding=embedding, samples=samples, seed=seed
    )
    if m == 1:
        return inside.plus(1.0)
    matrix, offset = (np.asarray(part, dtype=np.float64) for part in embedding or (np.eye(n), np.zeros(n)))
    corners = domain.vertices
    edge_samples = max(1000, samples // len(corners))
    edge, total = Polytope.box(0.0, 1.0, dim=1), inside.plus(1.0)
    for number, (corner, following) in enumerate(zip(corners, np.roll(corners, -1, axis=0), strict=True), start=1):
        way = ((matrix @ (following - corner))[:, None], matrix @ corner + offset)
        met = expected_boundary_volume(
            architecture, prior, edge, 1, visible=False, embedding=way, samples=edge_samples, seed=seed + number
        )
        total = total + met.times(0.5)
    return total


def _point(architecture: Architecture, point: ArrayLike) -> Floats:
    array = np.asarray(point, dtype=np.float64)
    if array.shape != (architecture.input_dim,) or not np.isfinite(array).all():
        raise DimensionMismatch(f"a point of these networks has {architecture.input_dim} finite numbers, got {point!r}")
    return array
