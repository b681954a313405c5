"""Modules of every style are read as what PyTorch computes, or refused with everything that is wrong with them."""

import copy
import threading
from itertools import pairwise

import numpy as np
import pytest

from polyregions.errors import Disagreement, InvalidNetwork, UnsupportedLayer
from polyregions.networks import Network, evaluate_exactly
from polyregions.networks.loaders.torch.module import from_torch

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
prune = pytest.importorskip("torch.nn.utils.prune")


def outputs_of(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return np.concatenate([outputs_of(part) for part in value])
    return value.detach().double().numpy().ravel()


def check(module, *shapes, network=None):
    """The module's own forward pass in double precision is ours."""
    network = network or from_torch(module, shapes[0] if len(shapes) == 1 else shapes)
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    points = np.random.default_rng(0).normal(size=(5, ends[-1]))
    double = copy.deepcopy(module).double().eval()
    for point in points:
        parts = np.split(point, ends[:-1])
        arguments = [torch.tensor(part).reshape(1, *shape) for part, shape in zip(parts, shapes, strict=True)]
        np.testing.assert_allclose(network(point), outputs_of(double(*arguments)), 1e-10, 1e-10)
    exact = [float(value) for value in evaluate_exactly(network, points[0].tolist())]
    np.testing.assert_allclose(exact, network(points[0]), 1e-10, 1e-10)
    return network


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def stack(*widths):
    layers = [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


class Function(nn.Module):
    """A module without parameters."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Residual(nn.Module):
    def __init__(self, inplace=True):
        super().__init__()
        self.first = nn.Conv2d(2, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.norm.running_mean.normal_()
        self.second = nn.Conv2d(3, 2, 1)
        self.relu = nn.ReLU(inplace=inplace)

    def forward(self, x):
        out = self.relu(self.norm(self.first(x)))
        out = self.second(out)
        out += x
        return self.relu(out)


class Dense(nn.Module):
    """Every layer reads the concatenation of all before it."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3 + 2 * k, 2) for k in range(3)])

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, layer(x).relu()], dim=1)
        return x


def test_stack():
    module = stack(3, 5, 4, 2)
    network = check(module, (3,))
    assert [layer.width for layer in network.layers] == [5, 4, 2]
    for layer, linear in zip(network.layers, [part for part in module if isinstance(part, nn.Linear)], strict=True):
        weights = layer.weights if isinstance(layer.weights, np.ndarray) else layer.weights.toarray()
        assert (weights == linear.weight.detach().numpy()).all()
        assert (layer.bias == linear.bias.detach().numpy()).all()


def test_network_from_torch():
    module = stack(2, 3, 1)
    network = Network.from_torch(module)
    assert network.digest == from_torch(module, 2).digest


def test_residual():
    check(Residual(), (2, 4, 3))
    check(nn.Sequential(Residual(False), Residual(True), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4, 2)), (2, 4, 3))


def test_concatenation():
    check(Dense(), (3,))


@pytest.mark.parametrize("first", [(), (nn.Flatten(),), (nn.Identity(), nn.Dropout())])
def test_shape_of_a_linear_layer(first):
    module = nn.Sequential(*first, stack(6, 3, 2))
    assert check(module, (6,), network=from_torch(module)).input_dim == 6


@pytest.mark.parametrize("module", [nn.ReLU(), nn.Conv1d(1, 1, 1), nn.Sequential(nn.ReLU(), nn.Linear(2, 2)), Dense()])
def test_shape_that_must_be_given(module):
    with pytest.raises(InvalidNetwork, match="pass input_shape, without the batch axis"):
        from_torch(module)


@pytest.mark.parametrize("shape", [(2.0,), (0,), (-1, 3), ((2,), (0,)), "ab", ((2,), 3), [None]])
def test_shapes_that_are_none(shape):
    with pytest.raises(InvalidNetwork, match="input_shape is a tuple of positive whole numbers"):
        from_torch(nn.ReLU(), shape)


@pytest.mark.parametrize("shape", [3, (3,), [3], torch.Size([3]), ((3,),), np.ones(3).shape])
def test_shapes_of_one_input(shape):
    assert from_torch(nn.ReLU(), shape).input_dim == 3


def test_shape_that_does_not_fit():
    with pytest.raises(
        InvalidNetwork, match=r"on input of shape \(1, 5\), where the first axis is the batch \(Runtime"
    ):
        from_torch(stack(3, 2), (5,))


@pytest.mark.parametrize("module", [nn.Linear(2, 3), nn.BatchNorm1d(2), nn.ReLU(), nn.PReLU(2)])
def test_bare_modules(module):
    check(module, (2,))


def test_several_inputs_and_outputs():
    class Several(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(2, 4), nn.Conv1d(2, 1, 2)

        def forward(self, a, b, factor=2.0, *, mask=None):
            if mask is not None:
                a = a * mask
            x = self.one(a) * factor
            y = self.two(b).flatten(1)
            return {"sum": x + y, "parts": [x.relu(), (y.abs(), a)], "constant": self.one.bias}

    network = check(Several(), (2,), (2, 5))
    assert (network.input_dim, network.output_dim) == (12, 18)
    with pytest.raises(InvalidNetwork, match=r"forward\(a, b, factor=2.0, \*, mask=None\) does not take 1 input"):
        from_torch(Several(), (2,))
    with pytest.raises(InvalidNetwork, match="does not take 1 input"):
        from_torch(Several())


def test_training_mode_does_not_count():
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.9), nn.RReLU(), nn.Linear(3, 1))
    module[1].running_mean.normal_()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    network = from_torch(module.train())
    assert module.training
    assert module[0].weight.dtype == torch.float32
    assert all((value == before[key]).all() for key, value in module.state_dict().items())
    assert network.digest == from_torch(module.eval()).digest


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_parameters_are_exact(dtype):
    module = stack(2, 3, 1).to(dtype)
    network = from_torch(module)
    assert (network.layers[0].weights == module[0].weight.detach().double().numpy()).all()


def test_parametrised_weights_are_taken_as_computed():
    module = stack(3, 4, 2)
    nn.utils.parametrizations.weight_norm(module[0])
    nn.utils.parametrizations.spectral_norm(module[2])
    module.eval()
    network = from_torch(module)
    for layer, linear in zip(network.layers, (module[0], module[2]), strict=True):
        assert (layer.weights == linear.weight.detach().double().numpy()).all()


def test_constants_of_single_precision():
    """Constants that a float32 module makes on its way do not stand in the way of comparing in double precision."""

    class Makes(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = torch.tensor([[0.1, 2.0], [0.3, 4.0]])

        def forward(self, x):
            x = x.float() @ self.plain + torch.tensor([0.1, 0.2]).to(torch.float32)
            return F.linear(x, self.plain.float(), torch.ones(2, dtype=torch.float32))

    network = from_torch(Makes(), 2)
    point = np.array([0.5, -3.0], dtype=np.float32)
    np.testing.assert_allclose(network(point), Makes()(torch.tensor(point)[None])[0].numpy(), 1e-6)


def test_in_place_changes_are_seen_by_all_names():
    class InPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x):
            y = x * 2.0
            self.relu(y)
            F.leaky_relu_(x)
            return x + y

    network = check(InPlace(), (3,))
    assert network(np.array([-1.0, 2.0, 0.5])).tolist() == [-0.01, 6.0, 1.5]


def test_in_place_changes_of_views_that_are_used_later():
    with pytest.raises(UnsupportedLayer, match=r"relu_ \(relu_\): it changes a tensor in place of which another view"):
        from_torch(Function(lambda x: (x[:, :1].relu_(), x * 1.0)[1]), 3)
    check(Function(lambda x: x[:, :2].relu_().view(-1).neg_()), (3,))


def test_augmented_assignment_to_another_name_is_noticed():
    def function(x):
        y = x
        y += 1.0
        return x + y

    with pytest.raises(Disagreement, match="the PyTorch module"):
        from_torch(Function(function), 3)


def test_modules_that_compute_something_else_are_noticed():
    class Random(nn.Module):
        def forward(self, x):
            return x * torch.rand(1).item()

    with pytest.raises(Disagreement):
        from_torch(Random(), 3)
    assert from_torch(Random(), 3, check=False).output_dim == 3


class Everything(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.LayerNorm(4), nn.Hardswish(), nn.GELU())
        self.lstm = nn.LSTM(4, 4)
        self.head = nn.Linear(4, 4)

    def forward(self, x):
        y = torch.sigmoid(self.features(x)).view(x.size(0), -1)
        y = self.head(y).relu()
        z = x * x + x / x + x**2 + torch.floor(x) + F.dropout(x) + (x > 0) + x.half()
        w = x @ x.t() + F.threshold(x, 1.0, 0.0) + x.max(dim=1)[1] + torch.argmax(x) + F.softmax(x, 1)
        return y.view(y.shape[0] * 1, -1), z, w, self.lstm(x)[0], x.real


def test_all_problems_are_told_at_once():
    with pytest.raises(UnsupportedLayer) as info:
        from_torch(Everything(), 4)
    text = str(info.value)
    lines = text.splitlines()
    places = [line.split(":")[0].removeprefix("- ") for line in lines[1:]]
    assert places == [
        "GELU (features.1, features.4)",
        "LayerNorm (features.2)",
        "Hardswish (features.3)",
        "sigmoid (sigmoid)",
        "mul (mul)",
        "truediv (truediv)",
        "pow (pow_1)",
        "floor (floor)",
        "dropout (dropout)",
        "gt (gt)",
        "half (half)",
        "matmul (matmul)",
        "threshold (_threshold)",
        "add (add_7)",
        "argmax (argmax)",
        "softmax (softmax)",
        "LSTM (lstm)",
        "getattr (getattr_2)",
    ]
    assert lines[0] == f"the module has {len(places)} operators that are not supported:"
    assert "Linear" not in text
    assert "view" not in text


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (nn.BatchNorm1d(3, track_running_stats=False), "track running statistics"),
        (nn.Threshold(1.0, 0.0), "jumps there"),
        (nn.Softmax(1), "leave it out"),
        (nn.Hardshrink(), "jumps"),
        (nn.Upsample(scale_factor=2, mode="linear"), "'nearest' is"),
        (nn.MaxPool1d(1, return_indices=True), "its result jumps; only the values"),
        (nn.ConvTranspose1d(3, 1, 1), "is not known here"),
        (nn.Bilinear(3, 3, 3), "product"),
        (nn.Embedding(4, 2), "looks up rows"),
        (Function(lambda x: torch.nn.functional.rrelu(x, training=True)), "random"),
        (Function(lambda x: x.div(2, rounding_mode="floor")), "it rounds"),
        (Function(lambda x: x.sum(dtype=torch.float16)), "rounds"),
        (Function(lambda x: F.linear(x, x)), "product"),
        (Function(lambda x: x.to(torch.int32)), "rounds"),
        (Function(lambda x: x.type("torch.HalfTensor")), "rounds"),
        (Function(lambda x: torch.where(x > 0, x, -x)), "jumps"),
        (Function(lambda x: torch.add(x, x, out=torch.empty(0))), "arguments"),
        (Function(F.gumbel_softmax), "leave it out"),
        (Function(lambda x: x.max(1)), "only the values"),
        (Function(lambda x: x.view(torch.int64)), "more than moving numbers"),
        (Function(lambda x: torch.complex(x, x)), "not known here"),
    ],
    ids=str,
)
def test_reasons(module, reason):
    shape = (3, 2) if isinstance(module, nn.Upsample | nn.MaxPool1d | nn.ConvTranspose1d) else (3,)
    with pytest.raises(UnsupportedLayer, match=reason):
        from_torch(nn.Sequential(module), shape)


def branches(x):
    return x if x.sum() > 0 else -x


def assigns(x):
    x[:, 0] = 0.0
    return x


@pytest.mark.parametrize("function", [branches, assigns, len, list, lambda x: x * float(x[0, 0])])
def test_modules_that_cannot_be_traced(function):
    with pytest.raises(UnsupportedLayer, match=r"torch.fx cannot trace the module's forward: \w+: .*Rewrite it so"):
        from_torch(Function(function), 3)


@pytest.mark.parametrize(
    ("outputs", "kind"),
    [(lambda x: None, "NoneType"), (lambda x: (x, x.shape[0]), "int"), (lambda x: {"a": [x, "b"]}, "str")],
)
def test_outputs_that_are_no_tensors(outputs, kind):
    with pytest.raises(InvalidNetwork, match=f"a module returns a tensor, .*got {kind}"):
        from_torch(Function(outputs), 3)


def test_no_output():
    with pytest.raises(InvalidNetwork, match="returns no tensor"):
        from_torch(Function(lambda x: ()), 3)


def test_constant_output():
    assert from_torch(Function(lambda x: torch.tensor([0.5, 1.0])), 3)(np.ones(3)).tolist() == [0.5, 1.0]


@pytest.mark.parametrize("value", [None, 3, nn.Linear, {"weight": torch.ones(2, 2)}])
def test_something_else_than_a_module(value):
    with pytest.raises(InvalidNetwork, match=r"needs a torch\.nn\.Module"):
        from_torch(value)


def test_hooks():
    module = nn.Sequential(stack(2, 3), stack(3, 1))
    prune.l1_unstructured(module[0][0], "weight", 2)
    module[1].register_forward_hook(lambda part, args, output: output * 2)
    with pytest.raises(UnsupportedLayer) as info:
        from_torch(module)
    assert "forward hook L1Unstructured (0.0)" in str(info.value)
    assert "prune.remove" in str(info.value)
    assert "forward hook <lambda> (1)" in str(info.value)
    prune.remove(module[0][0], "weight")
    module[1]._forward_hooks.clear()
    check(module, (2,), network=from_torch(module))


def test_changed_forward():
    module = stack(2, 3, 1)
    module[0].forward = lambda x: x * 3.0
    with pytest.raises(UnsupportedLayer, match=r"Linear \(0\): it is not known here"):
        from_torch(module, 2)


def test_numbers_that_are_not_finite():
    module = stack(2, 3, 1)
    module[2].weight.data[0, 1] = float("nan")
    with pytest.raises(InvalidNetwork, match=r"Linear \(2\): .*finite"):
        from_torch(module)


def test_modules_that_cannot_be_copied():
    module = stack(2, 3, 1)
    module.lock = threading.Lock()
    with pytest.raises(InvalidNetwork, match="cannot be copied to double precision"):
        from_torch(module)
    with pytest.raises(InvalidNetwork, match="cannot be copied to double precision"):
        from_torch(nn.Linear(2, 3, device="meta"))


def test_lazy_modules():
    module = nn.Sequential(nn.LazyLinear(3), nn.ReLU())
    with pytest.raises(InvalidNetwork, match="lazy layers whose sizes are not known yet"):
        from_torch(module, 2)
    module(torch.ones(1, 2))
    check(module, (2,), network=from_torch(module))


def test_wrapped_modules():
    module = stack(2, 3, 1)
    assert from_torch(nn.DataParallel(module)).digest == from_torch(module).digest
    assert from_torch(torch.fx.symbolic_trace(module)).digest == from_torch(module).digest


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript():
    with pytest.raises(InvalidNetwork, match="TorchScript is not read"):
        from_torch(torch.jit.script(stack(2, 1)))


def test_a_small_image_network():
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, groups=2),
        nn.LeakyReLU(0.1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(6, 10),
    )
    module[1].running_mean.normal_()
    module[1].running_var.uniform_(0.5, 2.0)
    assert check(module, (1, 8, 8)).output_dim == 10
