"""What theory says about networks: random ones on average, all of them at most, and some exactly."""

from polyregions.theory.architecture import Architecture
from polyregions.theory.prior import Prior, random_network, random_networks

__all__ = ["Architecture", "Prior", "random_network", "random_networks"]
