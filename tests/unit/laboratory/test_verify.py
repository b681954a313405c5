"""`verify_theorem` averages what the library finds for each network, whoever cuts them, and can be interrupted."""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

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


@pytest.mark.slow
def test_another_process_gives_the_same(found: pr.Verification) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        same = pr.verify_theorem(SHAPE, PRIOR, SQUARE, networks=120, samples=5000, seed=6, executor=executor)
    assert np.array_equal(same.volumes, found.volumes)
    assert np.array_equal(same.counts, found.counts)
    assert same.z == found.z


def test_progress_is_told_and_ends_with_all() -> None:
    told: list[tuple[float, int]] = []
    shape, line = pr.Architecture(1, (2,)), pr.Polytope.box(-1, 1, dim=1)
    found = pr.verify_theorem(
        shape, PRIOR, line, networks=101, samples=1000, progress=lambda share, number: told.append((share, number))
    )
    assert told == [(pytest.approx(number / 101), number) for number in (50, 100, 101)]
    assert found.complete
    assert found.networks == 101


def test_an_executor_is_left_with_little_after_an_interrupt() -> None:
    def stop(share: float, networks: int) -> None:
        raise KeyboardInterrupt

    shape, line = pr.Architecture(1, (2,)), pr.Polytope.box(-1, 1, dim=1)
    with ThreadPoolExecutor(1) as executor:
        part = pr.verify_theorem(
            shape, PRIOR, line, networks=2000, samples=1000, progress=stop, executor=executor, seed=2
        )
    whole = pr.verify_theorem(shape, PRIOR, line, networks=50, samples=1000, seed=2)
    assert (part.networks, part.complete) == (50, False)
    assert np.array_equal(part.volumes, whole.volumes)


@pytest.mark.parametrize(
    ("inputs", "widths", "visible"),
    [
        (1, (6,), True),
        (1, (3, 2, 2), True),
        (1, (3, 2, 2), False),
        (2, (2, 2, 2), True),
        (2, (2, 2, 2), False),
        (3, (2, 2), False),
    ],
)
def test_both_sides_agree(inputs: int, widths: tuple[int, ...], visible: bool) -> None:
    """Regions are counted by one theorem for walls of both kinds."""
    shape, cube = pr.Architecture(inputs, widths), pr.Polytope.box(-1, 1, dim=inputs)
    found = pr.verify_theorem(shape, PRIOR, cube, networks=100, samples=20_000, visible=visible, seed=3)
    assert max(map(abs, found.z)) < 4
    assert found.p_value > 1e-4
    assert found.degrees == min(inputs, 2 if widths == (2, 2) else 9)  # three walls do not meet behind two units
    assert (found.z_regions is None) == (inputs == 3)
    if found.z_regions is not None:
        assert abs(found.z_regions) < 4


@pytest.mark.parametrize("widths", [(1, 3), (1,)])
def test_walls_that_never_meet_are_no_degree_of_freedom(widths: tuple[int, ...]) -> None:
    """Parallel lines behind one unit: rounding must not be taken for crossings."""
    found = pr.verify_theorem(pr.Architecture(2, widths), PRIOR, SQUARE, networks=60, samples=5000)
    assert found.right[1].value == found.left[1].value == found.z[1] == 0.0
    assert found.degrees == 1
    assert found.p_value == pytest.approx(math.erfc(abs(found.z[0]) / math.sqrt(2)))


def test_what_must_not_be_at_all_has_no_chance(found: pr.Verification) -> None:
    shape = pr.Architecture(2, (1,))
    nothing = pr.verify_theorem(shape, PRIOR, SQUARE, networks=4, samples=1000)
    wrong = dataclasses.replace(nothing, volumes=np.add(nothing.volumes, [0.0, 1.0]))
    assert wrong.chi_squared == math.inf
    assert wrong.p_value == 0.0
    certain = dataclasses.replace(nothing, volumes=np.ones((4, 2)), right=(pr.Estimate(1.0, 0.0, 9),) * 2)
    assert (certain.degrees, certain.chi_squared, certain.p_value) == (0, 0.0, 1.0)
    assert repr(found).startswith("Verification(2-3-2-1, 120 networks, z = ")
