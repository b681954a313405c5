"""The volume theorem's two sides: exact boundaries of sampled networks, averaged, beside the formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from polyregions.complexes import build_complex
from polyregions.enumeration.run import Progress, reporting
from polyregions.geometry.polytope import Polytope
from polyregions.measures import boundary_volume
from polyregions.theory import (
    Architecture,
    Estimate,
    Prior,
    expected_boundary_volume,
    expected_regions,
    random_networks,
)
from polyregions.theory.expectation import Reading

Floats = NDArray[np.float64]

CHUNK = 50
"""So many networks are one piece of work."""


@dataclass(frozen=True, eq=False)
class Verification:
    """Both sides of the volume theorem, for every codimension.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior
    domain : Polytope
    visible : bool
        Whether only walls count across which the gradient jumps.
    reading : str
        How the right-hand side was read.
    volumes : numpy.ndarray, shape (networks, n)
        The (n-k)-volumes of B_{N,k} in K for k = 1, ..., n, of every network.
    counts : numpy.ndarray of int, shape (networks,)
        The numbers of activation regions.
    right : tuple of Estimate, length n
        The right-hand sides.
    expected_regions : Estimate, optional
        The mean number of activation regions by the theorem; known with one or two inputs.
    complete : bool
        Whether all networks were taken that were asked for; False if the run was interrupted.
    """

    architecture: Architecture
    prior: Prior
    domain: Polytope
    visible: bool
    reading: Reading
    volumes: Floats
    counts: NDArray[np.int64]
    right: tuple[Estimate, ...]
    expected_regions: Estimate | None
    complete: bool = True

    @property
    def networks(self) -> int:
        """How many networks were cut."""
        return len(self.volumes)

    @cached_property
    def left(self) -> tuple[Estimate, ...]:
        """The left-hand sides: means over networks, each of which is exact up to rounding."""
        return tuple(Estimate.of(column) for column in self.volumes.T)

    @cached_property
    def regions(self) -> Estimate:
        """The mean number of activation regions of the networks."""
        return Estimate.of(self.counts.astype(np.float64))

    @cached_property
    def z(self) -> tuple[float, ...]:
        """How many standard errors the left-hand sides lie above the right-hand ones."""
        return tuple(z_score(left, right) for left, right in zip(self.left, self.right, strict=True))

    @property
    def z_regions(self) -> float | None:
        """The same for the number of regions, where its mean is known."""
        return None if self.expected_regions is None else z_score(self.regions, self.expected_regions)

    @cached_property
    def chi_squared(self) -> float:
        """The differences of all codimensions together, in the metric of their covariance.

        Volumes of one network are correlated, which their covariance over the networks tells.
        """
        gaps, spread = self._gaps
        used = np.diag(spread) > 0.0
        if np.any(gaps[~used] != 0.0):
            return math.inf
        return float(gaps[used] @ np.linalg.solve(spread[np.ix_(used, used)], gaps[used]))

    @cached_property
    def _gaps(self) -> tuple[Floats, Floats]:
        """The differences of both sides, and their covariance."""
        gaps = np.array([left.value - right.value for left, right in zip(self.left, self.right, strict=True)])
        spread = np.atleast_2d(np.cov(self.volumes, rowvar=False)) / self.networks
        return gaps, spread + np.diag([right.error**2 for right in self.right])

    @property
    def degrees(self) -> int:
        """The degrees of freedom of `chi_squared`: one for each codimension in which there is something at random."""
        return int(np.count_nonzero(np.diag(self._gaps[1])))

    @property
    def p_value(self) -> float:
        """How likely so large a `chi_squared` is if both sides are equal."""
        return float(chi2.sf(self.chi_squared, self.degrees)) if self.degrees else float(self.chi_squared == 0.0)

    def __repr__(self) -> str:
        """Name the architecture, the number of networks and how well both sides agree."""
        scores = ", ".join(f"{z:+.2f}" for z in self.z)
        return f"Verification({self.architecture}, {self.networks} networks, z = {scores}, p = {self.p_value:.2g})"


def z_score(left: Estimate, right: Estimate) -> float:
    """Return the difference of two estimates in standard errors."""
    error = math.hypot(left.error, right.error)
    gap = left.value - right.value
    return gap / error if error > 0.0 else math.copysign(math.inf, gap) if gap else 0.0


def verify_theorem(
    architecture: Architecture,
    prior: Prior,
    domain: Polytope,
    *,
    networks: int = 1000,
    samples: int = 200_000,
    visible: bool = True,
    reading: Reading = "theorem",
    seed: int = 0,
    executor: Executor | None = None,
    progress: Progress | bool | None = None,
) -> Verification:
    """Set the mean volumes of B_{N,k} of sampled networks beside the volume theorem, for all k.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior
    domain : Polytope
        K, of dimension ``architecture.input_dim``; a low one, for all faces are found.
    networks : int
        How many are drawn and cut, at least two.
    samples : int
        For the right-hand side of every codimension.
    visible : bool
        Whether only walls count across which the gradient jumps, or all walls.  Which are visible is decided by exact
        gradients on the left, and by open paths on the right.
    reading : {"theorem", "strict", "ordered", "ignored"}
        Wrong readings of the right-hand side, see `expected_boundary_volume`: they must not agree.
    seed : int
        The same numbers give the same result, with any executor.
    executor : concurrent.futures.Executor, optional
        Where networks are cut, for example a ``ProcessPoolExecutor``.
    progress : callable or bool, optional
        Called with the share of the networks cut and their number; True shows a bar.

    Returns
    -------
    Verification
        After an interrupt, of the networks that were cut till then, unless there are fewer than two.

    Raises
    ------
    DimensionMismatch
        The domain has another dimension than the inputs.
    InvalidNetwork
        Biases have no density.
    ValueError
        There are too few networks or samples, or there is no such reading.

    Notes
    -----
    For small networks some milliseconds each.  Volumes are floats whose rigorous error bounds are far below the
    standard error.

    Examples
    --------
    >>> import polyregions as pr
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> found = pr.verify_theorem(pr.Architecture(2, (3, 1)), pr.Prior(bias_scale=0.5), square, networks=200)
    >>> max(abs(z) for z in found.z) < 4, found.p_value > 1e-4
    (True, True)
    """
    if networks < 2:
        raise ValueError(f"a mean with a standard error needs two networks or more, got {networks}")
    right = tuple(
        expected_boundary_volume(
            architecture, prior, domain, codim, visible=visible, reading=reading, samples=samples, seed=seed
        )
        for codim in range(1, domain.dim + 1)
    )
    expected = expected_regions(architecture, prior, domain, samples=samples, seed=seed) if domain.dim <= 2 else None
    rows = _left(partial(_measure, architecture, prior, domain, visible, seed), networks, executor, progress)
    table = np.concatenate(rows)
    return Verification(
        architecture,
        prior,
        domain,
        visible,
        reading,
        table[:, :-1],
        table[:, -1].astype(np.int64),
        right,
        expected,
        len(table) == networks,
    )


def _measure(
    architecture: Architecture, prior: Prior, domain: Polytope, visible: bool, seed: int, first: int, last: int
) -> Floats:
    """Cut some of the networks; return the volumes for all codimensions and the number of regions of each."""
    rows = []
    for network in random_networks(architecture, prior, number=last, first=first, seed=seed):
        complex_ = build_complex(network, domain)
        volumes = [boundary_volume(complex_, k, visible=visible).value for k in range(1, domain.dim + 1)]
        rows.append([*volumes, len(complex_.regions)])
    return np.array(rows)


def _left(
    measure: Callable[[int, int], Floats], networks: int, executor: Executor | None, progress: Progress | bool | None
) -> list[Floats]:
    """Cut the networks piece by piece; after an interrupt return what there is."""
    firsts = range(0, networks, CHUNK)
    lasts = [min(first + CHUNK, networks) for first in firsts]
    found: list[Floats] = []
    with reporting(progress, "cutting", "networks") as report:
        try:
            pieces: Iterator[Floats] = (executor.map if executor else map)(measure, firsts, lasts)
            for rows in pieces:
                found.append(rows)
                report(lasts[len(found) - 1] / networks, lasts[len(found) - 1])
        except KeyboardInterrupt:
            if not found:
                raise
    return found
