"""Counters that look at points: the different patterns of random points, of a grid, and of batches."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyregions.counters.estimators.sampled import check_budget
from polyregions.enumeration.engines import check_dimensions
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Statistics, Status
from polyregions.errors import InvalidDomain
from polyregions.frozen import Frozen, frozen
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network
from polyregions.queries.occupancy import occupancy
from polyregions.theory.sampling import Uniform

Floats = NDArray[np.float64]

CHUNK = 4096
"""Points that go through the network together: bounds the memory."""


@dataclass(frozen=True, eq=False)
class Sample(Frozen):
    """The activation regions that points of a domain lie in, and how many of the points lie in each.

    Parameters
    ----------
    network : Network
    domain : Polytope
    patterns : numpy.ndarray of int, shape (D, n_units)
        Of the regions visited, in the order in which they were first seen.
    counts : numpy.ndarray of int, shape (D,)
        How many of the points lie in each.
    witnesses : numpy.ndarray, shape (D, n)
        The first of these.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> seen = Sample.of(net, pr.Polytope.box(-1, 1, dim=2), np.array([[0.1, 0.2], [0.3, 0.1], [-0.5, 0.5], [0, 0.5]]))
    >>> seen, seen.counts  # the last point lies on a wall
    (Sample(3 points in 2 regions), array([2, 1]))
    """

    network: Network
    domain: Polytope
    patterns: NDArray[np.uint8]
    counts: NDArray[np.int64]
    witnesses: Floats

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.patterns, self.counts, self.witnesses):
            frozen(array)

    @classmethod
    def of(cls, network: Network, domain: Polytope, points: Floats) -> Sample:
        """Look up the regions of points, exactly.

        Parameters
        ----------
        network : Network
        domain : Polytope
        points : numpy.ndarray, shape (N, n)

        Returns
        -------
        Sample
            Without the points that lie in no region: on a wall, on the boundary of the domain or outside.

        Raises
        ------
        DimensionMismatch
            Network and domain have different dimensions, or the points another shape.

        Notes
        -----
        Signs by floats with error bounds, the undecided ones in rationals: tens of microseconds a point for
        small networks.
        """
        check_dimensions(network, domain)
        counts: Counter[bytes] = Counter()
        firsts: dict[bytes, tuple[NDArray[np.uint8], Floats]] = {}
        for start in range(0, len(points), CHUNK):
            chunk = points[start : start + CHUNK]
            visited = occupancy(network, chunk[domain.contains(chunk, strictly=True)])
            first = np.unique(visited.members, return_index=True)[1]
            first = first[len(first) - len(visited) :]  # without the points in no region
            numbers = visited.counts.tolist()
            for region in np.argsort(first).tolist():
                key = visited.patterns[region].tobytes()
                counts[key] += numbers[region]
                firsts.setdefault(key, (visited.patterns[region], visited.points[first[region]]))
        patterns = np.array([pattern for pattern, _ in firsts.values()], dtype=network.pattern_type)
        witnesses = np.array([point for _, point in firsts.values()])
        return cls(
            network,
            domain,
            patterns.reshape(len(firsts), network.n_units),
            np.array([counts[key] for key in firsts], dtype=np.int64),
            witnesses.reshape(len(firsts), network.input_dim),
        )

    @classmethod
    def uniform(cls, network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> Sample:
        """Draw uniform points in the domain and look up their regions, as `of` does.

        Raises
        ------
        DimensionMismatch
            Network and domain have different dimensions.
        InvalidDomain
            Floats do not hold the volume of a domain that is no box.
        ValueError
            The budget is not positive.
        """
        check_dimensions(network, domain)
        filling = Uniform(domain)
        with np.errstate(over="ignore", invalid="ignore"):
            if not (domain.is_box or 0.0 < filling.volume < math.inf):
                raise InvalidDomain(f"floats do not hold the volume of {domain}; choose other units")
        return cls.of(network, domain, filling.draw(rng, check_budget(budget)))

    def __len__(self) -> int:
        """Return the number of regions visited."""
        return len(self.patterns)

    def __repr__(self) -> str:
        """Name the numbers of points and regions."""
        return f"Sample({self.size:,} points in {len(self):,} regions)"

    @property
    def size(self) -> int:
        """The number of points that lie in regions."""
        return int(self.counts.sum())

    def seen(self, times: int) -> int:
        """Return the number of regions that hold exactly so many of the points."""
        return int(np.count_nonzero(self.counts == times))

    @cached_property
    def regions(self) -> Regions:
        """The regions visited, in the same order, as an enumeration of these alone gives them."""
        cuts = np.ones((len(self), self.network.n_switches), dtype=np.bool_)
        status, statistics = Status.RESTRICTED, Statistics(seconds=0.0)
        return Regions(self.network, self.domain, self.patterns, self.witnesses, {}, cuts, status, statistics)


def distinct_patterns(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> NDArray[np.integer]:
    """Return the different activation patterns of uniform points.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
        The number n of points.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of int, shape (D, n_units)
        All of them are patterns of activation regions.  Points on a wall, or on the boundary of the domain, are left
        out: only there might a pattern be one that no region has.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive.

    Notes
    -----
    Target: the number M of activation regions, never more.  If the regions have the shares p of the volume, D has the
    mean ``sum(1 - (1 - p)^n)`` and so the bias ``-sum((1 - p)^n)``: regions smaller than 1 / n are seldom seen.  See
    `expected_distinct` and `variance_distinct`.  Cost: n evaluations of the network.

    This is the usual way to count, for example by Raghu, Poole, Kleinberg, Ganguli and Sohl-Dickstein (2017), On the
    expressive power of deep neural networks.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> distinct_patterns(net, square, 2, np.random.default_rng(0))
    array([[1, 0],
           [0, 0]], dtype=uint8)
    >>> len(distinct_patterns(net, square, 100, np.random.default_rng(0)))
    4
    """
    return Sample.uniform(network, domain, budget, rng).patterns


def grid_patterns(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> NDArray[np.integer]:
    """Return the different activation patterns of the points of a regular grid.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
        The grid has ``k^n`` points, with k as large as possible for so many: the centres of equal cells of the box
        around the domain.  Those outside the domain, or on a wall, are left out.
    rng : numpy.random.Generator
        Not used: the answer is always the same.

    Returns
    -------
    numpy.ndarray of int, shape (D, n_units)

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive.

    Notes
    -----
    Target: the number of activation regions, never more.  No variance.  The bias is the number of regions that hold no
    centre: a region that holds a whole cell is seen, one that is thinner than the cells may be missed, whatever its
    volume.  For fewer than ``2^n`` points, as in high dimension, the grid is one point.  Cost as `distinct_patterns`.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.9], [0.0]])
    >>> square, rng = pr.Polytope.box(-1, 1, dim=2), np.random.default_rng()
    >>> len(grid_patterns(net, square, 100, rng)), len(grid_patterns(net, square, 121, rng))
    (2, 4)
    """
    check_dimensions(network, domain)
    dim, steps = domain.dim, 1
    while (steps + 1) ** dim <= check_budget(budget):
        steps += 1
    axes = np.linspace(domain.lower, domain.upper, 2 * steps + 1)[1::2].T
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dim)
    return Sample.of(network, domain, points).patterns


def batch_by_batch(
    network: Network, domain: Polytope, budget: int, rng: np.random.Generator, *, batch: int = 64
) -> float:
    """Return the number of different patterns in a batch of uniform points, as a mean over batches.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
        The number of points.  They are drawn in full batches, and in one that is smaller if the budget is.
    rng : numpy.random.Generator
    batch : int
        The points of a batch.

    Returns
    -------
    float
        At most `batch`.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget or the batch is not positive.

    Notes
    -----
    The score of architecture search: Chen, Gong and Wang (2021), Neural architecture search on ImageNet in four GPU
    hours.  They sum ``1 / (number of equal rows)`` over the rows of a matrix that tells which patterns of a batch are
    equal: every class of equal rows adds 1, so the sum is the number of different patterns.  Here these are counted.

    Target there: the number M of activation regions, never more.  With shares p of the volume the mean is
    ``sum(1 - (1 - p)^batch)``, whatever the budget, and the bias ``-sum((1 - p)^batch)``: ``M - batch`` regions or more
    are lacking.  More batches make only the variance smaller: it is `variance_distinct` of a batch over their number.
    Cost as `distinct_patterns`.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(3), np.ones((1, 3))], [np.zeros(3), [0.0]])
    >>> cube = pr.Polytope.box(-1, 1, dim=3)
    >>> batch_by_batch(net, cube, 1000, np.random.default_rng(0), batch=2)  # of 8 regions; 1.875 is the mean
    1.892
    """
    size = min(check_budget(batch), check_budget(budget))
    seen = [len(Sample.uniform(network, domain, size, rng)) for _ in range(budget // size)]
    return float(np.mean(seen))
