"""What counters may answer, and what is refused."""

import math
from fractions import Fraction

import numpy as np
import pytest

import polyregions as pr
from polyregions.counters import Answer, read_answer
from polyregions.errors import CounterFailed

NET = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
TANH = pr.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], ["hard_tanh", "identity"])
NO_UNITS = pr.Network.from_arrays([[[1.0, 2.0]]], [[0.0]])


@pytest.mark.parametrize("raw", [3, 3.0, np.int64(3), np.float32(3), Fraction(3)])
def test_numbers(raw: object) -> None:
    answer = read_answer(raw, NET)
    assert answer.value == 3.0
    assert answer.interval is None
    assert answer.patterns is None


@pytest.mark.parametrize("raw", [(2, 5), [2, 5.0], {"interval": [2, 5]}, {"interval": (2, 5), "confidence": None}])
def test_intervals_need_no_number(raw: object) -> None:
    answer = read_answer(raw, NET)
    assert answer.interval == (2.0, 5.0)
    assert answer.value is None
    assert answer.confidence is None


def test_an_open_end_is_infinite() -> None:
    assert read_answer({"interval": [4, None], "confidence": 0.9}, NET).interval == (4.0, math.inf)
    assert read_answer((4, math.inf), NET).interval == (4.0, math.inf)


def test_an_estimate_claims_its_normal_interval() -> None:
    answer = read_answer(pr.Estimate(10.0, 2.0, 50), NET)
    low, high = answer.interval or (0.0, 0.0)
    assert answer.value == 10.0
    assert answer.confidence == 0.95
    assert math.isclose(high - 10.0, 2.0 * 1.959964, rel_tol=1e-6)
    assert math.isclose(low, 20.0 - high)
    assert read_answer(pr.Estimate(10.0, math.inf, 1), NET).interval is None


@pytest.mark.parametrize(
    "raw",
    [
        np.array([[0, 1], [1, 1], [0, 1]], dtype=np.uint8),
        [[0, 1], [1, 1], [0, 1]],
        [(0, 1), (1, 1)],
        {"patterns": [[0, 1], [1, 1]]},
        np.array([[False, True], [True, True]]),
        Answer(patterns=np.array([[1, 1], [0, 1]])),
    ],
)
def test_patterns_are_counted_once(raw: object) -> None:
    answer = read_answer(raw, NET)
    assert answer.patterns is not None
    assert answer.patterns.tolist() == [[0, 1], [1, 1]]
    assert answer.value == 2.0
    assert answer.patterns.dtype == np.uint8


def test_a_number_beside_patterns_is_the_estimate() -> None:
    answer = read_answer({"patterns": [[0, 1]], "estimate": 7}, NET)
    assert answer.value == 7.0
    assert answer.patterns is not None
    assert len(answer.patterns) == 1


def test_no_patterns_at_all() -> None:
    assert read_answer({"patterns": []}, NET).value == 0.0
    assert read_answer(np.zeros((0, 2), dtype=np.uint8), NET).value == 0.0


def test_the_pattern_of_a_network_without_units_is_empty() -> None:
    answer = read_answer(np.zeros((3, 0), dtype=np.uint8), NO_UNITS)
    assert answer.value == 1.0


def test_units_with_more_pieces() -> None:
    assert read_answer([[2], [0]], TANH).value == 2.0
    with pytest.raises(CounterFailed, match=r"unit 0 has pieces 0 to 2, got 3"):
        read_answer([[3]], TANH)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (None, "got NoneType"),
        ("12", "got str"),
        (True, "got bool"),
        (math.nan, "finite number, got nan"),
        (10**400, "float64"),
        ((5, 2), r"low <= high, got \(5\.0, 2\.0\)"),
        ((math.nan, 2), "low <= high"),
        ([1, 2, 3], r"got an array of shape \(3,\)"),
        ([[0, 1, 1]], r"rows of 2 whole numbers; got an array of shape \(1, 3\)"),
        ([[0, 1], [1]], "different lengths"),
        ([[0.5, 1.0]], "type float64"),
        ([[0, 2]], "unit 1 has pieces 0 to 1, got 2"),
        ([[0, -1]], "got -1"),
        ({}, "claims nothing"),
        ({"count": 3}, "got the key 'count'"),
        ({"estimate": "3"}, '"estimate" is a number, got str'),
        ({"interval": [1]}, "pair of numbers"),
        ({"interval": [None, 3]}, "pair of numbers"),
        ({"estimate": 3, "confidence": 1.5}, "at most 1, got 1.5"),
    ],
)
def test_what_is_refused(raw: object, message: str) -> None:
    with pytest.raises(CounterFailed, match=message):
        read_answer(raw, NET)
