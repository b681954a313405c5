"""`verify_theorem` averages what the library finds for each network, whoever cuts them, and can be interrupted."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.laboratory import verify, z_score

SHAPE, PRIOR, SQUARE = pr.Architecture(2, (3, 2)), pr.Prior(bias_scale=0.5), pr.Polytope.box(-1, 1, dim=2)


@pytest.fixture(scope="module")
def found() -> pr.Verification:
    return pr.verify_theorem(SHAPE, PRIOR, SQUARE, networks=120, samples=5000, seed=6)


def test_left_sides_are_means_over_networks(found: pr.Verification) -> None:
    networks = list(pr.random_networks(SHAPE, PRIOR, number=120, seed=6))
    for codim, left in enumerate(found.left, start=1):
        volumes = [pr.boundary_volume(pr.build_complex(network, SQUARE), codim).value for network in networks]
        assert left.value == pytest.approx(np.mean(volumes))
        assert left.error == pytest.approx(np.std(volumes, ddof=1) / math.sqrt(120))
    counts = [len(pr.enumerate_regions(network, SQUARE, engine="branching")) for network in networks]
    assert found.counts.tolist() == counts


def test_right_sides_are_the_estimates(found: pr.Verification) -> None:
    for codim, right in enumerate(found.right, start=1):
        assert right == pr.expected_boundary_volume(SHAPE, PRIOR, SQUARE, codim, samples=5000, seed=6)
    assert found.expected_regions == pr.theory.expected_regions(SHAPE, PRIOR, SQUARE, samples=5000, seed=6)


def test_any_executor_gives_the_same(found: pr.Verification) -> None:
    with ThreadPoolExecutor(2) as executor:
        same = pr.verify_theorem(SHAPE, PRIOR, SQUARE, networks=120, samples=5000, seed=6, executor=executor)
    assert np.array_equal(same.volumes, found.volumes)
    assert same.right == found.right


def test_scores(found: pr.Verification) -> None:
    gaps = [left.value - right.value for left, right in zip(found.left, found.right, strict=True)]
    for z, gap, left, right in zip(found.z, gaps, found.left, found.right, strict=True):
        assert z == pytest.approx(gap / math.hypot(left.error, right.error))
    covariance = np.cov(found.volumes.T) / 120 + np.diag([right.error**2 for right in found.right])
    assert found.chi_squared == pytest.approx(np.array(gaps) @ np.linalg.inv(covariance) @ np.array(gaps))
    assert found.degrees == 2
    assert found.p_value == pytest.approx(math.exp(-found.chi_squared / 2))  # two degrees of freedom


def test_scores_without_errors() -> None:
    certain = pr.Estimate(1.0, 0.0, 10)
    assert z_score(certain, certain) == 0.0
    assert z_score(certain, pr.Estimate(2.0, 0.0, 10)) == -math.inf


def test_an_interrupt_keeps_what_was_cut() -> None:
    def stop(share: float, networks: int) -> None:
        if networks >= 100:
            raise KeyboardInterrupt

    found = pr.verify_theorem(SHAPE, PRIOR, SQUARE, networks=300, samples=1000, seed=6, progress=stop)
    assert not found.complete
    assert found.networks == 100
    whole = pr.verify_theorem(SHAPE, PRIOR, SQUARE, networks=100, samples=1000, seed=6)
    assert np.array_equal(whole.volumes, found.volumes)


def test_an_interrupt_before_anything_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verify, "build_complex", stop)
    with pytest.raises(KeyboardInterrupt):
        pr.verify_theorem(SHAPE, PRIOR, SQUARE, networks=1000, samples=1000)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"domain": pr.Polytope.box(0, 1, dim=3)}, DimensionMismatch),
        ({"networks": 1}, ValueError),
        ({"samples": 10}, ValueError),
        ({"reading": "loose"}, ValueError),
        ({"prior": pr.Prior(bias_scale=0.0)}, InvalidNetwork),
    ],
)
def test_bad_input_is_refused(changes: dict[str, object], error: type[Exception]) -> None:
    given = {"architecture": SHAPE, "prior": PRIOR, "domain": SQUARE} | changes
    with pytest.raises(error):
        pr.verify_theorem(**given)  # type: ignore[arg-type]
