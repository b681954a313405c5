"""Small certificates to attack, and a judge that knows whether what a certificate claims is true."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from degenerate_networks import degenerate_problems

import polyregions as pr
from polyregions.arithmetic.portable import portable_integer
from polyregions.certificates import checker
from polyregions.networks.affine import layer_pieces

Content = dict[str, Any]
NO_DESCRIPTION = (ArithmeticError, LookupError, TypeError, ValueError)  # what comes of descriptions of nothing


def generic(widths: list[int], seed: int) -> pr.Network:
    random = np.random.default_rng(seed)
    weights = [random.normal(0, 1, (b, a)) for a, b in pairwise(widths)]
    return pr.Network.from_arrays(weights, [random.normal(0, 0.3, len(matrix)) for matrix in weights])


def certificates() -> Iterator[tuple[str, Content]]:
    """Some twenty certificates of both kinds, most with a maximum, none of more than 25 regions."""
    named = {problem.name: problem for problem in degenerate_problems()}
    triangle = pr.Polytope.from_halfspaces([[-1, 0.5], [0.25, -1], [1, 1]], [0.75, Fraction(2, 3), 1])
    plain = pr.Network.from_arrays([np.eye(2)], [[0.5, 0.0]], ["identity"])
    cases = [
        ("generic-plane", generic([2, 4, 2, 2], 1), pr.Polytope.box(-1, 1, dim=2), "both"),
        ("generic-space", generic([3, 3, 2, 1], 4), pr.Polytope.box(-1, 1, dim=3), "both"),
        ("four-dimensions", generic([4, 3, 1], 3), pr.Polytope.box(-1, 1, dim=4), "branches"),
        ("line", generic([1, 3, 3, 1], 2), pr.Polytope.box(-2, 2, dim=1), "both"),
        ("triangle", generic([2, 3, 2, 1], 5), triangle, "both"),
        ("simplex", generic([3, 3, 1], 6), pr.Polytope.simplex(3), "both"),
        ("one-region", plain, pr.Polytope.box(0, 1, dim=2), "both"),
        *((name, named[name].network, named[name].domain, kind) for name, kind in DEGENERATE.items()),
    ]
    for number, (name, network, domain, kind) in enumerate(cases):
        regions = pr.enumerate_regions(network, domain)
        assert len(regions) <= 25, (name, len(regions))
        objective = [1.0, -0.5, *[0.25] * network.output_dim][: network.output_dim] if number % 4 != 3 else None
        kinds: list[Literal["faces", "branches"]] = ["faces", "branches"]
        for chosen in kinds:
            if kind in (chosen, "both"):
                proof = pr.certify(regions, kind=chosen, maximize=objective)
                yield f"{name}-{chosen}", json.loads(proof.to_json())


DEGENERATE = {
    "duplicated-units": "both",
    "zero-biases-deep": "faces",
    "dead-layer-without-bias": "branches",
    "identically-zero-on-a-region": "both",
    "leaky": "faces",
    "saturated-on-breakpoints": "branches",
    "absolute-values": "faces",
    "windows-that-overlap": "both",
    "candidates-largest-on-a-line": "branches",
    "relu-of-a-maximum": "faces",
    "skip-connection": "both",
    "four-planes-through-a-line": "faces",
}


# What is true.


def floats(texts: list[str]) -> tuple[float, ...]:
    return tuple(float.fromhex(text) for text in texts)


def network_of(description: Any) -> pr.Network:
    """Build the network that a description is of, with errors of all kinds if there is none."""
    widths, layers = [description["inputs"]], []
    for entry in description["layers"]:
        weights = np.zeros((len(entry["rows"]), sum(widths[source] for source in entry["sources"])))
        for number, (_, places, factors) in enumerate(entry["rows"]):
            if places != sorted(set(places)):
                raise ValueError("places of weights do not ascend")
            weights[number, places] = floats(factors)
        units: Any = None
        if "maxima" in entry:
            units = pr.Maximum(entry["maxima"])
        else:
            parts = [(kind["breakpoints"], kind["slopes"], kind["value"]) for kind in entry["activations"]]
            units = tuple(pr.Activation(floats(b), floats(s), *floats(value)) for b, s, value in parts)
        layers.append(pr.Layer(weights, np.array(floats([row[0] for row in entry["rows"]])), units, entry["sources"]))
        widths.append(layers[-1].width)
    return pr.Network(tuple(layers), description["inputs"])


def integer(entry: int | str) -> int:
    return int(entry, 16) if isinstance(entry, str) else entry


def domain_of(description: Any) -> pr.Polytope:
    """Build the domain that a description is of, with errors of all kinds if there is none."""
    lower, upper = floats(description["lower"]), floats(description["upper"])
    if not description["halfspaces"]:
        return pr.Polytope.box(lower, upper)
    rows = [[-integer(entry) for entry in row] for row in description["halfspaces"]]
    axes = np.eye(len(lower), dtype=int).tolist()
    normals = [*(row[:-1] for row in rows), *axes, *([-a for a in axis] for axis in axes)]
    return pr.Polytope.from_halfspaces(normals, [*(-row[-1] for row in rows), *upper, *(-bound for bound in lower)])


@dataclass(frozen=True, eq=False)
class Truth:
    """What the library finds out about a network and a domain."""

    complex_: pr.PolyhedralComplex
    regions: pr.Regions

    @cached_property
    def patterns(self) -> list[tuple[int, ...]]:
        return self.full_patterns(self.complex_.regions)

    def full_patterns(self, regions: pr.Regions) -> list[tuple[int, ...]]:
        parts = layer_pieces(regions.network, regions.patterns)
        return [tuple(pattern) for pattern in np.concatenate(parts, axis=1).tolist()]

    @cached_property
    def vertex_outputs(self) -> list[list[Fraction]]:
        """The network is continuous, so its largest values are those at vertices."""
        points = [self.complex_.exact_vertex(vertex) for vertex in range(self.complex_.f_vector()[0])]
        return [pr.evaluate_exactly(self.complex_.network, point) for point in points]

    def claims(self, patterns: list[tuple[int, ...]], maximum: Any) -> Content:
        """Return all claims that can be made about regions in an order."""
        assert sorted(self.full_patterns(self.regions)) == sorted(self.patterns) == sorted(patterns)
        place = {pattern: number for number, pattern in enumerate(patterns)}
        edges = [sorted(place[self.patterns[end]] for end in edge) for edge in pr.region_graph(self.complex_).edges]
        facts: Content = {"activation_regions": len(patterns), "linear_regions": len(pr.linear_regions(self.complex_))}
        facts |= {"region_graph": sorted(edges), "f_vector": list(self.complex_.f_vector())}
        if maximum is not None:
            factors = floats(maximum["objective"])
            assert len(factors) == self.complex_.network.output_dim
            assert type(maximum["objective"]) is type(maximum["value"]) is list
            p, q = map(integer, maximum["value"])
            best = max(sum(Fraction(a) * x for a, x in zip(factors, y, strict=True)) for y in self.vertex_outputs)
            assert (best, q > 0) == (Fraction(p, q), True)
            value = [portable_integer(p), portable_integer(q)]  # if it is the same number in other terms, so be it
            facts["maximum"] = {"objective": [factor.hex() for factor in factors], "value": value}
        return facts


@cache
def truth(descriptions: str) -> Truth | None:
    """Return what is true of a network and a domain; None if these are not the descriptions of any."""
    network_text, domain_text = json.loads(descriptions)
    try:
        network, domain = network_of(network_text), domain_of(domain_text)
    except NO_DESCRIPTION:
        return None
    return Truth(pr.build_complex(network, domain), pr.enumerate_regions(network, domain, engine="branching"))


def canonical_digest(description: Any) -> str:
    return checker.hashlib.sha256(json.dumps(description, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What became of a file: refused, true, of nobody (it describes nothing that the library can build), or false."""

    outcome: Literal["refused", "true", "of nobody", "FALSE"]
    seconds: float
    message: str = ""


def judge(data: bytes) -> Verdict:
    """Check a file, and whether all that it proves is true."""
    start = time.perf_counter()
    try:
        proved = checker.verify(io.BytesIO(data))
    except checker.Refused as error:
        return Verdict("refused" if str(error) else "FALSE", time.perf_counter() - start, str(error))
    seconds = time.perf_counter() - start
    content = json.loads(checker.gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    known = truth(json.dumps([content["network"], content["domain"]]))
    if known is None:
        return Verdict("of nobody", seconds)
    claims = content["claims"]
    try:
        patterns = [tuple(map(integer, pattern)) for pattern in content["regions"]["patterns"]]
        facts = known.claims(patterns, claims.get("maximum"))
    except (AssertionError, *NO_DESCRIPTION) as error:
        return Verdict("FALSE", seconds, f"{type(error).__name__} {error}")
    wrong = [name for name in claims if json.dumps(claims[name]) != json.dumps(facts.get(name))]
    right = {name: proved.pop(name) for name in ("network", "domain")} == content["digests"] and proved == claims
    return Verdict("true" if right and not wrong else "FALSE", seconds, f"{wrong} are not {facts}"[:300])
