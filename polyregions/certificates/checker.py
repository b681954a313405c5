"""Check a certificate: which activation regions a piecewise-linear network has in a domain K, and that these are all.

``python checker.py FILE`` prints what is proved and exits with 0, or says what is wrong and exits with 1.  It needs
only Python, 3.10 or later.  docs/reference/certificates.md has the format, docs/explanation/certificates.md the proof.

All is decided in whole numbers.  A *form* is n + 1 integers (a | c) and stands for a . x + c; a *row* is a form that
is divided by their common divisor.  A *point* is n + 1 integers (y | d) with d > 0 and stands for y / d; a form has the
sign of the scalar product there.  The *cell* of a region is where all its rows are positive, including those of K.
"""

import gzip
import hashlib
import json
import math
import sys
import zlib
from collections import Counter
from fractions import Fraction
from operator import mul

FORMAT, MOST_BYTES, MOST_DIGITS = b'["polyregions certificate",1]', 1 << 31, 1 << 16
BAD = ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError


class Refused(Exception):
    """The certificate does not prove what it claims."""


def require(condition, message):
    """Refuse the certificate unless a condition holds."""
    if not condition:
        raise Refused(message)


def load(file):
    """Read JSON, compressed or not; refuse names that occur twice, and numbers that are not integers below 10^16."""

    def unique(pairs):
        require(len(dict(pairs)) == len(pairs), f"a name occurs twice among {[name[:20] for name, _ in pairs][:9]}")
        return dict(pairs)

    def integer(text):
        require(text.lstrip("-").isdecimal() and len(text.lstrip("-")) < 17, f"{text[:40]} is no integer, or too long")
        return int(text)

    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    text = (gzip.GzipFile(fileobj=file) if packed else file).read(MOST_BYTES).decode()
    return json.loads(text, object_pairs_hook=unique, parse_int=integer, parse_float=integer, parse_constant=integer)


def canonical(data):
    """Write JSON in the one form that digests are of, in which true is not 1."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def integers(entries, count=None):
    """Read a list of integers, numbers or hexadecimal digits as text; or of things, of which there is a count."""
    numbers = [int(entry, 16) if type(entry) is str and len(entry) <= MOST_DIGITS else entry for entry in entries]
    fine = all(type(x) is int and (x is entry or hex(x) == entry) for x, entry in zip(numbers, entries))
    require(fine and type(entries) is list, "integers are numbers, or text as hex writes it, and not too long")
    require(count is None or not numbers or 0 <= min(numbers) <= max(numbers) < count, "nothing has this number")
    return numbers


def reals(entries):
    """Read a list of floats in hexadecimal digits."""
    numbers = [float.fromhex(entry) for entry in entries]
    require(entries == [number.hex() for number in numbers], "floats are lists of text as float.hex writes it")
    return [Fraction(number) for number in numbers]


def over_common(table):
    """Write lists of fractions as lists of integers over one common denominator."""
    common = math.lcm(*(number.denominator for row in table for number in row))
    return [[number.numerator * (common // number.denominator) for number in row] for row in table], common


def primitive(form):
    """Divide a form or a point by the common divisor of its integers."""
    divisor = math.gcd(*form)
    return tuple(number // divisor for number in form) if divisor > 1 else tuple(form)


def combined(forms, places, factors):
    """Add up multiples of some of the forms."""
    return [sum(map(mul, factors, column)) for column in zip(*map(forms.__getitem__, places))]


class Layer:
    """Rows combine inputs, units combine rows.  The last of these forms is their denominator, alike in all regions."""

    def __init__(self, entry, widths):
        self.sources, rows, count = integers(entry["sources"], len(widths)), entry["rows"], len(entry["rows"])
        last = sum(widths[source] for source in self.sources)
        table, scale = over_common([reals([bias]) + reals(weights) for bias, _, weights in rows])
        self.rows = [([last, *integers(r[1], last)], factors) for r, factors in zip(rows, table)] + [([last], [scale])]
        if "maxima" in entry:
            units = [self.maximum(integers(group, count)) for group in entry["maxima"]]
        else:
            units = [self.elementwise((r, count), f) for r, f in zip(range(count), entry["activations"], strict=True)]
        fine = len(entry) == 3 and all(units) and all(len(places) == len(factors) for places, factors in self.rows)
        require(fine, "a layer has a place for each weight, and either activations or maxima of something")
        table, self.scale = over_common([factors for unit in units for _, factors, _ in unit])
        factors = iter(table)
        self.units = [[(places, next(factors), sides) for places, _, sides in unit] for unit in units]

    def elementwise(self, places, kind):
        """Return each piece of a function of one row: its output, and its sides, *strict* if not in it where zero."""
        kinks, slopes, (value,) = (reals(kind[name]) for name in ("breakpoints", "slopes", "value"))
        require(kinks == sorted(set(kinks)) and len(kinks) == len(slopes) - 1, "breakpoints ascend between slopes")
        constant, pieces = value - slopes[0] * (kinks[0] if kinks else 0), []
        for t, slope in enumerate(slopes):
            constant += (slopes[t - 1] - slope) * kinks[t - 1] if t else 0
            sides = [(places, (k.denominator, -k.numerator), True) for k in kinks[:t][-1:]]
            sides += [(places, (-k.denominator, k.numerator), False) for k in kinks[t : t + 1]]
            pieces.append((places, (slope, constant), sides))
        return pieces

    def maximum(self, group):
        """Return the same for the largest of several rows, which is the first of them where they are the same."""
        rows = list(enumerate(group))
        return [((a,), (1,), [((a, b), (1, -1), s < t) for s, b in rows if s != t]) for t, a in rows]

    def forms(self, outputs):
        """Return the rows as forms in x, from the outputs of the input and of all earlier layers."""
        parts = [outputs[source] for source in self.sources]
        common = math.lcm(*(part[-1][-1] for part in parts))
        inputs = [[x * (common // part[-1][-1]) for x in form] for part in parts for form in part[:-1]]
        inputs.append([0] * (len(parts[0][-1]) - 1) + [common])
        return [combined(inputs, *row) for row in self.rows]

    def outputs(self, forms, pieces):
        """Return the outputs as forms in x."""
        outputs = [combined(forms, *unit[piece][:2]) for unit, piece in zip(self.units, pieces)]
        return [*outputs, combined(forms, (-1,), (self.scale,))]


class Certificate:
    """A network, a domain K (a box, and half-spaces unless K is that box), regions, claims and a proof."""

    def __init__(self, data):
        require(canonical([data["format"], data["version"]]) == FORMAT, f"this checks {FORMAT.decode()}")
        self.digests = {name: hashlib.sha256(canonical(data[name])).hexdigest() for name in ("network", "domain")}
        require(data["digests"] == self.digests, f"the digests of these are {self.digests}")
        (low, high), self.common = over_common([reals(data["domain"][name]) for name in ("lower", "upper")])
        self.dim, self.box, self.layers, widths = len(low), list(zip(low, high, strict=True)), [], [len(low)]
        self.identity = [[int(i == j) for j in range(self.dim + 1)] for i in range(self.dim + 1)]
        self.rows = [primitive(combined(self.identity, (i, -1), (self.common, -bound))) for i, bound in enumerate(low)]
        self.rows += [primitive(combined(self.identity, (i, -1), (-self.common, top))) for i, top in enumerate(high)]
        self.rows += self.read(data["domain"]["halfspaces"])
        require(canonical(data["network"]["inputs"]) == canonical(self.dim), "K has not the dimension of the inputs")
        for entry in data["network"]["layers"]:
            self.layers.append(Layer(entry, widths))
            widths.append(len(self.layers[-1].units))
        self.patterns = [integers(pattern) for pattern in data["regions"]["patterns"]]
        require({*map(len, self.patterns)} == {sum(widths[1:])}, "patterns have a piece for each unit")
        self.proof, self.claims, self.maps = data["proof"], data["claims"], {}
        self.facts = {"activation_regions": len(self.patterns)}
        self.faces, self.owners = [set() for _ in range(self.dim + 1)], {}
        self.witnesses, self.points = self.read(data["regions"]["witnesses"]), self.read(self.proof.get("points", []))
        require(all(point[-1] > 0 for point in self.witnesses + self.points), "a denominator is not positive")

    def read(self, entries):
        """Read rows or points."""
        require(all(len(entry) == self.dim + 1 for entry in entries), f"rows and points are {self.dim + 1} integers")
        return [primitive(integers(entry)) for entry in entries]

    def refute(self, rows, proof, what):
        """Require that positive multiples of some rows add up to a form that is nowhere positive in the box."""
        places, factors = integers(proof[::2], len(rows)), integers(proof[1::2])
        require(len(places) == len(factors) > 0 < min(factors), f"there are no multipliers which show that {what}")
        *slope, constant = combined(rows, places, factors)
        top = sum(max(a * low, a * high) for a, (low, high) in zip(slope, self.box))
        require(top + constant * self.common <= 0, f"multipliers do not show that {what}")

    def cells(self, proofs):
        """Walk the tree of patterns; yield regions, their rows and outputs; let proofs, if any, refute other pieces."""
        stack, always = [(range(len(self.patterns)), self.rows, [self.identity], None, 0, ())], tuple(self.identity[-1])
        while stack:
            listed, rows, outputs, forms, unit, pieces = stack.pop()
            layer = self.layers[len(outputs) - 1]
            forms = forms or layer.forms(outputs)
            if len(pieces) == len(layer.units):
                outputs = [*outputs, layer.outputs(forms, pieces)]
                if len(outputs) <= len(self.layers):
                    stack.append((listed, rows, outputs, None, unit, ()))
                elif len(listed) == 1:
                    yield listed[0], rows, outputs[-1]
                continue
            children = {}
            for region in listed:
                children.setdefault(self.patterns[region][unit], []).append(region)
            for piece, (_, _, sides) in enumerate(layer.units[len(pieces)]):
                if piece in children or proofs:
                    own = [(primitive(combined(forms, *side)), strict) for *side, strict in sides]
                    own = [row if strict or any(row) else always for row, strict in own]
                    if piece in children:
                        stack.append((children[piece], rows + own, outputs, forms, unit + 1, (*pieces, piece)))
                    else:
                        self.refute(own + rows, next(proofs, []), f"no region is in piece {piece} of unit {unit}")

    def add_faces(self, region, rows, numbers):
        """Collect the faces of a region, as sets of vertices, and to whom its facets belong."""
        corners, masks = [self.points[number] for number in numbers], []
        for row in rows:
            signs = [sum(map(mul, row, corner)) for corner in corners]
            require(min(signs) >= 0, f"region {region} does not reach all its vertices")
            masks.append(sum(1 << i for i, sign in enumerate(signs) if sign == 0))
        border = set(masks[: len(self.rows)])  # the rows of K come first
        for k, level in enumerate(lattice(set(masks), len(corners), self.dim)):
            for face in level:
                name = frozenset(number for i, number in enumerate(numbers) if face >> i & 1)
                self.faces[k].add(name)
                if k == self.dim - 1:
                    self.owners.setdefault((name, face in border), []).append(region)

    def bound(self, region, rows, outputs):
        """Require that a functional of the outputs is at most what is claimed, and so much at a point."""
        claim, proof = self.claims["maximum"], self.proof["maximum"]
        ((*factors,),), common, (p, q) = *over_common([reals(claim["objective"])]), integers(claim["value"])
        require(len(factors) == len(outputs) - 1 and q > 0, "the maximum is not p / q of one factor for each output")
        excess = primitive(combined(outputs, range(len(outputs)), [*(q * factor for factor in factors), -p * common]))
        require(0 in proof["bounds"][region][::2], "the multipliers leave out the objective")
        self.refute([excess, *rows], proof["bounds"][region], f"the maximum on region {region} is not larger")
        if region == proof["region"]:
            (point,) = self.read([proof["point"]])
            require(point[-1] > 0 and sum(map(mul, excess, point)) == 0, "the maximum is not attained at the point")
            require(all(sum(map(mul, row, point)) >= 0 for row in rows), f"the point is not in region {region}")
            self.facts["maximum"] = {"objective": claim["objective"], "value": claim["value"]}

    def linear_regions(self, edges):
        """Count the parts that hang together by edges across which the affine map stays the same."""
        parts = {region: {region} for region in self.maps}
        for one, other in edges:
            small, large = sorted((parts[one], parts[other]), key=len)
            if self.maps[one] == self.maps[other] and small is not large:
                large |= small
                parts.update(dict.fromkeys(small, large))
        return len(set(map(id, parts.values())))

    def check(self):
        """Return what is claimed, if all of it is proved."""
        by_faces, table = {"faces": True, "branches": False}[self.proof["kind"]], self.proof.get("multipliers", [])
        for region, rows, outputs in self.cells(None if by_faces else map(table.__getitem__, self.proof["empty"])):
            require(all(sum(map(mul, row, self.witnesses[region])) > 0 for row in rows), f"witness {region} is outside")
            self.maps[region] = outputs
            if by_faces:
                self.add_faces(region, rows, integers(self.proof["vertices"][region], len(self.points)))
            if "maximum" in self.claims:
                self.bound(region, rows, outputs)
        require(0 < len(self.maps) == len(self.patterns), "regions have the same pattern, or one that cannot be")
        if by_faces:
            for (_, on_border), regions in self.owners.items():
                right = len(regions) == (1 if on_border else 2)
                require(right, f"beyond a facet of region {regions[0]} there are {len(regions) - 1} regions")
            self.facts["region_graph"] = edges = sorted(sorted(pair) for pair in self.owners.values() if len(pair) == 2)
            self.facts["linear_regions"] = self.linear_regions(edges)
            self.facts["f_vector"] = [len(faces) for faces in self.faces]
        for name, claim in self.claims.items():
            proved = name in self.facts and canonical(self.facts[name]) == canonical(claim)
            require(proved, f"claimed, but not found so: {name[:40]}")
        return {**self.digests, **self.claims}


def lattice(masks, count, dim):
    """Return the faces of the convex hull of points, by dimension, from the sets of them on supporting hyperplanes.

    Points and sets are bits of integers.  Requires that the points are the vertices and that all facets are among the
    sets: then, in each face, the largest sets are its facets, and each facet of those lies in exactly two of them.
    """
    levels, below = [{(1 << count) - 1}], {}
    for _ in range(dim):
        for face in levels[-1]:
            parts = {face & mask for mask in masks} - {face, 0}
            below[face] = [part for part in parts if not any(part | larger == larger != part for larger in parts)]
        levels.append({part for face in levels[-1] for part in below[face]})
    for face in (face for level in levels[:-2] for face in level):
        ridges = Counter(ridge for facet in below[face] for ridge in below[facet])
        require(set(ridges.values()) == {2}, "a facet is missing")  # or all are
    require(all(len(below[edge]) == 2 and sum(below[edge]) == edge for edge in levels[-2]), "an edge has two ends")
    require(levels[-1] == {1 << i for i in range(count)}, "a point is not a vertex")
    return levels[::-1]


def verify(file) -> dict:
    """Return what a file proves: the digests of network and domain, and claims by name."""
    try:
        return Certificate(load(file)).check()
    except (*BAD, zlib.error) as error:
        raise Refused(f"this is no certificate: {type(error).__name__}: {str(error)[:200]}") from None


if __name__ == "__main__":
    try:
        with open(sys.argv[1] if len(sys.argv) == 2 else "FILE", "rb") as file:
            proved = verify(file)
        print(*(f"{name}: {str(what)[:99]}" for name, what in proved.items()), "proved", sep="\n")
    except (OSError, Refused) as error:
        sys.exit(f"refused: {error}")
