"""Piecewise-linear networks: what they are, evaluating them exactly, their affine maps, reading them from files."""

from polyregions.networks.activation import Activation
from polyregions.networks.affine import AffineMap, affine_map
from polyregions.networks.evaluate import evaluate_exactly, switch_signs
from polyregions.networks.layer import Layer
from polyregions.networks.loaders import load_network, save_network
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

__all__ = [
    "Activation",
    "AffineMap",
    "Layer",
    "Maximum",
    "Network",
    "affine_map",
    "evaluate_exactly",
    "load_network",
    "save_network",
    "switch_signs",
]
