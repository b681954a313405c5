"""What cannot be read, told all at once: every operator by name and place, with the reason and what could be done."""

from __future__ import annotations

import re

from polyregions.errors import UnsupportedLayer

__all__ = ["REASONS", "UNKNOWN", "Problems", "Unknown", "reason"]


class Unknown:
    """What an unsupported operator would have computed; loaders hand it on in silence."""

    def __repr__(self) -> str:
        """Return a name."""
        return "UNKNOWN"


UNKNOWN = Unknown()
"""The only `Unknown` that is needed."""


class Problems:
    """The operators of one network that cannot be read.

    Parameters
    ----------
    source : str
        What is being read, for the message.

    Examples
    --------
    >>> problems = Problems("the module")
    >>> problems.add("GELU", "features.1")
    >>> problems.add("Sin", "sin_2", "it is not piecewise linear")
    >>> problems.check()
    Traceback (most recent call last):
        ...
    polyregions.errors.UnsupportedLayer: the module has 2 operators that are not supported:
    - GELU (features.1): it is curved; ReLU, LeakyReLU and other piecewise-linear activations are supported
    - Sin (sin_2): it is not piecewise linear
    """

    def __init__(self, source: str = "the network") -> None:
        self.source = source
        self._places: dict[tuple[str, str], list[str]] = {}

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._places)

    def add(self, operator: str, node: str, advice: str | None = None) -> None:
        """Note an operator at a node; the same one with the same advice is listed once, with all its nodes.

        Parameters
        ----------
        operator : str
            As the framework calls it.
        node : str
            Where it is in the network.
        advice : str, optional
            Why it cannot be read and what could be done; `reason` of the operator if left out.
        """
        nodes = self._places.setdefault((operator, advice or reason(operator)), [])
        if node not in nodes:
            nodes.append(node)

    def check(self) -> None:
        """Raise an error that lists all problems, if there are any.

        Raises
        ------
        UnsupportedLayer
            There are.
        """
        if not self._places:
            return
        count = len({operator for operator, _ in self._places})
        lines = [f"- {operator} ({', '.join(nodes)}): {why}" for (operator, why), nodes in self._places.items()]
        heading = "an operator that is" if count == 1 else f"{count} operators that are"
        raise UnsupportedLayer("\n".join([f"{self.source} has {heading} not supported:", *lines]))


def reason(name: str) -> str:
    """Return why an operator is not supported, and what could be done.

    Parameters
    ----------
    name : str
        As a framework writes it: case, underscores, module names before a dot and a number of dimensions do not count.

    Examples
    --------
    >>> reason("torch.nn.functional.hardswish")
    'it is quadratic between -3 and 3; HardSigmoid and ReLU6 are piecewise linear'
    >>> reason("InstanceNorm2d") == reason("instance_norm")
    True
    >>> reason("frobnicate")
    'it is not known here; write it with operators that are, or build the network with polyregions.operators'
    """
    key = re.sub(r"[^a-z0-9]", "", name.lower().rpartition(".")[2])
    return REASONS.get(key) or REASONS.get(re.sub(r"([123]d|v2)$", "", key)) or NOT_KNOWN


NOT_KNOWN = "it is not known here; write it with operators that are, or build the network with polyregions.operators"

CURVED = "it is curved; ReLU, LeakyReLU and other piecewise-linear activations are supported"
SQUASHING = "it is curved; as the last step of a classifier leave it out: the outputs keep their order"
SOFTMAX = "it is curved; as the last step of a classifier leave it out: the largest output stays the largest"
JUMPS = "it jumps; only continuous functions have linear regions"
COMPARES = "its result jumps; maximum, minimum, clamp and ReLU choose between values continuously"
DIVIDES = "it divides by a standard deviation of its input; batch norm with stored statistics is piecewise linear"
ROOTS = "it takes roots or divides by a norm of its input, so it is not piecewise linear"
PRODUCT = "a product of two values that depend on the input is quadratic; products with constants are supported"
QUOTIENT = "a quotient by a value that depends on the input is not piecewise linear; division by constants is supported"
POWER = "a power of a value that depends on the input is not piecewise linear"
RECURRENT = "its gates are products and sigmoids; only feed-forward networks are read"
ATTENTION = "it multiplies values that depend on the input and takes a softmax"
INDEX = "its result jumps; only the values themselves are supported, not where they are"
CONTROL = "loops and branches are not read; only a fixed sequence of operators is"
ANY_CODE = "it may run any code; write it with known layers"
ROUNDS = "it rounds, so it jumps; only continuous functions have linear regions"
LOOKS_UP = "it looks up rows by whole numbers, which are not continuous inputs; start the network after it"

_GROUPS: dict[str, str] = {
    CURVED: "gelu quickgelu elu selu celu silu swish mish softplus softsign tanhshrink erf erfc exp expm1 log log2 "
    "log10 log1p sin cos tan asin acos atan arcsin arccos arctan sinh cosh asinh acosh atanh exponential logaddexp "
    "gaussian squareplus sparseplus logsumexp reducelogsumexp reducelogsum poisson geluapproximate biasgelu fastgelu "
    "softmin",
    SQUASHING: "sigmoid tanh logsigmoid expit",
    SOFTMAX: "softmax logsoftmax softmax2d gumbelsoftmax adaptivelogsoftmaxwithloss",
    JUMPS: "hardmax hardshrink heaviside sign signbit sgn binarize shrink thresholdedrelu bernoulli multinomial "
    "dropoutrandom",
    COMPARES: "gt lt ge le eq ne greater less greaterequal greaterorequal lessequal lessorequal equal notequal where "
    "logicaland logicalor logicalnot logicalxor and or not xor isnan isinf isclose",
    DIVIDES: "layernorm layernormalization groupnorm groupnormalization instancenorm instancenormalization std var "
    "standarddeviation meanvariancenormalization stdmean varmean localresponsenorm lrn skiplayernormalization",
    ROOTS: "normalize lpnormalization unitnormalization rmsnorm rmsnormalization spectralnormalization "
    "cosinesimilarity crosschannelnorm norm vectornorm linalgnorm reducel2 sqrt rsqrt hypot pairwisedistance cdist "
    "lppool",
    PRODUCT: "bilinear glu multiply mul matmul bmm mm dot einsum outer square prod reduceprod sumsquare "
    "reducesumsquare geglu swiglu reglu product",
    QUOTIENT: "div divide truediv reciprocal",
    POWER: "pow power",
    RECURRENT: "lstm gru rnn simplernn lstmcell grucell rnncell simplernncell convlstm rnnbase bidirectional",
    ATTENTION: "attention multiheadattention multiheadattentionforward additiveattention groupqueryattention "
    "scaleddotproductattention transformer transformerencoder transformerdecoder transformerencoderlayer "
    "transformerdecoderlayer",
    INDEX: "argmax argmin argsort nonzero topk count",
    CONTROL: "loop if scan while whileloop cond sequencemap",
    ANY_CODE: "lambda pyop pythonop customop",
    ROUNDS: "floor ceil round trunc frac fix floordiv floordivide mod fmod remainder quantizelinear dequantizelinear "
    "dynamicquantizelinear fakequantize half bfloat16 int long short byte char bool cast quantize",
    LOOKS_UP: "embedding embeddingbag onehot gathernd stringlookup integerlookup hashing",
}

REASONS: dict[str, str] = {name: why for why, names in _GROUPS.items() for name in names.split()} | {
    "hardswish": "it is quadratic between -3 and 3; HardSigmoid and ReLU6 are piecewise linear",
    "hardsilu": "it is quadratic between -3 and 3; HardSigmoid and ReLU6 are piecewise linear",
    "sparsemax": "it is not known here; without it as the last step the largest output is the same, so leave it out",
    "dropout": "it is random here; load the network as it is used for inference",
    "batchnorm": "without stored statistics it divides by a standard deviation of its input; track running statistics",
}
"""Why well-known functions are not supported, by lower-case name without underscores."""
