"""Networks from and to ONNX files."""

from polyregions.networks.loaders.onnx.read import load_onnx
from polyregions.networks.loaders.onnx.write import save_onnx

__all__ = ["load_onnx", "save_onnx"]
