"""No .keras file is executed, takes memory it does not fill, or raises anything unforeseen."""

import contextlib
import copy
import io
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from effort import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from polyregions.errors import Disagreement, InvalidNetwork, MissingDependency, UnsupportedLayer
from polyregions.networks.loaders.keras.archive import Weights
from polyregions.networks.loaders.keras.file import load_keras

os.environ.setdefault("KERAS_BACKEND", "torch")
if os.environ["KERAS_BACKEND"] == "torch":
    pytest.importorskip("torch")
h5py = pytest.importorskip("h5py")
keras = pytest.importorskip("keras")
layers = keras.layers

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # Keras, torch and numpy 2

NAMES = ("metadata.json", "config.json", "model.weights.h5")


def members_of(model, folder):
    path = Path(folder, "original.keras")
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in NAMES}


def written(folder, members):
    path = Path(folder, "model.keras")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def changed(members, change):
    """The members with a change to the parsed config."""
    config = json.loads(members["config.json"])
    change(config)
    return members | {"config.json": json.dumps(config).encode()}


def layer_of(config, kind):
    return next(layer for layer in config["config"]["layers"] if layer["class_name"] == kind)


def options(kind, **new):
    """A change to the options of the first layer of a kind."""
    return lambda config: layer_of(config, kind)["config"].update(new)


def entries(kind, **new):
    """A change to the first layer of a kind itself."""
    return lambda config: layer_of(config, kind).update(new)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    parts = [
        keras.Input((4, 4, 1)),
        layers.ZeroPadding2D(1),
        layers.Conv2D(2, 3, activation="relu"),
        layers.UpSampling2D(2),
        layers.MaxPooling2D(2),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(3),
    ]
    return members_of(keras.Sequential(parts), tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    x = layers.Add(name="sum")([layers.Dense(3, name="dense")(a), b])
    model = keras.Model([a, b], keras.ops.relu(x * 2.0 + np.ones(3, dtype="float32")))
    return members_of(model, tmp_path_factory.mktemp("graph"))


# Nothing is executed.


def trap(x):
    Path(os.environ["POLYREGIONS_TRAP"]).touch()
    return x


@pytest.fixture
def sprung(tmp_path, monkeypatch):
    path = tmp_path / "sprung"
    monkeypatch.setenv("POLYREGIONS_TRAP", str(path))
    return path


def test_lambda_layers_are_not_executed(tmp_path, sprung):
    model = keras.Sequential(
        [keras.Input((2,)), layers.Lambda(lambda x: trap(x) + 1.0, output_shape=(2,)), layers.Dense(1)]
    )
    members = members_of(model, tmp_path)
    sprung.unlink(missing_ok=True)
    with pytest.raises(UnsupportedLayer, match=r"Lambda .*may run any code"):
        load_keras(written(tmp_path, members))
    assert not sprung.exists()
    trap(None)
    assert sprung.exists()  # the trap works


@keras.saving.register_keras_serializable(package="trap")
class Dense(layers.Dense):
    """A layer of somebody else, with the name of a known one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        trap(None)


@keras.saving.register_keras_serializable(package="trap")
class Zeros(keras.initializers.Zeros):
    """An initializer that does more than it should."""

    def __init__(self):
        trap(None)


@keras.saving.register_keras_serializable(package="trap")
def relu(x):
    return trap(x)


def test_layers_of_somebody_else_are_not_executed(tmp_path, sprung):
    members = members_of(keras.Sequential([keras.Input((2,)), Dense(1)]), tmp_path)
    sprung.unlink()
    with pytest.raises(UnsupportedLayer, match=r"Dense .*not a layer of Keras itself"):
        load_keras(written(tmp_path, members))
    assert not sprung.exists()


def test_activations_of_somebody_else_are_not_executed(tmp_path, sprung):
    members = members_of(keras.Sequential([keras.Input((2,)), layers.Dense(1, activation=relu)]), tmp_path)
    sprung.unlink(missing_ok=True)
    with pytest.raises(UnsupportedLayer, match="its activation is"):
        load_keras(written(tmp_path, members))
    assert not sprung.exists()


def test_initializers_of_somebody_else_are_left_out(tmp_path, sprung):
    members = members_of(keras.Sequential([keras.Input((2,)), layers.Dense(1, kernel_initializer=Zeros())]), tmp_path)
    sprung.unlink()
    assert load_keras(written(tmp_path, members))([1.0, 2.0]).tolist() == [0.0]
    assert not sprung.exists()


EXEC = {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "function"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (entries("Dense", module="os"), "Dense .*not a layer of Keras itself"),
        (entries("Dense", module=None, registered_name="trap>Dense"), "not a layer of Keras itself"),
        (entries("Dense", registered_name="trap>Dense"), "not a layer of Keras itself"),
        (entries("Dense", class_name="system", module="os"), "system .*not a layer of Keras itself"),
        (entries("Dense", class_name="TFSMLayer"), "TFSMLayer .*not known"),
        (entries("Dense", class_name="get_file", module="keras.utils"), "get_file .*not a layer of Keras itself"),
        (options("Dense", activation=EXEC), "its activation is 'function'"),
        (options("Dense", activation={"class_name": "ReLU", "config": {}, "module": "os"}), "its activation is 'ReLU'"),
        (options("Dense", activation="__lambda__"), "its activation is '__lambda__'"),
        (
            options("Dense", dtype={"class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_float32"}}),
            "int8",
        ),
        (options("Dense", lora_rank=2), "options lora_rank"),
        (options("Dense", something=EXEC), "options something"),
        (lambda config: config.update(class_name="Custom", module="somewhere"), "only Sequential and functional"),
        (lambda config: config.update(module="somewhere"), "only Sequential and functional"),
    ],
)
def test_what_is_not_of_keras_itself(stack, tmp_path, change, message):
    with pytest.raises(UnsupportedLayer, match=message):
        load_keras(written(tmp_path, changed(stack, change)))


def test_what_is_left_out_never_reaches_keras(stack, tmp_path):
    def change(config):
        dense = layer_of(config, "Dense")
        dense["config"].update(kernel_initializer=EXEC, bias_constraint=EXEC, activity_regularizer=EXEC)
        dense["build_config"] = config["build_config"] = config["compile_config"] = EXEC

    plain = load_keras(written(tmp_path, stack))
    assert load_keras(written(tmp_path, changed(stack, change))).digest == plain.digest


# Nothing is taken on trust.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (options("Dense", units=10**9), r"Dense 'dense.*should have the shape \(\d+, 1000000000\), got"),
        (options("Dense", units=10**30), "its option 'units' should be an integer"),
        (options("Dense", units=-1), "its option 'units'"),
        (options("Dense", units=True), "its option 'units'"),
        (options("Dense", units="3"), "its option 'units'"),
        (options("Dense", units=None), "its option 'units'"),
        (options("Dense", use_bias=3), "its option 'use_bias' should be true or false"),
        (options("Dense", activation=3), "its activation is"),
        (options("Dense", name=3), "should have an entry 'name'"),
        (lambda config: options("Dense", name=layer_of(config, "Conv2D")["config"]["name"])(config), "different names"),
        (options("Conv2D", filters=10**8), "should have the shape"),
        (options("Conv2D", kernel_size=[3]), "its option 'kernel_size' should be 2 integers"),
        (options("Conv2D", groups=10**9), "should have the shape"),
        (options("Conv2D", strides=[0, 1]), "its option 'strides'"),
        (options("Conv2D", padding="reflect"), "its option 'padding' should be 'valid' or"),
        (options("Conv2D", padding="same", dilation_rate=[10**7, 1]), "too large"),
        (options("Conv2D", data_format="channels_middle"), "its option 'data_format'"),
        (options("ZeroPadding2D", padding=[[10**8, 0], [10**8, 0]]), "too large"),
        (options("ZeroPadding2D", padding=[[1, 2, 3], [1, 2]]), "its option 'padding' should be 2 pairs"),
        (options("ZeroPadding2D", padding=[[-1, 2], [1, 2]]), "its option 'padding'"),
        (options("UpSampling2D", size=[10**8, 10**8]), "too large"),
        (options("MaxPooling2D", pool_size=[10**9, 1]), "MaxPooling2D"),
        (options("BatchNormalization", axis=[-1, 1]), "only one axis"),
        (options("BatchNormalization", axis=0), "along the batch"),
        (options("BatchNormalization", axis=7), "its option 'axis'"),
        (options("BatchNormalization", epsilon=float("nan")), "its option 'epsilon' should be a finite number"),
        (options("BatchNormalization", epsilon=-9.0), "positive variance"),
        (options("InputLayer", batch_shape=[None, 10**5, 10**5, 1]), "too large"),
        (options("InputLayer", batch_shape=[None, 4, 4]), "ZeroPadding2D .*2 spatial axes"),
        (options("InputLayer", batch_shape=[None, 0, 4, 1]), "is open"),
        (options("InputLayer", batch_shape=7), "should have an entry 'batch_shape'"),
        (options("InputLayer", batch_shape=[]), "ZeroPadding2D"),
        (options("InputLayer", dtype="string"), "only dense floats"),
        (lambda config: config["config"].update(layers=[]), "should begin with its input layer"),
        (lambda config: config["config"].update(layers=3), "should have an entry 'layers'"),
        (lambda config: config["config"].update(layers=[3]), "should have an entry 'class_name'"),
        (lambda config: config["config"]["layers"].pop(0), "should begin with its input layer"),
        (lambda config: config.pop("config"), "should have an entry 'config'"),
        (lambda config: config.pop("class_name"), "only Sequential and functional"),
    ],
)
def test_wrong_options(stack, tmp_path, change, message):
    with pytest.raises(InvalidNetwork, match=message) as caught:
        load_keras(written(tmp_path, changed(stack, change)))
    assert "model.keras" in str(caught.value)


def history(*parts):
    config = {"shape": [None, 3], "dtype": "float32", "keras_history": list(parts)}
    return {"class_name": "__keras_tensor__", "config": config}


def calls(kind, *args, **kwargs):
    return entries(kind, inbound_nodes=[{"args": list(args), "kwargs": kwargs}])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (calls("Dense", history("sum", 0, 0)), "there is no output 0 of call 0"),
        (calls("Dense", history("dense", 0, 0)), "there is no output 0 of call 0"),
        (calls("Dense", history("nowhere", 0, 0)), "there is no output"),
        (calls("Dense", history("a", 0, 1)), "there is no output 1 of call 0 of a layer 'a'"),
        (calls("Dense", history("a", 0, -1)), "there is no output -1"),
        (calls("Dense", history("a", "0", 0)), "a tensor should come from"),
        (calls("Dense", history()), "a tensor should come from"),
        (calls("Dense", [history("a", 0, 0)]), "something else than tensors"),
        (calls("Dense", 3.0), "something else than tensors"),
        (calls("Dense"), "called without an input"),
        (calls("Dense", history("a", 0, 0), training=True), "other arguments than tensors: training"),
        (
            calls("Dense", {"class_name": "__lambda__", "config": {}}),
            "an argument of the kind '__lambda__' is not read",
        ),
        (calls("Dense", {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "O"}}), "'__numpy__' is not"),
        (entries("Dense", inbound_nodes=[["a", 0, 0]]), "should have an entry 'args'"),
        (entries("Dense", inbound_nodes=None), "should have an entry 'inbound_nodes'"),
        (calls("Add", history("a", 0, 0)), "something else than tensors"),
        (calls("Relu"), "something else than tensors and numbers"),
        (calls("Relu", True), "something else than tensors and numbers"),
        (calls("Relu", history("a", 0, 0), history("a", 0, 0)), r"it needs 1 argument\(s\), got 2"),
        (calls("Relu", "x"), "something else than tensors and numbers"),
        (calls("Multiply", history("sum", 0, 0), {"class_name": "__numpy__", "config": {"value": [1, 2]}}), "that fit"),
        (calls("Multiply", 2.0, 3.0), "something else than tensors and numbers"),
        (options("Relu", something=1), "arguments are not known"),
        (lambda config: config["config"].update(output_layers={}), "a tensor should come from"),
        (lambda config: config["config"].update(output_layers=[["a", 0, 5]]), "there is no output 5"),
        (lambda config: config["config"].update(output_layers=[]), "a tensor should come from"),
        (lambda config: config["config"].update(input_layers=[["dense", 0, 0]]), "inputs should be input layers"),
        (lambda config: config["config"].update(input_layers=None), "a tensor should come from"),
    ],
)
def test_wrong_graphs(graph, tmp_path, change, message):
    load_keras(written(tmp_path, graph), check=False)
    with pytest.raises(InvalidNetwork, match=message):
        load_keras(written(tmp_path, changed(graph, change)))


def test_arrays_that_grow_when_they_are_added(tmp_path):
    a, b = keras.Input((3000, 1)), keras.Input((1, 3000))
    for total in (layers.Add()([a, b]), a + b):
        members = members_of(keras.Model([a, b], total), tmp_path)
        with pytest.raises(InvalidNetwork, match="too large"):
            load_keras(written(tmp_path, members))


# The arrays.


KERNEL = "layers/dense/vars/0"


def with_weights(members, change):
    stream = io.BytesIO(members["model.weights.h5"])
    with h5py.File(stream, "r+") as file:
        change(file)
    return members | {"model.weights.h5": stream.getvalue()}


def replaced(make):
    """Puts something else in the place of the kernel of the dense layer."""

    def change(file):
        old = file[KERNEL][()]
        del file[KERNEL]
        make(file, old)

    return change


def virtual(file, old):
    layout = h5py.VirtualLayout(shape=old.shape, dtype="f4")
    layout[:] = h5py.VirtualSource("secret.h5", "data", shape=old.shape)
    file.create_virtual_dataset(KERNEL, layout)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file, old: None, "should hold layers/dense/vars/0; it is not there"),
        (lambda file, old: file.create_group(KERNEL), r"should have the shape \(3, 3\), got none"),
        (lambda file, old: file.create_dataset(KERNEL, data=old[:2]), r"should have the shape \(3, 3\), got \(2, 3\)"),
        (lambda file, old: file.create_dataset(KERNEL, data=old * np.nan), "should be finite floats"),
        (lambda file, old: file.create_dataset(KERNEL, data=old.astype(int)), "should be finite floats, got dtype int"),
        (lambda file, old: file.create_dataset(KERNEL, data=old.astype("S4")), "should be finite floats"),
        (lambda file, old: file.create_dataset(KERNEL, old.shape, "f4"), "are not in the file"),
        (lambda file, old: file.create_dataset(KERNEL, old.shape, "f4", chunks=(1, 1)), "are not in the file"),
        (lambda file, old: file.create_dataset(KERNEL, old.shape, "f4", external="secret"), "are not in the file"),
        (virtual, "are not in the file"),
        (lambda file, old: file.__setitem__(KERNEL, h5py.SoftLink("/layers/dense/vars/1")), "is a link"),
        (lambda file, old: file.__setitem__(KERNEL, h5py.ExternalLink("secret.h5", "/data")), "is a link"),
    ],
)
def test_arrays_that_are_none(graph, tmp_path, monkeypatch, make, message):
    monkeypatch.chdir(tmp_path)
    Path("secret").write_bytes(np.ones((3, 3), dtype="f4").tobytes())
    with h5py.File("secret.h5", "w") as secret:
        secret["data"] = np.ones((3, 3), dtype="f4")
    with pytest.raises(InvalidNetwork, match=message):
        load_keras(written(tmp_path, with_weights(graph, replaced(make))))


def test_a_model_that_computes_something_else_is_noticed(graph, tmp_path, monkeypatch):
    path, take = written(tmp_path, graph), Weights.take
    monkeypatch.setattr(Weights, "take", lambda self, path, shape: take(self, path, shape) * (1.0 + 1e-4))
    with pytest.raises(Disagreement, match=r"model\.keras was not read as what it computes"):
        load_keras(path)
    assert load_keras(path, check=False).output_dim == 3


# The archive.


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metadata.json", b"{}", "written by Keras None"),
        ("metadata.json", b'{"keras_version": "2.13.1"}', r"written by Keras 2\.13\.1; load and save it with Keras 3"),
        ("metadata.json", b"[1]", "should be a JSON object, got list"),
        ("config.json", b"", r"config\.json is not readable"),
        ("config.json", b"{", r"config\.json is not readable"),
        ("config.json", b"\xff\xfe\x00", r"config\.json is not readable"),
        ("config.json", b"[" * 10**6, r"config\.json is not readable \(RecursionError"),
        ("config.json", b"3", "should be a JSON object, got int"),
        ("model.weights.h5", b"", r"model\.weights\.h5 is not readable"),
        ("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(100), r"model\.weights\.h5 is not readable"),
    ],
)
def test_members_that_are_none(stack, tmp_path, name, content, message):
    with pytest.raises(InvalidNetwork, match=message):
        load_keras(written(tmp_path, stack | {name: content}))


@pytest.mark.parametrize("depth", [100, 240, 400, 2000])
def test_models_within_models_without_end(stack, tmp_path, depth):
    text = json.dumps(json.loads(stack["config.json"])["config"]["layers"][0])
    head = (
        '{"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "m", "layers": ['
    )
    text = (head + text + ", ") * depth + head + text + "]}}" + "]}}" * depth
    path = written(tmp_path, stack | {"config.json": text.encode()})
    if depth < 200:
        assert load_keras(path, check=False).input_dim == 16
    else:
        with pytest.raises(InvalidNetwork, match=r"nested too deeply|\(RecursionError"):
            load_keras(path)


@pytest.mark.parametrize("name", NAMES)
def test_missing_members(stack, tmp_path, name):
    with pytest.raises(InvalidNetwork, match=r"model\.keras should hold metadata\.json, config\.json and"):
        load_keras(written(tmp_path, {key: value for key, value in stack.items() if key != name}))


def test_missing_files_and_other_kinds(tmp_path):
    (tmp_path / "folder.keras").mkdir()
    (tmp_path / "text.keras").write_text("no archive")
    for name in ("missing.keras", "folder.keras", "text.keras"):
        with pytest.raises(InvalidNetwork, match=f"{name} is not a readable"):
            load_keras(tmp_path / name)


def test_an_archive_that_claims_more_than_it_can_hold(stack, tmp_path):
    path = written(tmp_path, stack)
    forged = bytearray(path.read_bytes())
    directory = forged.find(b"PK\x01\x02")
    forged[directory + 24 : directory + 28] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(forged)
    with pytest.raises(InvalidNetwork, match="more than a file of its size can"):
        load_keras(path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99, 0.999])
def test_truncated_files(stack, tmp_path, share):
    path = written(tmp_path, stack)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InvalidNetwork, match=r"model\.keras is not a readable"):
        load_keras(path)


in_a_shared_folder = examples(300, suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_a_shared_folder
@given(data=st.data())
def test_any_other_value_in_the_config(stack, graph, tmp_path, data):
    """Values of the description are replaced by others, of all kinds."""
    members = data.draw(st.sampled_from([stack, graph]))
    config = json.loads(members["config.json"])
    for _ in range(data.draw(st.integers(1, 2))):
        item, place = config, data.draw(st.sampled_from(sorted(config)))
        while isinstance(item[place], dict | list) and item[place] and data.draw(st.integers(0, 9)):
            item = item[place]
            place = data.draw(st.sampled_from(sorted(item) if isinstance(item, dict) else range(len(item))))
        values = st.sampled_from([None, True, False, 0, 1, -1, 3, 2**31, 0.5, "", "a", "relu", [], {}, [1], [[1]]])
        item[place] = copy.deepcopy(data.draw(values))
    with contextlib.suppress(InvalidNetwork):
        load_keras(written(tmp_path, members | {"config.json": json.dumps(config).encode()}), check=False)


@in_a_shared_folder
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=3))
def test_damaged_arrays_raise_nothing_else(graph, tmp_path, changes):
    content = bytearray(graph["model.weights.h5"])
    for place, new in changes:
        start = int(place * (len(content) - len(new)))
        content[start : start + len(new)] = new
    with contextlib.suppress(InvalidNetwork):
        load_keras(written(tmp_path, graph | {"model.weights.h5": bytes(content)}), check=False)


# Without Keras.


def test_without_a_backend(graph, tmp_path, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")

    path = written(tmp_path, graph)
    monkeypatch.setattr("polyregions.networks.loaders.keras.check.importlib.import_module", missing)
    with pytest.raises(MissingDependency, match=r"KERAS_BACKEND=torch before Python starts.*'tensorflow'"):
        load_keras(path)


def test_without_keras(graph, tmp_path, monkeypatch):
    path = written(tmp_path, graph)
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(MissingDependency, match=r"pip install 'polyregions\[keras\]'"):
        load_keras(path)
    assert load_keras(path, check=False).input_dim == 6
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingDependency, match=r"h5py and keras: python -m pip install 'polyregions\[keras\]'"):
        load_keras(path, check=False)
