"""Certificates against a second checker, which does double description in rationals with cddlib: '.[oracles]'."""

from __future__ import annotations

import ast
import copy
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from degenerate_networks import degenerate_problems
from hypothesis import assume, given, settings
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

pytest.importorskip("cdd.gmp", reason="needs pycddlib with GMP")
import second_checker

Kind = Literal["faces", "branches"]
KINDS: tuple[Kind, ...] = ("faces", "branches")
CLAIMS = {
    "faces": {"activation_regions", "linear_regions", "region_graph", "f_vector"},
    "branches": {"activation_regions"},
}
each_kind = pytest.mark.parametrize("kind", KINDS)
either_kind = st.sampled_from(KINDS)

DEGENERATE = [p for p in degenerate_problems() if p.activation_regions <= 60 and p.domain.dim <= 3]
KNOWN = [p for p in known_problems() if p.activation_regions <= 60 and "shuffled" not in p.name]
LARGE = {"braid-4", "linial-4", "generic-5-in-4d", "boolean-4", "type-B-3", "generic-6-in-3d"}


def slow_if_large(problem: Problem) -> Any:
    return pytest.param(problem, id=str(problem), marks=[pytest.mark.slow] if problem.name in LARGE else [])


# Certificates that are right.


def certified(network: pr.Network, domain: pr.Polytope, kind: Kind, maximize: Any = None) -> pr.Certificate:
    """The certificate, which is the same whichever engine found the regions."""
    found = [pr.enumerate_regions(network, domain, engine=engine) for engine in ENGINES]
    one, other = (pr.certify(regions, kind=kind, maximize=maximize) for regions in found)
    assert one.to_json() == other.to_json()
    return one


def check(network: pr.Network, domain: pr.Polytope, kind: Kind, maximize: Any = None) -> dict[str, Any]:
    """What is proved: both checkers say the same, and it is what the library says."""
    certificate = certified(network, domain, kind, maximize)
    proved = pr.check(certificate, network, domain)
    data = certificate.to_json().encode()
    assert second_checker.verify(data) == checker.verify(io.BytesIO(data))
    assert proved == {"network": network.digest, "domain": domain.digest, **certificate.claims}
    assert set(certificate.claims) == CLAIMS[kind] | ({"maximum"} if maximize is not None else set())
    regions = pr.enumerate_regions(network, domain)
    assert proved["activation_regions"] == len(regions)
    if kind == "faces":
        complex_ = pr.build_complex(network, domain)
        assert proved["f_vector"] == list(complex_.f_vector())
        assert proved["linear_regions"] == len(pr.linear_regions(regions))
        assert proved["region_graph"] == sorted(sorted(edge) for edge in pr.region_graph(regions).edges)
        assert pr.certify(complex_).content["claims"].items() <= certificate.content["claims"].items()
    return proved


@each_kind
@pytest.mark.parametrize("problem", DEGENERATE, ids=str)
def test_degenerate_networks(problem: Problem, kind: Kind) -> None:
    assert check(problem.network, problem.domain, kind)["activation_regions"] == problem.activation_regions


@each_kind
@pytest.mark.parametrize("problem", map(slow_if_large, KNOWN))
def test_known_counts(problem: Problem, kind: Kind) -> None:
    proved = check(problem.network, problem.domain, kind)
    assert proved["activation_regions"] == problem.activation_regions
    if kind == "faces":
        assert problem.linear_regions in (None, proved["linear_regions"])
        assert problem.adjacencies in (None, len(proved["region_graph"]))


CORNERS = np.array([[0.0, 0.0, 0.0], [2, 0, 0], [0, 2, 0], [-1, -1, 0], [0.3, 0.2, 1.5], [0.1, -0.4, -1]])
DOMAINS = {
    "simplex": lambda dim: pr.Polytope.simplex(dim),
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
ON_DOMAINS = {p.name: p for p in DEGENERATE}


@each_kind
@pytest.mark.parametrize("shape", DOMAINS)
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
    network = ON_DOMAINS[name].network
    check(network, DOMAINS[shape](network.input_dim), kind)


networks = st.one_of(
    integer_networks(3, 3, 4),
    integer_networks(2, 2, 3, activations=KINKED, outputs=2),
    integer_networks(3, 2, 4, kinds=(maxima(), alike()), skips=True, sparse=True),
    kinked_networks(skips=True),
    any_networks(3, 2, 3),
    lively_networks(3, 2, 4, ALL_KINDS, skips=True),
)


def check_if_small(network: pr.Network, domain: pr.Polytope, kind: Kind, maximize: Any = None) -> dict[str, Any]:
    assume(len(pr.enumerate_regions(network, domain)) <= 40)
    return check(network, domain, kind, maximize)


@settings(max_examples=80, deadline=None)
@given(networks, st.integers(1, 3), either_kind)
def test_networks_of_few_numbers(network: pr.Network, size: int, kind: Kind) -> None:
    check_if_small(network, pr.Polytope.box(-size, 1, dim=network.input_dim), kind)


@settings(max_examples=40, deadline=None)
@given(networks, st.sampled_from(sorted(DOMAINS)), either_kind)
def test_networks_of_few_numbers_on_domains(network: pr.Network, shape: str, kind: Kind) -> None:
    check_if_small(network, DOMAINS[shape](network.input_dim), kind)


# Maxima.


def highest(network: pr.Network, domain: pr.Polytope, objective: Sequence[float]) -> Fraction:
    """The largest value over all vertices of all regions, by evaluation."""
    complex_ = pr.build_complex(network, domain)
    factors = [Fraction(factor) for factor in objective]
    points = [[Fraction(int(x.p), int(x.q)) for x in complex_.exact_point(v)] for v in range(complex_.f_vector()[0])]
    values = (pr.evaluate_exactly(network, point) for point in points)
    return max(sum((f * y for f, y in zip(factors, outputs, strict=True)), Fraction(0)) for outputs in values)


def check_maximum(network: pr.Network, domain: pr.Polytope, kind: Kind, objective: Sequence[float]) -> None:
    claim = check_if_small(network, domain, kind, objective)["maximum"]
    assert claim == {"objective": list(objective), "value": highest(network, domain, objective)}


@pytest.mark.parametrize("sign", [1.0, -0.1])
@pytest.mark.parametrize("problem", DEGENERATE, ids=str)
def test_maxima_of_degenerate_networks(problem: Problem, sign: float) -> None:
    objective = [sign / (k + 1) for k in range(problem.network.output_dim)]
    check_maximum(problem.network, problem.domain, "faces" if sign > 0 else "branches", objective)


@settings(max_examples=50, deadline=None)
@given(networks, st.sampled_from([None, *sorted(DOMAINS)]), either_kind, st.data())
def test_maxima(network: pr.Network, shape: str | None, kind: Kind, data: st.DataObject) -> None:
    dim, count = network.input_dim, network.output_dim
    numbers = st.sampled_from([0.0, 1.0, -1.0, 0.1, 3.0, -(2.0**-60)])
    objective = data.draw(st.lists(numbers, min_size=count, max_size=count))
    check_maximum(network, DOMAINS[shape](dim) if shape else pr.Polytope.box(-2, 1, dim=dim), kind, objective)


# Certificates that are wrong.

Content = dict[str, Any]


def sealed(content: Content) -> Content:
    """With the digests of what it holds now."""
    for name in ("network", "domain"):
        text = json.dumps(content[name], sort_keys=True, separators=(",", ":"))
        content["digests"][name] = hashlib.sha256(text.encode()).hexdigest()
    return content


def drop(content: Content, region: int) -> None:
    """Leave a region out of everything, and lower the count."""
    proof, regions = content["proof"], content["regions"]
    for table in (regions["patterns"], regions["witnesses"], proof["maximum"]["bounds"], proof.get("vertices", {})):
        if table:
            del table[region]
    proof["maximum"]["region"] -= region < proof["maximum"]["region"]
    content["claims"]["activation_regions"] -= 1


def double(content: Content) -> None:
    proof, regions = content["proof"], content["regions"]
    for table in (regions["patterns"], regions["witnesses"], proof["maximum"]["bounds"], proof.get("vertices", {})):
        if table:
            table.append(table[0])
    content["claims"]["activation_regions"] += 1


def flatten(content: Content) -> None:
    """Behind both switches a unit vanishes everywhere: the first region is in its lower piece, not in this one."""
    assert content["regions"]["patterns"][0] == [0, 0, 0, 0]
    content["regions"]["patterns"][0] = [0, 0, 1, 0]


def replace_by_a_line(content: Content) -> None:
    """Regions 0 and 2 meet along a line; this pattern is what such a line has if the third unit were positive."""
    content["regions"]["patterns"][0] = [0, 1, 0, 0]
    content["regions"]["witnesses"][0] = [-1, 0, 2]


def swap(content: Content) -> None:
    witnesses = content["regions"]["witnesses"]
    witnesses[0], witnesses[1] = witnesses[1], witnesses[0]


def onto_a_wall(content: Content) -> None:
    content["regions"]["witnesses"][0] = [0, -1, 2]


def onto_the_boundary(content: Content) -> None:
    content["regions"]["witnesses"][0] = [-1, -1, 1]


def change_a_weight(content: Content) -> None:
    row = content["network"]["layers"][0]["rows"][0]
    row[2][0] = (1.0 + 2.0**-52).hex()
    row[0] = (2.0**-30).hex()


def widen(content: Content) -> None:
    content["domain"]["upper"][0] = (1.5).hex()


def narrow(content: Content) -> None:
    content["domain"]["lower"][0] = (0.25).hex()


def cut(content: Content) -> None:
    content["domain"]["halfspaces"].append([1, 1, 0])


def change(name: str, by: int) -> Callable[[Content], None]:
    def apply(content: Content) -> None:
        claim = content["claims"][name]
        if name == "region_graph":
            content["claims"][name] = claim[1:] if by < 0 else sorted([*claim, [0, 3]])
        elif name == "maximum":
            claim["value"][0] += by
        elif isinstance(claim, list):
            claim[0] += by
        else:
            content["claims"][name] += by

    return apply


def claim_more(content: Content) -> None:
    content["claims"]["volume"] = 4


def lose_a_vertex(content: Content) -> None:
    content["proof"]["vertices"][3].pop()


def move_a_vertex(content: Content) -> None:
    content["proof"]["points"][7] = [1, 0, 1 << 40]


def lose_multipliers(content: Content) -> None:
    content["proof"]["empty"].pop()


def change_multipliers(content: Content) -> None:
    multipliers = content["proof"]["multipliers"]
    longest = max(range(len(multipliers)), key=lambda number: len(multipliers[number]))
    multipliers[longest][1] *= 2


def negate_multipliers(content: Content) -> None:
    multipliers = content["proof"]["multipliers"]
    multipliers[0][1::2] = [-times for times in multipliers[0][1::2]]


def exchange_proofs(content: Content) -> None:
    content["proof"]["empty"].reverse()


def elsewhere_maximal(content: Content) -> None:
    content["proof"]["maximum"]["point"] = [1, -1, 1]


def later_version(content: Content) -> None:
    content["version"] = 2


WRONG: list[tuple[str, Callable[[Content], Any], Sequence[Kind]]] = [
    *((f"without-region-{region}", lambda content, region=region: drop(content, region), KINDS) for region in range(4)),
    ("a-region-twice", double, KINDS),
    ("a-flat-region-with-a-witness-beside-it", flatten, KINDS),
    ("a-line-for-a-region", replace_by_a_line, KINDS),
    ("witnesses-exchanged", swap, KINDS),
    ("witness-on-a-wall", onto_a_wall, KINDS),
    ("witness-on-the-boundary", onto_the_boundary, KINDS),
    ("another-weight", change_a_weight, KINDS),
    ("a-wider-domain", widen, KINDS),
    ("a-smaller-domain", narrow, KINDS),
    ("a-domain-cut", cut, KINDS),
    ("more-regions", change("activation_regions", 1), KINDS),
    ("fewer-regions", change("activation_regions", -1), KINDS),
    ("more-linear-regions", change("linear_regions", 1), ["faces"]),
    ("fewer-linear-regions", change("linear_regions", -1), ["faces"]),
    ("more-vertices", change("f_vector", 1), ["faces"]),
    ("fewer-vertices", change("f_vector", -1), ["faces"]),
    ("an-edge-more", change("region_graph", 1), ["faces"]),
    ("an-edge-less", change("region_graph", -1), ["faces"]),
    ("a-larger-maximum", change("maximum", 1), KINDS),
    ("a-smaller-maximum", change("maximum", -1), KINDS),
    ("a-maximum-elsewhere", elsewhere_maximal, KINDS),
    ("an-unknown-claim", claim_more, KINDS),
    ("a-vertex-less", lose_a_vertex, ["faces"]),
    ("a-vertex-moved", move_a_vertex, ["faces"]),
    ("a-proof-less", lose_multipliers, ["branches"]),
    ("multipliers-changed", change_multipliers, ["branches"]),
    ("multipliers-negated", negate_multipliers, ["branches"]),
    ("proofs-exchanged", exchange_proofs, ["branches"]),
    ("a-later-version", later_version, KINDS),
]


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [pytest.param(spoil, kind, id=f"{name}-{kind}") for name, spoil, kinds in WRONG for kind in kinds],
)
def test_both_refuse(spoil: Callable[[Content], Any], kind: Kind) -> None:
    problem = ON_DOMAINS["identically-zero-on-a-region"]
    content = copy.deepcopy(certified(problem.network, problem.domain, kind, [1.0]).content)
    assert second_checker.verify(json.dumps(sealed(content)).encode())
    spoil(content)
    data = json.dumps(sealed(content)).encode()
    with pytest.raises(checker.Refused):
        checker.verify(io.BytesIO(data))
    with pytest.raises(second_checker.Wrong):
        second_checker.verify(data)


@settings(max_examples=40, deadline=None)
@given(networks, either_kind, st.data())
def test_both_notice_that_a_region_is_missing(network: pr.Network, kind: Kind, data: st.DataObject) -> None:
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    count = len(pr.enumerate_regions(network, domain))
    assume(2 <= count <= 40)
    content = copy.deepcopy(certified(network, domain, kind, [1.0] * network.output_dim).content)
    drop(content, data.draw(st.integers(0, count - 1)))
    for name in CLAIMS["faces"] - {"activation_regions"}:
        content["claims"].pop(name, None)
    del content["claims"]["maximum"]
    text = json.dumps(content).encode()
    with pytest.raises(checker.Refused):
        checker.verify(io.BytesIO(text))
    with pytest.raises(second_checker.Wrong):
        second_checker.verify(text)


def test_the_second_checker_is_independent() -> None:
    tree = ast.parse(Path(second_checker.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not any(str(name).startswith("polyregions") for name in imported)
