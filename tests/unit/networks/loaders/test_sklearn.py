"""Networks of scikit-learn models compute what the models do."""

import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, StandardScaler

from polyregions.errors import Disagreement, InvalidNetwork, MissingDependency, UnsupportedLayer
from polyregions.networks import Activation
from polyregions.networks.loaders.sklearn_model import from_sklearn

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
DATA = RNG.normal(size=(60, 4)) * [1.0, 20.0, 0.01, 3.0] + [0.0, 5.0, 7.0, -1.0]
FEW = {"max_iter": 5, "random_state": 0}
SCALERS = [
    StandardScaler(),
    StandardScaler(with_mean=False),
    StandardScaler(with_std=False),
    StandardScaler(with_mean=False, with_std=False),
    MinMaxScaler(),
    MinMaxScaler(feature_range=(-2, 0.1), clip=True),
    MaxAbsScaler(),
]


def labels(count):
    return np.array(["ant", "bee", "cat", "dog"])[np.argsort(np.argsort(DATA[:, 0])) * count // len(DATA)]


def regressor(**options):
    return MLPRegressor(**({"hidden_layer_sizes": (7, 5)} | FEW | options))


def classifier(**options):
    return MLPClassifier(**({"hidden_layer_sizes": (7, 5)} | FEW | options))


@pytest.mark.parametrize("activation", ["relu", "identity"])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("hidden", [(), (6,), (6, 5, 4)])
def test_regressors(activation, outputs, hidden):
    y = DATA[:, 0] if outputs == 1 else np.abs(DATA[:, :outputs])
    model = regressor(activation=activation, hidden_layer_sizes=hidden).fit(DATA, y)
    network = from_sklearn(model)
    assert network.n_units == (sum(hidden) if activation == "relu" else 0)
    np.testing.assert_allclose(network(DATA), model.predict(DATA).reshape(len(DATA), -1), rtol=1e-9, atol=1e-9)


def test_weights_are_taken_as_they_are():
    model = regressor().fit(DATA.astype(np.float32), DATA[:, 0].astype(np.float32))
    assert model.coefs_[0].dtype == np.float32
    network = from_sklearn(model)
    for layer, weights, bias in zip(network.layers, model.coefs_, model.intercepts_, strict=True):
        assert (layer.weights @ np.eye(weights.shape[0]) == weights.T).all()
        assert (layer.bias == bias).all()
    assert network.layers[-1].activation == Activation.identity()


def test_classifiers_of_several_classes_have_a_logit_for_each():
    model = classifier().fit(DATA, labels(4))
    logits = from_sklearn(model)(DATA)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(shares / shares.sum(axis=1, keepdims=True), model.predict_proba(DATA), atol=1e-9)
    assert (model.classes_[logits.argmax(axis=1)] == model.predict(DATA)).all()


def test_classifiers_of_two_classes_have_one_logit():
    model = classifier().fit(DATA, labels(2))
    logits = from_sklearn(model)(DATA)
    assert logits.shape == (len(DATA), 1)
    assert (model.classes_[(logits[:, 0] > 0).astype(int)] == model.predict(DATA)).all()
    np.testing.assert_allclose(1 / (1 + np.exp(-logits[:, 0])), model.predict_proba(DATA)[:, 1], atol=1e-9)
    assert model.out_activation_ == "logistic"  # the comparison leaves the model as it was


def test_several_labels():
    model = classifier().fit(DATA, DATA[:, [0, 1, 3]] > 0)
    logits = from_sklearn(model)(DATA)
    assert ((logits > 0) == model.predict(DATA)).all()


@pytest.mark.parametrize("scaler", SCALERS, ids=repr)
def test_pipelines(scaler):
    if isinstance(scaler, MaxAbsScaler) and "clip" in scaler.get_params():
        scaler.set_params(clip=True)
    model = make_pipeline(scaler, regressor()).fit(DATA, DATA[:, 0])
    network = from_sklearn(model)
    far = np.concatenate([DATA, 3 * DATA])
    np.testing.assert_allclose(network(far)[:, 0], model.predict(far), rtol=1e-9, atol=1e-9)


def test_longer_and_nested_pipelines():
    inner = make_pipeline(StandardScaler(), "passthrough")
    model = Pipeline([("a", MaxAbsScaler()), ("b", inner), ("c", None), ("d", classifier())]).fit(DATA, labels(3))
    logits = from_sklearn(model)(DATA)
    assert (model.classes_[logits.argmax(axis=1)] == model.predict(DATA)).all()


def test_scales_that_are_powers_of_two_are_exact():
    scaler = StandardScaler().fit(DATA)
    scaler.mean_, scaler.scale_ = np.array([0.1, 0.2, 0.3, 0.4]), np.array([2.0, 0.5, 1.0, 4.0])
    model = make_pipeline(scaler, regressor().fit(DATA, DATA[:, 0]))
    network = from_sklearn(model)
    assert (network.layers[0].weights @ np.eye(4) == np.diag([0.5, 2.0, 1.0, 0.25])).all()
    assert network.layers[0].bias.tolist() == [-0.05, -0.4, -0.3, -0.1]


def test_models_fitted_with_named_features():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(DATA, columns=list("abcd"))
    model = make_pipeline(StandardScaler(), regressor()).fit(table, DATA[:, 0])
    np.testing.assert_allclose(from_sklearn(model)(DATA)[:, 0], model.predict(table), rtol=1e-9)


# What is refused.


def test_everything_unsupported_is_named_at_once():
    model = make_pipeline(FunctionTransformer(np.log1p), PCA(2), StandardScaler(), classifier(activation="tanh"))
    with pytest.raises(UnsupportedLayer) as caught:
        from_sklearn(model)
    message = str(caught.value)
    for part in ("FunctionTransformer (functiontransformer)", "PCA (pca)", "tanh (the activation of mlpclassifier)"):
        assert part in message


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LogisticRegression(), "LogisticRegression .*read are MLPClassifier"),
        (make_pipeline(StandardScaler()), "StandardScaler .*read are MLPClassifier"),
        (make_pipeline(MLPRegressor(), MLPRegressor()), "MLPRegressor .mlpregressor-1.*read are"),
        (Pipeline([("a", "passthrough")]), "it has no steps"),
        (MLPRegressor(activation="logistic"), "logistic .*it is curved"),
        ("a string", "str .*read are MLPClassifier"),
        (None, "NoneType .*read are MLPClassifier"),
    ],
)
def test_other_models(model, message):
    with pytest.raises(UnsupportedLayer, match=message):
        from_sklearn(model)


def test_poisson_regressors():
    if "loss" not in MLPRegressor().get_params():
        pytest.skip("this version has no such loss")
    with pytest.raises(UnsupportedLayer, match="predicts exponentials"):
        from_sklearn(regressor(loss="poisson").fit(DATA, np.abs(DATA[:, 0])))


@pytest.mark.parametrize("model", [MLPRegressor(), make_pipeline(StandardScaler(), MLPClassifier())])
def test_models_that_are_not_fitted(model):
    with pytest.raises(InvalidNetwork, match="the model is not fitted"):
        from_sklearn(model)


def test_weights_that_are_no_numbers():
    model = regressor().fit(DATA, DATA[:, 0])
    model.coefs_[1][0, 0] = np.nan
    with pytest.raises(InvalidNetwork, match="must be finite"):
        from_sklearn(model)


def test_a_model_that_computes_something_else_is_noticed():
    class Doubled(MLPRegressor):
        def predict(self, X):
            return 2 * super().predict(X)

    model = Doubled(**FEW).fit(DATA, DATA[:, 0])
    with pytest.raises(Disagreement, match="the model was not read as what it computes"):
        from_sklearn(model)
    assert from_sklearn(model, check=False).output_dim == 1


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", None)
    with pytest.raises(MissingDependency, match=r"pip install 'polyregions\[sklearn\]'"):
        from_sklearn(None)
