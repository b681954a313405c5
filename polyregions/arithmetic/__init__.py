"""Exact rationals, and float arrays with rigorous error bounds."""

from polyregions.arithmetic.enclosure import UNDECIDED, Enclosure
from polyregions.arithmetic.rational import (
    Rational,
    RationalMatrix,
    RationalWeights,
    determinant,
    enclosed,
    nearest_float,
    nearest_floats,
    rank,
    rational,
    rational_matrix,
    scaled_floats,
    solve,
    to_fraction,
)

__all__ = [
    "UNDECIDED",
    "Enclosure",
    "Rational",
    "RationalMatrix",
    "RationalWeights",
    "determinant",
    "enclosed",
    "nearest_float",
    "nearest_floats",
    "rank",
    "rational",
    "rational_matrix",
    "scaled_floats",
    "solve",
    "to_fraction",
]
