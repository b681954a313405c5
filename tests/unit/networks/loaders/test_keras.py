"""Networks of .keras files compute what Keras does, layer by layer."""

import os

import numpy as np
import pytest

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.keras.file import load_keras

os.environ.setdefault("KERAS_BACKEND", "torch")
if os.environ["KERAS_BACKEND"] == "torch":
    pytest.importorskip("torch")
pytest.importorskip("h5py")
keras = pytest.importorskip("keras")
layers = keras.layers

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # Keras, torch and numpy 2

RNG = np.random.default_rng(0)


def shaken(model):
    """The model with random weights, so that nothing is zero or one; variances stay positive."""
    for weight in model.weights:
        if "float" in str(weight.dtype):
            values = RNG.normal(size=weight.shape)
            weight.assign(np.abs(values) + 0.1 if "var" in weight.path else values)
    return model


def saved(model, tmp_path):
    path = tmp_path / "model.keras"
    model.save(path)
    return path


def stack(shape, *parts):
    return shaken(keras.Sequential([keras.Input(shape), *parts]))


def graph(shapes, build):
    given = [keras.Input(shape) for shape in shapes]
    return shaken(keras.Model(given if len(given) > 1 else given[0], build(*given)))


def agree(model, path):
    """Read the file, which compares in double precision, and compare with the model itself in single precision."""
    network = load_keras(path)
    shapes = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    sizes = [int(np.prod(shape)) for shape in shapes]
    assert network.input_dim == sum(sizes)
    points = np.random.default_rng(1).normal(size=(7, sum(sizes))).astype(np.float32)
    parts = np.split(points, np.cumsum(sizes)[:-1], axis=1)
    given = [part.reshape(7, *shape) for part, shape in zip(parts, shapes, strict=True)]
    answers = keras.tree.flatten(model(given if len(given) > 1 else given[0], training=False))
    flat = [np.asarray(keras.ops.convert_to_numpy(answer)).reshape(7, -1) for answer in answers]
    np.testing.assert_allclose(network(points), np.concatenate(flat, axis=1), rtol=2e-3, atol=2e-3)
    return network


def layer(shape, *args, **kwargs):
    """A test case: the shape of the input and the layer, made when it is needed."""
    kind, *rest = args
    options = ",".join(f"{key}={value}" for key, value in kwargs.items())
    name = f"{kind.__name__}({','.join(map(str, rest))}{options})"
    return pytest.param(shape, lambda: kind(*rest, **kwargs), id=name)


IMAGE, SIGNAL, FIRST = (7, 6, 4), (9, 4), {"data_format": "channels_first"}
CASES = [
    layer((5,), layers.Dense, 3),
    layer((5,), layers.Dense, 3, use_bias=False, activation="relu"),
    layer((4, 5), layers.Dense, 3, kernel_regularizer="l2", kernel_constraint="non_neg"),
    layer(SIGNAL, layers.Conv1D, 3, 3),
    layer(SIGNAL, layers.Conv1D, 3, 3, padding="same", strides=2, activation="relu"),
    layer(SIGNAL, layers.Conv1D, 3, 3, padding="causal", dilation_rate=2),
    layer(IMAGE, layers.Conv2D, 3, (3, 2)),
    layer(IMAGE, layers.Conv2D, 3, 3, padding="same", strides=2),
    layer(IMAGE, layers.Conv2D, 3, (4, 2), padding="same", strides=(3, 2), use_bias=False),
    layer(IMAGE, layers.Conv2D, 6, 2, padding="same", dilation_rate=2, groups=2),
    layer((4, 7, 6), layers.Conv2D, 3, 3, padding="same", strides=2, **FIRST),
    layer((4, 4, 3, 2), layers.Conv3D, 3, 2, padding="same"),
    layer(SIGNAL, layers.DepthwiseConv1D, 3, depth_multiplier=2),
    layer(IMAGE, layers.DepthwiseConv2D, 3, depth_multiplier=2, padding="same", strides=2),
    layer((4, 7, 6), layers.DepthwiseConv2D, 3, use_bias=False, **FIRST),
    layer(IMAGE, layers.SeparableConv2D, 5, 3, depth_multiplier=2),
    layer(SIGNAL, layers.SeparableConv1D, 5, 3, padding="same", use_bias=False),
    layer(SIGNAL, layers.MaxPooling1D, 2),
    layer(IMAGE, layers.MaxPooling2D, (3, 2), strides=2),
    layer(IMAGE, layers.MaxPooling2D, 3, strides=2, padding="same"),
    layer((4, 7, 6), layers.MaxPooling2D, 2, **FIRST),
    layer((4, 4, 3, 2), layers.MaxPooling3D, 2),
    layer(SIGNAL, layers.AveragePooling1D, 3, strides=1),
    layer(IMAGE, layers.AveragePooling2D, 3),
    layer((7, 5, 4), layers.AveragePooling2D, 3, strides=2, padding="same"),
    layer(SIGNAL, layers.AveragePooling1D, 3, strides=1, padding="same"),
    layer(SIGNAL, layers.GlobalMaxPooling1D),
    layer(SIGNAL, layers.GlobalAveragePooling1D, keepdims=True),
    layer(IMAGE, layers.GlobalMaxPooling2D, keepdims=True),
    layer(IMAGE, layers.GlobalAveragePooling2D),
    layer(IMAGE, layers.GlobalAveragePooling2D, **FIRST),
    layer((5,), layers.BatchNormalization),
    layer(IMAGE, layers.BatchNormalization, scale=False, epsilon=0.1),
    layer(IMAGE, layers.BatchNormalization, center=False, axis=1),
    layer(IMAGE, layers.BatchNormalization, center=False, scale=False),
    layer((3,), layers.Normalization, mean=[0.5, 1.0, -1.0], variance=[4.0, 2.0, 1e-20]),
    layer((4, 3), layers.Normalization, axis=None, mean=0.3, variance=3.0),
    layer(
        (4, 3),
        layers.Normalization,
        axis=(1, 2),
        mean=np.ones((4, 3)).tolist(),
        variance=np.full((4, 3), 2.0).tolist(),
        invert=True,
    ),
    layer((3,), layers.Rescaling, 1 / 255, offset=-0.5),
    layer((2, 3), layers.Rescaling, [1.0, 2.0, 0.3], offset=[0.0, 1.0, 0.1]),
    layer((5,), layers.ReLU),
    layer((5,), layers.ReLU, max_value=1.5, negative_slope=0.1),
    layer((5,), layers.ReLU, max_value=1.5, negative_slope=1.0),
    layer((5,), layers.ReLU, max_value=0.0, negative_slope=0.5),
    layer((5,), layers.ReLU, max_value=0.0),
    layer((5,), layers.ReLU, max_value=6.0),
    layer((5,), layers.LeakyReLU, negative_slope=0.25),
    layer((5,), layers.PReLU),
    layer(IMAGE, layers.PReLU, shared_axes=[1, 2]),
    layer(IMAGE, layers.Flatten),
    layer((4, 7, 6), layers.Flatten, **FIRST),
    layer((4, 6), layers.Reshape, (3, -1, 2)),
    layer((4, 6, 2), layers.Permute, (3, 1, 2)),
    layer(SIGNAL, layers.ZeroPadding1D, (1, 2)),
    layer(IMAGE, layers.ZeroPadding2D, ((1, 0), (2, 3))),
    layer((4, 7, 6), layers.ZeroPadding2D, 1, **FIRST),
    layer(SIGNAL, layers.Cropping1D, (1, 2)),
    layer(IMAGE, layers.Cropping2D, ((1, 0), (2, 3))),
    layer((4, 7, 6), layers.Cropping2D, 1, **FIRST),
    layer(SIGNAL, layers.UpSampling1D, 2),
    layer(IMAGE, layers.UpSampling2D, (2, 3)),
    layer((4, 7, 6), layers.UpSampling2D, 2, **FIRST),
    layer((5,), layers.Identity),
    layer((5,), layers.Dropout, 0.5),
    layer(IMAGE, layers.SpatialDropout2D, 0.5),
    layer((5,), layers.GaussianNoise, 1.0),
    layer((5,), layers.GaussianDropout, 0.5),
    layer((5,), layers.AlphaDropout, 0.5),
    layer((5,), layers.ActivityRegularization, l1=0.1),
]


@pytest.mark.parametrize(("shape", "make"), CASES)
def test_layers(shape, make, tmp_path):
    model = stack(shape, make())
    agree(model, saved(model, tmp_path))


@pytest.mark.parametrize(
    "name",
    ["linear", None, "relu", "leaky_relu", "relu6", "hard_tanh", "hard_sigmoid", "soft_shrink", "sparse_sigmoid"],
)
def test_activations(name, tmp_path):
    model = stack((4,), layers.Dense(30, activation=name), layers.Activation(name or "linear"))
    agree(model, saved(model, tmp_path))


def test_layers_as_activations(tmp_path):
    model = stack(
        (4,),
        layers.Dense(9, activation=layers.LeakyReLU(negative_slope=0.3)),
        layers.Dense(9, activation=layers.ReLU(max_value=0.7)),
    )
    agree(model, saved(model, tmp_path))


@pytest.mark.parametrize(
    "merge", [layers.Add, layers.Subtract, layers.Average, layers.Maximum, layers.Minimum, layers.Concatenate]
)
def test_merging_layers(merge, tmp_path):
    model = graph([(3, 4), (3, 4)], lambda a, b: merge()([layers.Dense(4)(a), b]))
    agree(model, saved(model, tmp_path))


def test_merging_three_tensors_of_different_shapes(tmp_path):
    def build(a, b, c):
        return [kind()([a, b, c]) for kind in (layers.Add, layers.Average, layers.Maximum, layers.Minimum)]

    model = graph([(3, 2, 4), (2, 1), (4,)], build)
    agree(model, saved(model, tmp_path))


def test_functions_beside_layers(tmp_path):
    def build(a, b):
        x = keras.ops.relu(a * 2.5 - b) + 1.0
        x = keras.ops.maximum(x, 0.5) / 3.0
        x = keras.ops.concatenate([keras.ops.leaky_relu(x, 0.3), keras.ops.minimum(a, -b)], axis=-1)
        return keras.ops.abs(x - np.arange(6.0, dtype="float32")), keras.ops.hard_tanh(keras.ops.relu6(a))

    model = graph([(3,), (3,)], build)
    agree(model, saved(model, tmp_path))


def test_layers_that_are_used_twice(tmp_path):
    shared, norm = layers.Dense(4, activation="relu"), layers.BatchNormalization()

    def build(a, b):
        return layers.Concatenate()([norm(shared(shared(a))), norm(shared(b)), layers.Dense(2)(b)])

    model = graph([(4,), (4,)], build)
    agree(model, saved(model, tmp_path))


def test_models_in_models(tmp_path):
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(4)])
    i, j = keras.Input((4,)), keras.Input((2,))
    two = keras.Model([i, j], [layers.Dense(4)(j), inner(i)])

    def build(a, b):
        first, second = two([layers.Dense(4)(a), b])
        third, _ = two([second, b])
        return [layers.Dense(2)(first), third, layers.Dense(1)(second)]

    model = graph([(4,), (2,)], build)
    network = agree(model, saved(model, tmp_path))
    assert network.output_dim == 7


def test_a_model_in_two_models_is_not_in_the_file(tmp_path):
    """Keras writes its weights once, and finds them in neither place when it reads them."""
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4)])
    i = keras.Input((4,))
    outer = keras.Model(i, layers.Dense(4)(inner(i)))
    path = saved(graph([(4,)], lambda a: inner(outer(a))), tmp_path)
    with pytest.raises(InvalidNetwork, match=r"should hold layers/sequential/layers/dense/vars/0; it is not there"):
        load_keras(path)


def test_named_inputs_and_outputs(tmp_path):
    given = {"b": keras.Input((2,), name="b"), "a": keras.Input((3,), name="a")}
    model = shaken(keras.Model(given, {"y": layers.Dense(2)(given["a"]), "x": layers.Dense(1)(given["b"])}))
    network = load_keras(saved(model, tmp_path))
    a, b = np.array([[1.0, -2.0, 0.5]], dtype="float32"), np.array([[0.3, 4.0]], dtype="float32")
    answer = {key: keras.ops.convert_to_numpy(value) for key, value in model({"a": a, "b": b}).items()}
    together = np.concatenate([a, b], axis=1)
    np.testing.assert_allclose(network(together), np.concatenate([answer["x"], answer["y"]], axis=1), rtol=1e-4)


def test_an_image_network(tmp_path):
    model = stack(
        (8, 8, 1),
        layers.Rescaling(1 / 16),
        layers.Conv2D(4, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(10),
    )
    model.compile("sgd", "mse")
    network = agree(model, saved(model, tmp_path))
    assert [entry.activation for entry in network.layers][-1].n_switches == 0
    kernel = keras.ops.convert_to_numpy(model.layers[-1].kernel)
    last = network.layers[-1].weights
    assert np.sort(last @ np.eye(last.shape[1])).tolist() == np.sort(kernel.T).tolist()


def test_an_adapted_normalization(tmp_path):
    norm = layers.Normalization(axis=-1)
    norm.adapt(RNG.normal(size=(50, 4)) * [1.0, 10.0, 0.01, 0.0] + 3.0)
    model = keras.Sequential([keras.Input((4,)), norm, layers.Dense(3)])
    agree(model, saved(model, tmp_path))


@pytest.mark.parametrize("policy", ["float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_numbers_of_other_sizes_are_taken_as_they_are(policy, tmp_path):
    model = stack((4,), layers.Dense(3, activation="relu", dtype=policy), layers.Dense(2, dtype=policy))
    network = load_keras(saved(model, tmp_path))
    kernel = keras.ops.convert_to_numpy(keras.ops.cast(model.layers[0].kernel, "float64"))
    assert (network.layers[0].weights @ np.eye(4) == kernel.T).all()


# What is refused, all at once.


def test_everything_unsupported_is_named_at_once(tmp_path):
    def build(a):
        x = layers.LayerNormalization(name="norm")(layers.Dense(4, activation="tanh", name="first")(a))
        x = layers.Multiply(name="product")([layers.Dense(4, activation="relu")(x), x])
        x = layers.ReLU(threshold=1.0, name="jump")(keras.ops.exp(x))
        return layers.Dense(2, activation="softmax", name="last")(x)

    with pytest.raises(UnsupportedLayer) as caught:
        load_keras(saved(graph([(4,)], build), tmp_path))
    message = str(caught.value)
    for part in (
        "model.keras has",
        "LayerNormalization (norm): it divides by a standard deviation",
        "Dense (first): its activation is 'tanh'",
        "Multiply (product)",
        "ReLU (jump): with a threshold",
        "Exp (exp",
        "Dense (last): its activation is 'softmax'",
    ):
        assert part in message
    assert message.count("\n- ") == 6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: stack((5, 2), layers.LSTM(3)), "LSTM .*gates"),
        (lambda: stack((4,), layers.ELU()), "ELU .*curved"),
        (lambda: stack((4,), layers.Softmax()), "Softmax"),
        (lambda: stack((4,), layers.UnitNormalization()), "UnitNormalization"),
        (lambda: stack((None, 4), layers.Dense(3)), r"InputLayer .*its shape \[None, 4\] is open"),
        (lambda: stack((4, 4, 1), layers.UpSampling2D(2, interpolation="bilinear")), "'nearest'"),
        (lambda: stack((4, 4, 1), layers.Conv2DTranspose(2, 2)), "Conv2DTranspose .*not known"),
        (lambda: stack(IMAGE, layers.AveragePooling2D(2, padding="same")), "AveragePooling2D .*depends on the backend"),
        (lambda: graph([(4,), (4,)], lambda a, b: a * b), "Multiply .*product"),
        (lambda: graph([(4,), (4,)], lambda a, b: a / b), "Divide .*quotient"),
        (lambda: keras.Sequential([keras.Input((3,), dtype="int32"), layers.Embedding(4, 2)]), "InputLayer .*int32"),
        (
            lambda: graph([(4,)], lambda a: layers.Dropout(0.5)(a, training=True)),
            "other arguments than tensors: training",
        ),
    ],
)
def test_other_layers(make, message, tmp_path):
    with pytest.raises(UnsupportedLayer, match=message):
        load_keras(saved(make(), tmp_path))
