"""A network that was read is told from one that differs: forward passes round within the bound, changes do not."""

import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from polyregions.errors import DimensionMismatch, Disagreement
from polyregions.networks import Activation, Layer, Maximum, Network, evaluate_exactly
from polyregions.networks.loaders.agreement import DOUBLE, SINGLE, check_agreement, enclosed_outputs, random_points

TYPES = {SINGLE: np.float32, DOUBLE: np.float64}
KINDS = [
    Activation.relu(),
    Activation.leaky_relu(0.01),
    Activation.hard_tanh(-0.3, 0.7),
    Activation.hard_sigmoid(),
    Activation.soft_shrink(0.4),
    Activation.clamp(low=0.1),
    Activation.absolute(),
]


def shuffled_forward(network, points, unit, rng):
    """The network in floats of one type, as a framework might do it: rows are summed in random orders."""
    kind = TYPES[unit]
    outputs = [np.asarray(points, dtype=kind).T]
    for layer in network.layers:
        inputs = np.concatenate([outputs[source] for source in layer.sources])
        weights = layer.weights if isinstance(layer.weights, np.ndarray) else layer.weights.toarray()
        rows = np.empty((len(weights), len(points)), dtype=kind)
        for row, (numbers, constant) in enumerate(zip(weights.astype(kind), layer.bias.astype(kind), strict=True)):
            terms = [numbers[j] * inputs[j] for j in range(len(numbers))] + [np.full(len(points), constant)]
            total = np.zeros(len(points), dtype=kind)
            for j in rng.permutation(len(terms)):
                total = total + terms[j]
            rows[row] = total
        outputs.append(units_forward(layer, rows, kind))
    return outputs[-1].T


def units_forward(layer, rows, kind):
    if isinstance(layer.activation, Maximum):
        return np.array([rows[list(group)].max(axis=0) for group in layer.activation.groups])
    values = np.empty_like(rows)
    for row, activation in enumerate(layer.units.activations):
        piece = np.searchsorted(np.array(activation.breakpoints, dtype=kind), rows[row])
        slopes, constants = np.array(activation.slopes, dtype=kind), activation.float_constants.value.astype(kind)
        values[row] = slopes[piece] * rows[row] + constants[piece]
    return values


def random_network(seed, sparse=False, kind=np.float32):
    """Dense and maximum layers with a skip; weights are float32 numbers."""
    rng = np.random.default_rng(seed)

    def layer(rows, columns, activation, sources):
        weights = rng.normal(size=(rows, columns)).astype(kind) / np.sqrt(columns)
        weights = csr_array(weights * (rng.random(weights.shape) < 0.6)) if sparse else weights
        return Layer(weights, rng.normal(size=rows).astype(kind), activation, sources)

    groups = Maximum([(0, 1, 2), (3, 4), (1, 5), (6,)])
    mixed = tuple(KINDS[k] for k in rng.integers(len(KINDS), size=9))
    return Network(
        (layer(9, 6, mixed, (0,)), layer(7, 9, groups, (1,)), layer(3, 13, Activation.identity(), (2, 1))), 6
    )


@pytest.mark.parametrize("unit", [SINGLE, DOUBLE])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_sums_in_any_order_agree(seed, unit, sparse):
    network, rng = random_network(seed, sparse), np.random.default_rng(seed)
    for _ in range(3):
        check_agreement(network, lambda x: shuffled_forward(network, x, unit, rng), unit, "the network")


def layer_by_layer(number):
    """Changes of a layer, each with what a wrong reader might have done."""

    def changed(network, weights=None, bias=None):
        layers = list(network.layers)
        old = layers[number]
        layers[number] = Layer(
            old.weights if weights is None else weights,
            old.bias if bias is None else bias,
            old.activation,
            old.sources,
        )
        return Network(tuple(layers), network.input_dim)

    return changed


@pytest.mark.parametrize(("unit", "change"), [(SINGLE, 1e-3), (DOUBLE, 1e-9)])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_changed_weight_is_noticed(unit, change, number):
    """The whole network is affine, so that every weight matters."""
    rng = np.random.default_rng(3)
    weights = [rng.normal(size=shape).astype(np.float32) for shape in [(8, 6), (8, 8), (4, 8)]]
    stack = Network.from_arrays(
        weights, [rng.normal(size=len(w)).astype(np.float32) for w in weights], ["identity"] * 3
    )
    for row, column in [(0, 0), (3, 5), (2, 4)]:
        wrong = stack.layers[number].weights.copy()
        wrong[row, column] += change
        other = layer_by_layer(number)(stack, weights=wrong)
        with pytest.raises(Disagreement, match="was not read as what it computes"):
            check_agreement(other, lambda x: shuffled_forward(stack, x, unit, rng), unit, "the stack")


@pytest.mark.parametrize("unit", [SINGLE, DOUBLE])
@pytest.mark.parametrize("seed", range(5))
def test_wrong_readings_are_noticed(unit, seed):
    network, rng = random_network(seed), np.random.default_rng(seed)
    first, last = layer_by_layer(0), layer_by_layer(2)
    weights = network.layers[0].weights
    negated = network.layers[2].weights.copy()
    negated[1] *= -1.0
    swapped = weights.copy()
    swapped[:6] = weights[:6].T
    for other in (
        first(network, bias=np.zeros(9)),
        first(network, weights=swapped),
        first(network, weights=weights[:, ::-1]),
        last(network, weights=negated),
        last(network, bias=-network.layers[2].bias),
    ):
        with pytest.raises(Disagreement):
            check_agreement(other, lambda x: shuffled_forward(network, x, unit, rng), unit, "the network")


@pytest.mark.parametrize("kind", KINDS)
def test_another_activation_is_noticed(kind):
    source = Network.from_arrays([np.eye(4)], [np.zeros(4)], [kind])
    for other in KINDS:
        network = Network.from_arrays([np.eye(4)], [np.zeros(4)], [other])
        if other == kind:
            check_agreement(network, source, DOUBLE, "it")
        else:
            with pytest.raises(Disagreement):
                check_agreement(network, source, SINGLE, "it")


@pytest.mark.parametrize(
    ("given_outputs", "message"),
    [
        (lambda x: x[:, :1], r"outputs of shape \(20, 2\), its own forward pass gives \(20, 1\)"),
        (lambda x: x[:, 0], r"gives \(20,\)"),
        (lambda x: x.T, r"gives \(2, 20\)"),
        (lambda x: np.where(x == x[0, 0], np.nan, x), r"gives nan as output 0 .* 1 of 40 values differ"),
        (lambda x: np.where(x == x[3, 1], np.inf, x), "gives inf as output 1 "),
        (lambda x: x[:, ::-1], r"rounding explains at most \d.*40 of 40 values differ.*report it"),
    ],
)
def test_other_shapes_and_nan(given_outputs, message):
    network = Network.from_arrays([np.eye(2)], [np.zeros(2)], ["identity"])
    with pytest.raises(Disagreement, match=message):
        check_agreement(network, given_outputs, DOUBLE, "the model")


def test_points_can_be_chosen():
    network = Network.from_arrays([[[1.0]]], [[0.0]], ["relu"])
    check_agreement(network, lambda x: x, DOUBLE, "it", np.array([[0.0], [1.0]]))
    with pytest.raises(Disagreement, match=r"at the point \[-1\.\]"):
        check_agreement(network, lambda x: x, DOUBLE, "it", np.array([[0.0], [-1.0]]))
    with pytest.raises(DimensionMismatch):
        check_agreement(network, lambda x: x, DOUBLE, "it", np.ones((3, 2)))
    points = random_points(3)
    assert points.shape == (20, 3)
    assert (points == random_points(3)).all()
    assert (points == points.astype(np.float32)).all()


# The bound, against rationals.


def inside(network, computed, points, unit):
    """Whether computed values are within the bounds around the exact ones; how many bounds are finite."""
    bound = enclosed_outputs(network, points, unit)
    for n, point in enumerate(points.tolist()):
        for m, exact in enumerate(evaluate_exactly(network, point)):
            if np.isfinite(bound.error[n, m]):
                own = bound.value[n, m].as_integer_ratio()
                assert abs(own[0] - exact * own[1]) <= exact.__class__(float(bound.error[n, m])) * own[1]
                assert abs(exact.__class__(float(computed[n, m])) - exact) <= exact.__class__(float(bound.error[n, m]))
    return int(np.isfinite(bound.error).sum())


@examples(80)
@given(
    network=strategies.integer_networks(3, 2, 4, bound=5, activations=KINDS, skips=True),
    unit=st.sampled_from([SINGLE, DOUBLE]),
    seed=st.integers(0, 2**32),
)
def test_the_bound_holds(network, unit, seed):
    rng = np.random.default_rng(seed)
    layers = tuple(
        Layer(
            (layer.weights / 3).astype(np.float32), (layer.bias / 7).astype(np.float32), layer.activation, layer.sources
        )
        for layer in network.layers
    )
    network = Network(layers, network.input_dim)
    scales = 10.0 ** rng.integers(-4, 5, size=(6, 1))
    points = (scales * rng.normal(size=(6, network.input_dim))).astype(np.float32).astype(np.float64)
    assert inside(network, shuffled_forward(network, points, unit, rng), points, unit) == 6 * network.output_dim


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("unit", [SINGLE, DOUBLE])
def test_the_bound_holds_with_maxima_and_sparse_rows(seed, unit):
    network, rng = random_network(seed, sparse=True), np.random.default_rng(seed)
    points = random_points(6)[-6:]
    assert inside(network, shuffled_forward(network, points, unit, rng), points, unit) == 18


@pytest.mark.filterwarnings("ignore:(overflow|invalid value|underflow):RuntimeWarning")
@examples(80)
@given(network=strategies.wild_networks(), data=st.data())
def test_the_bound_holds_or_is_infinite_for_numbers_of_any_size(network, data):
    points = data.draw(strategies.wild_arrays((2, network.input_dim)))
    computed = shuffled_forward(network, points, DOUBLE, np.random.default_rng(0))
    inside(network, computed, points, DOUBLE)


@pytest.mark.filterwarnings("ignore:(overflow|invalid value):RuntimeWarning")
def test_nothing_is_claimed_where_floats_end():
    network = Network.from_arrays([[[1e30]], [[1e30]], [[1e-30]]], [[0.0]] * 3, ["identity"] * 3)
    points = np.array([[1.0], [1e-30]])
    error = enclosed_outputs(network, points, SINGLE).error[:, 0]
    assert error[0] == np.inf
    assert error[1] < 1.0
    assert np.isfinite(enclosed_outputs(network, points, DOUBLE).error).all()
    check_agreement(network, lambda x: network(x.astype(np.float32)), SINGLE, "it", points[:1])


@pytest.mark.slow
def test_a_row_with_more_terms_than_a_float_can_count_has_no_bound():
    count = 2**23
    weights = csr_array((np.ones(count), np.arange(count), [0, count]), (1, count))
    network = Network((Layer(weights, [0.0], Activation.identity()),))
    points = np.ones((1, count))
    assert enclosed_outputs(network, points, SINGLE).error[0, 0] == np.inf
    assert enclosed_outputs(network, points, DOUBLE).error[0, 0] < 0.1


def test_a_batch_norm_folded_into_a_convolution_agrees():
    """The network subtracts the mean first; the forward pass here multiplies it out, in another order."""
    rng = np.random.default_rng(5)
    weights, mean = rng.normal(size=(4, 6)).astype(np.float32), (1e3 * rng.normal(size=4)).astype(np.float32)
    factor = rng.uniform(0.1, 3.0, size=4).astype(np.float32)
    network = Network.from_arrays(
        [weights, np.eye(4), np.diag(factor)], [np.zeros(4), -mean, np.zeros(4)], ["identity"] * 3
    )

    def folded(x):
        return x.astype(np.float32) @ (factor[:, None] * weights).T - factor * mean

    check_agreement(network, folded, SINGLE, "the network")
    with pytest.raises(Disagreement):
        check_agreement(network, lambda x: folded(x) + factor * 0.01, SINGLE, "the network")


@pytest.mark.parametrize("unit", [SINGLE, DOUBLE])
def test_deep_networks_whose_proved_bound_allows_anything(unit):
    rng = np.random.default_rng(0)
    widths = [2, *[64] * 30, 1]
    shapes = list(zip(widths[1:], widths, strict=False))
    weights = [(rng.standard_normal(shape) * np.sqrt(2.0 / shape[1])).astype(np.float32) for shape in shapes]
    network = Network.from_arrays(weights, [np.zeros(len(matrix)) for matrix in weights])
    kind = np.float32 if unit == SINGLE else np.float64

    def forward(points):
        values = points.astype(kind)
        for matrix in weights[:-1]:
            values = np.maximum(values @ matrix.T.astype(kind), 0)
        return values @ weights[-1].T.astype(kind)

    bound = enclosed_outputs(network, random_points(2), unit).error
    assert (bound > 100 * np.abs(network(random_points(2)))).any()
    check_agreement(network, forward, unit, "the network")
    for wrong in (lambda x: -forward(x), lambda x: 1.5 * forward(x), lambda x: forward(x) + 5.0):
        with pytest.raises(Disagreement, match="rounding explains in practice at most"):
            check_agreement(network, wrong, unit, "the network")
