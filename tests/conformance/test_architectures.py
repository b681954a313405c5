"""Networks as people build them: skips, concatenations and convolutions, against plain stacks and against PyTorch."""

import itertools

import numpy as np
import pytest

import polyregions as pr
from polyregions import operators
from polyregions.networks.affine import enclosed_maps

SQUARE = pr.Polytope.box(-1, 1, dim=2)


def integers(seed, *shapes):
    """Small whole numbers: walls coincide and pass through corners."""
    rng = np.random.default_rng(seed)
    return [rng.integers(-3, 4, size=shape) / 2.0 for shape in shapes]


def partition(network):
    """The exact areas of all linear regions, and the affine map on each."""
    regions = pr.enumerate_regions(network, SQUARE)
    volumes = pr.region_volumes(regions)
    parts = [part.tolist() for part in pr.linear_regions(regions)]
    return sorted(
        (sum(volumes[i] for i in part), tuple(map(str, regions.affine_map(part[0]).exact.entries()))) for part in parts
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_residual_block_and_the_same_function_as_a_plain_stack(seed):
    """On the square x + 2 is positive, so that ReLU carries x through: relu(x + 2) - 2 = x."""
    first, bias, second, last = integers(seed, (5, 2), 5, (2, 5), (2, 2))
    (x,) = operators.inputs((1, 2))
    relu = pr.Activation.relu()
    inside = operators.linear(operators.linear(x, first, bias).activate(relu), second)
    residual = operators.linear(operators.add(inside, x).activate(relu), last).network()
    plain = pr.Network.from_arrays(
        [np.vstack([first, np.eye(2)]), np.hstack([second, np.eye(2)]), last],
        [np.append(bias, [2.0, 2.0]), [-2.0, -2.0], [0.0, 0.0]],
    )
    points = np.random.default_rng(seed).uniform(-1, 1, size=(20, 2))
    assert [pr.evaluate_exactly(residual, p) for p in points] == [pr.evaluate_exactly(plain, p) for p in points]
    assert partition(residual) == partition(plain)
    assert len(pr.enumerate_regions(residual, SQUARE)) == len(pr.enumerate_regions(plain, SQUARE))


@pytest.mark.parametrize("seed", range(12))
def test_concatenated_features_and_the_same_function_as_a_plain_stack(seed):
    """Outputs of ReLU pass another ReLU unchanged; that touches zero and cuts nothing."""
    first, bias, second, shift, last = integers(seed, (4, 2), 4, (3, 4), 3, (1, 7))
    relu = pr.Activation.relu()
    (x,) = operators.inputs((1, 2))
    one = operators.linear(x, first, bias).activate(relu)
    two = operators.linear(one, second, shift).activate(relu)
    dense = operators.linear(operators.concatenate([one, two], 1), last).network()
    plain = pr.Network.from_arrays(
        [first, np.vstack([np.eye(4), second]), last], [bias, np.append(np.zeros(4), shift), [0.0]]
    )
    assert partition(dense) == partition(plain)
    assert len(pr.enumerate_regions(dense, SQUARE)) == len(pr.enumerate_regions(plain, SQUARE))


def modules():
    """Small modules with two inputs that use every kind of layer."""
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.enter, self.block, self.leave = nn.Linear(2, 6), nn.Linear(6, 6), nn.Linear(6, 2)

        def forward(self, x):
            h = torch.relu(self.enter(x))
            return self.leave(torch.relu(self.block(h) + h))

    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two, self.leave = nn.Linear(2, 4), nn.Linear(2, 4), nn.Linear(12, 1)

        def forward(self, x):
            a, b = self.one(x), nn.functional.hardtanh(self.two(x))
            return self.leave(torch.cat([a.abs(), b, torch.maximum(a, b)], dim=1)), torch.minimum(a, 2 * b - 1)

    class Maxout(nn.Module):
        def __init__(self):
            super().__init__()
            self.enter, self.leave = nn.Linear(2, 12), nn.Linear(4, 6)

        def forward(self, x):
            return self.leave(self.enter(x).view(-1, 4, 3).amax(dim=2)).view(-1, 2, 3).amax(dim=2)

    def image(*layers, channels=1, side=4):
        size = channels * side * side
        return nn.Sequential(nn.Linear(2, size), nn.Unflatten(1, (channels, side, side)), *layers, nn.Flatten())

    def signal(*layers):
        return nn.Sequential(nn.Linear(2, 12), nn.Unflatten(1, (2, 6)), *layers, nn.Flatten())

    return {
        "kinks": nn.Sequential(
            nn.Linear(2, 5),
            nn.LeakyReLU(0.1),
            nn.Linear(5, 5),
            nn.Hardtanh(-0.4, 0.6),
            nn.Linear(5, 4),
            nn.Softshrink(0.1),
        ),
        "slopes": nn.Sequential(nn.Linear(2, 6), nn.PReLU(6), nn.Linear(6, 5), nn.ReLU6(), nn.Hardsigmoid()),
        "thresholds": nn.Sequential(nn.Linear(2, 6), nn.Threshold(0.2, 0.2), nn.Dropout(), nn.Linear(6, 3)),
        "residual": Residual(),
        "branches": Branches(),
        "maxout": Maxout(),
        "convolution": image(
            nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 4, 2, groups=2)
        ),
        "strides": image(nn.ReLU(), nn.Conv2d(1, 2, 2, stride=2, dilation=2, padding=1), nn.ReLU(), nn.AvgPool2d(2, 1)),
        "overlaps": image(nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(1, 1, 3), nn.ReLU()),
        "signals": signal(
            nn.Conv1d(2, 2, 3), nn.BatchNorm1d(2), nn.PReLU(2), nn.MaxPool1d(2, ceil_mode=True), nn.AvgPool1d(2)
        ),
        "adaptive": image(nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Conv2d(1, 3, 1), nn.ReLU(), nn.AdaptiveMaxPool2d(1)),
    }


NAMES = [
    *("kinks", "slopes", "thresholds", "residual", "branches", "maxout", "convolution", "strides", "overlaps"),
    *("signals", "adaptive"),
]


def trained_looking(module, seed):
    """Give batch norms and slopes numbers that do something."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(seed)
    for part in module.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.running_mean.uniform_(-0.5, 0.5)
            part.running_var.uniform_(0.5, 2.0)
            torch.nn.init.uniform_(part.weight, -1.0, 1.5)
            torch.nn.init.uniform_(part.bias, -0.5, 0.5)
        if isinstance(part, torch.nn.PReLU):
            torch.nn.init.uniform_(part.weight, -0.5, 1.0)
    return module.eval()


def jacobians(module, points):
    """PyTorch's Jacobians at points, shape (N, outputs, inputs), in double precision."""
    torch = pytest.importorskip("torch")
    inputs = torch.tensor(points, requires_grad=True)
    outputs = module.double()(inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    columns = [column for output in outputs for column in output.reshape(len(points), -1).T]
    grads = [torch.autograd.grad(column.sum(), inputs, retain_graph=True)[0] for column in columns]
    return torch.stack(grads, dim=1).numpy()


@pytest.mark.parametrize("name", NAMES)
def test_regions_of_modules_against_a_fine_grid_of_gradients(name):
    module = trained_looking(modules()[name], seed=len(name))
    network = pr.Network.from_torch(module, input_shape=(2,))
    complex_ = pr.build_complex(network, SQUARE)
    regions = complex_.regions
    half = pr.Polytope.box([-0.5, -1.0], [0.25, 0.5])
    one, other = (pr.enumerate_regions(network, half, engine=engine) for engine in ("branching", "subdivision"))
    assert one.complete
    assert other.complete
    assert one.patterns.tolist() == other.patterns.tolist()
    assert complex_.euler_characteristic == 1
    axis = (np.arange(120) + 0.5) / 60.0 - 1.0 + 2.0**-30
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    place = regions.locate(grid)
    seen = place >= 0
    assert seen.mean() > 0.99
    grid, place = grid[seen], place[seen]
    found = jacobians(module, grid)
    maps = np.stack([regions.affine_map(i).matrix for i in range(len(regions))])
    # PyTorch's derivative of a hard sigmoid has 1/6 in single precision, also for doubles.
    loose = 1e-7 if name == "slopes" else 1e-11
    np.testing.assert_allclose(maps[place], found, rtol=0, atol=loose)  # so one region has one gradient
    linear = np.zeros(len(regions), dtype=int)
    for number, part in enumerate(pr.linear_regions(complex_)):
        linear[part] = number
    # Where regions touch, the same linear region means the same gradient, and another one another.
    for i, j in pr.region_graph(complex_).edges:
        jump = np.abs(maps[i] - maps[j]).max()
        assert jump == 0.0 or jump > 1e-12
        assert (jump == 0.0) == (linear[i] == linear[j])
    # Gradients that the grid sees in one linear region are one; no linear region that it sees is missing.
    first = {label: found[linear[place] == label][0] for label in set(linear[place].tolist())}
    assert all(np.abs(found[k] - first[linear[p]]).max() < 1e-11 for k, p in enumerate(place.tolist()))
    distinct = pr.distinct_affine_maps(regions)
    assert len(np.unique(found.reshape(len(found), -1).round(9), axis=0)) <= distinct <= linear.max() + 1


def test_a_convolutional_network_for_digits_in_a_plane_through_three_images():
    """Convolution, batch norm, ReLU, max-pooling, dense; trained, cut in a plane, compared at 10,000 points."""
    torch = pytest.importorskip("torch")
    datasets = pytest.importorskip("sklearn.datasets")
    nn = torch.nn
    digits = datasets.load_digits()
    images, labels = digits.images[:, None] / 16.0, torch.tensor(digits.target)
    torch.manual_seed(0)
    module = nn.Sequential(
        *(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 10)),
    )
    inputs = torch.tensor(images, dtype=torch.float32)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02)
    for batch in torch.cat([torch.randperm(len(inputs)) for _ in range(8)]).split(128):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(inputs[batch]), labels[batch]).backward()
        optimizer.step()
    module.eval()
    assert (module(inputs).argmax(dim=1) == labels).float().mean() > 0.85
    network = pr.Network.from_torch(module, input_shape=(1, 8, 8))
    corners = images[[0, 1, 2]].reshape(3, 64)
    directions = np.stack([corners[1] - corners[0], corners[2] - corners[0]], axis=1)  # exact: multiples of 1/16
    plane = network.after(directions, corners[0])
    regions = pr.enumerate_regions(plane, pr.Polytope.box(-0.125, 1.125, dim=2))
    assert regions.complete
    assert len(regions) > 1000
    points = np.random.default_rng(0).uniform(-0.125, 1.125, size=(10_000, 2))
    place = regions.locate(points)
    assert (place >= 0).all()  # random points on walls have probability zero
    scores = torch.tensor(points, requires_grad=True)
    flat = torch.tensor(corners[0]) + scores @ torch.tensor(directions.T)
    outputs = module.double()(flat.reshape(-1, 1, 8, 8))
    found = np.stack(
        [torch.autograd.grad(outputs[:, k].sum(), scores, retain_graph=True)[0].numpy() for k in range(10)], axis=1
    )
    maps = enclosed_maps(plane, regions.patterns)
    assert maps.error.max() < 1e-9
    np.testing.assert_allclose(maps.value[place][:, :, :-1], found, rtol=0, atol=1e-11)
    linear = pr.linear_regions(pr.build_complex(plane, regions.domain))
    assert 1 < len(linear) < len(regions)
    of_region = {i: number for number, part in enumerate(linear) for i in part.tolist()}
    gradients = {}
    for i, gradient in zip(place.tolist(), found, strict=True):
        gradients.setdefault(of_region[i], []).append(gradient)
    spread = [np.ptp(np.stack(group), axis=0).max() for group in gradients.values()]
    assert max(spread) < 1e-11


@pytest.mark.parametrize(("rank", "seed"), list(itertools.product((2, 3), range(3))))
def test_both_engines_on_pooled_images_with_small_whole_numbers(rank, seed):
    """Ties everywhere: zeros after ReLU, equal neighbours, walls through corners."""
    lift, kernel, last = integers(seed, (16, 2), (2, 1, 2, 2), (3, 2))
    (x,) = operators.inputs((1, 2))
    h = operators.conv(operators.reshape(operators.linear(x, lift), (1, 1, 4, 4)), kernel)
    h = operators.max_pool(h.activate(pr.Activation.relu()), rank)
    h = operators.linear(operators.flatten(operators.max_along(operators.flatten(h, 2), (2,))), last)
    network = h.network()
    one, other = (pr.enumerate_regions(network, SQUARE, engine=engine) for engine in ("branching", "subdivision"))
    assert one.patterns.tolist() == other.patterns.tolist()
    assert sum(pr.region_volumes(one)) == sum(pr.region_volumes(other)) == 4
