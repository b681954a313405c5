"""How regions touch: the region graph, linear regions."""

from polyregions.complexes.graph import region_graph
from polyregions.complexes.linear import distinct_affine_maps, linear_regions

__all__ = ["distinct_affine_maps", "linear_regions", "region_graph"]
