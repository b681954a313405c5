"""Networks from Keras: models, and `.keras` files."""

from polyregions.networks.loaders.keras.file import from_keras, load_keras

__all__ = ["from_keras", "load_keras"]
