"""Networks from PyTorch: modules, and files of state dicts."""

from polyregions.networks.loaders.torch.file import load_torch
from polyregions.networks.loaders.torch.module import from_torch

__all__ = ["from_torch", "load_torch"]
