"""Certificates against a second checker, which does double description in rationals with cddlib: '.[oracles]'."""

from __future__ import annotations

import ast
import copy
import hashlib
import io
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import second_checker
from degenerate_networks import degenerate_problems
from effort import SERVER, examples, some
from hypothesis import assume, given
from hypothesis import strategies as st
from problems import ENGINES, Problem, known_problems
from strategies import (
    ALL_KINDS,
    KINKED,
    alike,
    any_networks,
    integer_networks,
    kinked_networks,
    lively_networks,
    maxima,
)

import polyregions as pr
from polyregions.certificates import checker

Kind = Literal["faces", "branches"]
KINDS: tuple[Kind, ...] = ("faces", "branches")
CLAIMS = {
    "faces": {"activation_regions", "linear_regions", "region_graph", "f_vector"},
    "branches": {"activation_regions"},
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def with_kinds(problems: Sequence[Problem]) -> pytest.MarkDecorator:
    """Each problem with each kind of proof; on a server with one of them, in turn."""
    pairs = [(problem, kind) for problem in problems for kind in KINDS]
    chosen = [pair for number, pair in enumerate(pairs) if not SERVER or number % 4 in (0, 3)]
    marked = [pytest.param(*pair, id=f"{pair[0]}-{pair[1]}", marks=slow_if_large(pair[0])) for pair in chosen]
    return pytest.mark.parametrize(("problem", "kind"), marked)


def slow_if_large(problem: Problem) -> list[pytest.MarkDecorator]:
    large = problem.domain.dim > 3 or (problem.domain.dim > 2 and problem.activation_regions > 40)
    return [pytest.mark.slow] if large else []


either_kind = st.sampled_from(KINDS)

DEGENERATE = [p for p in degenerate_problems() if p.activation_regions <= 60 and p.domain.dim <= 3]
KNOWN = [p for p in known_problems() if p.activation_regions <= 60 and p.domain.dim <= 4 and "shuffled" not in p.name]


# Certificates that are right.


def certified(network: pr.Network, domain: pr.Polytope, kind: Kind, maximize: Any = None) -> list[pr.Certificate]:
    """The certificates of what each engine found: they differ in witnesses only, and in where the maximum is shown."""
    found = [pr.enumerate_regions(network, domain, engine=engine) for engine in ENGINES]
    one, other = (pr.certify(regions, kind=kind, maximize=maximize) for regions in found)
    contents = [copy.deepcopy(certificate.content) for certificate in (one, other)]
    for content in contents:
        del content["regions"]["witnesses"]
        content["proof"].pop("maximum", None)
    assert contents[0] == contents[1]
    return [one, other]


def check(network: pr.Network, domain: pr.Polytope, kind: Kind, maximize: Any = None) -> dict[str, Any]:
    """What is proved: both checkers say the same, and it is what the library says."""
    certificates = certified(network, domain, kind, maximize)
    for data in (certificate.to_json().encode() for certificate in certificates):
        assert second_checker.verify(data) == checker.verify(io.BytesIO(data))
    proved, other = (pr.check(certificate, network, domain) for certificate in certificates)
    assert proved == other == {"network": network.digest, "domain": domain.digest, **certificates[0].claims}
    assert set(certificates[0].claims) == CLAIMS[kind] | ({"maximum"} if maximize is not None else set())
    regions = pr.enumerate_regions(network, domain)
    assert proved["activation_regions"] == len(regions)
    if kind == "faces":
        complex_ = pr.build_complex(network, domain)
        assert proved["f_vector"] == list(complex_.f_vector())
        assert proved["linear_regions"] == len(pr.linear_regions(regions))
        assert proved["region_graph"] == sorted(sorted(edge) for edge in pr.region_graph(regions).edges)
        assert pr.certify(complex_).claims.items() <= certificates[0].claims.items()
    return proved


@with_kinds(DEGENERATE)
def test_degenerate_networks(problem: Problem, kind: Kind) -> None:
    assert check(problem.network, problem.domain, kind)["activation_regions"] == problem.activation_regions


@with_kinds(KNOWN)
def test_known_counts(problem: Problem, kind: Kind) -> None:
    proved = check(problem.network, problem.domain, kind)
    assert proved["activation_regions"] == problem.activation_regions
    if kind == "faces":
        assert problem.linear_regions in (None, proved["linear_regions"])
        assert problem.adjacencies in (None, len(proved["region_graph"]))


CORNERS = np.array([[0.0, 0.0, 0.0], [2, 0, 0], [0, 2, 0], [-1, -1, 0], [0.3, 0.2, 1.5], [0.1, -0.4, -1]])
DOMAINS = {
    "simplex": pr.Polytope.simplex,
    "scaled-simplex": lambda dim: pr.Polytope.simplex(dim, 0.3),
    "uneven-box": lambda dim: pr.Polytope.box(np.array([-1, -0.1, 0])[:dim], np.array([0.1, 2, 2.0**-60])[:dim]),
    "hull": lambda dim: pr.Polytope.from_vertices(CORNERS[:, :dim]),
    # The last two half-spaces cut nothing off.
    "cross-polytope": lambda dim: pr.Polytope.from_halfspaces(
        [*np.array(np.meshgrid(*[[1, -1]] * dim)).reshape(dim, -1).T, [1] * dim, [1] + [0] * (dim - 1)],
        [1] * 2**dim + [1, 1],
    ),
    # Bounds that are no floats, and a sliver beside the first of them.
    "thirds": lambda dim: pr.Polytope.from_halfspaces([*3 * np.eye(dim), *-7 * np.eye(dim)], [1] * dim + [2] * dim),
    "sliver": lambda dim: pr.Polytope.from_halfspaces(
        [*np.eye(dim), *-np.eye(dim), [3] + [0] * (dim - 1), [1 + 2.0**-50] + [-1] * (dim - 1)],
        [1] * (2 * dim) + [2, 2.0**-50],
    ),
}
NAMED = {p.name: p for p in DEGENERATE}


@each_kind
@pytest.mark.parametrize("shape", some(list(DOMAINS)))
@pytest.mark.parametrize(
    "name",
    [
        "duplicated-units",
        "zero-biases-deep",
        "dead-layer-on-its-boundary",
        "four-planes-through-a-point",
        "absolute-values-folded",
        "absolute-values",
        "orders-of-three-numbers",
        "pooled-relus-and-dead-ones",
    ],
)
def test_domains(name: str, shape: str, kind: Kind) -> None:
    network = NAMED[name].network
    check(network, DOMAINS[shape](network.input_dim), kind)


networks = st.one_of(
    integer_networks(3, 3, 4),
    integer_networks(2, 2, 3, activations=KINKED, outputs=2),
    integer_networks(3, 2, 4, kinds=(maxima(), alike()), skips=True, sparse=True),
    kinked_networks(skips=True),
    any_networks(3, 2, 3),
    lively_networks(3, 2, 4, ALL_KINDS, skips=True),
)


def assume_few_regions(network: pr.Network, domain: pr.Polytope) -> None:
    assume(len(pr.enumerate_regions(network, domain)) <= 40)


@examples(80)
@given(networks, st.integers(1, 3), either_kind)
def test_networks_of_few_numbers(network: pr.Network, size: int, kind: Kind) -> None:
    domain = pr.Polytope.box(-size, 1, dim=network.input_dim)
    assume_few_regions(network, domain)
    check(network, domain, kind)


@examples(40)
@given(networks, st.sampled_from(sorted(DOMAINS)), either_kind)
def test_networks_of_few_numbers_on_domains(network: pr.Network, shape: str, kind: Kind) -> None:
    domain = DOMAINS[shape](network.input_dim)
    assume_few_regions(network, domain)
    check(network, domain, kind)


# Maxima.


def highest(network: pr.Network, domain: pr.Polytope, objective: Sequence[float]) -> Fraction:
    """The largest value over all vertices of all regions, by evaluation."""
    complex_ = pr.build_complex(network, domain)
    factors = [Fraction(factor) for factor in objective]
    points = [[Fraction(int(x.p), int(x.q)) for x in complex_.exact_point(v)] for v in range(complex_.f_vector()[0])]
    values = (pr.evaluate_exactly(network, point) for point in points)
    return max(sum((f * y for f, y in zip(factors, outputs, strict=True)), Fraction(0)) for outputs in values)


def check_maximum(network: pr.Network, domain: pr.Polytope, kind: Kind, objective: Sequence[float]) -> None:
    claim = check(network, domain, kind, objective)["maximum"]
    assert claim == {"objective": list(objective), "value": highest(network, domain, objective)}


@pytest.mark.parametrize("sign", [1.0, -0.1])
@pytest.mark.parametrize("problem", some(DEGENERATE), ids=str)
def test_maxima_of_degenerate_networks(problem: Problem, sign: float) -> None:
    objective = [sign / (k + 1) for k in range(problem.network.output_dim)]
    check_maximum(problem.network, problem.domain, "faces" if sign > 0 else "branches", objective)


@examples(50)
@given(networks, st.sampled_from([None, *sorted(DOMAINS)]), either_kind, st.data())
def test_maxima(network: pr.Network, shape: str | None, kind: Kind, data: st.DataObject) -> None:
    dim, count = network.input_dim, network.output_dim
    numbers = st.sampled_from([0.0, 1.0, -1.0, 0.1, 3.0, -(2.0**-60)])
    objective = data.draw(st.lists(numbers, min_size=count, max_size=count))
    domain = DOMAINS[shape](dim) if shape else pr.Polytope.box(-2, 1, dim=dim)
    assume_few_regions(network, domain)
    check_maximum(network, domain, kind, objective)


# Certificates that are wrong.

Content = dict[str, Any]


def sealed(content: Content) -> Content:
    """With the digests of what it holds now."""
    for name in ("network", "domain"):
        text = json.dumps(content[name], sort_keys=True, separators=(",", ":"))
        content["digests"][name] = hashlib.sha256(text.encode()).hexdigest()
    return content


def tables(content: Content) -> list[list[Any]]:
    """What has an entry for each region."""
    proof, regions = content["proof"], content["regions"]
    found = [regions["patterns"], regions["witnesses"], proof.get("vertices"), proof["maximum"]["bounds"]]
    return [table for table in found if table]


def drop(content: Content, region: int) -> None:
    """Leave a region out of everything, and lower the count."""
    for table in tables(content):
        del table[region]
    content["proof"]["maximum"]["region"] -= region < content["proof"]["maximum"]["region"]
    content["claims"]["activation_regions"] -= 1


def double(content: Content) -> None:
    for table in tables(content):
        table.append(table[0])
    content["claims"]["activation_regions"] += 1


# Quadrants 0 to 3 of [-1, 1]^2, where the sum of two ReLUs passes a third, which vanishes identically on quadrant 0.
QUADRANTS = "identically-zero-on-a-region"
WRONG: list[tuple[str, Sequence[Kind], dict[str, Any]]] = [
    ("a-flat-region-with-a-witness-beside-it", KINDS, {"regions.patterns.0": [0, 0, 1, 0]}),
    ("a-point-for-a-region", KINDS, {"regions.patterns.0": [0, 0, 1, 0], "regions.witnesses.0": [0, 0, 1]}),
    ("a-line-for-a-region", KINDS, {"regions.patterns.0": [0, 1, 0, 0], "regions.witnesses.0": [-1, 0, 2]}),
    ("a-pattern-of-another-region", KINDS, {"regions.patterns.1": [1, 0, 1, 0]}),
    ("a-piece-that-there-is-not", KINDS, {"regions.patterns.1": [0, 1, 2, 0]}),
    ("witness-in-another-region", KINDS, {"regions.witnesses.0": [1, 1, 2]}),
    ("witness-on-a-wall", KINDS, {"regions.witnesses.0": [0, -1, 2]}),
    ("witness-on-the-boundary", KINDS, {"regions.witnesses.0": [-1, -1, 1]}),
    ("witness-at-infinity", KINDS, {"regions.witnesses.0": [-1, -1, 0]}),
    ("another-bias", KINDS, {"network.layers.0.rows.0.0": (-(2.0**-30)).hex()}),
    ("another-activation", KINDS, {"network.layers.0.activations.0.breakpoints.0": (2.0**-30).hex()}),
    ("a-wider-domain", KINDS, {"domain.upper.0": (1.5).hex()}),
    ("a-smaller-domain", KINDS, {"domain.lower.0": (0.25).hex()}),
    ("a-cut-domain", KINDS, {"domain.halfspaces": [[1, 1, 0]]}),
    ("more-regions", KINDS, {"claims.activation_regions": 5}),
    ("fewer-regions", KINDS, {"claims.activation_regions": 3}),
    ("more-linear-regions", ["faces"], {"claims.linear_regions": 5}),
    ("fewer-linear-regions", ["faces"], {"claims.linear_regions": 3}),
    ("more-vertices", ["faces"], {"claims.f_vector": [10, 12, 4]}),
    ("fewer-edges", ["faces"], {"claims.f_vector": [9, 11, 4]}),
    ("another-wall", ["faces"], {"claims.region_graph": [[0, 1], [0, 2], [0, 3], [1, 3], [2, 3]]}),
    ("a-wall-less", ["faces"], {"claims.region_graph": [[0, 1], [0, 2], [1, 3]]}),
    ("a-larger-maximum", KINDS, {"claims.maximum.value.0": 3}),
    ("a-smaller-maximum", KINDS, {"claims.maximum.value": [199, 100]}),
    ("a-maximum-elsewhere", KINDS, {"proof.maximum.point": [1, -1, 1]}),
    ("a-maximum-in-another-region", KINDS, {"proof.maximum.region": 2}),
    ("a-bound-without-the-objective", KINDS, {"proof.maximum.bounds.0": [1, 1, 3, 1]}),
    ("an-unknown-claim", KINDS, {"claims.volume": 4}),
    ("a-vertex-less", ["faces"], {"proof.vertices.0": [0, 4, 6]}),
    ("a-vertex-twice", ["faces"], {"proof.vertices.0": [0, 4, 6, 7, 7]}),
    ("a-vertex-moved", ["faces"], {"proof.points.7": [1, 0, 1 << 40]}),
    ("a-proof-less", ["branches"], {"proof.empty": [0, 1, 2]}),
    ("proofs-exchanged", ["branches"], {"proof.empty": [3, 2, 1, 0]}),
    ("multipliers-changed", ["branches"], {"proof.multipliers.0.1": 33}),
    ("multipliers-negated", ["branches"], {"proof.multipliers.1.1": -32}),
    ("no-multipliers", ["branches"], {"proof.multipliers.1": []}),
    ("a-later-version", KINDS, {"version": 2}),
]


def overwrite(content: Content, path: str, entry: Any) -> None:
    *names, last = [int(name) if name.isdigit() else name for name in path.split(".")]
    part: Any = content
    for name in names:
        part = part[name]
    part[last] = entry


def refused_by_both(content: Content) -> None:
    data = json.dumps(sealed(content)).encode()
    with pytest.raises(checker.Refused):
        checker.verify(io.BytesIO(data))
    with pytest.raises(second_checker.Wrong):
        second_checker.verify(data)


def of_quadrants(kind: Kind) -> Content:
    problem = NAMED[QUADRANTS]
    content = copy.deepcopy(certified(problem.network, problem.domain, kind, [1.0])[0].content)
    assert second_checker.verify(json.dumps(sealed(content)).encode())
    return content


@pytest.mark.parametrize(
    ("kind", "changes"),
    [pytest.param(kind, changes, id=f"{name}-{kind}") for name, kinds, changes in WRONG for kind in kinds],
)
def test_both_refuse(kind: Kind, changes: dict[str, Any]) -> None:
    content = of_quadrants(kind)
    for path, entry in changes.items():
        overwrite(content, path, entry)
    refused_by_both(content)


@each_kind
def test_both_refuse_a_region_too_few_or_too_many(kind: Kind) -> None:
    for region in range(4):
        content = of_quadrants(kind)
        drop(content, region)
        refused_by_both(content)
    content = of_quadrants(kind)
    double(content)
    refused_by_both(content)


@examples(40)
@given(networks, either_kind, st.data())
def test_both_notice_that_a_region_is_missing(network: pr.Network, kind: Kind, data: st.DataObject) -> None:
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    count = len(pr.enumerate_regions(network, domain))
    assume(2 <= count <= 40)
    content = copy.deepcopy(certified(network, domain, kind, [1.0] * network.output_dim)[0].content)
    drop(content, data.draw(st.integers(0, count - 1)))
    for name in CLAIMS["faces"] - {"activation_regions"}:
        content["claims"].pop(name, None)
    del content["claims"]["maximum"]
    refused_by_both(content)


def test_the_second_checker_is_independent() -> None:
    tree = ast.parse(Path(second_checker.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not any(str(name).startswith("polyregions") for name in imported)
