"""Exact polyhedral geometry of piecewise-linear neural networks.

A network with piecewise-linear activations cuts its input space into polytopes, one for each activation pattern, and is
affine on each.  polyregions computes that partition inside a bounded domain, exactly.
"""

from polyregions.arithmetic import Enclosure
from polyregions.certificates import Certificate, certify, check
from polyregions.complexes import (
    CellComplex,
    DecisionComplex,
    Flat,
    PolyhedralComplex,
    Subcomplex,
    boundary_order,
    build_complex,
    decision_complex,
    distinct_affine_maps,
    hasse_diagram,
    level_set,
    linear_regions,
    region_graph,
    t_junctions,
    visible_walls,
    wall_units,
)
from polyregions.enumeration import Limits, Regions, Statistics, Status, enumerate_regions
from polyregions.geometry import Polytope, load_domain
from polyregions.measures import (
    Measure,
    Surd,
    betti_numbers,
    boundary_volume,
    exact_volume,
    exact_volumes,
    region_volumes,
    surface,
    total_volume,
    volumes,
)
from polyregions.networks import (
    Activation,
    AffineMap,
    Layer,
    Maximum,
    Network,
    affine_map,
    evaluate_exactly,
    load_network,
    operators,
    save_network,
    switch_signs,
)
from polyregions.reports.shapes import to_shapely
from polyregions.version import __version__

__all__ = [
    "Activation",
    "AffineMap",
    "CellComplex",
    "Certificate",
    "DecisionComplex",
    "Enclosure",
    "Flat",
    "Layer",
    "Limits",
    "Maximum",
    "Measure",
    "Network",
    "PolyhedralComplex",
    "Polytope",
    "Regions",
    "Statistics",
    "Status",
    "Subcomplex",
    "Surd",
    "__version__",
    "affine_map",
    "betti_numbers",
    "boundary_order",
    "boundary_volume",
    "build_complex",
    "certify",
    "check",
    "decision_complex",
    "distinct_affine_maps",
    "enumerate_regions",
    "evaluate_exactly",
    "exact_volume",
    "exact_volumes",
    "hasse_diagram",
    "level_set",
    "linear_regions",
    "load_domain",
    "load_network",
    "operators",
    "region_graph",
    "region_volumes",
    "save_network",
    "surface",
    "switch_signs",
    "t_junctions",
    "to_shapely",
    "total_volume",
    "visible_walls",
    "volumes",
    "wall_units",
]
