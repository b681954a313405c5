"""Every operator, on small models: what is read agrees with onnxruntime, and with onnx's reference in doubles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx_models
from onnx_cases import CASES, Case

from polyregions.networks.loaders.onnx.constants import FOLDED
from polyregions.networks.loaders.onnx.operators import OPERATORS
from polyregions.networks.loaders.onnx.read import load_onnx


@pytest.mark.parametrize("case", CASES, ids=str)
def test_agrees_with_onnxruntime(case: Case, tmp_path: Path) -> None:
    path = onnx_models.save(case.model(), tmp_path)
    network = load_onnx(path, case.check)
    generator = np.random.default_rng(1)
    points = generator.integers(-20, 21, (6, network.input_dim)) / 8
    np.testing.assert_allclose(network(points), onnx_models.run(path, points), rtol=1e-5, atol=1e-5)


def test_every_operator_that_is_read_is_here() -> None:
    here = {node.op_type for case in CASES for node in case.nodes}
    assert here >= OPERATORS.keys() | FOLDED


def test_names_are_different() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
