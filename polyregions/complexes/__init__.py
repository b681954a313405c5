"""How regions touch: the polyhedral complex, the region graph, linear regions."""

from polyregions.complexes.build import build_complex
from polyregions.complexes.complex import Flat, PolyhedralComplex
from polyregions.complexes.graph import region_graph
from polyregions.complexes.linear import distinct_affine_maps, linear_regions

__all__ = ["Flat", "PolyhedralComplex", "build_complex", "distinct_affine_maps", "linear_regions", "region_graph"]
