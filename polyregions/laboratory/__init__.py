"""Experiments: theorems beside exact values, and what training does to the regions of a network."""

from polyregions.laboratory.dynamics import Bounded, Snapshot, Track, observe, track
from polyregions.laboratory.verify import Verification, verify_theorem, z_score

__all__ = ["Bounded", "Snapshot", "Track", "Verification", "observe", "track", "verify_theorem", "z_score"]
