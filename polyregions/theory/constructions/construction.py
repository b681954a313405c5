"""A network whose counts are known from mathematics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from polyregions.frozen import Frozen
from polyregions.geometry import Polytope
from polyregions.networks import Network


@dataclass(frozen=True, eq=False)
class Construction(Frozen):
    """A network and a domain with the counts that a theorem gives; None where none is known.

    It unpacks into network and domain, a pair for every other function.

    Parameters
    ----------
    name : str
        With its parameters, such as ``sawtooth(3)``.
    network : Network
    domain : Polytope
    activation_regions : int or None
        Number of activation regions in the domain.
    linear_regions : int or None
        Number of linear regions in the domain.
    distinct_maps : int or None
        Number of different affine functions that the network is on them.
    face_counts : tuple of int, length n + 1, or None
        Number of faces of dimension 0 to n of the activation regions that meet the interior of the domain.
    source : str
        Where the counts are from: authors, year, title.

    Examples
    --------
    >>> import polyregions as pr
    >>> from polyregions.theory.constructions import sawtooth
    >>> saw = sawtooth(3)
    >>> saw.linear_regions, saw.face_counts
    (8, (7, 8))
    >>> len(pr.enumerate_regions(*saw))
    8
    """

    name: str
    network: Network
    domain: Polytope
    activation_regions: int | None
    linear_regions: int | None
    distinct_maps: int | None
    face_counts: tuple[int, ...] | None
    source: str

    def __iter__(self) -> Iterator[Any]:
        """Yield the network and the domain."""
        return iter((self.network, self.domain))

    def __str__(self) -> str:
        """Return the name."""
        return self.name
