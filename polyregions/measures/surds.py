"""Exact sums of square roots: what the volumes of faces in rational coordinates add up to.

The k-volume of a face is a rational times the square root of a whole number.  Square roots of positive whole numbers no
two of which have a perfect square as product are linearly independent over the rationals (Besicovitch 1940, "On the
linear independence of fractional powers of integers").  So terms are collected where the product of two radicands is a
perfect square, which needs integer square roots but no factorisation, and a sum is zero if and only if nothing is left.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering

from polyregions.arithmetic import Rational, nearest_float, rational, to_fraction

PRIMES = tuple(p for p in range(2, 240) if all(p % d for d in range(2, p)))
"""Square factors of these are taken out, and residues of these tell radicands apart."""

SQUARES = math.prod(p * p for p in PRIMES)

Term = tuple[Fraction, int]


@total_ordering
@dataclass(frozen=True, eq=False, slots=True)
class Surd:
    """An exact sum ``q1 sqrt(r1) + q2 sqrt(r2) + ...`` with rational q and positive whole r.

    Sums, differences, rational multiples, comparisons and the nearest float are all exact.

    Parameters
    ----------
    terms : tuple of (Fraction, int)
        Pairs (q, r) in any form; they are collected.

    Attributes
    ----------
    terms : tuple of (Fraction, int)
        Collected: no q is zero, and no product of two r is a perfect square, so that equal numbers have equally many
        terms.  Only small square factors have been taken out of the r: equal numbers may be written differently, and
        ``==`` knows.

    Examples
    --------
    >>> Surd(((1, 8),)) + Surd(((Fraction(1, 2), 2), (1, 9)))
    Surd(3 + 5/2*sqrt(2))
    >>> Surd(((1, 8),)) == Surd(((2, 2),))
    True
    >>> float(Surd(((1, 2),)))
    1.4142135623730951
    """

    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        """Collect the terms."""
        object.__setattr__(self, "terms", _collected((rational(q), r) for q, r in self.terms))

    @property
    def is_rational(self) -> bool:
        """Whether no root is left."""
        return all(r == 1 for _, r in self.terms)

    def bounds(self, bits: int) -> tuple[int, int]:
        """Return whole numbers with ``low <= 2**bits * self <= high``, at most one apart for each term."""
        low = 0
        for q, r in self.terms:
            size = math.isqrt(q.numerator**2 * r << 2 * bits) // q.denominator  # and less than 1 more
            low += size if q > 0 else -size - 1
        return low, low + len(self.terms)

    def sign(self) -> int:
        """Return -1, 0 or 1."""
        if not self.terms:
            return 0
        return next((low > 0) - (high < 0) for low, high in self._ever_closer() if low > 0 or high < 0)

    def _ever_closer(self) -> Iterator[tuple[Fraction, Fraction]]:
        """Enclose the number more and more tightly."""
        bits = 64
        while True:
            low, high = self.bounds(bits)
            yield Fraction(low, 1 << bits), Fraction(high, 1 << bits)
            bits *= 2

    def __float__(self) -> float:
        """Return the nearest float; infinite where the number is too large."""
        if self.is_rational:
            return nearest_float(rational(sum(q for q, _ in self.terms)))
        # An irrational number is never half way between two floats, so this ends.
        for low, high in self._ever_closer():
            one, other = nearest_float(rational(low)), nearest_float(rational(high))
            if one == other:
                return one
        raise AssertionError

    def __add__(self, other: Surd | Fraction | int) -> Surd:
        """Add a sum of roots or a rational."""
        known = _as_surd(other)
        return NotImplemented if known is None else Surd((*self.terms, *known.terms))

    __radd__ = __add__

    def __neg__(self) -> Surd:
        """Change the sign."""
        return -1 * self

    def __sub__(self, other: Surd | Fraction | int) -> Surd:
        """Subtract a sum of roots or a rational."""
        known = _as_surd(other)
        return NotImplemented if known is None else self + -known

    def __mul__(self, factor: Fraction | int) -> Surd:
        """Multiply by a rational."""
        if not isinstance(factor, Fraction | int):
            return NotImplemented
        return Surd(tuple((q * factor, r) for q, r in self.terms))

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        """Tell whether two numbers are equal, exactly."""
        known = _as_surd(other)
        return NotImplemented if known is None else not (self - known).terms

    def __lt__(self, other: Surd | Fraction | float) -> bool:
        """Compare exactly; finite floats are taken as they are."""
        known = _as_surd(other)
        return NotImplemented if known is None else (self - known).sign() < 0

    def __hash__(self) -> int:
        """Hash equal numbers alike, rationals like themselves."""
        return hash(sum((q for q, _ in self.terms), Fraction(0)) if self.is_rational else float(self))

    def written_out(self) -> str | None:
        """Return the sum as text if that is short."""
        if sum(q.numerator.bit_length() + q.denominator.bit_length() + r.bit_length() for q, r in self.terms) > 160:
            return None
        texts = [str(q) if r == 1 else f"sqrt({r})" if q == 1 else f"{q}*sqrt({r})" for q, r in self.terms]
        return " + ".join(texts).replace("+ -", "- ") or "0"

    def __repr__(self) -> str:
        """Write short sums out; name the size of long ones."""
        return f"Surd({self.written_out() or f'{float(self)!r}, terms: {len(self.terms)}'})"


def _as_surd(number: object) -> Surd | None:
    if isinstance(number, Surd):
        return number
    if isinstance(number, Fraction | int) or (isinstance(number, float) and math.isfinite(number)):
        return Surd(((Fraction(number), 1),))
    return None


def _collected(terms: Iterable[tuple[Rational, int]]) -> tuple[Term, ...]:
    """Join the terms whose roots are rational multiples of each other."""
    zero = rational(0)
    given: dict[int, Rational] = defaultdict(lambda: zero)
    for factor, radicand in terms:
        given[radicand] += factor
    smaller: dict[int, Rational] = defaultdict(lambda: zero)
    for radicand, factor in given.items():
        root, rest = small_squares(radicand)
        smaller[rest] += factor * rational(root)
    groups: dict[tuple[int, ...], dict[int, Rational]] = defaultdict(dict)
    for radicand, factor in sorted(smaller.items()):
        group = groups[_square_class(radicand)]
        for known in group:
            product = math.isqrt(known * radicand)
            if product * product == known * radicand:
                group[known] += factor * rational(Fraction(product, known))  # sqrt(r) = (product / known) sqrt(known)
                break
        else:
            group[radicand] = factor
    found = [(to_fraction(q), r) for group in groups.values() for r, q in group.items() if q != 0]
    return tuple(sorted(found, key=lambda term: term[1]))


def small_squares(radicand: int) -> tuple[int, int]:
    """Return ``(s, r)`` with ``radicand == s**2 * r`` and no square of a small prime in r; r is 1 for perfect squares.

    Examples
    --------
    >>> small_squares(2**3 * 3**4 * 1009**2)
    (18, 2036162)
    """
    if radicand <= 0:
        raise ValueError(f"radicands are positive whole numbers, got {radicand}")
    whole = math.isqrt(radicand)
    if whole * whole == radicand:
        return whole, 1
    root, common = 1, math.gcd(radicand, SQUARES)
    for p in PRIMES:
        while common % (p * p) == 0:
            radicand //= p * p
            root *= p
            common = math.gcd(radicand, SQUARES)
    return root, radicand


def _square_class(radicand: int) -> tuple[int, ...]:
    """Return numbers that agree for radicands whose product is a perfect square: parities and quadratic residues."""
    residue = radicand % (8 * SQUARES)
    key = []
    for p in PRIMES:
        odd = residue % p == 0
        unit = residue // p if odd else residue
        key.append(2 * (unit % 8) + odd if p == 2 else 2 * pow(unit, (p - 1) // 2, p) + odd)
    return tuple(key)
