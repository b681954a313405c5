"""Enumerating the activation regions of a network in a domain."""

from polyregions.enumeration.engines import Engine, enumerate_regions
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Limits, Statistics, Status

__all__ = ["Engine", "Limits", "Regions", "Statistics", "Status", "enumerate_regions"]
