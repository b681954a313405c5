"""Exact numbers as JSON holds them."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import rational
from polyregions.arithmetic.portable import digest, portable_floats, portable_integer, primitive


@given(st.integers() | st.integers(2**53 - 2, 2**53 + 2) | st.integers(-(2**53) - 2, 2 - 2**53))
def test_integers_come_back(number) -> None:
    written = json.loads(json.dumps(portable_integer(number)))
    assert (int(written, 16) if isinstance(written, str) else written) == number
    assert isinstance(written, str) == (abs(number) >= 2**53)
    assert isinstance(written, str) or int(float(written)) == number


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_floats_come_back(numbers) -> None:
    assert [float.fromhex(text) for text in portable_floats(numbers)] == numbers
    assert not any(text.startswith("-0x0.0p") for text in portable_floats(numbers))


@given(st.lists(st.fractions(), min_size=1), st.fractions(min_value=Fraction(1, 10**9)))
def test_primitive_vectors(numbers, factor) -> None:
    integers = primitive([rational(number) for number in numbers])
    assert primitive([rational(factor * number) for number in numbers]) == integers
    assert math.gcd(*integers) in (0, 1)
    pairs = list(zip(numbers, integers, strict=True))
    assert all(a * y == b * x for a, x in pairs for b, y in pairs)
    assert all(number * integer > 0 or number == integer == 0 for number, integer in pairs)


@pytest.mark.parametrize(("one", "other"), [({"a": 1, "b": [2]}, {"b": [2], "a": 1}), ((1, "x"), [1, "x"])])
def test_digests_do_not_depend_on_the_order_of_names(one, other) -> None:
    assert digest(one) == digest(other)


def test_digests_differ() -> None:
    descriptions = [{}, [], 0, "0", [0], [[0]], {"a": 0}, {"b": 0}, {"a": [0]}, {"a": "0"}, None, [0, 0]]
    assert len({digest(description) for description in descriptions}) == len(descriptions)
