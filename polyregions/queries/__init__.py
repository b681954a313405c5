"""Questions about lines, planes, distances, single regions, and the function itself."""

from polyregions.queries.closest import Closest, closest_in_region
from polyregions.queries.counterexample import Counterexample, nearest_counterexample
from polyregions.queries.distances import Distances, distance_to_boundary, distance_to_decision_boundary
from polyregions.queries.extremes import Extreme, Extremes, output_range
from polyregions.queries.images import Image, image, preimage
from polyregions.queries.integrals import integral, mean
from polyregions.queries.lines import Line, Polyline, regions_on_line, regions_on_polyline
from polyregions.queries.lipschitz import Lipschitz, lipschitz_constant
from polyregions.queries.nearby import regions_meeting, regions_within
from polyregions.queries.occupancy import Occupancy, occupancy
from polyregions.queries.region_distance import distance_to_region_boundary
from polyregions.queries.slices import Slice, slice_network

__all__ = [
    "Closest",
    "Counterexample",
    "Distances",
    "Extreme",
    "Extremes",
    "Image",
    "Line",
    "Lipschitz",
    "Occupancy",
    "Polyline",
    "Slice",
    "closest_in_region",
    "distance_to_boundary",
    "distance_to_decision_boundary",
    "distance_to_region_boundary",
    "image",
    "integral",
    "lipschitz_constant",
    "mean",
    "nearest_counterexample",
    "occupancy",
    "output_range",
    "preimage",
    "regions_meeting",
    "regions_on_line",
    "regions_on_polyline",
    "regions_within",
    "slice_network",
]
