"""What "the number of regions" may mean: six definitions, side by side."""

from polyregions.counters.definitions.closed_regions import closed_linear_regions
from polyregions.counters.definitions.pieces import Bounds, convex_pieces
from polyregions.counters.definitions.six import (
    NAMES,
    Definitions,
    activation_patterns,
    count_all_definitions,
    definitions_of,
)

__all__ = [
    "NAMES",
    "Bounds",
    "Definitions",
    "activation_patterns",
    "closed_linear_regions",
    "convex_pieces",
    "count_all_definitions",
    "definitions_of",
]
