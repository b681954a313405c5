"""How many regions there are at most: of arrangements, of all networks of a shape, and of one network."""

from polyregions.theory.counts.arrangements import (
    arrangement_bounded_regions,
    arrangement_faces,
    arrangement_regions,
)
from polyregions.theory.counts.histograms import (
    histogram_bound,
    montufar_histogram,
    serra_histogram,
    trivial_histogram,
)
from polyregions.theory.counts.lower import (
    arora_lower_bound,
    line_maximum,
    montufar_lower_bound,
    serra_folding_lower_bound,
    serra_zonotope_lower_bound,
)
from polyregions.theory.counts.network import network_bound
from polyregions.theory.counts.upper import (
    maxout_bound,
    montufar_bound,
    raghu_bound,
    serra_bound,
    trivial_bound,
    width_bound,
)

__all__ = [
    "arora_lower_bound",
    "arrangement_bounded_regions",
    "arrangement_faces",
    "arrangement_regions",
    "histogram_bound",
    "line_maximum",
    "maxout_bound",
    "montufar_bound",
    "montufar_histogram",
    "montufar_lower_bound",
    "network_bound",
    "raghu_bound",
    "serra_bound",
    "serra_folding_lower_bound",
    "serra_histogram",
    "serra_zonotope_lower_bound",
    "trivial_bound",
    "trivial_histogram",
    "width_bound",
]
