"""Networks from fitted models of scikit-learn."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, MissingDependency
from polyregions.networks.activation import Activation
from polyregions.networks.loaders.agreement import DOUBLE, check_agreement
from polyregions.networks.loaders.unsupported import Problems
from polyregions.networks.network import Network
from polyregions.networks.operators import add, divide, linear, multiply, subtract
from polyregions.networks.tensor import Tensor, inputs

__all__ = ["from_sklearn"]

ACTIVATIONS = {"relu": Activation.relu(), "identity": Activation.identity()}
KNOWN = (
    "read are MLPClassifier and MLPRegressor, and pipelines of StandardScaler, MinMaxScaler or MaxAbsScaler and one of "
    "them; of a search, pass its best_estimator_"
)


def from_sklearn(model: Any, check: bool = True) -> Network:
    """Return the network of a fitted scikit-learn model.

    Parameters
    ----------
    model : MLPClassifier, MLPRegressor or Pipeline
        With the activation ``relu`` or ``identity``; a pipeline scales its inputs by StandardScaler, MinMaxScaler or
        MaxAbsScaler first.
    check : bool
        Whether to compare the network with the model's own forward pass, in double precision.

    Returns
    -------
    Network
        For a regressor, its predictions.  For a classifier the outputs before the softmax or logistic function: one
        for each class, in the order of `classes_`, of which the largest is predicted; for two classes a single one,
        which is positive where ``classes_[1]`` is predicted; for several labels one for each, positive where it is.

    Raises
    ------
    UnsupportedLayer
        The model has other steps or activations.
    InvalidNetwork
        The model is not fitted.
    Disagreement
        The network computes something else than the model.
    MissingDependency
        scikit-learn is not installed.

    Notes
    -----
    Weights and biases are taken as they are.  Scalers are layers: StandardScaler and MaxAbsScaler divide by `scale_`,
    here a multiplication by its reciprocal, which is rounded once to the nearest float64; means are subtracted
    exactly.  MinMaxScaler multiplies by `scale_` and adds `min_`, which is exact.
    """
    try:
        from sklearn.exceptions import NotFittedError
        from sklearn.utils.validation import check_is_fitted
    except ImportError:
        raise MissingDependency(
            "reading scikit-learn models needs scikit-learn: python -m pip install 'polyregions[sklearn]'"
        ) from None
    steps = _steps(model)
    problems = Problems("the model")
    _note_problems(steps, problems)
    problems.check()
    try:
        for _, step in steps:
            check_is_fitted(step)
    except NotFittedError as error:
        raise InvalidNetwork(f"the model is not fitted: {error}") from None
    (x,) = inputs((1, int(steps[0][1].n_features_in_)))
    for _, step in steps[:-1]:
        x = _scaled(step, x)
    network = _perceptron(steps[-1][1], x).network()
    if check:
        check_agreement(network, lambda points: _forward([step for _, step in steps], points), DOUBLE, "the model")
    return network


def _steps(model: Any) -> list[tuple[str, Any]]:
    """Return names and estimators of a model that is not a pipeline, or of a pipeline and those in it."""
    from sklearn.pipeline import Pipeline

    if not isinstance(model, Pipeline):
        return [(type(model).__name__, model)]
    steps = []
    for name, step in model.steps:
        if isinstance(step, Pipeline):
            steps += [(f"{name}.{inner}", estimator) for inner, estimator in _steps(step)]
        elif step is not None and not (isinstance(step, str) and step == "passthrough"):
            steps.append((name, step))
    return steps


def _note_problems(steps: list[tuple[str, Any]], problems: Problems) -> None:
    """Note steps and activations that are not supported."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

    for number, (name, step) in enumerate(steps, start=1):
        last = number == len(steps)
        if not isinstance(
            step, (MLPClassifier, MLPRegressor) if last else (StandardScaler, MinMaxScaler, MaxAbsScaler)
        ):
            problems.add(type(step).__name__, name, KNOWN)
        elif last and step.activation not in ACTIVATIONS:
            curved = "it is curved; the activations relu and identity are supported"
            problems.add(str(step.activation), f"the activation of {name}", curved)
        elif last and getattr(step, "loss", "") == "poisson":
            problems.add("exp", f"the output of {name}", "a regressor with the loss 'poisson' predicts exponentials")
    if not steps:
        problems.add("Pipeline", "the model", "it has no steps; " + KNOWN)


def _scaled(step: Any, x: Tensor) -> Tensor:
    """Apply a fitted scaler."""
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    if isinstance(step, MinMaxScaler):
        x = add(multiply(x, step.scale_), step.min_)
        return x.activate(Activation.hard_tanh(*step.feature_range)) if step.clip else x
    if isinstance(step, StandardScaler):
        x = subtract(x, step.mean_) if step.with_mean else x
        return divide(x, step.scale_) if step.with_std else x
    x = divide(x, step.scale_)
    return x.activate(Activation.hard_tanh()) if getattr(step, "clip", False) else x


def _perceptron(model: Any, x: Tensor) -> Tensor:
    """Apply the layers of a fitted perceptron; the function after the last layer is left out."""
    for number, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), start=1):
        x = linear(x, weights.T, bias)
        if number < len(model.coefs_):
            x = x.activate(ACTIVATIONS[model.activation])
    return x


def _forward(steps: list[Any], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scikit-learn's own outputs, those of a classifier before the function that makes probabilities.

    A shallow copy of the model predicts "probabilities" with the identity as output function, for the logarithms of
    true probabilities would lose most of the logits' digits.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
        for step in steps[:-1]:
            points = step.transform(points)
        model = copy.copy(steps[-1])
        model.out_activation_ = "identity"
        if not hasattr(model, "predict_proba"):
            values = np.asarray(model.predict(points))
        else:
            values = np.asarray(model.predict_proba(points))
            values = values[:, 1:] if model.n_outputs_ == 1 else values
    return values.reshape(len(points), -1)
