"""Exact polyhedral geometry of piecewise-linear neural networks.

A network with piecewise-linear activations cuts its input space into polytopes, one for each activation pattern, and is
affine on each.  polyregions computes that partition inside a bounded domain, exactly.
"""

from polyregions.arithmetic import Enclosure
from polyregions.complexes import (
    CellComplex,
    Flat,
    PolyhedralComplex,
    boundary_order,
    build_complex,
    distinct_affine_maps,
    linear_regions,
    region_graph,
    t_junctions,
    visible_walls,
    wall_units,
)
from polyregions.enumeration import Limits, Regions, Statistics, Status, enumerate_regions
from polyregions.geometry import Polytope, load_domain
from polyregions.networks import (
    Activation,
    AffineMap,
    Layer,
    Network,
    affine_map,
    evaluate_exactly,
    load_network,
    save_npz,
    switch_signs,
)
from polyregions.version import __version__

__all__ = [
    "Activation",
    "AffineMap",
    "CellComplex",
    "Enclosure",
    "Flat",
    "Layer",
    "Limits",
    "Network",
    "PolyhedralComplex",
    "Polytope",
    "Regions",
    "Statistics",
    "Status",
    "__version__",
    "affine_map",
    "boundary_order",
    "build_complex",
    "distinct_affine_maps",
    "enumerate_regions",
    "evaluate_exactly",
    "linear_regions",
    "load_domain",
    "load_network",
    "region_graph",
    "save_npz",
    "switch_signs",
    "t_junctions",
    "visible_walls",
    "wall_units",
]
