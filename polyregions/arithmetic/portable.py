"""Exact numbers as JSON can hold them, for files that other programs read.

Integers are numbers of JSON if every program can hold them, else hexadecimal digits as text; floats are hexadecimal
floats.  Nothing is rounded.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from polyregions.arithmetic.rational import Rational

LARGEST = 2**53
"""Programs that hold numbers of JSON as float64 take integers below this one exactly."""


def portable_integer(number: int) -> int | str:
    """Write an integer.

    Examples
    --------
    >>> portable_integer(-7), portable_integer(-(2**60))
    (-7, '-0x1000000000000000')
    """
    return number if -LARGEST < number < LARGEST else hex(number)


def portable_floats(numbers: Iterable[float]) -> list[str]:
    """Write floats; minus zero becomes zero.

    Examples
    --------
    >>> portable_floats([0.1, -0.0])
    ['0x1.999999999999ap-4', '0x0.0p+0']
    """
    return [(number + 0.0).hex() for number in numbers]


def primitive(numbers: Sequence[Rational]) -> tuple[int, ...]:
    """Return the integers without a common divisor that are a positive multiple of some rationals; zeros stay.

    Examples
    --------
    >>> from polyregions.arithmetic import rational
    >>> primitive([rational(1.5), rational(-0.25), rational(0)])
    (6, -1, 0)
    """
    common = math.lcm(*(int(number.q) for number in numbers))
    integers = [int(number.p) * (common // int(number.q)) for number in numbers]
    divisor = math.gcd(*integers) or 1
    return tuple(integer // divisor for integer in integers)


def digest(description: Any) -> str:
    """Return the SHA-256 of a description: of its text in JSON with sorted names, without spaces."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
