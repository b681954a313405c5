"""Networks on domains whose regions are counted by theorems."""

from polyregions.theory.constructions.construction import Construction
from polyregions.theory.constructions.deformations import catalan, linial, semiorder, shi
from polyregions.theory.constructions.depth import folding, folding_cube, sawtooth, zigzag
from polyregions.theory.constructions.graphical import graphical
from polyregions.theory.constructions.max_affine import max_affine
from polyregions.theory.constructions.norms import l1_norm, linf_norm
from polyregions.theory.constructions.reflections import boolean, braid, generic, type_b, type_d
from polyregions.theory.constructions.subsets import resonance, threshold

__all__ = [
    "Construction",
    "boolean",
    "braid",
    "catalan",
    "folding",
    "folding_cube",
    "generic",
    "graphical",
    "l1_norm",
    "linf_norm",
    "linial",
    "max_affine",
    "resonance",
    "sawtooth",
    "semiorder",
    "shi",
    "threshold",
    "type_b",
    "type_d",
    "zigzag",
]
