"""Polytopes, and exact decisions about affine functions on them.  Knows nothing of networks."""

from polyregions.geometry.domain_files import load_domain
from polyregions.geometry.polytope import Polytope

__all__ = ["Polytope", "load_domain"]
