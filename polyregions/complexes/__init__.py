"""How regions touch: the polyhedral complex, the region graph, linear regions."""

from polyregions.complexes.build import build_complex
from polyregions.complexes.cell_complex import CellComplex, Flat
from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.decision import DecisionComplex, decision_complex, level_set
from polyregions.complexes.graph import region_graph
from polyregions.complexes.hasse import hasse_diagram
from polyregions.complexes.linear import linear_regions
from polyregions.complexes.maps import distinct_affine_maps
from polyregions.complexes.orders import boundary_order, t_junctions
from polyregions.complexes.subcomplex import Subcomplex
from polyregions.complexes.walls import visible_walls, wall_units

__all__ = [
    "CellComplex",
    "DecisionComplex",
    "Flat",
    "PolyhedralComplex",
    "Subcomplex",
    "boundary_order",
    "build_complex",
    "decision_complex",
    "distinct_affine_maps",
    "hasse_diagram",
    "level_set",
    "linear_regions",
    "region_graph",
    "t_junctions",
    "visible_walls",
    "wall_units",
]
