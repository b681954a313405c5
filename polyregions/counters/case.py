"""A case of the benchmark suite: a network and a domain with exact answers, as files hold them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from fractions import Fraction
from importlib.resources import as_file
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from polyregions.arithmetic.portable import digest
from polyregions.complexes import PolyhedralComplex
from polyregions.counters.definitions import NAMES, Definitions, definitions_of
from polyregions.counters.definitions.pieces import Bounds
from polyregions.errors import InvalidDomain, InvalidNetwork
from polyregions.frozen import Frozen
from polyregions.geometry.polytope import Polytope
from polyregions.measures import Measure, boundary_volume, exact_volumes
from polyregions.networks import load_network
from polyregions.networks.network import Network

KEYS = {"suite", "name", "source", "domain", "answers", "proved", "digests"}
"""What the file of a case holds."""

DIGESTED = ("source", "answers", "proved")
"""What the digest of the answers is made from."""

UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, OSError, RecursionError)
"""What comes of files that are damaged, or of another kind."""


@dataclass(frozen=True)
class ExactAnswers:
    """What is true of a network in a domain.

    Parameters
    ----------
    definitions : Definitions
        The number of regions by six definitions.
    f_vector : tuple of int, length n + 1
        The numbers of faces of dimension 0 to n, those on the boundary of the domain included.
    boundary_volumes : tuple of Measure, length n
        The (n-k)-volumes of B_{N,k} for k = 1, ..., n, with rigorous bounds.
    wall_volumes : tuple of Measure, length n
        The same of all walls, visible or not.
    smallest_volume, largest_volume : Fraction
        Of the activation regions, exactly.
    """

    definitions: Definitions
    f_vector: tuple[int, ...]
    boundary_volumes: tuple[Measure, ...]
    wall_volumes: tuple[Measure, ...]
    smallest_volume: Fraction
    largest_volume: Fraction

    @classmethod
    def of(cls, complex_: PolyhedralComplex) -> ExactAnswers:
        """Compute the answers from all faces; the exact volumes take some milliseconds for each region.

        Examples
        --------
        >>> import polyregions as pr
        >>> net = pr.Network.from_arrays([[[1.0, -1.0]], [[1.0]]], [[0.5], [0.0]])
        >>> answers = ExactAnswers.of(pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2)))
        >>> answers.f_vector, answers.largest_volume
        ((6, 7, 2), Fraction(23, 8))
        """
        sizes = [Fraction(size) for size in exact_volumes(complex_, complex_.dim)]  # type: ignore[arg-type]
        visible, every = (
            tuple(boundary_volume(complex_, k, visible=visible) for k in range(1, complex_.dim + 1))
            for visible in (True, False)
        )
        return cls(definitions_of(complex_), complex_.f_vector(), visible, every, min(sizes), max(sizes))

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> ExactAnswers:
        """Return the answers that `describe` described."""
        counts = {name: content["definitions"][name] for name in NAMES}
        pieces = counts["convex_pieces"]
        ends = (pieces["lower"], pieces["upper"]) if isinstance(pieces, dict) else (pieces, pieces)
        return cls(
            Definitions(**(counts | {"convex_pieces": Bounds(*ends)})),
            tuple(content["f_vector"]),
            tuple(map(_measure, content["boundary_volumes"])),
            tuple(map(_measure, content["wall_volumes"])),
            Fraction(content["smallest_volume"]),
            Fraction(content["largest_volume"]),
        )

    def describe(self) -> dict[str, Any]:
        """Return the answers as JSON can hold them: volumes as a float between two others, or as a fraction."""
        return {
            "definitions": self.definitions.as_dict(),
            "f_vector": list(self.f_vector),
            "boundary_volumes": [[size.lower, size.value, size.upper] for size in self.boundary_volumes],
            "wall_volumes": [[size.lower, size.value, size.upper] for size in self.wall_volumes],
            "smallest_volume": str(self.smallest_volume),
            "largest_volume": str(self.largest_volume),
        }

    def differences(self, other: ExactAnswers) -> list[str]:
        """Return the names of the answers that cannot both be right; volumes known by bounds may be, if these overlap.

        Parameters
        ----------
        other : ExactAnswers
            Perhaps computed on another machine, which may round otherwise.
        """
        return [
            field.name for field in fields(self) if not _agree(getattr(self, field.name), getattr(other, field.name))
        ]


def _agree(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_agree, one, other))
    if isinstance(one, Measure) and isinstance(other, Measure):
        return one.lower <= other.upper and other.lower <= one.upper
    return bool(one == other)


def _measure(numbers: Any) -> Measure:
    lower, value, upper = map(float, numbers)
    return Measure(value, lower, upper, Fraction(lower) if lower == upper else None)


@dataclass(frozen=True, eq=False)
class Case(Frozen):
    """A network and a domain with their exact answers, and where the proof is.

    It unpacks into network and domain, a pair for every other function.

    Parameters
    ----------
    name : str
        Family, number of inputs, and what it is.
    version : str
        That of the suite.
    family : str
        ``generic`` (random weights), ``trained``, ``degenerate``, or ``constructed``, with counts that theorems give.
    size : str
        ``small``, ``medium`` or ``large``.
    network : Network
    domain : Polytope
    answers : ExactAnswers
    proved : tuple of str
        What the certificate proves: the number of ``activation_regions``, of ``linear_regions``, the ``f_vector``, the
        ``region_graph``.  The other answers are computed by exact decisions, without proof.
    source : str
        How network and domain were made.
    folder : importlib.resources.abc.Traversable
        Where the files are.

    Examples
    --------
    >>> import polyregions as pr
    >>> from polyregions.counters.suite import load_case
    >>> case = load_case("constructed-3d-type-b")
    >>> case
    Case('constructed-3d-type-b', suite 1, 48 activation regions)
    >>> len(pr.enumerate_regions(*case))
    48
    >>> with case.certificate_path() as path:
    ...     pr.check(path, case.network, case.domain)["activation_regions"]
    48
    """

    name: str
    version: str
    family: str
    size: str
    network: Network
    domain: Polytope
    answers: ExactAnswers
    proved: tuple[str, ...]
    source: str
    folder: Traversable

    def certificate_path(self) -> AbstractContextManager[Path]:
        """Return a context whose value is the path of the certificate."""
        return as_file(self.folder / f"{self.name}.proof.json.gz")

    def __iter__(self) -> Iterator[Any]:
        """Yield the network and the domain."""
        return iter((self.network, self.domain))

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def __repr__(self) -> str:
        """Name the case, its version and how many regions it has."""
        count = self.answers.definitions.activation_regions
        return f"Case({self.name!r}, suite {self.version}, {count:,} activation regions)"


def read_case(name: str, version: str, size: str, folder: Traversable) -> Case:
    """Read the files of a case, and compare network, domain and answers with their digests.

    Parameters
    ----------
    name, version, size : str
        The file has to be that of this case in this version.
    folder : importlib.resources.abc.Traversable

    Raises
    ------
    ValueError
        The file of the case cannot be read, is that of another one, or the answers have changed.
    InvalidNetwork
        The network cannot be read, or is another one.
    InvalidDomain
        The domain cannot be read, or is another one.
    """
    content = _content(folder / f"{name}.json")
    if (content["name"], content["suite"]) != (name, version):
        raise ValueError(
            f"{name}.json should hold this case of suite {version}; it holds {content['name']!r} of suite "
            f"{content['suite']!r}"
        )
    digests = content["digests"]
    if answers_digest(content) != digests.get("answers"):
        raise ValueError(f"the answers in {name}.json are not those that were stored: their digest differs")
    try:
        answers, proved = ExactAnswers.read(content["answers"]), tuple(map(str, content["proved"]))
    except UNREADABLE as error:
        raise ValueError(f"the answers in {name}.json cannot be read ({type(error).__name__}: {error})") from None
    with as_file(folder / f"{name}.npz") as path:
        network = load_network(path)
    if network.digest != digests.get("network"):
        raise InvalidNetwork(f"{name}.npz holds another network than that of {name}.json: its digest differs")
    domain = _domain(content["domain"], name)
    if domain.digest != digests.get("domain"):
        raise InvalidDomain(f"the domain in {name}.json is not the one that was stored: its digest differs")
    family, _, _ = name.partition("-")
    return Case(name, version, family, size, network, domain, answers, proved, str(content["source"]), folder)


def answers_digest(content: Mapping[str, Any]) -> str:
    """Return the digest of the answers of a case with what is proved of them, and of the source."""
    return digest({name: content[name] for name in DIGESTED})


def _content(file: Traversable) -> dict[str, Any]:
    """Return the content of the file of a case."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except UNREADABLE as error:
        raise ValueError(f"{file.name} cannot be read ({type(error).__name__}: {error})") from None
    if not isinstance(content, dict) or content.keys() != KEYS or not isinstance(content["digests"], dict):
        raise ValueError(f"{file.name} should hold a case, with {', '.join(sorted(KEYS))}")
    return content


def describe_domain(domain: Polytope) -> dict[str, Any]:
    """Return a domain whose numbers are floats, as JSON can hold it: bounds of a box, or half-spaces.

    Examples
    --------
    >>> describe_domain(Polytope.box([-1, 0], 2))
    {'lower': [-1.0, 0.0], 'upper': [2.0, 2.0]}
    """
    if domain.is_box:
        return {"lower": domain.lower.tolist(), "upper": domain.upper.tolist()}
    return {"normals": domain.normals.tolist(), "offsets": domain.offsets.tolist()}


def _domain(content: Any, name: str) -> Polytope:
    """Return the domain that `describe_domain` described."""
    try:
        if content.keys() == {"lower", "upper"}:
            return Polytope.box(content["lower"], content["upper"])
        return Polytope.from_halfspaces(content["normals"], content["offsets"])
    except UNREADABLE as error:
        raise InvalidDomain(f"the domain in {name}.json cannot be read ({type(error).__name__}: {error})") from None
