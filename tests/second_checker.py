"""A second checker of certificates, which trusts no hint: cells are computed by cddlib, in rationals.

It shares nothing with the library or its checker.  The pattern of a region is found by evaluating the network at the
witness; the cell of a region is turned into its vertices by double description; that no region is missing follows from
exact volumes, or, for proofs by branches, from a linear program for every branch.  All of that needs low dimension.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from operator import mul, neg
from typing import Any

import pytest

cdd: Any = pytest.importorskip("cdd.gmp", reason="needs pycddlib with GMP")

Form = list[Fraction]  # a_1, ..., a_n, c: stands for a . x + c
Point = tuple[Fraction, ...]
Pattern = tuple[int, ...]
Face = frozenset[int]
MALFORMED = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RuntimeError, OSError, EOFError)


class Wrong(Exception):
    """What is claimed is not so, or not shown."""


def need(condition: bool, message: str) -> None:
    if not condition:
        raise Wrong(message)


# Numbers and forms.


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    need(len(dict(pairs)) == len(pairs), "a name occurs twice")
    return dict(pairs)


def whole(entry: Any) -> int:
    """An integer: a number below 2^53, or hexadecimal digits."""
    if isinstance(entry, str):
        return int(entry, 16)
    need(type(entry) is int and abs(entry) < 2**53, "a number is not an integer below 2^53")
    return int(entry)


def number_of(entry: Any, count: int) -> int:
    """One of the numbers below a count."""
    need(0 <= whole(entry) < count, "a number points nowhere")
    return whole(entry)


def reals(entries: Iterable[str]) -> list[Fraction]:
    return [Fraction(float.fromhex(entry)) for entry in entries]


def homogeneous(entries: Sequence[Any], dim: int) -> Point:
    """A point: coordinates over their common denominator, and then that."""
    *numbers, below = map(whole, entries)
    need(len(numbers) == dim and below > 0, "this is no point")
    return tuple(Fraction(number, below) for number in numbers)


def value(form: Form, point: Sequence[Fraction]) -> Fraction:
    return sum(map(mul, form, point), form[-1])


def combine(factors: Iterable[Fraction | int], forms: Iterable[Form], dim: int) -> Form:
    total = [Fraction(0)] * (dim + 1)
    for factor, form in zip(factors, forms, strict=True):
        if factor:
            total = [x + factor * a for x, a in zip(total, form, strict=True)]
    return total


def coprime(form: Form) -> Form:
    """The multiple with whole coefficients that have no common divisor."""
    common = math.lcm(*(a.denominator for a in form))
    return [a * common / (math.gcd(*(int(b * common) for b in form)) or 1) for a in form]


def determinant(rows: list[list[Fraction]]) -> Fraction:
    if not rows:
        return Fraction(1)
    minors = [determinant([row[:k] + row[k + 1 :] for row in rows[1:]]) for k in range(len(rows))]
    return sum(map(mul, rows[0][::2], minors[::2]), Fraction(0)) - sum(map(mul, rows[0][1::2], minors[1::2]))


# Networks.


class Kinked:
    """A unit that is a continuous piecewise-linear function of one row."""

    def __init__(self, row: int, entry: dict[str, list[str]]) -> None:
        self.row, self.kinks, self.slopes = row, reals(entry["breakpoints"]), reals(entry["slopes"])
        need(self.kinks == sorted(set(self.kinks)), "breakpoints do not ascend")
        need(len(self.slopes) == len(self.kinks) + 1, "there is one slope for each piece")
        self.pieces, self.values = range(len(self.slopes)), reals(entry["value"])
        for slope, (low, high) in zip(self.slopes[1:], itertools.pairwise(self.kinks), strict=False):
            self.values.append(self.values[-1] + slope * (high - low))

    def output(self, forms: list[Form], piece: int) -> Form:
        anchor, factor = max(piece - 1, 0), self.slopes[piece]
        *slope, constant = forms[self.row]
        start = self.kinks[anchor] if self.kinks else 0
        return [*(factor * a for a in slope), factor * (constant - start) + self.values[anchor]]

    def piece_at(self, forms: list[Form], point: Point) -> int:
        """The piece in a neighbourhood of a point: where the row is a breakpoint all around, the one below."""
        height, level = value(forms[self.row], point), not any(forms[self.row][:-1])
        need(level or height not in self.kinks, "a witness lies on a breakpoint of a unit")
        return sum(kink < height for kink in self.kinks)

    def sides(self, forms: list[Form], piece: int) -> Iterator[tuple[Form, bool]]:
        """What is positive in a piece, and whether it must not vanish identically."""
        *slope, constant = forms[self.row]
        if piece:
            yield [*slope, constant - self.kinks[piece - 1]], True
        if piece < len(self.kinks):
            yield [*map(neg, slope), self.kinks[piece] - constant], False


class Largest:
    """A unit that is the largest of several rows."""

    def __init__(self, group: list[int]) -> None:
        self.group, self.pieces = group, range(len(group))

    def output(self, forms: list[Form], piece: int) -> Form:
        return forms[self.group[piece]]

    def piece_at(self, forms: list[Form], point: Point) -> int:
        heights = [value(forms[row], point) for row in self.group]
        best = heights.index(max(heights))
        tied = [forms[row] for row, height in zip(self.group, heights, strict=True) if height == heights[best]]
        need(all(form == tied[0] for form in tied), "at a witness two rows of a maximum cross")
        return best

    def sides(self, forms: list[Form], piece: int) -> Iterator[tuple[Form, bool]]:
        for place, row in enumerate(self.group):
            if place != piece:
                difference = [a - b for a, b in zip(forms[self.group[piece]], forms[row], strict=True)]
                yield difference, place < piece


class Network:
    """Layers of dense rows with their biases; layer 0 is the input.  Forms are kept for what begins alike."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.dim = whole(entry["inputs"])
        self.axes = [[Fraction(i == j) for j in range(self.dim + 1)] for i in range(self.dim + 1)]  # x_1, ..., x_n, 1
        self.layers: list[tuple[list[int], list[list[Fraction]], list[Any]]] = []
        widths = [self.dim]
        for layer in entry["layers"]:
            sources, dense = [number_of(source, len(widths)) for source in layer["sources"]], []
            for bias, places, weights in layer["rows"]:
                dense.append([Fraction(0)] * sum(widths[source] for source in sources) + reals([bias]))
                for place, weight in zip(places, reals(weights), strict=True):
                    dense[-1][number_of(place, len(dense[-1]) - 1)] += weight
            need(("maxima" in layer) != ("activations" in layer), "units are either maxima or not")
            groups = layer.get("maxima", ())
            units: list[Any] = [Largest([number_of(row, len(dense)) for row in group]) for group in groups]
            units += [Kinked(number_of(row, len(dense)), kind) for row, kind in enumerate(layer.get("activations", ()))]
            need(bool(groups) or len(units) == len(dense), "each row has one activation")
            self.layers.append((sources, dense, units))
            widths.append(len(units))
        self.first = [0, *itertools.accumulate(widths[1:])]  # the first unit of layer k + 1
        self.units = [(k + 1, unit) for k, (_, _, units) in enumerate(self.layers) for unit in units]
        self.known: dict[tuple[int, Pattern], list[Form]] = {}

    def outputs(self, layer: int, pattern: Pattern) -> list[Form]:
        """The outputs of a layer, where units up to it are in these pieces."""
        if layer == 0:
            return self.axes[:-1]
        forms, own = self.forms(layer, pattern), pattern[self.first[layer - 1] : self.first[layer]]
        return [unit.output(forms, piece) for unit, piece in zip(self.layers[layer - 1][2], own, strict=True)]

    def forms(self, layer: int, pattern: Pattern) -> list[Form]:
        """The rows of a layer, where units before it are in these pieces."""
        key = layer, pattern[: self.first[layer - 1]]
        if key not in self.known:
            sources, dense, _ = self.layers[layer - 1]
            inputs = [form for source in sources for form in self.outputs(source, pattern)]
            self.known[key] = [combine(row, [*inputs, self.axes[-1]], self.dim) for row in dense]
        return self.known[key]

    def pattern_at(self, point: Point) -> Pattern:
        """The pieces of all units in a neighbourhood of a point."""
        pattern: Pattern = ()
        for layer, unit in self.units:
            pattern += (unit.piece_at(self.forms(layer, pattern), point),)
        return pattern

    def sides(self, pattern: Pattern, piece: int) -> list[Form]:
        """The rows of a piece of the unit that comes after a pattern; 1 for one that vanishes but need not count."""
        layer, unit = self.units[len(pattern)]
        sides = unit.sides(self.forms(layer, pattern), piece)
        return [form if strict or any(form) else self.axes[-1] for form, strict in sides]


# Polytopes.


def generators(rows: Iterable[Form]) -> list[Point]:
    """The vertices of a bounded polyhedron."""
    matrix = cdd.matrix_from_array([[form[-1], *form[:-1]] for form in rows], rep_type=cdd.RepType.INEQUALITY)
    found = cdd.copy_generators(cdd.polyhedron_from_matrix(matrix))
    need(not found.lin_set and all(row[0] == 1 for row in found.array), "a cell is not bounded")
    return [tuple(map(Fraction, row[1:])) for row in found.array]


def has_interior(rows: Iterable[Form]) -> bool:
    """Whether rows can all be positive at once, by a linear program."""
    table = [[form[-1], *form[:-1], -1] for form in rows]
    zeros = [0] * (len(table[0]) - 2)
    program = cdd.linprog_from_array([*table, [1, *zeros, -1], [0, *zeros, 1]], obj_type=cdd.LPObjType.MAX)
    cdd.linprog_solve(program)
    need(program.status == cdd.LPStatusType.OPTIMAL, "a linear program has no solution")
    return bool(program.obj_value > 0)


class Polytopes:
    """Polytopes whose vertices are numbered by their exact coordinates; faces are sets of vertices."""

    def __init__(self, dim: int) -> None:
        self.dim, self.points = dim, list[Point]()
        self.numbers, self.dims = dict[Point, int](), dict[Face, int]()

    def number(self, point: Point) -> int:
        if self.numbers.setdefault(point, len(self.points)) == len(self.points):
            self.points.append(point)
        return self.numbers[point]

    def dimension(self, face: Face) -> int:
        if face not in self.dims:
            rows = [[1, *self.points[vertex]] for vertex in face]
            self.dims[face] = cdd.matrix_rank(cdd.matrix_from_array(rows, rep_type=cdd.RepType.GENERATOR))[-1] - 1
        return self.dims[face]

    def hull(self, rows: list[Form]) -> tuple[Face, list[set[Face]]]:
        """The vertices, and the faces of each dimension: intersections of the sets of vertices on the rows."""
        points = generators(rows)
        corners = frozenset(map(self.number, points))
        need(len(corners) == len(points) > 0, "a cell is empty, or has a vertex twice")
        faces = {corners}
        for row in rows:
            on = frozenset(corner for corner in corners if value(row, self.points[corner]) == 0)
            faces |= {face & on for face in faces}
        levels: list[set[Face]] = [set() for _ in range(self.dim + 1)]
        for face in faces - {frozenset()}:
            levels[self.dimension(face)].add(face)
        need(levels[-1] == {corners} and len(levels[0]) == len(corners), "a cell is flat")
        return corners, levels

    def volume(self, corners: Face, levels: list[set[Face]]) -> Fraction:
        """The volume, by simplices from the first vertex of every face to its facets that do not have it."""

        def simplices(face: Face, k: int) -> Iterator[list[int]]:
            apex = min(face)
            if k == 0:
                yield [apex]
            for facet in levels[k - 1] if k else ():
                if facet < face and apex not in facet:
                    yield from ([apex, *others] for others in simplices(facet, k - 1))

        chosen = [[self.points[vertex] for vertex in simplex] for simplex in simplices(corners, self.dim)]
        edges = [[[x - a for x, a in zip(p, start, strict=True)] for p in others] for start, *others in chosen]
        return sum((abs(determinant(rows)) for rows in edges), Fraction(0)) / math.factorial(self.dim)


# Certificates.


class Certificate:
    """Regions whose patterns and witnesses are checked, with their vertices and faces."""

    def __init__(self, content: dict[str, Any]) -> None:
        need((content["format"], content["version"]) == ("polyregions certificate", 1), "this is another format")
        parts = {name: json.dumps(content[name], sort_keys=True, separators=(",", ":")) for name in content["digests"]}
        self.digests = {name: hashlib.sha256(parts[name].encode()).hexdigest() for name in ("network", "domain")}
        need(content["digests"] == self.digests, "the digests are those of something else")
        self.network, self.proof, self.claims = Network(content["network"]), content["proof"], content["claims"]
        self.dim, domain = self.network.dim, content["domain"]
        low, high = reals(domain["lower"]), reals(domain["upper"])
        axes, self.box = self.network.outputs(0, ()), list(itertools.product(*zip(low, high, strict=True)))
        rows = [[*x[:-1], -bound] for x, bound in zip(axes, low, strict=True)]
        rows += [[*map(neg, x[:-1]), bound] for x, bound in zip(axes, high, strict=True)]
        rows += [[Fraction(whole(entry)) for entry in row] for row in domain["halfspaces"]]
        self.known: dict[Pattern, list[Form]] = {(): rows}
        self.patterns = [tuple(map(whole, pattern)) for pattern in content["regions"]["patterns"]]
        self.check_witnesses([homogeneous(entry, self.dim) for entry in content["regions"]["witnesses"]])
        self.polytopes = Polytopes(self.dim)
        self.hulls = [self.polytopes.hull(self.rows(pattern)) for pattern in self.patterns]
        self.maps = [self.network.outputs(len(self.network.layers), pattern) for pattern in self.patterns]
        {"faces": self.complete_by_volumes, "branches": self.complete_by_programs}[self.proof["kind"]]()

    def rows(self, pattern: Pattern) -> list[Form]:
        """What is positive where the first units are in these pieces: rows of K, then the sides of each unit."""
        if pattern not in self.known:
            self.known[pattern] = self.rows(pattern[:-1]) + self.network.sides(pattern[:-1], pattern[-1])
        return self.known[pattern]

    def check_witnesses(self, witnesses: list[Point]) -> None:
        for pattern, point in zip(self.patterns, witnesses, strict=True):
            need(self.network.pattern_at(point) == pattern, "around a witness there is another pattern")
            need(all(value(row, point) > 0 for row in self.rows(pattern)), "a witness is not inside its region")
        need(0 < len(self.patterns) == len(set(self.patterns)), "two regions have the same pattern, or there is none")

    def complete_by_volumes(self) -> None:
        points = [self.polytopes.number(homogeneous(entry, self.dim)) for entry in self.proof["points"]]
        for (corners, _), listed in zip(self.hulls, self.proof["vertices"], strict=True):
            need(sorted(points[whole(number)] for number in listed) == sorted(corners), "a region has other vertices")
        total = sum(self.polytopes.volume(*hull) for hull in self.hulls)
        need(total == self.polytopes.volume(*self.polytopes.hull(self.rows(()))), "the regions do not fill K")

    def complete_by_programs(self) -> None:
        """No other piece of any unit is possible after what regions begin with; the listed multipliers say so too."""
        pieces: dict[Pattern, set[int]] = {}
        for pattern in sorted(self.patterns, reverse=True):
            for k, piece in enumerate(pattern):
                pieces.setdefault(pattern[:k], set()).add(piece)
        proofs = iter(self.proof["empty"])
        for start, taken in pieces.items():
            for piece in sorted(set(self.network.units[len(start)][1].pieces) - taken):
                rows = self.network.sides(start, piece) + self.rows(start)
                need(not has_interior(rows), "a region is missing")
                self.check_multipliers(rows, self.proof["multipliers"][next(proofs, None)])
        need(next(proofs, None) is None, "there are more proofs than branches")

    def check_multipliers(self, rows: list[Form], listed: list[Any]) -> None:
        """Positive multiples of rows add up to what is positive at no corner of the box."""
        factors = [(whole(row), whole(times)) for row, times in zip(listed[::2], listed[1::2], strict=True)]
        need(bool(factors) and min(min(row, times - 1) for row, times in factors) >= 0, "multipliers are not positive")
        total = combine([times for _, times in factors], [coprime(rows[row]) for row, _ in factors], self.dim)
        need(all(value(total, corner) <= 0 for corner in self.box), "multipliers do not refute a branch")

    def edges(self) -> list[list[int]]:
        """Pairs of regions with a common facet, after a check that all cells meet in common faces."""
        found = []
        for (i, (one, left)), (j, (other, right)) in itertools.combinations(enumerate(self.hulls), 2):
            shared = one & other
            common = generators(self.rows(self.patterns[i]) + self.rows(self.patterns[j]))
            need(set(common) == {self.polytopes.points[corner] for corner in shared}, "cells meet beside vertices")
            k = self.polytopes.dimension(shared) if shared else 0
            need(not shared or shared in left[k] & right[k], "cells do not meet face to face")
            found += [[i, j]] * (k == self.dim - 1 and bool(shared))
        return found

    def linear_regions(self, edges: list[list[int]]) -> int:
        """Parts that hang together by facets across which the map is the same."""
        left, count = set(range(len(self.patterns))), 0
        beside = [(a, b) for i, j in edges if self.maps[i] == self.maps[j] for a, b in ((i, j), (j, i))]
        while left:
            count, front = count + 1, {left.pop()}
            while front:
                front = {b for a, b in beside if a in front and b in left}
                left -= front
        return count

    def check_maximum(self, claim: dict[str, Any]) -> None:
        """The maximum over all vertices; the listed multipliers and the listed point have to show the same."""
        objective, (p, q), proof = reals(claim["objective"]), map(whole, claim["value"]), self.proof["maximum"]
        forms = [combine(objective, outputs, self.dim) for outputs in self.maps]
        reached = [
            (form, self.polytopes.points[v]) for form, hull in zip(forms, self.hulls, strict=True) for v in hull[0]
        ]
        best = max(value(form, point) for form, point in reached)
        need(q > 0 and best == Fraction(p, q), f"the maximum is {best}")
        for form, pattern, listed in zip(forms, self.patterns, proof["bounds"], strict=True):
            need(0 in listed[::2], "multipliers leave out the objective")
            self.check_multipliers([[*form[:-1], form[-1] - best], *self.rows(pattern)], listed)
        region, point = whole(proof["region"]), homogeneous(proof["point"], self.dim)
        need(value(forms[region], point) == best, "the maximum is not attained at the point")
        need(all(value(row, point) >= 0 for row in self.rows(self.patterns[region])), "the point is not in the region")

    def verified(self) -> dict[str, Any]:
        """What is claimed and so."""
        facts: dict[str, Any] = {"activation_regions": len(self.patterns)}
        if self.proof["kind"] == "faces":
            facts["region_graph"] = edges = self.edges()
            facts["linear_regions"] = self.linear_regions(edges)
            facts["f_vector"] = [
                len(set().union(*level)) for level in zip(*(hull[1] for hull in self.hulls), strict=True)
            ]
        if "maximum" in self.claims:
            self.check_maximum(self.claims["maximum"])
            facts["maximum"] = self.claims["maximum"]
        for name, claim in self.claims.items():
            need(facts.get(name, self) == claim, f"{name} is {facts.get(name, 'not known')}")
        return self.digests | self.claims


def verify(data: bytes) -> dict[str, Any]:
    """What the file of a certificate shows: the digests, and the claims by name; `Wrong` if it does not show them."""
    try:
        text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        return Certificate(json.loads(text, object_pairs_hook=once)).verified()
    except MALFORMED as error:
        raise Wrong(f"malformed: {type(error).__name__}: {error}") from None
