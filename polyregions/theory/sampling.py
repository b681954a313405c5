"""Random points in a domain, and where in input space they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import Delaunay

from polyregions.errors import DimensionMismatch, InvalidDomain, InvalidNetwork
from polyregions.geometry.polytope import Polytope
from polyregions.theory.architecture import Architecture
from polyregions.theory.prior import Prior

Floats = NDArray[np.float64]
Embedding = tuple[ArrayLike, ArrayLike]
"""A matrix (n, m) and an offset (n,): where the points of an m-dimensional domain lie in input space."""

SHELLS = 96
SHARE = 0.7
"""The share of points that shells get; the others are uniform, so that no weight is larger than 1 / 0.3 of theirs."""

MOST_DIMENSIONS = 6
"""In more dimensions points are uniform: most of a body is far from any one point of it."""

FARTHEST = 1e100
"""Coordinates are smaller, so that floats hold their squares."""

LEAST_CORE = 1e-250
"""The volume of the core around the origin, as a share of the ball around the domain, is larger."""


@dataclass(frozen=True)
class Uniform:
    """Uniform points in a polytope: a box, or a union of simplices.

    Parameters
    ----------
    domain : Polytope
    """

    domain: Polytope

    @cached_property
    def simplices(self) -> Floats:
        """The corners of simplices that fill the domain, shape (S, m + 1, m)."""
        points = self.domain.vertices
        if self.domain.dim == 1:
            return points.reshape(1, 2, 1)
        low, high = points.min(axis=0), points.max(axis=0)
        return np.asarray(points[Delaunay((points - low) / (high - low)).simplices])

    @cached_property
    def sizes(self) -> Floats:
        """The volumes of the simplices, shape (S,)."""
        edges = self.simplices[:, 1:] - self.simplices[:, :1]
        return np.asarray(np.abs(np.linalg.det(edges)) / math.factorial(self.domain.dim))

    @cached_property
    def volume(self) -> float:
        """The volume of the domain."""
        if self.domain.is_box:
            return float(math.prod((self.domain.upper - self.domain.lower).tolist()))
        return float(self.sizes.sum())

    def draw(self, random: np.random.Generator, count: int) -> Floats:
        """Draw points, shape (count, m)."""
        m = self.domain.dim
        if self.domain.is_box:
            shares = random.random((count, m))
            return np.asarray(self.domain.lower + shares * (self.domain.upper - self.domain.lower))
        chosen = random.choice(len(self.sizes), size=count, p=self.sizes / self.sizes.sum())
        shares = random.dirichlet(np.ones(m + 1), size=count)
        return np.asarray(np.einsum("bi,bij->bj", shares, self.simplices[chosen]))

    def contains(self, points: Floats) -> NDArray[np.bool_]:
        """Tell which points lie in the domain, in floats."""
        rows = self.domain
        return np.asarray((points @ rows.normals.T <= rows.offsets).all(axis=1))


@dataclass(frozen=True)
class Shells:
    """Points around a centre, denser near it: of piecewise constant density in the shells between some spheres.

    Parameters
    ----------
    centre : numpy.ndarray, shape (m,)
    metric : numpy.ndarray, shape (m, m)
        Distances from the centre are ``|metric @ (y - centre)|``.
    radii : numpy.ndarray, shape (S + 1,)
        Of the spheres, ascending from 0 to 1.
    shares : numpy.ndarray, shape (S,)
        How much of the points each shell gets.
    """

    centre: Floats
    metric: Floats
    radii: Floats
    shares: Floats

    @classmethod
    def around(cls, centre: Floats, metric: Floats, core: float, power: float) -> Shells:
        """Return shells up to the radius 1, with the density ``(core^2 + r^2)^(-power / 2)`` or nearly so."""
        m = len(centre)
        radii = np.concatenate([[0.0], np.geomspace(min(core, 1.0) / 4.0, 1.0, SHELLS)])
        middles = (radii[1:] + radii[:-1]) / 2.0
        shares = np.diff(radii**m) * (core**2 + middles**2) ** (-power / 2.0)
        return cls(centre, metric, radii, shares / shares.sum())

    def draw(self, random: np.random.Generator, count: int) -> Floats:
        """Draw points, shape (count, m)."""
        m = len(self.centre)
        shell = random.choice(len(self.shares), size=count, p=self.shares)
        low, high = self.radii[shell] ** m, self.radii[shell + 1] ** m
        sizes = (low + random.random(count) * (high - low)) ** (1.0 / m)
        directions = random.standard_normal((count, m))
        directions *= (sizes / np.linalg.norm(directions, axis=1))[:, None]
        return self.centre + np.linalg.solve(self.metric, directions.T).T

    def density(self, points: Floats) -> Floats:
        """Return the density at points, shape (N,)."""
        m = len(self.centre)
        sizes = np.linalg.norm((points - self.centre) @ self.metric.T, axis=1)
        shell = np.searchsorted(self.radii, sizes, side="right") - 1
        ball = math.pi ** (m / 2.0) / math.gamma(m / 2.0 + 1.0) / abs(np.linalg.det(self.metric))
        densities = np.append(self.shares / (ball * np.diff(self.radii**m)), 0.0)
        return np.asarray(densities[np.minimum(shell, len(self.shares))])


@dataclass(frozen=True)
class Place:
    """A domain, and how it lies in the space where the first layer reads it.

    Parameters
    ----------
    uniform : Uniform
    matrix, offset : numpy.ndarray, shapes (q, m) and (q,)
        Domain points y are read as ``matrix @ y + offset``.
    """

    uniform: Uniform
    matrix: Floats
    offset: Floats

    @classmethod
    def of(cls, architecture: Architecture, prior: Prior, domain: Polytope, embedding: Embedding | None) -> Place:
        """Check that domain and embedding fit, and turn a flat in input space such that fewer coordinates remain.

        Normal weights are turned into such, so a network restricted to a flat has the same law in any orthonormal
        coordinates of a linear space that holds it.

        Raises
        ------
        DimensionMismatch
            They do not fit.
        InvalidDomain
            Floats do not hold the volume of the domain, or squares of coordinates.
        """
        n, m = architecture.input_dim, domain.dim
        if embedding is None:
            if n != m:
                raise DimensionMismatch(f"the networks have {n} inputs, the domain has dimension {m}")
            return cls(Uniform(domain), np.eye(n), np.zeros(n))._checked()
        matrix, offset = (np.asarray(part, dtype=np.float64) for part in embedding)
        if matrix.shape != (n, m) or offset.shape != (n,):
            raise DimensionMismatch(
                f"an embedding of a domain of dimension {m} into {n} inputs has shapes ({n}, {m}) and ({n},), "
                f"got {matrix.shape} and {offset.shape}"
            )
        if not (np.isfinite(matrix).all() and np.isfinite(offset).all()) or np.linalg.matrix_rank(matrix) < m:
            raise DimensionMismatch(f"an embedding needs a finite matrix of rank {m} and a finite offset")
        if prior.has_normal_weights and m + 1 < n:
            both = _triangle(np.column_stack([matrix, offset]))
            matrix, offset = both[:, :m], both[:, m]
        return cls(Uniform(domain), matrix, offset)._checked()

    def _checked(self) -> Place:
        far = float((np.abs(self.matrix) @ self.uniform.domain.reach[:-1] + np.abs(self.offset)).max())
        if not far <= FARTHEST:
            raise InvalidDomain(f"coordinates of inputs up to {FARTHEST:g} are possible here, got {far:.3g}")
        if not 0.0 < self.uniform.volume < math.inf:
            raise InvalidDomain(f"floats do not hold the volume of {self.uniform.domain}; choose other units")
        return self

    @cached_property
    def slopes(self) -> Floats | None:
        """The matrix, or None for the identity, with which nobody has to multiply."""
        same = self.matrix.shape[0] == self.matrix.shape[1] and np.array_equal(self.matrix, np.eye(len(self.matrix)))
        return None if same else self.matrix

    def draw(self, random: np.random.Generator, count: int, shells: Shells | None) -> tuple[Floats, Floats]:
        """Draw points of the domain, and their weights: means of weighted values are integrals over the domain.

        Returns
        -------
        points : numpy.ndarray, shape (count, m)
        weights : numpy.ndarray, shape (count,)
        """
        if shells is None:
            return self.uniform.draw(random, count), np.full(count, self.uniform.volume)
        near = random.random(count) < SHARE
        points = self.uniform.draw(random, count)
        points[near] = shells.draw(random, int(near.sum()))
        inside = self.uniform.contains(points)
        density = (1.0 - SHARE) * inside / self.uniform.volume + SHARE * shells.density(points)
        return points, np.where(inside, 1.0 / density, 0.0)

    def shells(self, core: float, codim: int) -> Shells | None:
        """Return shells around the point nearest to the origin; None where uniform points are as good.

        Parameters
        ----------
        core : float
            At this distance from the origin biases matter as much as weights.
        codim : int

        Raises
        ------
        InvalidNetwork
            The core is too small beside the domain.
        """
        domain, m = self.uniform.domain, self.uniform.domain.dim
        if m > MOST_DIMENSIONS:
            return None
        centre = np.asarray(-np.linalg.lstsq(self.matrix, self.offset, rcond=None)[0], dtype=np.float64)
        metric = _triangle(self.matrix)
        corners = (domain.vertices - centre) @ metric.T
        radius = float(np.linalg.norm(corners, axis=1).max())
        away = float(np.linalg.norm(centre - np.clip(centre, domain.lower, domain.upper)))
        nearest = away * float(np.linalg.svd(metric, compute_uv=False)[-1])  # or farther
        core = math.hypot(core, nearest, float(np.linalg.norm(self.matrix @ centre + self.offset)))
        if core > 0.3 * radius:
            return None
        if (core / radius) ** m < LEAST_CORE:
            raise InvalidNetwork(
                f"biases matter up to {core:.3g} from the origin, too small a part of the {radius:.3g} to which the "
                "domain reaches; choose a larger bias_scale or a smaller domain"
            )
        return Shells.around(centre, metric / radius, core / radius, codim + (codim == m))


def _triangle(matrix: Floats) -> Floats:
    """Return a square matrix that makes vectors as long as the given one does."""
    return np.asarray(np.linalg.qr(matrix)[1], dtype=np.float64)
