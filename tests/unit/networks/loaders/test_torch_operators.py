"""Every module and function of PyTorch that is read computes what PyTorch computes."""

import copy

import numpy as np
import pytest

from polyregions.networks import evaluate_exactly
from polyregions.networks.loaders.torch.graph import Operation
from polyregions.networks.loaders.torch.layers import FUNCTIONS, MODULES
from polyregions.networks.loaders.torch.module import from_torch
from polyregions.networks.loaders.torch.shapes import ATTRIBUTES, MOVES

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
torch.fx.wrap("len")


class Calls(nn.Module):
    """A module that calls one function, and has parameters and buffers of its own."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        generator = torch.Generator().manual_seed(1)
        self.vector = nn.Parameter(torch.randn(4, generator=generator))
        self.matrix = nn.Parameter(torch.randn(4, 4, generator=generator))
        self.kernel = nn.Parameter(torch.randn(3, 2, 3, generator=generator))
        self.register_buffer("positive", torch.rand(4, generator=generator) + 0.5)
        self.register_buffer("image_kernel", torch.randn(2, 3, 2, 2, generator=generator))
        self.register_buffer("mask", torch.tensor([True, False, True, False]))
        self.plain = torch.tensor([1.0, 2.0, 3.0, 4.0])

    def forward(self, x):
        return self.function(self, x)


def randomised(module):
    """The module with random statistics where it has them."""
    for part in module.modules():
        if getattr(part, "running_mean", None) is not None:
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2.0)
            if part.weight is not None:
                nn.init.normal_(part.weight)
                nn.init.normal_(part.bias)
        if isinstance(part, nn.PReLU):
            nn.init.normal_(part.weight)
    return module


def check(module, shape):
    """Our network against the module in double precision, and the exact evaluation against ours."""
    network = from_torch(module, shape)
    points = np.random.default_rng(2).normal(size=(6, int(np.prod(shape)))) * 2.0
    double = copy.deepcopy(module).double().eval()
    with torch.no_grad():
        wanted = [double(torch.tensor(point).reshape(1, *shape)) for point in points]
    wanted = [torch.cat([part.flatten() for part in (one if isinstance(one, tuple) else (one,))]) for one in wanted]
    np.testing.assert_allclose(network(points), np.array([one.double().numpy() for one in wanted]), 1e-10, 1e-10)
    exact = [float(value) for value in evaluate_exactly(network, points[0].tolist())]
    np.testing.assert_allclose(exact, network(points[0]), 1e-10, 1e-10)


FLAT, LINE, IMAGE, SPACE = (4,), (2, 7), (3, 5, 6), (2, 3, 4, 4)

MODULE_CASES = [
    (nn.Linear(4, 3), FLAT),
    (nn.Linear(7, 3, bias=False), LINE),
    (nn.Identity(), FLAT),
    (nn.Conv1d(2, 3, 3), LINE),
    (nn.Conv1d(2, 4, 3, padding="same", dilation=2, padding_mode="circular"), LINE),
    (nn.Conv1d(2, 4, 2, padding="same", groups=2, bias=False), LINE),
    (nn.Conv2d(3, 2, (2, 3), stride=(2, 1), padding=(1, 2), dilation=(2, 1)), IMAGE),
    (nn.Conv2d(3, 6, 2, groups=3, padding="valid"), IMAGE),
    (nn.Conv2d(3, 2, (2, 4), padding="same"), IMAGE),
    (nn.Conv2d(3, 2, 3, padding=1, padding_mode="reflect"), IMAGE),
    (nn.Conv2d(3, 2, 3, padding="same", padding_mode="replicate"), IMAGE),
    (nn.Conv3d(2, 1, 2, padding=1, stride=2), SPACE),
    (nn.BatchNorm1d(4), FLAT),
    (nn.BatchNorm1d(2, eps=0.5), LINE),
    (nn.BatchNorm2d(3), IMAGE),
    (nn.BatchNorm2d(3, affine=False), IMAGE),
    (nn.BatchNorm3d(2), SPACE),
    (nn.MaxPool1d(3, stride=2), LINE),
    (nn.MaxPool1d(2, dilation=3), LINE),
    (nn.MaxPool2d(2), IMAGE),
    (nn.MaxPool2d((2, 3), stride=2, padding=(1, 1), ceil_mode=True), IMAGE),
    (nn.MaxPool3d(2), SPACE),
    (nn.AvgPool1d(3, stride=2, padding=1), LINE),
    (nn.AvgPool1d(2, ceil_mode=True), LINE),
    (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True), IMAGE),
    (nn.AvgPool2d(2, padding=1, count_include_pad=False), IMAGE),
    (nn.AvgPool2d(2, divisor_override=3), IMAGE),
    (nn.AvgPool3d(2), SPACE),
    (nn.AdaptiveAvgPool1d(3), LINE),
    (nn.AdaptiveAvgPool2d((2, None)), IMAGE),
    (nn.AdaptiveAvgPool3d(2), SPACE),
    (nn.AdaptiveMaxPool1d(3), LINE),
    (nn.AdaptiveMaxPool2d(1), IMAGE),
    (nn.AdaptiveMaxPool3d((1, 2, 3)), SPACE),
    (nn.Flatten(), IMAGE),
    (nn.Flatten(2, -1), IMAGE),
    (nn.Unflatten(1, (2, 2)), FLAT),
    (nn.Dropout(), FLAT),
    (nn.Dropout1d(), LINE),
    (nn.Dropout2d(), IMAGE),
    (nn.Dropout3d(), SPACE),
    (nn.AlphaDropout(), FLAT),
    (nn.FeatureAlphaDropout(), LINE),
    (nn.ReLU(), FLAT),
    (nn.ReLU(inplace=True), IMAGE),
    (nn.LeakyReLU(0.3), FLAT),
    (nn.PReLU(), IMAGE),
    (nn.PReLU(3), IMAGE),
    (nn.PReLU(4), FLAT),
    (nn.ReLU6(), FLAT),
    (nn.RReLU(), FLAT),
    (nn.Hardtanh(-0.5, 2.0), FLAT),
    (nn.Hardsigmoid(), FLAT),
    (nn.Softshrink(0.75), FLAT),
    (nn.Threshold(0.25, 0.25), FLAT),
    (nn.ConstantPad1d((1, 2), 0.5), LINE),
    (nn.ConstantPad2d((1, 0, 2, -1), -1.5), IMAGE),
    (nn.ConstantPad3d(1, 2.0), SPACE),
    (nn.ZeroPad1d(2), LINE),
    (nn.ZeroPad2d((1, 2, 3, 0)), IMAGE),
    (nn.ZeroPad3d(1), SPACE),
    (nn.ReflectionPad1d(3), LINE),
    (nn.ReflectionPad2d((1, 2, 3, 0)), IMAGE),
    (nn.ReflectionPad3d(1), SPACE),
    (nn.ReplicationPad1d((4, 0)), LINE),
    (nn.ReplicationPad2d(2), IMAGE),
    (nn.ReplicationPad3d(1), SPACE),
    (nn.CircularPad1d(3), LINE),
    (nn.CircularPad2d(2), IMAGE),
    (nn.CircularPad3d(1), SPACE),
    (nn.PixelShuffle(2), (4, 2, 3)),
    (nn.PixelUnshuffle(2), (1, 4, 6)),
    (nn.ChannelShuffle(2), (4, 2, 3)),
    (nn.Upsample(scale_factor=2), IMAGE),
    (nn.UpsamplingNearest2d(size=(7, 9)), IMAGE),
    (nn.Unfold(2, padding=1), IMAGE),
]

FUNCTION_CASES = {
    "numbers": lambda m, x: (2 - x * 3.0 + 1) / 4 - (-x) * 0.1,
    "add": lambda m, x: torch.add(x, m.vector, alpha=2) + x.add(x, alpha=0.5),
    "sub": lambda m, x: torch.sub(x, x, alpha=3) - x.sub(m.plain).subtract(1),
    "rsub": lambda m, x: torch.rsub(x, 2.0, alpha=2),
    "mul": lambda m, x: (m.vector * x).mul(2).multiply(m.positive),
    "products of constants": lambda m, x: x * (m.vector * m.positive) + (m.matrix @ m.vector).relu(),
    "div": lambda m, x: x / m.positive + x.div(3) + torch.true_divide(x, 8) + x.divide(m.plain),
    "neg": lambda m, x: torch.neg(x) + x.negative() + +x + torch.positive(x) * 3,
    "power": lambda m, x: x**1,
    "in place": lambda m, x: (x * 1).add_(1.0).mul_(2.0).sub_(m.vector).div_(2.0).relu_().clamp_(max=1.0).neg_(),
    "augmented": lambda m, x: augmented(x, m.vector),
    "matmul": lambda m, x: torch.matmul(x, m.matrix) + x @ m.matrix.T + x.mm(m.matrix),
    "matmul on the left": lambda m, x: m.matrix[:, :1] @ x + torch.mm(m.matrix[:3, :1], x)[0],
    "mv": lambda m, x: torch.mv(m.matrix, x[0]),
    "bmm": lambda m, x: torch.bmm(x[None], m.matrix[None]),
    "addmv": lambda m, x: torch.addmv(m.vector, m.matrix, x[0], beta=2),
    "baddbmm": lambda m, x: torch.baddbmm(m.vector, x[None], m.matrix[None]),
    "addmm": lambda m, x: torch.addmm(m.vector, x, m.matrix, beta=2, alpha=3),
    "addmm of constants": lambda m, x: torch.addmm(x, m.vector[None], m.matrix, alpha=2),
    "linear": lambda m, x: F.linear(x, m.matrix, m.vector) + F.linear(x, m.matrix),
    "sum": lambda m, x: x.sum() + torch.sum(x, dim=1) + x.sum(-1, keepdim=True) + x.sum((0, 1)),
    "mean": lambda m, x: x.mean() + torch.mean(x, dim=1, keepdim=True) + x.mean([0, 1]) + x.mean(axis=1),
    "maximum": lambda m, x: torch.maximum(x, x.flip(1)) + torch.fmax(x, m.vector) + torch.maximum(m.vector, x),
    "minimum": lambda m, x: torch.minimum(x, x.flip(1)) - torch.fmin(x, m.vector),
    "max": lambda m, x: x.max() + torch.max(x, 1)[0] + x.max(dim=1, keepdim=True).values + torch.max(x, m.vector),
    "min": lambda m, x: x.min() + torch.min(x, 1)[0] + x.min(dim=1).values + torch.min(x, other=-x),
    "amax": lambda m, x: torch.amax(x, dim=1) + x.amax((0, 1)) + x.amin(1, keepdim=True) + torch.amin(x),
    "sort": lambda m, x: (torch.sort(x)[0], x.sort(dim=1, descending=True).values),
    "maxout": lambda m, x: F.linear(x, m.matrix).view(x.size(0), 2, 2).max(dim=2)[0],
    "clamp": lambda m, x: x.clamp(-1, 0.5) + torch.clamp(x, min=0.1) + x.clip(max=0.2) + x.clamp(-0.5),
    "clamp by tensors": lambda m, x: torch.clamp(x, min=-m.positive, max=m.positive) + x.clamp(max=x.flip(1)),
    "clamp to nothing": lambda m, x: x.clamp(1.0, -1.0) + x.clamp(0.5, 0.5) + x,
    "clamp_min": lambda m, x: x.clamp_min(0.5) + torch.clamp_max(x, -0.5),
    "relu": lambda m, x: torch.relu(x) + F.relu(x - 1) + x.relu() + F.relu(x * 1, inplace=True),
    "leaky_relu": lambda m, x: F.leaky_relu(x) + F.leaky_relu(x, 0.2) + F.leaky_relu(x, negative_slope=2.0),
    "prelu": lambda m, x: F.prelu(x, m.vector) + torch.prelu(x, m.vector[:1]),
    "relu6": lambda m, x: F.relu6(x * 5),
    "rrelu": lambda m, x: F.rrelu(x) + F.rrelu(x, 0.1, 0.7),
    "hardtanh": lambda m, x: F.hardtanh(x) + F.hardtanh(x, -0.5, 0.25) + F.hardtanh(x, max_val=2.0),
    "hardsigmoid": lambda m, x: F.hardsigmoid(x * 3),
    "softshrink": lambda m, x: F.softshrink(x) + F.softshrink(x, 0.1),
    "threshold": lambda m, x: F.threshold(x, 0.5, 0.5),
    "abs": lambda m, x: x.abs() + torch.abs(x - 1) + abs(x + 1) + torch.absolute(x),
    "dropout": lambda m, x: (
        F.dropout(x, training=m.training) + F.dropout(x, 0.0) + F.alpha_dropout(x) + F.dropout1d(x, 0.2, m.training)
    ),
    "casts": lambda m, x: x.double().to("cpu").to(torch.float64).type(torch.float64).type_as(x).to(x.dtype).cpu(),
    "no change": lambda m, x: x.contiguous().detach().clone().requires_grad_(False).data,
    "types": lambda m, x: x + torch.ones(4, dtype=x.dtype, device=x.device) * x.ndim,
    "made constants": lambda m, x: (
        x + torch.arange(4) + torch.full((4,), 0.5) + torch.zeros_like(x) + x.new_ones(4) + x.new_zeros(1)
    ),
    "like": lambda m, x: x + torch.ones_like(x) + torch.full_like(x, 2.0) + x.new_full((4,), 2.0) + x.new_tensor([1.0]),
    "cat": lambda m, x: torch.cat([x, m.vector[None], x * 2], dim=1),
    "more cats": lambda m, x: torch.concat((x, m.vector[None]), -1) - torch.concatenate([x, x], 1),
    "stack": lambda m, x: torch.stack([x, -x], 1) + torch.stack((x, m.vector[None]), dim=1),
    "stacks": lambda m, x: (torch.hstack([x, x]), torch.vstack([x, x]), torch.dstack([x, x]), torch.column_stack([x])),
    "where": lambda m, x: torch.where(m.mask, x, -x) + torch.where(m.mask, x, 2.0) + x.masked_fill(m.mask, 0.5),
    "transposes": lambda m, x: (
        x.t().T.mT.transpose(0, 1).swapaxes(0, 1).movedim(0, 1).swapdims(0, 1).moveaxis(0, 1).permute(1, 0).reshape(-1)
    ),
    "rows": lambda m, x: (
        x.flip(1).roll(1, 1).repeat(2, 2).tile(2).repeat_interleave(2, dim=1).index_select(1, m.mask.int())
    ),
    "parts": lambda m, x: (
        x.select(1, 2)
        + x.narrow(1, 1, 2)
        + x.gather(1, torch.tensor([[3, 0]]))
        + x.take(m.mask.long())[:2]
        + x.take_along_dim(torch.tensor([[1, 2]]), 1)
    ),
    "diagonals": lambda m, x: x.diag_embed().tril().triu(-1).diagonal(dim1=1, dim2=2) + x[0].diag().diag(),
    "hands": lambda m, x: x.view_as(m.vector[None]).reshape_as(x).expand_as(m.matrix).broadcast_to(2, 4, 4).ravel(),
    "sizes": lambda m, x: x.view(x.numel() // 4, x.nelement()) * len(x) * x.dim() * x.ndimension() * x.shape[-1],
}

IMAGE_FUNCTION_CASES = {
    "conv2d": lambda m, x: F.conv2d(x, m.image_kernel, m.vector[:2], stride=2, padding=1),
    "conv2d same": lambda m, x: torch.conv2d(x, m.image_kernel, padding="same"),
    "conv of several images": lambda m, x: F.conv1d(
        F.max_pool1d(x[0, :2, :4, 0].reshape(4, 2, 1).repeat(1, 1, 3), 1), m.kernel
    ),
    "conv2d without batch": lambda m, x: F.conv2d(x[0], m.image_kernel),
    "conv1d": lambda m, x: F.conv1d(x[:, :2].flatten(2), m.kernel, padding=(1,)),
    "batch_norm": lambda m, x: F.batch_norm(x, m.vector[:3], m.positive[:3], m.vector[1:], m.positive[1:], eps=0.1),
    "max_pool2d": lambda m, x: F.max_pool2d(x, 2, stride=1) + F.max_pool2d(x, (2, 2), 1, return_indices=True)[0],
    "max_pool1d": lambda m, x: (
        F.max_pool1d(x.flatten(2), 4, ceil_mode=True) + F.max_pool1d(x[0].flatten(1), 4, 4, 1, return_indices=True)[0]
    ),
    "avg_pool2d": lambda m, x: F.avg_pool2d(x, 2, padding=1) + F.avg_pool2d(x, 2, 2, 1, False, False),
    "avg_pool1d": lambda m, x: F.avg_pool1d(x.flatten(2), 4, 2),
    "adaptive": lambda m, x: (
        F.adaptive_avg_pool2d(x, (2, 1)) + F.adaptive_max_pool2d(x, (2, 1), return_indices=True)[0]
    ),
    "adaptive simply": lambda m, x: (
        F.adaptive_max_pool1d(x[0], 2, True)[0] + F.adaptive_max_pool1d(x[0], 2) + F.adaptive_max_pool2d(x, (5, 2))
    ),
    "global": lambda m, x: x.mean(dim=(2, 3)) + x.amax(dim=(-2, -1)) + F.adaptive_avg_pool1d(x.flatten(2), 1)[..., 0],
    "pad": lambda m, x: F.pad(x, (1, 2)) + F.pad(x, (2, 1), value=1.5) + F.pad(x, (2, 1, 0, 0), mode="reflect"),
    "interpolate": lambda m, x: (
        F.interpolate(x, scale_factor=2) + F.interpolate(x, size=(10, 12), mode="nearest-exact")
    ),
    "shuffle": lambda m, x: (
        F.pixel_shuffle(x.repeat(1, 4, 1, 1), 2) + F.pixel_unshuffle(x.repeat(1, 1, 4, 4), 2)[:, :3]
    ),
    "channels": lambda m, x: F.channel_shuffle(torch.cat([x, x], 1), 2),
    "dropouts": lambda m, x: (
        F.dropout2d(x, training=m.training) + F.dropout3d(x, training=m.training) + F.feature_alpha_dropout(x)
    ),
    "flatten": lambda m, x: (
        torch.flatten(x, 1)[:, :30] + x.flatten(start_dim=2).unflatten(2, (5, 6)).view(x.shape[0], -1)[:, :30]
    ),
    "chunk": lambda m, x: x.chunk(3, dim=1)[1] + torch.chunk(x, 2, 1)[0][:, 1:],
    "split": lambda m, x: x.split(2, dim=1)[1] + torch.split(x, [1, 2], 1)[0] + torch.tensor_split(x, 3, 1)[2],
    "splits": lambda m, x: (
        x.hsplit(3)[0],
        x.transpose(0, 2).vsplit(5)[1],
        x.dsplit([1])[0],
        torch.functional.split(x, [1, 2], 1)[0],
        x.split_with_sizes([1, 2], 1)[0],
    ),
    "unbind": lambda m, x: x.unbind(1)[0] - unpacked(x),
    "squeeze": lambda m, x: x[:, :1].squeeze(1).unsqueeze(-1).squeeze()[None, :, None] + x[:, 0:1, 0:1].squeeze(),
    "index": lambda m, x: (
        x[:, 0, ::2, :3] + x[..., [0, 2, 4], 1] + x[:, None, 2, -1, -3:] + x[:, [2, 0], 1:2, :3].mean(1)
    ),
    "rotate": lambda m, x: x.rot90(1, (2, 3)) + x.fliplr().flipud().transpose(2, 3),
    "unfold": lambda m, x: (x.unfold(3, 2, 2), F.unfold(x, 2)),
    "space": lambda m, x: (
        F.max_pool3d(x[None], 2, 1) + F.avg_pool3d(x[None], 2, 1) + F.conv3d(x[None], x.new_ones(1, 1, 2, 2, 2))
    ),
    "adaptive in space": lambda m, x: (
        F.adaptive_max_pool3d(x[None], (1, 2, 3))
        + F.adaptive_max_pool3d(x[None], (1, 2, 3), return_indices=True)[0]
        + F.adaptive_avg_pool3d(x[None], (1, 2, 3))
        + F.max_pool3d(x[None], (3, 4, 4), 1, return_indices=True)[0]
    ),
    "maximum of channels": lambda m, x: x.permute(0, 2, 3, 1).expand(1, 5, 6, 3).max(dim=3)[0],
}


def augmented(x, vector):
    x = x * 1
    x += vector
    x -= 1
    x *= 2.0
    x /= 4
    return x


def unpacked(x):
    a, b, c = x.unbind(1)
    return a + 2 * b - c


def names(cases):
    return [f"{type(module).__name__}-{k}" for k, (module, _) in enumerate(cases)]


@pytest.mark.parametrize(("module", "shape"), MODULE_CASES, ids=names(MODULE_CASES))
def test_modules(module, shape):
    torch.manual_seed(0)
    check(nn.Sequential(randomised(module)), shape)


def test_every_module_is_tested():
    assert {type(module).__name__ for module, _ in MODULE_CASES} | {"SyncBatchNorm"} == set(MODULES)


@pytest.mark.parametrize("name", FUNCTION_CASES)
def test_functions(name):
    check(Calls(FUNCTION_CASES[name]), FLAT)


@pytest.mark.parametrize("name", IMAGE_FUNCTION_CASES)
def test_functions_of_images(name):
    check(Calls(IMAGE_FUNCTION_CASES[name]), IMAGE)


def test_every_function_is_tested():
    seen = set()
    for function in (*FUNCTION_CASES.values(), *IMAGE_FUNCTION_CASES.values()):
        traced = torch.fx.symbolic_trace(Calls(function).eval())
        for node in traced.graph.nodes:
            if node.op in {"call_function", "call_method"}:
                name = Operation.of(node, {}).name
                seen.add(node.args[1] if name == "getattr" else name)
    assert {*FUNCTIONS, *MOVES, *ATTRIBUTES} - seen == {"float"}
