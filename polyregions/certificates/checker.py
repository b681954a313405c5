"""Check a certificate: which activation regions a piecewise-linear network has in a domain K, and that these are all.

``python checker.py FILE`` prints what is proved and exits with 0, or says what is wrong and exits with 1.  It needs
only Python, 3.9 or later.  docs/reference/certificates.md has the format, docs/explanation/certificates.md the proof.

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

FORMAT, MOST_BYTES = ("polyregions certificate", 1), 1 << 31
BAD = ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError


class Refused(Exception):
    """The certificate does not prove what it claims."""


def require(condition, message):
    """Refuse the certificate unless a condition holds."""
    if not condition:
        raise Refused(message)


def load(file):
    """Read JSON, compressed or not; refuse names that occur twice, and numbers that are not integers."""

    def unique(pairs):
        require(len(dict(pairs)) == len(pairs), f"a name occurs twice among {[name[:20] for name, _ in pairs][:9]}")
        return dict(pairs)

    def decimal(text):
        raise Refused(f"{text[:40]} is not an integer")

    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    text = (gzip.GzipFile(fileobj=file) if packed else file).read(MOST_BYTES).decode()
    return json.loads(text, object_pairs_hook=unique, parse_float=decimal, parse_constant=decimal)


def integers(entries):
    """Read integers: numbers, or hexadecimal digits as text."""
    numbers = [int(entry, 16) if type(entry) is str else entry for entry in entries]
    require(all(type(number) is int for number in numbers), f"{str(entries)[:40]} are not integers")
    return numbers


def reals(entries):
    """Read hexadecimal floats."""
    return [Fraction(float.fromhex(entry)) for entry in entries]


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


def at(point, form):
    """Return a number that has the sign of a form at a point."""
    return sum(map(mul, form, point))


class Layer:
    """Rows are combinations of the inputs, and units of the rows; the last input, row and output stands for 1."""

    def __init__(self, entry, widths):
        self.sources, rows, count = integers(entry["sources"]), entry["rows"], len(entry["rows"])
        one = sum(widths[source] for source in self.sources)
        table, scale = over_common([reals([bias, *weights]) for bias, _, weights in rows])
        self.rows = [([one, *integers(columns)], row) for (_, columns, _), row in zip(rows, table)] + [([one], [scale])]
        if "maxima" in entry:
            units = [self.maximum(integers(group)) for group in entry["maxima"]]
        else:
            units = [self.elementwise((row, count), kind) for row, kind in enumerate(entry["activations"])]
        table, self.scale = over_common([factors for unit in units for _, factors, _ in unit])
        factors = iter(table)
        self.units = [[(places, next(factors), sides) for places, _, sides in unit] for unit in units]

    def elementwise(self, places, kind):
        """Return each piece of a continuous function of one row: its output, and its sides, which are positive there.

        Where a side vanishes on a whole cell the unit is in the lower piece: sides of the upper piece are *strict*.
        """
        kinks, slopes, (value,) = (reals(kind[name]) for name in ("breakpoints", "slopes", "value"))
        constant, pieces = value - slopes[0] * (kinks[0] if kinks else 0), []
        for t, slope in enumerate(slopes):
            constant += (slopes[t - 1] - slope) * kinks[t - 1] if t else 0
            sides = [(places, (k.denominator, -k.numerator), True) for k in kinks[:t][-1:]]
            sides += [(places, (-k.denominator, k.numerator), False) for k in kinks[t : t + 1]]
            pieces.append((places, (slope, constant), sides))
        return pieces

    def maximum(self, group):
        """Return the same for the largest of several rows, which is the first of them where they are the same."""
        return [
            ((best,), (1,), [((best, row), (1, -1), place < t) for place, row in enumerate(group) if place != t])
            for t, best in enumerate(group)
        ]

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
        require((data["format"], data["version"]) == FORMAT, f"this checks a {FORMAT[0]} of version {FORMAT[1]}")
        texts = {name: json.dumps(data[name], sort_keys=True, separators=(",", ":")) for name in ("network", "domain")}
        self.digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
        require(data["digests"] == self.digests, f"the digests are {self.digests}")
        (low, high), self.common = over_common([reals(data["domain"][name]) for name in ("lower", "upper")])
        self.dim, self.box, self.layers, widths = len(low), list(zip(low, high)), [], [len(low)]
        self.identity = [[int(i == j) for j in range(self.dim + 1)] for i in range(self.dim + 1)]
        self.rows = [primitive(combined(self.identity, (i, -1), (self.common, -bound))) for i, bound in enumerate(low)]
        self.rows += [primitive(combined(self.identity, (i, -1), (-self.common, top))) for i, top in enumerate(high)]
        self.rows += self.read(data["domain"]["halfspaces"])
        require(data["network"]["inputs"] == self.dim, "network and domain have different dimensions")
        for entry in data["network"]["layers"]:
            self.layers.append(Layer(entry, widths))
            widths.append(len(self.layers[-1].units))
        self.patterns = [integers(pattern) for pattern in data["regions"]["patterns"]]
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
        require(len(proof) > 1, f"nothing shows that {what}")
        factors = integers(proof[1::2])
        *slope, constant = combined(rows, proof[::2], factors)
        top = sum(max(a * low, a * high) for a, (low, high) in zip(slope, self.box))
        require(min(factors) > 0 and top + constant * self.common <= 0, f"multipliers do not show that {what}")

    def cells(self, proofs):
        """Yield regions with the rows of their cells and the outputs there; what begins alike is computed once.

        If there are proofs, one for each piece of a unit in which no pattern is, they must show that none can be.
        """
        stack = [(range(len(self.patterns)), self.rows, [self.identity], None, 0, ())]
        while stack:
            group, rows, outputs, forms, place, pieces = stack.pop()
            layer = self.layers[len(outputs) - 1]
            forms = forms or layer.forms(outputs)
            if len(pieces) == len(layer.units):
                outputs = [*outputs, layer.outputs(forms, pieces)]
                if len(outputs) <= len(self.layers):
                    stack.append((group, rows, outputs, None, place, ()))
                elif len(group) == 1:
                    yield group[0], rows, outputs[-1]
                continue
            children = {}
            for region in group:
                children.setdefault(self.patterns[region][place], []).append(region)
            for piece, (_, _, sides) in enumerate(layer.units[len(pieces)]):
                if piece in children or proofs:
                    own = [(primitive(combined(forms, *side)), strict) for *side, strict in sides]
                    own = [row if strict or any(row) else tuple(self.identity[-1]) for row, strict in own]
                    if piece in children:
                        stack.append((children[piece], rows + own, outputs, forms, place + 1, (*pieces, piece)))
                    else:
                        self.refute(own + rows, next(proofs, ()), f"no region is in piece {piece} of unit {place}")

    def add_faces(self, region, rows, corners):
        """Collect the faces of a region, as sets of vertices, and to whom its facets belong."""
        corners, masks = [self.points[corner] for corner in corners], []
        for row in rows:
            signs = [at(corner, row) for corner in corners]
            require(min(signs) >= 0, f"region {region} does not reach all its vertices")
            masks.append(sum(1 << i for i, sign in enumerate(signs) if sign == 0))
        outer = set(masks[: len(self.rows)])
        for k, level in enumerate(lattice(set(masks), len(corners), self.dim)):
            for face in level:
                name = frozenset(corner for i, corner in enumerate(corners) if face >> i & 1)
                self.faces[k].add(name)
                if k == self.dim - 1:
                    self.owners.setdefault((name, face in outer), []).append(region)

    def bound(self, region, rows, outputs):
        """Require that a functional of the outputs is at most what is claimed, and so much at a point."""
        claim, proof = self.claims["maximum"], self.proof["maximum"]
        ((*factors,),), common, (p, q) = *over_common([reals(claim["objective"])]), integers(claim["value"])
        require(len(factors) == len(outputs) - 1 and q > 0, "the objective has one number for each output")
        excess = primitive(combined(outputs, range(len(outputs)), [*(q * factor for factor in factors), -p * common]))
        require(0 in proof["bounds"][region][::2], "the multipliers leave out the objective")
        self.refute([excess, *rows], proof["bounds"][region], f"the maximum on region {region} is not larger")
        if region == proof["region"]:
            (point,) = self.read([proof["point"]])
            require(point[-1] > 0 and at(point, excess) == 0, "the maximum is not attained at the point")
            require(all(at(point, row) >= 0 for row in rows), f"the point is not in region {region}")
            self.facts["maximum"] = claim

    def linear_regions(self, edges):
        """Count the parts that hang together by edges across which the affine map stays the same."""
        parts = [{region} for region in range(len(self.patterns))]
        for one, other in edges:
            small, large = sorted((parts[one], parts[other]), key=len)
            if self.maps[one] == self.maps[other] and small is not large:
                large |= small
                for region in small:
                    parts[region] = large
        return len(set(map(id, parts)))

    def check(self):
        """Prove all claims."""
        by_faces, table = self.proof["kind"] == "faces", self.proof.get("multipliers", [])
        for region, rows, outputs in self.cells(None if by_faces else map(table.__getitem__, self.proof["empty"])):
            require(all(at(self.witnesses[region], row) > 0 for row in rows), f"witness {region} is not in its region")
            self.maps[region] = outputs
            if by_faces:
                self.add_faces(region, rows, self.proof["vertices"][region])
            if "maximum" in self.claims:
                self.bound(region, rows, outputs)
        require(0 < len(self.maps) == len(self.patterns), "regions have the same pattern, or one that cannot be")
        if by_faces:
            for (_, outer), regions in self.owners.items():
                require(len(regions) == 2 - outer, f"a facet of region {regions[0]} has nothing on its other side")
            self.facts["region_graph"] = edges = sorted(sorted(pair) for pair in self.owners.values() if len(pair) == 2)
            self.facts["linear_regions"] = self.linear_regions(edges)
            self.facts["f_vector"] = [len(faces) for faces in self.faces]
        wrong = [name[:40] for name, claim in self.claims.items() if self.facts.get(name, self) != claim]
        require(not wrong, f"claimed, but not found so: {wrong}")


def lattice(masks, count, dim):
    """Return the faces of the convex hull of points, by dimension, from the sets of them on supporting hyperplanes.

    Points and sets are bits of integers.  Requires that the points are the vertices and that all facets are among the
    sets: then, in each face, the largest sets are its facets, and each facet of those lies in exactly two of them.
    """
    levels, below = [{(1 << count) - 1}], {}
    for _ in range(dim):
        for face in levels[-1]:
            parts = {face & mask for mask in masks} - {face, 0}
            below[face] = [part for part in parts if not any(part & other == part != other for other in parts)]
        levels.append({part for face in levels[-1] for part in below[face]})
    for face in (face for level in levels[:-2] for face in level):
        ridges = Counter(ridge for facet in below[face] for ridge in below[facet])
        require(set(ridges.values()) == {2}, "a facet is missing")
    require(all(len(below[edge]) == 2 and sum(below[edge]) == edge for edge in levels[-2]), "an edge has two ends")
    require(levels[-1] == {1 << i for i in range(count)}, "a point is not a vertex")
    return levels[::-1]


def verify(file) -> dict:
    """Return what a file proves: the digests of network and domain, and claims by name."""
    try:
        certificate = Certificate(load(file))
        certificate.check()
    except (*BAD, zlib.error) as error:
        raise Refused(f"this is no certificate: {type(error).__name__}: {str(error)[:200]}") from None
    return {**certificate.digests, **certificate.claims}


if __name__ == "__main__":
    try:
        with open(sys.argv[1] if len(sys.argv) == 2 else "FILE", "rb") as file:
            proved = verify(file)
    except (OSError, Refused) as error:
        sys.exit(f"refused: {error}")
    print(*(f"{name}: {str(what)[:99]}" for name, what in proved.items()), "proved", sep="\n")
