"""Independent rows over GF(2), against elimination on whole numbers."""

import by_elimination
import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from polyregions.measures.gf2 import free_pairs, independent_rows


@st.composite
def matrices(draw):
    height, width = draw(st.integers(0, 12)), draw(st.integers(0, 12))
    density = draw(st.sampled_from((0.1, 0.2, 0.3, 0.5, 0.9)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return (rng.random((height, width)) < density).astype(np.int8)


def check_rows(matrix):
    rows = independent_rows(csr_array(matrix))
    assert (np.diff(rows) > 0).all()
    assert len(rows) == by_elimination.rank(matrix)
    assert by_elimination.rank(matrix[rows]) == len(rows)


@examples(300)
@given(matrices())
def test_independent_rows(matrix):
    check_rows(matrix)


@pytest.mark.parametrize("density", [0.005, 0.01, 0.02, 0.2])
@pytest.mark.parametrize("shape", [(200, 200), (120, 260), (260, 120)])
def test_independent_rows_of_large_matrices(shape, density):
    check_rows((np.random.default_rng(7).random(shape) < density).astype(np.int8))


@pytest.mark.parametrize("matrix", [np.ones((5, 5)), np.eye(6), np.zeros((3, 4)), np.zeros((0, 4)), np.zeros((3, 0))])
def test_simple_matrices(matrix):
    check_rows(matrix.astype(np.int8))


def test_rank_is_not_that_over_the_rationals():
    triangle = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=np.int8)
    assert np.linalg.matrix_rank(triangle) == 3
    assert len(independent_rows(csr_array(triangle))) == 2


@examples(300)
@given(matrices())
def test_free_pairs(matrix):
    """Each pair accounts for one of the rank; no column with a single entry is left."""
    rows, columns = free_pairs(csr_array(matrix))
    assert len(set(rows)) == len(set(columns)) == len(rows)
    left = np.delete(np.delete(matrix, rows, axis=0), columns, axis=1)
    assert by_elimination.rank(matrix) == len(rows) + by_elimination.rank(left)
    assert not (left.sum(axis=0) == 1).any()
