"""What theory says about networks: random ones on average, all of them at most, and some exactly.

`bounds` holds bounds of averages, `counts` the largest numbers of regions, `constructions` networks with known ones.
"""

from polyregions.theory import bounds, constructions, counts
from polyregions.theory.architecture import Architecture
from polyregions.theory.closed_forms import (
    line_density,
    line_hits,
    lines_meet,
    shallow_density,
    shallow_regions,
    shallow_volume,
    wide_limit_density,
    wide_limit_volume,
)
from polyregions.theory.estimate import Estimate
from polyregions.theory.expectation import expected_boundary_volume
from polyregions.theory.prior import Prior, random_network, random_networks
from polyregions.theory.region_counts import expected_pieces_on_line, expected_regions

__all__ = [
    "Architecture",
    "Estimate",
    "Prior",
    "bounds",
    "constructions",
    "counts",
    "expected_boundary_volume",
    "expected_pieces_on_line",
    "expected_regions",
    "line_density",
    "line_hits",
    "lines_meet",
    "random_network",
    "random_networks",
    "shallow_density",
    "shallow_regions",
    "shallow_volume",
    "wide_limit_density",
    "wide_limit_volume",
]
