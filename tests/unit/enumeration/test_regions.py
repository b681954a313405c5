"""The result of an enumeration: patterns, witnesses, polytopes, maps, location; limits and interruption."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from problems import ENGINES

import polyregions as pr
from polyregions.errors import DimensionMismatch


def random_network(widths, seed, scale=1.0):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(m, n)) * np.sqrt(2 / n) for n, m in itertools.pairwise(widths)]
    biases = [scale * 0.3 * rng.normal(size=m) for m in widths[1:]]
    return pr.Network.from_arrays(weights, biases)


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture(scope="module")
def regions(engine):
    return pr.enumerate_regions(random_network([2, 8, 8, 2], 3), pr.Polytope.box([-1, -2], [1.5, 1]), engine=engine)


def test_volumes_add_up_exactly(regions):
    assert sum(regions.polytope(i).volume for i in range(len(regions))) == Fraction(15, 2)


def test_witnesses_lie_in_their_regions(regions):
    for index in range(len(regions)):
        witness = regions.witness(index)
        for normal, offset in regions.polytope(index).exact_halfspaces:
            assert sum(a * x for a, x in zip(normal, witness, strict=True)) < offset
        assert regions.affine_map(index)(regions.witnesses[index]) == pytest.approx(
            regions.network(regions.witnesses[index]), abs=1e-12
        )


def test_patterns_are_sorted_and_distinct(regions):
    rows = [tuple(row) for row in regions.patterns.tolist()]
    assert rows == sorted(set(rows))
    assert not regions.patterns.flags.writeable


def test_sampling_finds_no_other_pattern_and_all_large_regions(regions):
    points = np.random.default_rng(0).uniform([-1, -2], [1.5, 1], size=(50_000, 2))
    found = regions.locate(points)
    assert (found >= 0).all()
    assert np.array_equal(regions.patterns[found] > 0, pr.switch_signs(regions.network, points) > 0)
    large = {i for i in range(len(regions)) if regions.polytope(i).volume > Fraction(1, 1000)}
    assert large <= set(found.tolist())


def test_polytope_labels_name_walls_and_boundary(regions):
    for index in range(len(regions)):
        polytope = regions.polytope(index)
        for label, (normal, offset) in zip(polytope.labels, polytope.exact_halfspaces, strict=True):
            if label[0] == "domain":
                wanted_normal, wanted_offset = regions.domain.exact_halfspaces[label[1]]
                assert (normal, offset) == (wanted_normal, wanted_offset)
            else:
                assert label[2] == 0
                assert label[1] < regions.network.n_units


def test_locate_on_walls_corners_and_outside():
    net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    found = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2))
    points = [[0.5, 0.5], [0.0, 0.5], [0.0, 0.0], [1.0, 0.5], [2.0, 0.5], [5e-324, 0.5], [-5e-324, 0.5]]
    assert found.locate(points).tolist() == [3, -1, -1, -1, -1, 3, 1]
    with pytest.raises(DimensionMismatch, match=r"shape \(N, 2\)"):
        found.locate([0.5, 0.5])


def test_locate_inside_a_region_where_a_unit_vanishes(engine):
    # The second layer's unit sees a dead layer and has no bias where x < 0: it vanishes there, and nothing is cut.
    net = pr.Network.from_arrays([[[1.0]], [[1.0]], [[1.0]]], [[0.0], [0.0], [0.0]])
    found = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=1), engine=engine)
    assert found.patterns.tolist() == [[0, 0], [1, 1]]
    assert found.locate([[-0.5], [0.0], [0.5]]).tolist() == [0, -1, 1]


def test_activations_with_two_breakpoints_against_sampling(engine):
    rng = np.random.default_rng(5)
    weights, biases = [rng.normal(size=(4, 2)), rng.normal(size=(4, 4)), np.ones((1, 4))], [np.zeros(4)] * 2 + [[0.0]]
    for name in ("hard_tanh", "relu6", "abs", "leaky_relu(0.5)"):
        net = pr.Network.from_arrays(weights, biases, [name, name, "identity"])
        found = pr.enumerate_regions(net, pr.Polytope.box(-3, 3, dim=2), engine=engine)
        points = rng.uniform(-3, 3, size=(20_000, 2))
        located = found.locate(points)
        assert (located >= 0).all()
        assert sum(found.polytope(i).volume for i in range(len(found))) == 36
        for index in np.unique(located):
            here = points[located == index]
            assert found.affine_map(index)(here) == pytest.approx(net(here), abs=1e-9)


def test_no_units_is_one_region(engine):
    net = pr.Network.from_arrays([[[1.0, 2.0]]], [[0.5]])
    found = pr.enumerate_regions(net, pr.Polytope.simplex(2), engine=engine)
    assert (len(found), found.patterns.shape, found.complete) == (1, (1, 0), True)
    assert found.polytope(0).volume == Fraction(1, 2)
    assert found.locate([[0.25, 0.25], [1.0, 1.0]]).tolist() == [0, -1]
    assert pr.region_graph(found).number_of_nodes() == 1


def test_domain_that_is_not_a_box(engine):
    net = random_network([2, 6, 6, 1], 8)
    domain = pr.Polytope.from_vertices([[-1, -1], [2, 0], [1, 2], [-0.5, 1.5]])
    found = pr.enumerate_regions(net, domain, engine=engine)
    assert sum(found.polytope(i).volume for i in range(len(found))) == domain.volume
    larger = pr.enumerate_regions(net, pr.Polytope.box(-1, 2, dim=2))
    assert {bytes(row) for row in found.patterns} <= {bytes(row) for row in larger.patterns}


def test_dimension_mismatch():
    with pytest.raises(DimensionMismatch, match="the domain must have dimension 2"):
        pr.enumerate_regions(random_network([2, 3, 1], 0), pr.Polytope.box(-1, 1, dim=3))


def test_to_frame(regions):
    frame = regions.to_frame()
    assert list(frame.columns) == ["pattern", "x0", "x1", "active"]
    assert len(frame) == len(regions)
    assert frame["pattern"][0] == "".join(map(str, regions.patterns[0]))


def test_limit_on_regions_truncates_and_says_so(regions):
    """A limited run is one of branching, unless it is asked for otherwise: it has regions to show at any time."""
    found = pr.enumerate_regions(regions.network, regions.domain, limits=pr.Limits(regions=5))
    assert (len(found), found.status, found.complete) == (5, pr.Status.REGION_LIMIT, False)
    assert found.statistics.cells > 0
    known = {bytes(row) for row in regions.patterns}
    assert all(bytes(row) in known for row in found.patterns)
    assert pr.region_graph(found).number_of_nodes() == 5


def test_limit_that_is_just_enough_is_complete(regions, engine):
    limits = pr.Limits(regions=len(regions))
    found = pr.enumerate_regions(regions.network, regions.domain, engine=engine, limits=limits)
    assert (len(found), found.status) == (len(regions), pr.Status.COMPLETE)


def test_limit_on_time():
    net = random_network([3, 24, 24, 1], 0)
    found = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=3), limits=pr.Limits(seconds=0.2))
    assert found.status is pr.Status.TIME_LIMIT
    assert len(found) > 0
    assert found.statistics.seconds < 5


@pytest.mark.parametrize("limits", [{"regions": 0}, {"seconds": -1.0}, {"seconds": float("nan")}])
def test_limits_must_be_positive(limits):
    with pytest.raises(ValueError, match="must be positive"):
        pr.Limits(**limits)


def test_interruption_returns_what_was_found():
    def interrupt(share, found):
        if found >= 10:
            raise KeyboardInterrupt

    net, domain = random_network([3, 24, 24, 1], 0), pr.Polytope.box(-1, 1, dim=3)
    found = pr.enumerate_regions(net, domain, engine="branching", progress=interrupt)
    assert found.status is pr.Status.INTERRUPTED
    assert len(found) >= 10
    assert len({bytes(row) for row in found.patterns}) == len(found)


def test_progress_grows_to_one(regions, engine):
    calls = []

    def progress(share, found):
        calls.append((share, found))

    pr.enumerate_regions(regions.network, regions.domain, engine=engine, progress=progress)
    shares = [share for share, _ in calls]
    assert shares == sorted(shares)
    assert calls[-1] == (1.0, len(regions))


def test_statistics_account_for_every_linear_program(regions):
    statistics = pr.enumerate_regions(regions.network, regions.domain, engine="branching").statistics
    decided = statistics.programs_by_point + statistics.programs_by_bound + statistics.programs_in_rationals
    assert decided == statistics.linear_programs > 0
    assert statistics.cells >= 2 * len(regions) - 1
    assert set(statistics.as_dict()) >= {"seconds", "by_known_points", "by_rays", "by_bounds"}


def test_same_result_twice(regions, engine):
    again = pr.enumerate_regions(regions.network, regions.domain, engine=engine)
    assert np.array_equal(again.patterns, regions.patterns)
    assert np.array_equal(again.witnesses, regions.witnesses)
    assert np.array_equal(again.cuts, regions.cuts)
