"""The exact answers that counters are scored against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.complexes import PolyhedralComplex, build_complex, distinct_affine_maps, linear_regions
from polyregions.counters.definitions import NAMES, Definitions, definitions_of
from polyregions.enumeration import Regions, enumerate_regions
from polyregions.errors import DimensionMismatch
from polyregions.frozen import Frozen, frozen
from polyregions.geometry.polytope import Polytope
from polyregions.measures import boundary_volume, exact_volumes, volumes
from polyregions.networks.network import Network

MOST_INPUTS = 5
"""All faces, and with them volumes, are computed up to so many inputs."""

RELATIVE = 1e-9
"""Volumes of regions whose error bound is a larger share of them are computed exactly."""

VOLUME = re.compile(r"(boundary|wall)_volume_([1-9][0-9]*)")

ABSENT, FLAT = -1, -2
"""Of a pattern that no region has: no point of K has it even with weak inequalities; or some have, on walls."""


@dataclass(frozen=True, eq=False)
class Truth(Frozen):
    """What is true of a network in a domain; computed when it is asked for, and once.

    Parameters
    ----------
    network : Network
    domain : Polytope
    known : Definitions, optional
        The number of regions by all definitions, if somebody knows it already.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, -1.0]], [[1.0]]], [[0.5], [0.0]])
    >>> truth = Truth(net, pr.Polytope.box(-1, 1, dim=2))
    >>> truth.value("activation_regions"), truth.shares.tolist()
    (2.0, [0.28125, 0.71875])
    """

    network: Network
    domain: Polytope
    known: Definitions | None = None

    @property
    def has_faces(self) -> bool:
        """Whether there are few enough inputs for all faces."""
        return self.domain.dim <= MOST_INPUTS

    @cached_property
    def complex(self) -> PolyhedralComplex:
        """All faces.

        Raises
        ------
        DimensionMismatch
            There are too many inputs.
        """
        if not self.has_faces:
            raise DimensionMismatch(f"faces and volumes are known up to {MOST_INPUTS} inputs, got {self.domain.dim}")
        return build_complex(self.network, self.domain)

    @cached_property
    def regions(self) -> Regions:
        """All activation regions."""
        return self.complex.regions if self.has_faces else enumerate_regions(self.network, self.domain)

    @cached_property
    def volumes(self) -> NDArray[np.float64]:
        """The volumes of the regions, shape (R,), with relative errors of at most 1e-9."""
        n = self.domain.dim
        sizes = volumes(self.complex, n)
        rough = np.flatnonzero(~(sizes.error <= RELATIVE * sizes.value))
        value = sizes.value.copy()
        value[rough] = [float(size) for size in exact_volumes(self.complex, n, rough)]
        return frozen(value)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """The volumes as shares of all: how likely a uniform point is to lie in each region, shape (R,)."""
        return frozen(self.volumes / self.volumes.sum())

    @cached_property
    def smallest(self) -> Fraction:
        """The volume of the smallest region, exactly."""
        near = np.flatnonzero(self.volumes <= (1.0 + 4.0 * RELATIVE) * self.volumes.min())
        return min(Fraction(size) for size in exact_volumes(self.complex, self.domain.dim, near))  # type: ignore[arg-type]

    @cached_property
    def definitions(self) -> Definitions:
        """The number of regions by all definitions."""
        return definitions_of(self.complex) if self.known is None else self.known

    def value(self, target: str) -> float:
        """Return the number that a counter is to find.

        Parameters
        ----------
        target : str
            The name of a definition, as in `Definitions`; or ``boundary_volume_k``, the (n-k)-volume of B_{N,k}, or
            ``wall_volume_k``, the same of all walls, visible or not, with a number k.

        Raises
        ------
        ValueError
            There is no such target, or the least number of convex pieces is not known exactly.
        DimensionMismatch
            There are too many inputs for this one.
        """
        check_target(target, self.domain.dim)
        if match := VOLUME.fullmatch(target):
            return boundary_volume(self.complex, int(match[2]), visible=match[1] == "boundary").value
        if target == "activation_regions":
            return float(len(self.regions))
        if target == "linear_regions":
            return float(len(linear_regions(self.complex if self.has_faces else self.regions)))
        if target == "distinct_affine_maps":
            return float(distinct_affine_maps(self.regions))
        number = self.definitions.as_dict()[target]
        if not isinstance(number, int):
            raise ValueError(f"the number of {target} is known only to lie between two numbers, here: {number}")
        return float(number)

    def places(self, patterns: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Tell which regions have some patterns.

        Parameters
        ----------
        patterns : numpy.ndarray of int, shape (N, n_units)

        Returns
        -------
        numpy.ndarray of int, shape (N,)
            The number of a region, also if the pattern differs from its own in units that vanish on all of it only;
            `FLAT` if only points on walls, or on the boundary of K, have the pattern, where a unit that vanishes may
            count as on either side; `ABSENT` if no point of K has it.  With too many inputs for faces, `ABSENT` stands
            for all patterns that no region has.

        Notes
        -----
        The signs at the vertices decide: points that weak inequalities describe make a union of closed faces, and
        every face has a vertex.
        """
        index, rows = self.regions.index, patterns.astype(self.regions.patterns.dtype)
        result = np.array([index.get(row.tobytes(), ABSENT) for row in rows], dtype=np.int64)
        if self.has_faces:
            numbers, signs = self._vanishing
            for row in np.flatnonzero(result == ABSENT).tolist():
                others = self._allowed(rows[row], signs)
                if len(others):
                    result[row] = numbers[others[0]]
                elif len(self._allowed(rows[row], self.complex.vertex_signs)):
                    result[row] = FLAT
        return result

    @cached_property
    def _vanishing(self) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """The regions on which some switch vanishes, and the signs of all switches there."""
        signs = self.complex.signs(self.domain.dim)
        numbers = np.flatnonzero((signs == 0).any(axis=1))
        return numbers, signs[numbers]

    def _allowed(self, pattern: NDArray[np.integer[Any]], signs: NDArray[np.int8]) -> NDArray[np.int64]:
        """Return the rows of signs, (N, n_switches), that leave a pattern possible."""
        first, unit, left = self.network.first_switches, 0, np.arange(len(signs))
        for number, layer in enumerate(self.network.layers):
            if layer.n_switches:
                own = signs[left, first[number] : first[number + 1]]
                left = left[layer.units.allow(own, pattern[unit : unit + layer.width])]
                unit += layer.width
        return left


def check_target(target: str, dim: int) -> None:
    """Refuse what is not a target."""
    match = VOLUME.fullmatch(target)
    if target not in NAMES and not (match and int(match[2]) <= dim):
        raise ValueError(
            f"a counter's target is one of {', '.join(NAMES)}, or boundary_volume_k or wall_volume_k with k from 1 "
            f"to {dim}; got {target!r}"
        )
