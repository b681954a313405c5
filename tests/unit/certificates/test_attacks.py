"""Certificates that were tampered with, at random and on purpose: they are refused, or what they claim is true."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from certificate_mutations import ALL, attack, bases, group
from certificate_truth import Content, canonical_digest, integer, judge

import polyregions as pr
from polyregions.certificates import checker

MOST_SECONDS = 3.0
Change = Callable[[Content], Any]


@cache
def certificates() -> list[str]:
    return bases()


def failures(kinds: list[str], random: Random) -> list[Any]:
    """Attack some certificate, and return what is wrong with the checker's answer."""
    result = attack(certificates(), kinds, random)
    if result is None:
        return []
    data, verdict = result
    wrong = verdict.outcome == "FALSE" or verdict.seconds > MOST_SECONDS
    return [(kinds, verdict, data[:9000])] if wrong else []


def test_certificates_before_the_attack() -> None:
    assert {judge(text.encode()).outcome for text in certificates()} == {"true"}


def test_number_of_kinds() -> None:
    assert len(set(map(group, ALL))) > 75


@pytest.mark.parametrize("name", sorted(set(map(group, ALL))))
def test_each_kind(name: str) -> None:
    random = Random(name)
    found = [failure for kind in ALL if group(kind) == name for _ in range(3) for failure in failures([kind], random)]
    assert found == []


@pytest.mark.parametrize("seed", range(5))
def test_kinds_together(seed: int) -> None:
    random, found = Random(seed), []
    for _ in range(300):
        found += failures(random.sample(ALL, random.randint(1, 3)), random)
    assert found == []


# On purpose.


@cache
def quadrants(kind: Any) -> str:
    """The sum of two ReLUs on a square: four regions, 9 vertices, 12 edges, and the maximum 2 in the corner (1, 1)."""
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=2))
    return pr.certify(regions, kind=kind, maximize=[1.0]).to_json()


@cache
def kinks(kind: Any) -> str:
    """Two units of one input that switch at 1/2 and -1/2: three regions, and a branch that is empty."""
    network = pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, -1.0]]], [[0.5, -0.5], [0.0]])
    return pr.certify(pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=1)), kind=kind, maximize=[1.0]).to_json()


def without(content: Content, region: int) -> None:
    """Take a region out, with all that belongs to it."""
    lists = [*content["regions"].values(), content["proof"]["maximum"]["bounds"], content["proof"].get("vertices", [])]
    for entries in lists:
        del entries[region : region + 1]
    content["proof"]["maximum"]["region"] -= region < content["proof"]["maximum"]["region"]
    content["claims"] = {"activation_regions": len(content["regions"]["patterns"])}


def followed(content: Content) -> None:
    content["digests"] = {name: canonical_digest(content[name]) for name in ("network", "domain")}


def claim(**claims: Any) -> Change:
    return lambda content: content["claims"].update(claims)


def maximum(**entries: Any) -> Change:
    return lambda content: content["claims"]["maximum"].update(entries)


def attained(**entries: Any) -> Change:
    return lambda content: content["proof"]["maximum"].update(entries)


def network(change: Change) -> Change:
    return lambda content: (change(content["network"]["layers"]), followed(content))


def domain(**entries: Any) -> Change:
    return lambda content: (content["domain"].update(entries), followed(content))


def proof(change: Change) -> Change:
    return lambda content: change(content["proof"])


def regions(change: Change) -> Change:
    return lambda content: change(content["regions"])


def same_pattern_twice(content: Content) -> None:
    """Cut a square in two triangles."""
    without(content, 3)
    for name, entry in (("patterns", [0, 0, 0]), ("witnesses", [-1, -1, 3])):
        content["regions"][name].append(entry)
    content["proof"]["vertices"] = [[0, 4, 6], *content["proof"]["vertices"][1:], [4, 6, 7]]
    content["claims"] = {"activation_regions": 4}


def one_region_for_two(content: Content) -> None:
    """Let the lower right quadrant reach up: its vertices are on both sides of y = 0."""
    content["proof"]["vertices"][2] = [1, 3, 4, 5]
    without(content, 3)


def vertices(region: int, *numbers: int) -> Change:
    return lambda content: content["proof"]["vertices"].__setitem__(region, list(numbers))


def flat_K(content: Content) -> None:
    """K is a segment of the line y = 1/2; so is every region."""
    domain(lower=[MINUS_ONE, HALF], upper=[ONE, HALF])(content)
    content["regions"] = {"patterns": [[0, 1, 0], [1, 1, 0]], "witnesses": [[-1, 1, 2], [1, 1, 2]]}
    content["proof"] = {"kind": "faces", "points": [[-2, 1, 2], [0, 1, 2], [2, 1, 2]], "vertices": [[0, 1], [1, 2]]}
    content["claims"] = {"activation_regions": 2}


def nothing(content: Content) -> None:
    content["regions"] = {"patterns": [], "witnesses": []}
    content["proof"] |= {"vertices": [], "multipliers": [], "empty": []}
    content["claims"] = {"activation_regions": 0}


ONE, HALF, MINUS_ONE = (number.hex() for number in (1.0, 0.5, -1.0))
FACES: dict[str, Change] = {
    "a region is missing": lambda c: without(c, 1),
    "the region of the maximum is missing": lambda c: without(c, 3),
    "a square in two triangles of the same pattern": same_pattern_twice,
    "a region over two": one_region_for_two,
    "a region that is a triangle": vertices(0, 0, 4, 6),
    "a region that is an edge": vertices(0, 0, 4),
    "a region that is a point": vertices(0, 0),
    "a region without vertices": vertices(0),
    "a region with a vertex outside": vertices(0, 0, 4, 6, 7, 8),
    "a region with a vertex of the opposite one": vertices(0, 0, 4, 6, 3),
    "two regions at one place": vertices(0, 3, 5, 7, 8),
    "a vertex in decimal digits as text": lambda c: vertices(0, *map(str, c["proof"]["vertices"][0]))(c),
    "a vertex that is not there": vertices(0, 0, 4, 6, 99),
    "a vertex in the middle of an edge": lambda c: (
        c["proof"]["points"].append([-1, -2, 2]),
        vertices(0, 0, 4, 6, 7, 9)(c),
    ),
    "a vertex in the middle of a region": lambda c: (
        c["proof"]["points"].append([-1, -1, 2]),
        vertices(0, 0, 4, 6, 7, 9)(c),
    ),
    "K is wider": domain(lower=["-0x1.8000000000000p+0"] * 2),
    "no vertices": proof(lambda p: p.pop("vertices")),
    "another point": proof(lambda p: p["points"].__setitem__(7, [0, 1, 1 << 40])),
    "a point at infinity": proof(lambda p: p["points"].__setitem__(7, [0, 0, 0])),
    "a point with a negative denominator": proof(lambda p: p["points"].__setitem__(0, [1, 1, -1])),
    "a point in space": proof(lambda p: p["points"].__setitem__(0, [-1, -1, 0, 1])),
    "faces claimed by branches": proof(lambda p: p.update(kind="branches", multipliers=[], empty=[])),
    "one linear region": claim(linear_regions=1),
    "a vertex more": claim(f_vector=[10, 12, 4]),
    "an edge more, and one less": claim(f_vector=[9, 13, 5]),
    "no regions in the f-vector": claim(f_vector=[9, 12]),
    "an edge of the graph more": claim(region_graph=[[0, 1], [0, 2], [0, 3], [1, 3], [2, 3]]),
    "an edge of the graph less": claim(region_graph=[[0, 1], [0, 2], [1, 3]]),
    "an edge of the graph twice": claim(region_graph=[[0, 1], [0, 1], [0, 2], [1, 3], [2, 3]]),
    "truth values for numbers": claim(region_graph=[[False, True], [0, 2], [True, 3], [2, 3]]),
}
BRANCHES: dict[str, Change] = {
    "a region is missing": lambda c: without(c, 1),
    "a region is missing, and its proof is the last one": lambda c: (without(c, 2), c["proof"]["empty"].append(-1)),
    "a region is missing, and its proof is a row of K": lambda c: (
        without(c, 0),
        c["proof"]["multipliers"].append([1, 1]),
        c["proof"]["empty"].append(len(c["proof"]["multipliers"]) - 1),
    ),
    "multipliers that are zero": proof(lambda p: p["multipliers"][0].__setitem__(slice(1, None, 2), [0, 0])),
    "multipliers that are negative": proof(lambda p: p["multipliers"][0].__setitem__(slice(None), [0, 1, 0, -1])),
    "no multipliers": proof(lambda p: p.update(multipliers=[[]] * 9)),
    "rows without multipliers": proof(lambda p: p.update(multipliers=[[0]] * 9)),
    "proofs as text": proof(lambda p: p.update(multipliers=["01"] * 9)),
    "no branch is empty": proof(lambda p: p.update(empty=[])),
    "faces claimed": claim(f_vector=[4, 3]),
    "linear regions claimed": claim(linear_regions=3),
    "a region graph claimed": claim(region_graph=[[0, 1], [1, 2]]),
    "faces without points": proof(lambda p: p.update(kind="faces")),
}
BOTH: dict[str, Change] = {
    "no regions": nothing,
    "all regions have one witness": regions(lambda r: r.update(witnesses=r["witnesses"][:1] * len(r["witnesses"]))),
    "a witness in numbers that are too long": regions(
        lambda r: r["witnesses"].__setitem__(0, [x * 10**17 for x in map(integer, r["witnesses"][0])])
    ),
    "a witness is missing": regions(lambda r: r["witnesses"].pop()),
    "witnesses are texts": regions(lambda r: r.update(witnesses=["11x", "111", "111"])),
    "patterns are too short": regions(lambda r: r.update(patterns=[pattern[:-1] for pattern in r["patterns"]])),
    "patterns are too long": regions(lambda r: [pattern.append(0) for pattern in r["patterns"]]),
    "patterns are truth values": regions(lambda r: r.update(patterns=[list(map(bool, p)) for p in r["patterns"]])),
    "a piece that no unit has": regions(lambda r: r["patterns"][0].__setitem__(-1, 1)),
    "a piece counted from the end": regions(lambda r: r["patterns"][-1].__setitem__(0, -1)),
    "a kind of proof that there is not": proof(lambda p: p.update(kind="volumes")),
    "a region more": lambda c: c["claims"].update(activation_regions=c["claims"]["activation_regions"] + 1),
    "a number as text": lambda c: c["claims"].update(activation_regions=hex(c["claims"]["activation_regions"])),
    "a claim that nobody checks": claim(volume=4),
    "a claim about the digest": claim(network="0" * 64),
    "claims in a list": lambda c: c.update(claims=[["activation_regions", 4]]),
    "a larger maximum": maximum(value=[5, 2]),
    "a smaller maximum": maximum(value=[3, 4]),
    "a maximum over zero": maximum(value=[2, 0]),
    "a maximum over a negative number": lambda c: maximum(value=[-x for x in c["claims"]["maximum"]["value"]])(c),
    "a maximum as text": lambda c: maximum(value="".join(map(str, c["claims"]["maximum"]["value"])))(c),
    "a maximum with more to say": maximum(unique=True),
    "a maximum as an object": lambda c: maximum(value=dict.fromkeys(map(str, c["claims"]["maximum"]["value"])))(c),
    "an objective as text": maximum(objective="1"),
    "an objective that is no float": maximum(objective=["0x1.00000000000001p+0"]),
    "an objective that underflows": maximum(objective=["0x1p-1075"]),
    "an objective of two numbers": maximum(objective=[ONE, ONE]),
    "an objective of no numbers": maximum(objective=[]),
    "another objective": maximum(objective=["0x1.8000000000000p+0"]),
    "an objective that is not finite": maximum(objective=["inf"]),
    "a maximum outside": attained(point=[9, 9, 1]),
    "a maximum in no region": attained(region=99),
    "a maximum in another region": attained(region=0),
    "a maximum without bounds": attained(bounds=[]),
    "bounds without the objective": attained(bounds=[[1, 1]] * 4),
    "an objective without its multiplier": attained(bounds=[[1, 1, 0]] * 4),
    "K is narrower": lambda c: domain(lower=[HALF] * len(c["domain"]["lower"]))(c),
    "K is empty": lambda c: domain(lower=c["domain"]["upper"], upper=c["domain"]["lower"])(c),
    "K has one coordinate more": lambda c: domain(lower=[*c["domain"]["lower"], MINUS_ONE])(c),
    "K has no coordinates": domain(lower=[], upper=[]),
    "K is cut off": lambda c: domain(halfspaces=[[*[-1] * len(c["domain"]["lower"]), 0]])(c),
    "a half-space of zeros": lambda c: domain(halfspaces=[[0] * (len(c["domain"]["lower"]) + 1)])(c),
    "the network has no layers": network(lambda layers: layers.clear()),
    "a source that comes later": network(lambda layers: layers[0].update(sources=[1])),
    "a weight's place that is not there": network(lambda layers: layers[0]["rows"][0][1].__setitem__(0, 9)),
    "weights as an object": network(lambda layers: layers[0]["rows"][0].__setitem__(2, dict.fromkeys([ONE]))),
    "breakpoints of the wrong number": network(lambda layers: layers[0]["activations"][0].update(slopes=[ONE])),
    "no format": lambda c: c.pop("format"),
    "version 2": lambda c: c.update(version=2),
    "version true": lambda c: c.update(version=True),
    "no digest of the domain": lambda c: c["digests"].pop("domain"),
    "a digest more": lambda c: c["digests"].update(proof="0"),
}


def forged(text: str, change: Change) -> bytes:
    content = json.loads(text)
    change(content)
    data = json.dumps(content)
    assert data != text
    return data.encode()


CASES = [
    *(pytest.param(quadrants, "faces", change, id=f"faces-{name}") for name, change in FACES.items()),
    pytest.param(quadrants, "faces", flat_K, id="faces-K is flat"),
    *(pytest.param(kinks, "branches", change, id=f"branches-{name}") for name, change in BRANCHES.items()),
    *(
        pytest.param(make, kind, change, id=f"{make.__name__}-{kind}-{name}")
        for make, kind in ((quadrants, "faces"), (kinks, "branches"), (kinks, "faces"))
        for name, change in BOTH.items()
    ),
]


@pytest.mark.parametrize(("make", "kind", "change"), CASES)
def test_refused(make: Any, kind: str, change: Change) -> None:
    with pytest.raises(checker.Refused, match=r"\w"):
        checker.verify(io.BytesIO(forged(make(kind), change)))


# Descriptions that a checker may read, but that the library does not write, so that no network and no domain has their
# digest.  If they are of any, then what is claimed is true of these.
UNUSUAL: dict[str, Change] = {
    "a source counted from the end": network(lambda layers: layers[1].update(sources=[-1])),
    "a weight's place counted from the end": network(lambda layers: layers[1]["rows"][0][1].__setitem__(1, -2)),
    "the place of the constant": network(lambda layers: layers[1]["rows"][0][1].__setitem__(1, 2)),
    "a place twice": network(lambda layers: layers[0]["rows"].__setitem__(0, ["0x0.0p+0", [0, 0], [HALF, HALF]])),
    "more weights than places": network(lambda layers: layers[1]["rows"][0][2].append(ONE)),
    "a weight of zero": network(
        lambda layers: layers[0]["rows"][0].__setitem__(slice(1, 3), [[0, 1], [ONE, "0x0.0p+0"]])
    ),
    "a weight with digits to spare": network(lambda layers: layers[0]["rows"][0][2].__setitem__(0, f"{ONE[:-3]}00p+0")),
    "a bias of minus zero": network(lambda layers: layers[0]["rows"][0].__setitem__(0, "-0x0.0p+0")),
    "a row more than activations": network(lambda layers: layers[1]["rows"].append(["0x0.0p+0", [], []])),
    "breakpoints that do not increase": network(
        lambda layers: layers[1]["activations"][0].update(breakpoints=[ONE, HALF], slopes=[ONE] * 3)
    ),
    "activations and maxima": network(lambda layers: layers[1].update(maxima=[[0]])),
    "something more in the network": lambda c: (c["network"].update(name="mine"), followed(c)),
    "a half-space that is the box's": lambda c: domain(halfspaces=[[1, *[0] * (len(c["domain"]["lower"]) - 1), 1]])(c),
    "dimension true": lambda c: (c["network"].update(inputs=True), followed(c)),
}


@pytest.mark.parametrize("change", UNUSUAL.values(), ids=UNUSUAL)
@pytest.mark.parametrize("make", [quadrants, kinks])
def test_unusual_descriptions(make: Any, change: Change) -> None:
    text = make("branches")
    data = forged(text, change)
    assert judge(data).outcome != "FALSE"
    assert json.loads(data)["digests"] != json.loads(text)["digests"]
