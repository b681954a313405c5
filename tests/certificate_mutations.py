"""Attacks on certificates: kinds of mutation, by themselves and together.

``python tests/certificate_mutations.py 10000 SEED`` applies so many and prints what became of them, by kind.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from fractions import Fraction
from math import lcm
from random import Random
from typing import Any

from certificate_entries import RAW, Mutation, entry_kinds
from certificate_truth import Content, Verdict, certificates, integer, judge

from polyregions.arithmetic.portable import portable_integer

Slot = tuple[Any, Any]  # what holds an entry, and its number or name there
KINDS: dict[str, Mutation] = entry_kinds()
NOT_HERE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # nothing to change, or no longer


def kind(mutate: Mutation) -> Mutation:
    KINDS[mutate.__name__.replace("_", " ")] = mutate
    return mutate


# Regions and their points.


@kind
def region_dropped(content: Content, random: Random) -> None:
    """Drop a region everywhere, and correct the claims as far as that is easy."""
    proof, claims, region = content["proof"], content["claims"], random.randrange(len(content["regions"]["patterns"]))
    for entries in (
        *content["regions"].values(),
        proof.get("vertices", []),
        proof.get("maximum", {}).get("bounds", []),
    ):
        del entries[region : region + 1]
    claims["activation_regions"] -= 1
    if "f_vector" in claims:
        claims["f_vector"][-1] -= 1
        edges = [edge for edge in claims["region_graph"] if region not in edge]
        claims["region_graph"] = [[end - (end > region) for end in edge] for edge in edges]


@kind
def region_doubled(content: Content, random: Random) -> None:
    region = random.randrange(len(content["regions"]["patterns"]))
    for entries in (*content["regions"].values(), content["proof"].get("vertices", [])):
        entries.extend(entries[region : region + 1])
    content["claims"]["activation_regions"] += random.choice([0, 1])


@kind
def all_regions_dropped(content: Content, random: Random) -> None:
    content |= {"regions": {"patterns": [], "witnesses": []}, "claims": {"activation_regions": 0}}
    content["proof"] |= random.choice([{}, {"vertices": [], "points": [], "kind": "faces"}])


@kind
def two_regions_merged(content: Content, random: Random) -> None:
    """Let a region have the vertices of another as well, which is no longer there."""
    vertices = content["proof"]["vertices"]
    one, other = random.choice(content["claims"]["region_graph"])
    vertices[one] = sorted({*vertices[one], *vertices[other]})
    for entries in (*content["regions"].values(), vertices):
        del entries[other]
    content["claims"]["activation_regions"] -= 1


@kind
def regions_in_another_order(content: Content, random: Random) -> None:
    """True, if the graph follows."""
    regions, proof, claims = content["regions"], content["proof"], content["claims"]
    order = random.sample(range(len(regions["patterns"])), len(regions["patterns"]))
    maximum = proof.get("maximum", {})
    for holder, name in ((regions, "patterns"), (regions, "witnesses"), (proof, "vertices"), (maximum, "bounds")):
        if name in holder:
            holder[name] = [holder[name][region] for region in order]
    if "region_graph" in claims and random.random() < 0.8:
        edges = claims["region_graph"]
        claims["region_graph"] = sorted(sorted(order.index(end) for end in edge) for edge in edges)
    if maximum:
        maximum["region"] = order.index(maximum["region"])


def fractions(point: list[Any]) -> list[Fraction]:
    return [Fraction(integer(entry), integer(point[-1])) for entry in point[:-1]]


def as_point(point: list[Fraction]) -> list[int | str]:
    common = lcm(*(x.denominator for x in point))
    return [portable_integer(int(x * common)) for x in (*point, Fraction(1))]


@kind
def witness_on_a_wall(content: Content, random: Random) -> None:
    first, witness = content["network"]["layers"][0], random.choice(content["regions"]["witnesses"])
    number, point = random.randrange(len(first["rows"])), fractions(witness)
    bias, places, weights = first["rows"][number]
    level = Fraction(float.fromhex(random.choice(first["activations"][number]["breakpoints"])))
    factors = [Fraction(float.fromhex(weight)) for weight in weights]
    value = Fraction(float.fromhex(bias)) + sum(a * point[place] for a, place in zip(factors, places, strict=True))
    point[places[0]] += (level - value) / factors[0]
    witness[:] = as_point(point)


@kind
def witness_on_the_boundary_or_outside(content: Content, random: Random) -> None:
    witness, axis = random.choice(content["regions"]["witnesses"]), random.randrange(content["network"]["inputs"])
    point = fractions(witness)
    point[axis] = Fraction(float.fromhex(content["domain"][random.choice(["lower", "upper"])][axis]))
    point[axis] += random.choice([0, Fraction(1, 1 << 200), -1000])
    witness[:] = as_point(point)


@kind
def witness_at_a_vertex(content: Content, random: Random) -> None:
    random.choice(content["regions"]["witnesses"])[:] = random.choice(content["proof"]["points"])


@kind
def point_in_other_terms(content: Content, random: Random) -> None:
    """True with a positive factor."""
    point = random.choice([*content["regions"]["witnesses"], *content["proof"].get("points", [])])
    factor = random.choice([2, 3 << 60, -1, 0])
    point[:] = [portable_integer(factor * integer(entry)) for entry in point]


@kind
def points_with_other_numbers(content: Content, random: Random) -> None:
    """True: points in another order, and some more that nobody uses."""
    proof = content["proof"]
    order = random.sample(range(len(proof["points"])), len(proof["points"]))
    proof["points"] = [proof["points"][old] for old in order] + proof["points"][:2]
    proof["vertices"] = [[order.index(vertex) for vertex in vertices] for vertices in proof["vertices"]]


@kind
def point_with_two_numbers(content: Content, random: Random) -> None:
    proof = content["proof"]
    vertices = random.choice(proof["vertices"])
    place = random.randrange(len(vertices))
    proof["points"].append(proof["points"][vertices[place]])
    vertices[place] = random.choice([len(proof["points"]) - 1, vertices[place] - len(proof["points"])])


@kind
def vertex_between_vertices(content: Content, random: Random) -> None:
    """Add or move a vertex to the middle of an edge or facet, or into a region, for one or for all that have it."""
    points, vertices = content["proof"]["points"], content["proof"]["vertices"]
    own = random.choice(vertices)
    some = random.sample(own, random.randint(2, len(own)))
    middle = [sum(xs) / len(some) for xs in zip(*(fractions(points[vertex]) for vertex in some), strict=True)]
    if random.random() < 0.3:
        points[some[0]] = as_point(middle)
        return
    points.append(as_point(middle))
    for members in vertices:
        if members is own or set(some) <= set(members):
            members.append(len(points) - 1)
            if random.random() < 0.3:
                members.remove(some[0])


# Proofs and claims.


@kind
def multipliers_all_scaled(content: Content, random: Random) -> None:
    """True."""
    proof = random.choice(content["proof"]["multipliers"] + content["proof"].get("maximum", {}).get("bounds", []))
    proof[1::2] = [portable_integer(integer(entry) << 70) for entry in proof[1::2]]


@kind
def proof_of_rows_more(content: Content, random: Random) -> None:
    proof = random.choice(content["proof"]["multipliers"] + content["proof"].get("maximum", {}).get("bounds", []))
    proof += random.choice([[0], [-1], [-1, 1], [0, 1], [1, 1, 1], [0, 0]])


@kind
def kind_exchanged(content: Content, random: Random) -> None:
    other = "faces" if content["proof"]["kind"] == "branches" else "branches"
    content["proof"]["kind"] = random.choice([other, "volumes", None])


@kind
def claim_removed_or_added(content: Content, random: Random) -> None:
    """True, if only removed."""
    claims = content["claims"]
    del claims[random.choice(list(claims))]
    if random.random() < 0.5:
        facts: Content = {"f_vector": [1, 1], "linear_regions": 1, "region_graph": [], "volume": 1, "network": "0"}
        name = random.choice(list(facts))
        claims[name] = facts[name]


@kind
def maximum_in_other_terms(content: Content, random: Random) -> None:
    """True with a positive factor."""
    value, factor = content["claims"]["maximum"]["value"], random.choice([2, 1 << 60, -1, 0])
    value[:] = [portable_integer(factor * integer(entry)) for entry in value]


@kind
def maximum_says_more(content: Content, random: Random) -> None:
    content["claims"]["maximum"][random.choice(["unique", "minimum", "region"])] = 1


@kind
def maximum_elsewhere(content: Content, random: Random) -> None:
    proof, region = content["proof"]["maximum"], random.randrange(len(content["regions"]["patterns"]))
    proof |= {"region": region, "point": random.choice([*content["regions"]["witnesses"], proof["point"]])}


@kind
def wrong_format(content: Content, random: Random) -> None:
    content |= random.choice([{"format": "certificate"}, {"version": 2}, {"version": "1"}, {"version": None}])


ALL = [*KINDS, *RAW]


def mutant(base: str, kinds: list[str], random: Random) -> bytes | None:
    """Apply mutations, those of files last; None if some find nothing to change."""
    content = json.loads(base)
    try:
        for name in kinds:
            if name in KINDS:
                KINDS[name](content, random)
        data = json.dumps(content, separators=(",", ":")).encode()
        for name in kinds:
            if name in RAW:
                data = RAW[name](data, random)
    except NOT_HERE:
        return None
    return None if data == base.encode() else data


def bases() -> list[str]:
    """The certificates that are attacked, as text."""
    return [json.dumps(content, separators=(",", ":")) for _, content in certificates()]


def attack(texts: list[str], kinds: list[str], random: Random) -> tuple[bytes, Verdict] | None:
    """Make one mutant of some certificate, and judge it; None after twenty attempts without anything to change."""
    for _ in range(20):
        data = mutant(random.choice(texts), kinds, random)
        if data is not None:
            return data, judge(data)
    return None


def group(name: str) -> str:
    """Return the row of the table: what happens to one kind of entry is taken together."""
    return name.partition(":")[0]


def main(count: int, seed: int) -> None:
    """Apply mutations at random, every fourth time several together, and print a table."""
    random, texts, table = Random(seed), bases(), Counter[tuple[str, str]]()
    slowest, done = 0.0, 0
    while done < count:
        kinds = random.sample(ALL, random.choice([1, 1, 1, 1, 1, 1, 2, 3]))
        result = attack(texts, kinds, random)
        if result is None:
            continue
        data, verdict = result
        done, slowest = done + 1, max(slowest, verdict.seconds)
        table.update((name, verdict.outcome) for name in {*map(group, kinds), "all together"})
        if verdict.outcome in ("FALSE", "of nobody"):
            print(
                verdict.outcome,
                kinds,
                verdict.message,
                data.decode(errors="replace")[:4000] if len(data) < 4000 else "",
            )
    outcomes = ("refused", "true", "of nobody", "FALSE")
    print(f"{'kind':60} {'applied':>9} " + " ".join(f"{outcome:>9}" for outcome in outcomes))
    for name in dict.fromkeys(map(group, [*ALL, "all together"])):
        row = [table[name, outcome] for outcome in outcomes]
        print(f"{name:60} {sum(row):9} " + " ".join(f"{number:9}" for number in row))
    print(f"{len(ALL)} kinds; slowest check {slowest:.3f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
