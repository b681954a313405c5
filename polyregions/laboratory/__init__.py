"""Experiments: theorems beside exact values, and what training does to the regions of a network."""

from polyregions.laboratory.verify import Verification, verify_theorem

__all__ = ["Verification", "verify_theorem"]
