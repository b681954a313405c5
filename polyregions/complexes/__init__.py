"""How regions touch: the polyhedral complex, the region graph, linear regions."""

from polyregions.complexes.build import build_complex
from polyregions.complexes.complex import Flat, PolyhedralComplex
from polyregions.complexes.graph import region_graph
from polyregions.complexes.linear import linear_regions
from polyregions.complexes.maps import distinct_affine_maps
from polyregions.complexes.walls import boundary_order, visible_walls, wall_units

__all__ = [
    "Flat",
    "PolyhedralComplex",
    "boundary_order",
    "build_complex",
    "distinct_affine_maps",
    "linear_regions",
    "region_graph",
    "visible_walls",
    "wall_units",
]
