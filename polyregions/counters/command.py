"""Counters that are programs of their own, in any language: asked and answering in JSON."""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from polyregions.counters.answer import Answer, read_answer
from polyregions.errors import CounterFailed
from polyregions.geometry.polytope import Polytope
from polyregions.networks import save_network
from polyregions.networks.activation import Activation
from polyregions.networks.layer import Layer
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

SEEDS = 2**31
"""Seeds are whole numbers below this, which every language can hold."""


@dataclass(frozen=True)
class CommandCounter:
    """A counter that is a command.

    It is run once for every answer, without a shell.  These words are replaced in its arguments: ``{network}`` and
    ``{domain}`` by the names of JSON files, ``{npz}`` by that of the network as `load_network` reads it, ``{budget}``
    and ``{seed}`` by whole numbers.  The same, all in one, comes on standard input as JSON; see `request`.

    On standard output it answers with JSON: a number, an interval ``[low, high]``, a list of patterns, or an object
    with some of the names ``estimate``, ``interval``, ``confidence`` and ``patterns``.

    Parameters
    ----------
    command : str
        Program and arguments, quoted as for a shell.
    timeout : float, optional
        Seconds that an answer may take.

    Raises
    ------
    ValueError
        The command is empty, or its quotation marks do not match.
    """

    command: str
    timeout: float | None = None

    def __post_init__(self) -> None:
        """Check the command."""
        if not self.arguments:
            raise ValueError("a counter's command needs a program, got an empty line")

    @property
    def arguments(self) -> list[str]:
        """The program and its arguments, before words in them are replaced."""
        try:
            return shlex.split(self.command)
        except ValueError as error:
            raise ValueError(f"the counter's command cannot be split into words ({error}): {self.command}") from None

    def __str__(self) -> str:
        """Return the command."""
        return self.command

    def __call__(self, network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> Answer:
        """Run the command and read its answer.

        Raises
        ------
        CounterFailed
            There is no such program, it failed, took too long, or did not answer as described above.
        """
        question = request(network, domain, budget, int(rng.integers(SEEDS)))
        with tempfile.TemporaryDirectory(prefix="polyregions-") as folder:
            words = _write(Path(folder), network, question)
            arguments = [_replaced(argument, words) for argument in self.arguments]
            return read_answer(_parsed(self._run(arguments, json.dumps(question))), network)

    def _run(self, arguments: list[str], question: str) -> str:
        """Return what the program prints."""
        try:
            done = subprocess.run(
                arguments, input=question, capture_output=True, encoding="utf-8", timeout=self.timeout, check=False
            )
        except OSError as error:
            raise CounterFailed(f"the counter {arguments[0]!r} cannot be run: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise CounterFailed(f"the counter did not answer within {self.timeout:g} seconds") from None
        except UnicodeDecodeError:
            raise CounterFailed("the counter answered with something that is not text in UTF-8") from None
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["nothing on standard error"]
            raise CounterFailed(f"the counter ended with code {done.returncode}: {last[0]}")
        return done.stdout


def request(network: Network, domain: Polytope, budget: int, seed: int) -> dict[str, Any]:
    """Return what a command is asked, as JSON can hold it.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
    seed : int

    Returns
    -------
    dict
        ``network`` with ``inputs`` and ``layers``, each with ``weights`` (rows), ``bias``, ``sources`` (0 is the input,
        j the output of layer j) and ``activation``: a name, one for each row, or ``{"maximum": groups of rows}``; an
        activation without a well-known name is ``{"breakpoints", "slopes", "value"}``, the value at the first
        breakpoint.  ``domain`` with ``normals`` and ``offsets``, for ``normals @ x <= offsets``, and the box around it,
        ``lower`` and ``upper``.  ``budget`` and ``seed``.

    Notes
    -----
    Numbers are written such that float64 reads them unchanged; half-spaces that floats do not hold are rounded.

    Examples
    --------
    >>> net = Network.from_arrays([[[2.0]], [[1.0]]], [[-1.0], [0.0]])
    >>> request(net, Polytope.box(0, 1, dim=1), 100, 7)["network"]["layers"][0]
    {'weights': [[2.0]], 'bias': [-1.0], 'sources': [0], 'activation': 'relu'}
    """
    return {
        "network": {"inputs": network.input_dim, "layers": [_layer(layer) for layer in network.layers]},
        "domain": {
            "normals": domain.normals.tolist(),
            "offsets": domain.offsets.tolist(),
            "lower": domain.lower.tolist(),
            "upper": domain.upper.tolist(),
        },
        "budget": budget,
        "seed": seed,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    weights = layer.weights if isinstance(layer.weights, np.ndarray) else layer.weights.toarray()
    kind = layer.activation
    if isinstance(kind, Maximum):
        activation: Any = {"maximum": [list(group) for group in kind.groups]}
    else:
        activation = [_activation(one) for one in kind] if isinstance(kind, tuple) else _activation(kind)
    return {
        "weights": weights.tolist(),
        "bias": layer.bias.tolist(),
        "sources": [int(source) for source in layer.sources or ()],
        "activation": activation,
    }


def _activation(kind: Activation) -> Any:
    if kind in (Activation.relu(), Activation.identity()):
        return kind.name
    return {"breakpoints": list(kind.breakpoints), "slopes": list(kind.slopes), "value": kind.value}


def _write(folder: Path, network: Network, question: dict[str, Any]) -> dict[str, str]:
    """Write the files; return what the words in the command stand for."""
    files = {name: folder / f"{name}.json" for name in ("network", "domain")}
    for name, path in files.items():
        path.write_text(json.dumps(question[name]), encoding="utf-8")
    save_network(network, folder / "network.npz")
    names = {"network": files["network"], "domain": files["domain"], "npz": folder / "network.npz"}
    return {f"{{{name}}}": str(path) for name, path in names.items()} | {
        f"{{{name}}}": str(question[name]) for name in ("budget", "seed")
    }


def _replaced(argument: str, words: dict[str, str]) -> str:
    for word, meaning in words.items():
        argument = argument.replace(word, meaning)
    return argument


def _parsed(text: str) -> Any:
    """Read JSON; numbers that are none, such as NaN, are refused."""

    def refuse(name: str) -> float:
        raise CounterFailed(f"the counter answered with {name}, which is no number of JSON; for no upper end use null")

    try:
        return json.loads(text, parse_constant=refuse)
    except CounterFailed:
        raise
    except (ValueError, RecursionError) as error:
        raise CounterFailed(f"the counter did not answer with JSON ({error}), but with {text.strip()[:60]!r}") from None
