"""Two ways of looking at a checkpoint: at all its regions in a domain, or at those along lines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.complexes import PolyhedralComplex, build_complex, linear_regions
from polyregions.complexes.graph import FACES_UP_TO
from polyregions.enumeration import Regions, enumerate_regions
from polyregions.enumeration.engines import check_dimensions, has_few_vertices
from polyregions.enumeration.run import Progress
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.geometry.polytope import Polytope
from polyregions.laboratory.checkpoints import side_by_side, two_patterns
from polyregions.laboratory.snapshot import Bounded
from polyregions.measures import boundary_volume, total_volume, volumes
from polyregions.networks.layer import exact_floats
from polyregions.networks.network import Network
from polyregions.queries import Line, regions_on_line


class Look(Protocol):
    """A way of looking at networks.

    Attributes
    ----------
    where : Polytope, or numpy.ndarray of shape (S, 2, n)
    """

    @property
    def where(self) -> Polytope | NDArray[np.float64]:
        """The domain, or the ends of the lines."""

    def check(self, network: Network) -> None:
        """Refuse a network that does not live there."""

    def see(self, network: Network, progress: Progress) -> Mapping[str, Any]:
        """Return those fields of a snapshot that tell about the network alone."""

    def changed(self, before: Network, after: Network) -> Bounded:
        """Return the share of each place where the two networks have different patterns."""


@dataclass(frozen=True, slots=True)
class DomainLook:
    """All regions in a domain, perhaps with the volumes of them and of B_N."""

    where: Polytope
    with_volumes: bool
    with_linear: bool

    def check(self, network: Network) -> None:
        """Refuse a network with another number of inputs."""
        check_dimensions(network, self.where)

    def see(self, network: Network, progress: Progress) -> Mapping[str, Any]:
        """Enumerate the regions, or build the complex."""
        source: PolyhedralComplex | Regions
        fields: dict[str, Any] = {}
        if self.with_volumes:
            source = build_complex(network, self.where, progress=progress)
            regions, codimensions = source.regions, range(1, source.dim + 1)
            fields["f_vector"] = source.f_vector()
            fields["boundary"] = Bounded.of([boundary_volume(source, k) for k in codimensions])
            fields["volumes"] = volumes(source, source.dim)
        else:
            source = regions = enumerate_regions(network, self.where, progress=progress)
            if not regions.complete:  # Ctrl-C is all that can stop it
                raise KeyboardInterrupt
        if self.with_linear:
            fields["linear_regions"] = np.array(len(linear_regions(source)))
        places = np.zeros(len(regions), dtype=np.int64)
        counts = {"activation_regions": np.array(len(regions)), "patterns": regions.patterns, "places": places}
        return fields | counts | {"source": source}

    def changed(self, before: Network, after: Network) -> Bounded:
        """Measure the regions of both networks together on which their patterns differ."""
        both = side_by_side(before, after)
        complex_ = build_complex(both, self.where)
        one, other = two_patterns(both, complex_.regions.patterns)
        different = np.flatnonzero((one != other).any(axis=1))
        volume, whole = total_volume(complex_, complex_.dim, different), self.where.volume
        return _bounded(float(_quotient(volume.value, whole)), _down(volume.lower, whole), _up(volume.upper, whole))


def _quotient(part: float, whole: Fraction) -> Fraction:
    """Return what share of the whole a part is; at most 1."""
    return min(Fraction(part) / whole, Fraction(1)) if part < math.inf else Fraction(1)


def _down(part: float, whole: Fraction) -> float:
    """Return a share, rounded down."""
    share = _quotient(part, whole)
    return float(share) if Fraction(float(share)) <= share else math.nextafter(float(share), -math.inf)


def _up(part: float, whole: Fraction) -> float:
    """Return a share, rounded up."""
    share = _quotient(part, whole)
    return float(share) if Fraction(float(share)) >= share else math.nextafter(float(share), math.inf)


@dataclass(frozen=True, slots=True, eq=False)
class LineLook:
    """The regions along lines."""

    where: NDArray[np.float64]
    with_linear: bool

    def check(self, network: Network) -> None:
        """Refuse a network with another number of inputs."""
        if network.input_dim != self.where.shape[2]:
            raise DimensionMismatch(
                f"the network has {network.input_dim} inputs, so lines need the shape (S, 2, {network.input_dim}); "
                f"got {self.where.shape}"
            )

    def see(self, network: Network, progress: Progress) -> Mapping[str, Any]:
        """Follow the lines."""
        lines = self._follow(network, progress)
        lengths = np.array([len(line) for line in lines])
        fields: dict[str, Any] = {
            "activation_regions": lengths,
            "patterns": np.concatenate([line.patterns for line in lines]),
            "places": np.repeat(np.arange(len(lines)), lengths),
            "source": tuple(lines),
        }
        if self.with_linear:
            fields["linear_regions"] = np.array([line.linear_pieces for line in lines])
        return fields

    def changed(self, before: Network, after: Network) -> Bounded:
        """Measure the intervals on which the patterns differ."""
        both = side_by_side(before, after)
        shares = []
        for line in self._follow(both, None):
            one, other = two_patterns(both, line.patterns)
            shares.append(_share(line, (one != other).any(axis=1)))
        return _bounded(*np.array(shares).T)

    def _follow(self, network: Network, progress: Progress | None) -> list[Line]:
        lines: list[Line] = regions_on_line(network, self.where[:, 0], self.where[:, 1], progress=progress)
        return lines


def _share(line: Line, chosen: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the length of some regions on a line as a share of it, with bounds."""
    ends = np.concatenate([[0.0], line.breakpoints.value, [1.0]])
    doubt = np.concatenate([[0.0], line.breakpoints.error, [0.0]])
    # An end between two chosen regions, or between two others, does not matter.
    side = np.diff(chosen.astype(np.int64), prepend=0, append=0)
    terms = (-side * ends).tolist()
    value, slack = math.fsum(terms), (np.abs(side) * doubt).tolist()
    lower, upper = math.fsum([*terms, *(-d for d in slack)]), math.fsum([*terms, *slack])
    if any(slack):
        lower, upper = math.nextafter(lower, -math.inf), math.nextafter(upper, math.inf)
    elif math.fsum([*terms, -value]):
        lower, upper = math.nextafter(value, -math.inf), math.nextafter(value, math.inf)
    lower, upper = max(lower, 0.0), min(upper, 1.0)
    return min(max(value, lower), upper), lower, upper


def _bounded(*parts: ArrayLike) -> Bounded:
    return Bounded(*(np.array(part, dtype=np.float64) for part in parts))


def look_at(where: Polytope | ArrayLike, volumes: bool | None, linear: bool) -> Look:
    """Return the way of looking that is meant by a domain or by lines.

    Raises
    ------
    DimensionMismatch
        Lines have another shape than (S, 2, n), are not finite, or there is none; or volumes are asked for on lines.
    """
    if isinstance(where, Polytope):
        small = where.dim <= FACES_UP_TO and has_few_vertices(where)
        return DomainLook(where, small if volumes is None else volumes, linear)
    if volumes:
        raise DimensionMismatch("regions on lines have no volumes; leave out volumes=True, or give a domain")
    try:
        lines = exact_floats(where, "lines", 3)
    except InvalidNetwork as error:
        raise DimensionMismatch(f"look at a Polytope, or at lines of shape (S, 2, n): {error}") from None
    if lines.shape[1] != 2 or not len(lines):
        raise DimensionMismatch(f"lines have the shape (S, 2, n), the two ends of S segments, got {lines.shape}")
    return LineLook(lines, linear)
