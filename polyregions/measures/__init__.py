"""How much: volumes, boundary volumes, topology."""

from polyregions.measures.boundary import boundary_volume, surface
from polyregions.measures.exact import exact_volume, exact_volumes, region_volumes, total_volume
from polyregions.measures.face_volumes import volumes
from polyregions.measures.measure import Measure
from polyregions.measures.surds import Surd
from polyregions.measures.topology import betti_numbers

__all__ = [
    "Measure",
    "Surd",
    "betti_numbers",
    "boundary_volume",
    "exact_volume",
    "exact_volumes",
    "region_volumes",
    "surface",
    "total_volume",
    "volumes",
]
