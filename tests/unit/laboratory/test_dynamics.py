"""Tracks against direct calls at each checkpoint, sets of patterns at rational points, and motions that are known."""

from __future__ import annotations

import pickle
from fractions import Fraction
from itertools import pairwise
from typing import Any

import by_fractions
import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from problems import sawtooth

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidDomain, InvalidNetwork, LimitReached
from polyregions.laboratory import dynamics, looks
from polyregions.laboratory.checkpoints import side_by_side, two_patterns
from polyregions.laboratory.dynamics import Bounded, Track, observe, track
from polyregions.laboratory.snapshot import keys

INTERVAL = pr.Polytope.box(-1, 1, dim=1)
SQUARE = pr.Polytope.box(-1, 1, dim=2)
CUBE = pr.Polytope.box(-1, 1, dim=3)
RELU, IDENTITY = pr.Activation.relu(), pr.Activation.identity()


def training(sizes: tuple[int, ...], steps: int, speed: float = 0.15, seed: int = 0) -> list[pr.Network]:
    """Networks whose parameters walk at random, as in a training of large steps."""
    rng = np.random.default_rng(seed)
    shapes = list(pairwise(sizes))
    weights = [rng.normal(size=(new, old)) for old, new in shapes]
    biases = [rng.normal(size=new) / 2 for _, new in shapes]
    networks = []
    for _ in range(steps):
        networks.append(pr.Network.from_arrays(weights, biases))
        weights = [part + speed * rng.normal(size=part.shape) for part in weights]
        biases = [part + speed * rng.normal(size=part.shape) for part in biases]
    return networks


def kinks(*places: float) -> pr.Network:
    """A network of one input with a kink at each place."""
    ones = np.ones((len(places), 1))
    return pr.Network.from_arrays([ones, ones.T], [-np.array(places), [0.0]])


def patterns_of(regions: pr.Regions) -> set[tuple[int, ...]]:
    """The patterns at exact points inside the regions, computed from the network alone."""
    return {tuple(by_fractions.pattern(regions.network, regions.witness(number))) for number in range(len(regions))}


def rows_of(found: Track, number: int) -> set[tuple[int, ...]]:
    return set(map(tuple, found.patterns[found.members[number]].tolist()))


def exact_share(before: pr.Regions, after: pr.Regions) -> Fraction:
    """How much of K changed its pattern: what is left by the common parts of regions with the same pattern."""
    same = Fraction(0)
    for pattern, number in before.index.items():
        other = after.index.get(pattern)
        if other is not None:
            try:
                same += before.polytope(number).intersection(after.polytope(other)).volume
            except InvalidDomain:
                continue
    return 1 - same / before.domain.volume


@pytest.mark.parametrize(
    ("sizes", "domain"), [((1, 6, 4, 1), INTERVAL), ((2, 6, 4, 2), SQUARE), ((3, 4, 3, 1), CUBE)], ids=["1", "2", "3"]
)
def test_a_domain(sizes: tuple[int, ...], domain: pr.Polytope) -> None:
    networks = training(sizes, 4)
    points = np.random.default_rng(1).uniform(-1, 1, (10, sizes[0]))
    found = track(networks, domain, points=points, changed=True)
    assert found.labels == (0, 1, 2, 3)
    assert found.networks == tuple(networks)
    assert found.where is domain
    assert found.boundary is not None
    assert found.volumes is not None
    assert found.distances is not None
    assert found.linear_regions is not None
    assert found.f_vectors is not None
    for number, network in enumerate(networks):
        complex_ = pr.build_complex(network, domain)
        assert found.activation_regions[number] == len(complex_.regions)
        assert found.linear_regions[number] == len(pr.linear_regions(complex_))
        assert tuple(found.f_vectors[number].tolist()) == complex_.f_vector()
        for k in range(1, domain.dim + 1):
            measure, seen = pr.boundary_volume(complex_, k), found.boundary.measure(number, k - 1)
            assert (measure.value, measure.lower, measure.upper) == (seen.value, seen.lower, seen.upper)
        assert (found.patterns[found.members[number]] == complex_.regions.patterns).all()
        assert (found.volumes[number].value == pr.volumes(complex_, domain.dim).value).all()
        near = pr.distance_to_region_boundary(network, points)
        assert (found.distances.value[number] == near.value).all()
        assert (found.distances.lower[number] == near.lower).all()
        assert (found.distances.upper[number] == near.upper).all()


def test_born_lost_and_kept() -> None:
    networks = training((2, 6, 5, 1), 5)
    found = track(networks, SQUARE)
    known = [patterns_of(pr.enumerate_regions(network, SQUARE, engine="branching")) for network in networks]
    for number, own in enumerate(known):
        assert rows_of(found, number) == own
    for number, (before, after) in enumerate(pairwise(known)):
        assert found.born[number] == len(after - before)
        assert found.lost[number] == len(before - after)
        assert found.kept[number] == len(before & after) > 0
    ever = sorted(set().union(*known))
    assert list(map(tuple, found.patterns.tolist())) == ever
    assert found.lifetimes.tolist() == [sum(row in own for own in known) for row in ever]
    assert found.first.tolist() == [min(i for i, own in enumerate(known) if row in own) for row in ever]
    assert found.last.tolist() == [max(i for i, own in enumerate(known) if row in own) for row in ever]
    assert found.present.tolist() == [[row in own for row in ever] for own in known]
    assert found.shared().tolist() == [[len(one & other) for other in known] for one in known]


@pytest.mark.parametrize(
    ("sizes", "domain"),
    [((1, 5, 3, 1), INTERVAL), ((2, 5, 1), SQUARE), ((2, 3, 2, 1), pr.Polytope.simplex(2)), ((3, 2, 1), CUBE)],
)
def test_how_much_changed(sizes: tuple[int, ...], domain: pr.Polytope) -> None:
    networks = training(sizes, 3)
    changed = track(networks, domain, changed=True).changed
    assert changed is not None
    regions = [pr.enumerate_regions(network, domain) for network in networks]
    for number, pair in enumerate(pairwise(regions)):
        exact = exact_share(*pair)
        assert changed.lower[number] <= exact <= changed.upper[number]
        assert changed.upper[number] - changed.lower[number] < 1e-9
        assert 0 < exact < 1


def exact_share_of_line(lines: list[pr.Line]) -> Fraction:
    """The same along a line, from the exact breakpoints of both."""
    ends = [[Fraction(0), *(line.exact_breakpoint(i) for i in range(len(line) - 1)), Fraction(1)] for line in lines]
    share = Fraction(0)
    for low, high in pairwise(sorted({*ends[0], *ends[1]})):
        own = [sum(cut <= low for cut in cuts[1:]) for cuts in ends]
        same = (lines[0].patterns[own[0]] == lines[1].patterns[own[1]]).all()
        share += Fraction(0) if same else high - low
    return share


@pytest.mark.parametrize("sizes", [(2, 6, 5, 1), (40, 12, 8, 3)])
def test_lines(sizes: tuple[int, ...]) -> None:
    networks = training(sizes, 4, speed=0.05)
    segments = np.random.default_rng(2).uniform(-1, 1, (6, 2, sizes[0]))
    found = track(networks, segments, changed=True)
    assert repr(found).endswith("on 6 lines)")
    assert found.f_vectors is found.boundary is found.volumes is found.distances is None
    assert found.changed is not None
    assert found.linear_regions is not None
    assert found.changed.shape == (3, 6)
    for place, (start, end) in enumerate(segments):
        lines = [pr.regions_on_line(network, start, end) for network in networks]
        assert found.activation_regions[:, place].tolist() == [len(line) for line in lines]
        assert found.linear_regions[:, place].tolist() == [line.linear_pieces for line in lines]
        own = [set(map(tuple, line.patterns.tolist())) for line in lines]
        for number, (before, after) in enumerate(pairwise(own)):
            counts = (found.born[number, place], found.lost[number, place], found.kept[number, place])
            assert counts == (len(after - before), len(before - after), len(before & after))
            exact = exact_share_of_line(lines[number : number + 2])
            assert found.changed.lower[number, place] <= exact <= found.changed.upper[number, place]
            assert found.changed.upper[number, place] - found.changed.lower[number, place] < 1e-9
        for members, line in zip(found.members, lines, strict=True):
            mine = members[found.places[members] == place]
            assert (found.patterns[mine] == line.patterns).all()  # in order along the line


def test_kinks_that_enter_and_leave() -> None:
    positions = {0: (-2.0, 0.25), 1: (-0.5, 0.25), 2: (-0.5, 0.5), 5: (-0.5, 1.0), 6: (-0.5, -0.5), 7: (-0.5, 0.25)}
    found = track({step: kinks(*places) for step, places in positions.items()}, INTERVAL, changed=True)
    assert found.labels == (0, 1, 2, 5, 6, 7)
    assert found.activation_regions.tolist() == [2, 3, 3, 2, 2, 3]
    assert (found.born.tolist(), found.lost.tolist()) == ([1, 0, 0, 1, 1], [0, 0, 1, 1, 0])
    # From -2 to -1/2: a quarter; 1/4 to 1/2 to 1: an eighth, a quarter; back to -1/2, and to 1/4: three quarters, 3/8.
    assert found.changed is not None
    assert found.changed.value.tolist() == [0.25, 0.125, 0.25, 0.75, 0.375]
    assert (found.changed.lower <= found.changed.value).all()
    assert (found.changed.upper >= found.changed.value).all()
    assert found.boundary is not None
    assert found.boundary.value.tolist() == [[1.0], [2.0], [2.0], [1.0], [1.0], [2.0]]
    (row,) = np.flatnonzero((found.patterns == (1, 0)).all(axis=1))
    assert found.present[:, row].tolist() == [True, True, True, True, False, True]
    assert (found.first[row], found.last[row], found.lifetimes[row]) == (0, 5, 5)
    assert found.volumes is not None
    assert found.volumes[0].value.tolist() == [1.25, 0.75]


def test_a_line_that_turns() -> None:
    """One wall through the middle of the square, turned by a right angle: half of the square changes."""
    turns = [pr.Network.from_arrays([[row], [[1.0]]], [[0.0], [0.0]]) for row in ((1.0, 0.0), (1.0, 1.0), (0.0, 1.0))]
    found = track(turns, SQUARE, changed=True)
    assert found.changed is not None
    assert found.changed.value.tolist() == [0.25, 0.25]
    assert found.born.tolist() == found.lost.tolist() == [0, 0]
    assert found.kept.tolist() == [2, 2]
    assert found.boundary is not None
    assert found.boundary.value[:, 0] == pytest.approx([2.0, np.sqrt(8.0), 2.0])
    across = track([turns[0], turns[2]], [[[-1, -0.5], [1, -0.5]], [[-1.0, 0.5], [1.0, 0.5]]], changed=True)
    assert across.changed is not None
    assert across.changed.value.tolist() == [[0.5, 0.5]]
    assert (across.born.tolist(), across.lost.tolist(), across.kept.tolist()) == ([[0, 0]], [[1, 1]], [[1, 1]])


def test_a_sawtooth_falls_apart() -> None:
    """The teeth of all but the first layer vanish when its output stays below their kinks."""
    problem = sawtooth(5)
    first, *rest = problem.network.layers
    flat = pr.Layer(first.weights / 1024.0, first.bias / 1024.0, first.activation, (0,))
    found = track([("sharp", problem.network), ("flat", pr.Network((flat, *rest)))], problem.domain)
    assert found.activation_regions[0] == 32
    assert found.activation_regions[1] == len(pr.enumerate_regions(found.networks[1], problem.domain)) < 32
    assert found.kept[0] == found.activation_regions[1] - found.born[0] == found.activation_regions[0] - found.lost[0]


def test_counts_without_volumes() -> None:
    networks = training((2, 5, 4, 1), 3)
    whole, counts = track(networks, SQUARE), track(networks, SQUARE, volumes=False)
    assert counts.f_vectors is counts.boundary is counts.volumes is None
    assert (counts.activation_regions == whole.activation_regions).all()
    assert (counts.linear_regions == whole.linear_regions).all()
    assert (counts.born == whole.born).all()
    assert track(networks, SQUARE, volumes=False, linear=False).linear_regions is None
    assert track(networks, [[[0.0, 0.0], [1.0, 1.0]]], linear=False).linear_regions is None


def test_many_inputs_are_only_counted() -> None:
    networks = training((6, 4, 1), 2)
    domain = pr.Polytope.box(-1, 1, dim=6)
    found = track(networks, domain)
    assert found.volumes is found.boundary is None
    assert found.activation_regions.tolist() == [len(pr.enumerate_regions(n, domain)) for n in networks]
    with pytest.raises(LimitReached, match="vertices"):
        track([kinks_of_many_inputs(13)], pr.Polytope.box(-1, 1, dim=13), volumes=True)


def kinks_of_many_inputs(dim: int) -> pr.Network:
    return pr.Network.from_arrays([np.ones((1, dim)), [[1.0]]], [[0.0], [0.0]])


@examples(20)
@given(network=strategies.any_networks(max_inputs=2), data=st.data())
def test_side_by_side(network: pr.Network, data: st.DataObject) -> None:
    """All kinds of units, skips and coincidences: patterns at points inside, and all of K is covered."""
    other = pr.Network(
        tuple(
            pr.Layer(
                data.draw(st.sampled_from([1.0, -1.0, 2.0])) * layer.weights,
                layer.bias,
                layer.activation,
                layer.sources,
            )
            for layer in network.layers
        ),
        network.input_dim,
    )
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    both = side_by_side(network, other)
    regions = pr.enumerate_regions(both, domain)
    halves = two_patterns(both, regions.patterns)
    for number in range(len(regions)):
        point = regions.witness(number)
        for single, own in zip((network, other), halves, strict=True):
            assert own[number].tolist() == by_fractions.pattern(single, point)
    for single, own in zip((network, other), halves, strict=True):
        assert {row.tobytes() for row in own} == set(pr.enumerate_regions(single, domain).index)


def test_one_network_at_a_time() -> None:
    made: list[int] = []

    def networks() -> Any:
        for step in range(3):
            made.append(step)
            yield step, kinks(0.25 * step)

    seen = observe(networks(), INTERVAL)
    assert made == []
    for number, snapshot in enumerate(seen):
        assert made == list(range(number + 1))
        assert snapshot.number == number
        assert isinstance(snapshot.source, pr.PolyhedralComplex)
        assert (snapshot.born is None) == (number == 0)
    assert isinstance(next(observe([kinks(0.0)], INTERVAL, volumes=False)).source, pr.Regions)
    line = next(observe([kinks(0.0)], [[[-1.0], [1.0]]]))
    assert isinstance(line.source, tuple)
    assert repr(line) == "Snapshot(0, 2 activation regions on 1 lines)"


def test_snapshots_make_the_same_track() -> None:
    networks = training((2, 4, 3, 1), 4)
    whole, some = track(networks, SQUARE, changed=True), list(observe(networks, SQUARE, changed=True))
    found = Track.of(some)
    assert (found.patterns == whole.patterns).all()
    assert found.records() == whole.records()
    assert Track.of(some[:2]).records() == whole.records()[:2]
    with pytest.raises(InvalidNetwork, match=r"from the first one on, in order, got the numbers \[0, 2\]"):
        Track.of([some[0], some[2]])
    with pytest.raises(InvalidNetwork, match="at least one checkpoint"):
        Track.of([])


def interrupted(after: int) -> Any:
    yield from training((2, 4, 1), after)
    raise KeyboardInterrupt


def test_interrupted_in_training() -> None:
    found = track(interrupted(2), SQUARE)
    assert (len(found), found.status) == (2, pr.Status.INTERRUPTED)
    assert "interrupted" in repr(found)
    with pytest.raises(KeyboardInterrupt):
        track(interrupted(0), SQUARE)


def test_interrupted_in_enumeration(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def enumerate_regions(network: pr.Network, domain: pr.Polytope, **options: Any) -> pr.Regions:
        calls.append(len(calls))
        limits = pr.Limits(regions=1) if len(calls) == 3 else None
        return pr.enumerate_regions(network, domain, limits=limits, **options)

    monkeypatch.setattr(looks, "enumerate_regions", enumerate_regions)
    found = track(training((2, 4, 1), 4), SQUARE, volumes=False)
    assert (len(found), found.status, len(calls)) == (2, pr.Status.INTERRUPTED, 3)


@pytest.mark.parametrize("known", [True, False])
def test_progress(known: bool) -> None:
    networks = training((2, 5, 4, 1), 3)
    calls: list[tuple[float, int]] = []
    found = track(networks if known else iter(networks), SQUARE, progress=lambda *call: calls.append(call))
    shares = [share for share, _ in calls]
    assert shares == sorted(shares)
    assert calls[-1] == (1.0, found.activation_regions.sum())
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert len(set(shares)) >= 3


def test_labels() -> None:
    assert track([("a", kinks(0.0)), (np.int64(3), kinks(0.5)), kinks(0.25)], INTERVAL).labels == ("a", 3, 2)
    assert track({0.5: kinks(0.0)}, INTERVAL).labels == (0.5,)


def test_activations_may_be_trained() -> None:
    """Slopes of a leaky ReLU change; its patterns mean the same."""
    slopes = [pr.Activation.leaky_relu(0.25), pr.Activation.relu()]
    networks = [
        pr.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], [slope, pr.Activation.identity()])
        for slope in slopes
    ]
    assert track(networks, INTERVAL).kept.tolist() == [2]


def layered(*layers: pr.Layer) -> pr.Network:
    return pr.Network(layers)


WIDE = pr.Layer(np.ones((3, 2)), np.zeros(3), RELU), pr.Layer(np.ones((1, 3)), [0.0], IDENTITY)
PAIR = pr.Layer(np.eye(2), np.zeros(2), RELU)
OTHERS = {
    "inputs": (kinks_of_many_inputs(3), "has|is Network"),
    "layers": (layered(PAIR), "is Network"),
    "width": (
        layered(pr.Layer(np.ones((3, 2)), np.zeros(3), RELU), pr.Layer(np.ones((1, 3)), [0.0], IDENTITY)),
        "3 x 2",
    ),
    "switches": (layered(pr.Layer(np.eye(2), np.zeros(2), pr.Activation.hard_tanh()), PAIR), "4 switches"),
    "maxima": (layered(pr.Layer(np.eye(2), np.zeros(2), pr.Maximum([[0], [0, 1]])), PAIR), "maximum"),
    "sources": (layered(PAIR, pr.Layer(np.eye(2), np.zeros(2), RELU, (0,))), "reading"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_architecture(name: str) -> None:
    other, message = OTHERS[name]
    first = layered(PAIR, PAIR)
    with pytest.raises(DimensionMismatch, match="architecture of the first one") as error:
        track([first, ("later", other)], SQUARE)
    assert "'later'" in str(error.value)
    assert any(part in str(error.value) for part in message.split("|"))


SEGMENT = [[[-1.0], [1.0]]]


@pytest.mark.parametrize(
    ("checkpoints", "where", "options", "error", "message"),
    [
        ([], INTERVAL, {}, InvalidNetwork, "at least one checkpoint"),
        (kinks(0.0), INTERVAL, {}, InvalidNetwork, r"in a list, a mapping or a generator; got Network\(1-1-1"),
        (3, INTERVAL, {}, InvalidNetwork, "got an object of type int"),
        (["model.npz"], INTERVAL, {}, InvalidNetwork, "number 0 is an object of type str; read it with"),
        ([kinks(0.0), (1, 2)], INTERVAL, {}, InvalidNetwork, "number 1 is an object of type tuple"),
        ([(None, kinks(0.0))], INTERVAL, {}, InvalidNetwork, "that of number 0 is an object of type NoneType"),
        ([kinks(0.0)], SQUARE, {}, DimensionMismatch, "1 inputs, so the domain must have dimension 1"),
        (
            [kinks(0.0)],
            [[[0.0, 0.0], [1.0, 1.0]]],
            {},
            DimensionMismatch,
            r"1 inputs, so lines need the shape \(S, 2, 1\)",
        ),
        ([kinks(0.0)], [[-1.0], [1.0]], {}, DimensionMismatch, r"a Polytope, or at lines of shape \(S, 2, n\)"),
        ([kinks(0.0)], [[[0.0]] * 3], {}, DimensionMismatch, r"the two ends of S segments, got \(1, 3, 1\)"),
        ([kinks(0.0)], np.zeros((0, 2, 1)), {}, DimensionMismatch, r"got \(0, 2, 1\)"),
        ([kinks(0.0)], [[[0.0], [np.nan]]], {}, DimensionMismatch, "finite"),
        ([kinks(0.0)], "somewhere", {}, DimensionMismatch, "array of real numbers"),
        ([kinks(0.0)], [[[0.5], [0.5]]], {}, DimensionMismatch, "two different ends"),
        ([kinks(0.0)], SEGMENT, {"volumes": True}, DimensionMismatch, "no volumes"),
        ([kinks(0.0)], INTERVAL, {"points": [[0.0, 1.0]]}, DimensionMismatch, r"shape \(N, 1\)"),
        ([kinks(0.0)], INTERVAL, {"points": [[0.0]], "norm": 3}, ValueError, "norm"),
    ],
)
def test_bad_input(checkpoints: Any, where: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        track(checkpoints, where, **options)


def test_nothing_switches() -> None:
    affine = pr.Network.from_arrays([[[1.0]]], [[0.0]])
    found = track([affine, affine], INTERVAL, points=[[0.0]], changed=True)
    assert found.activation_regions.tolist() == [1, 1]
    assert (found.born.tolist(), found.kept.tolist()) == ([0], [1])
    assert found.changed is not None
    assert found.changed.upper.tolist() == [0.0]
    first, last = found.records()
    assert (first["activation_regions_per_unit"], first["distance"], last["distance_times_units"]) == (None, None, None)
    assert track([affine], SEGMENT).members[0].tolist() == [0]


def test_records() -> None:
    networks = training((2, 4, 3, 1), 3)
    points = np.random.default_rng(0).uniform(-1, 1, (8, 2))
    found = track(networks, SQUARE, points=points, changed=True)
    first, last = found.records()[0], found.records()[2]
    assert found.changed is not None
    assert found.distances is not None
    assert found.boundary is not None
    assert (first["born"], first["lost"], first["kept"], first["changed"]) == (None,) * 4
    assert last["born"] == found.born[1]
    assert last["changed"] == found.changed.value[1]
    assert last["activation_regions_per_unit"] == found.activation_regions[2] / 7
    assert [last["boundary_1"], last["boundary_2"]] == found.boundary.value[2].tolist()
    distances = found.distances.value[2]
    assert last["distance"] == pytest.approx(distances.mean())
    assert last["distance_error"] == pytest.approx(distances.std(ddof=1) / np.sqrt(8))
    assert last["distance_times_units"] == pytest.approx(7 * distances.mean())
    lines = track(networks, np.random.default_rng(0).uniform(-1, 1, (5, 2, 2)))
    record, counts = lines.records()[1], lines.activation_regions[1]
    assert record["activation_regions"] == pytest.approx(counts.mean())
    assert record["activation_regions_error"] == pytest.approx(counts.std(ddof=1) / np.sqrt(5))
    assert record["linear_pieces_per_unit"] == pytest.approx(record["linear_pieces"] / 7)
    assert record["born"] == pytest.approx(lines.born[0].mean())
    assert track(networks, SQUARE, points=points[:1]).records()[0]["distance_error"] is None


def test_to_frame() -> None:
    pd = pytest.importorskip("pandas")
    frame = track({"a": kinks(0.0), "b": kinks(2.0)}, INTERVAL).to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame["activation_regions"].to_dict() == {"a": 2, "b": 1}
    assert frame.loc["b", "lost"] == 1


def test_to_frame_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(pr.errors.MissingDependency, match="pandas"):
        track([kinks(0.0)], INTERVAL).to_frame()


def test_values_do_not_change() -> None:
    found = track(training((2, 4, 1), 2), SQUARE, points=[[0.0, 0.0]], changed=True)
    copy = pickle.loads(pickle.dumps(found))
    assert copy.records() == found.records()
    assert found.present is found.present
    for array in (found.patterns, copy.patterns, found.members[0], found.born, found.activation_regions, found.present):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(ValueError, match="read-only"):
        found.distances.value[0] = 0.0  # type: ignore[union-attr]


def test_keys_sort_as_patterns_do() -> None:
    rng = np.random.default_rng(0)
    for kind in (np.uint8, np.uint16):
        patterns = rng.integers(0, 300 if kind is np.uint16 else 3, (60, 3)).astype(kind)
        places = rng.integers(0, 300, 60)
        order = np.argsort(keys(places, patterns), kind="stable").tolist()
        assert order == sorted(range(60), key=lambda i: (places[i], *patterns[i].tolist()))


def test_numbers_with_bounds() -> None:
    numbers = Bounded.of([pr.Measure.of(Fraction(1, 3)), pr.Measure(np.inf, 0.0, np.inf)])
    assert numbers.measure(0).exact is None
    assert numbers.measure(1).upper == np.inf
    assert numbers.shape == (2,)
    assert Bounded.stacked([numbers, numbers]).shape == (2, 2)
    assert repr(numbers) == "Bounded([0.333333      inf])"


def test_names_are_where_they_should_be() -> None:
    assert all(hasattr(dynamics, name) for name in dynamics.__all__)
