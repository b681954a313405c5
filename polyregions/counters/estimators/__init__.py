"""Estimators of the number of regions, and of volumes of their boundary, from the literature."""

from polyregions.counters.estimators.crofton import crofton
from polyregions.counters.estimators.gradients import distinct_gradients, distinct_maps
from polyregions.counters.estimators.hashing import xor_lower_bound
from polyregions.counters.estimators.line_scale import line_scale
from polyregions.counters.estimators.local_complexity import local_complexity, sign_changes
from polyregions.counters.estimators.milp import milp_patterns
from polyregions.counters.estimators.richness import chao1, good_turing, inverse_volume
from polyregions.counters.estimators.samples import batch_by_batch, distinct_patterns, grid_patterns
from polyregions.counters.estimators.shells import shell_volume, tube_volume
from polyregions.counters.estimators.walks import facet_walk, return_time

__all__ = [
    "batch_by_batch",
    "chao1",
    "crofton",
    "distinct_gradients",
    "distinct_maps",
    "distinct_patterns",
    "facet_walk",
    "good_turing",
    "grid_patterns",
    "inverse_volume",
    "line_scale",
    "local_complexity",
    "milp_patterns",
    "return_time",
    "shell_volume",
    "sign_changes",
    "tube_volume",
    "xor_lower_bound",
]
