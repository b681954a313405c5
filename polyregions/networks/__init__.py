"""Piecewise-linear networks: what they are, evaluating them exactly, their affine maps, reading them from files."""

from polyregions.networks.activation import Activation
from polyregions.networks.affine import AffineMap, affine_map
from polyregions.networks.evaluate import evaluate_exactly, switch_signs
from polyregions.networks.loaders import load_network, save_npz
from polyregions.networks.network import Layer, Network

__all__ = [
    "Activation",
    "AffineMap",
    "Layer",
    "Network",
    "affine_map",
    "evaluate_exactly",
    "load_network",
    "save_npz",
    "switch_signs",
]
