"""The benchmark suite: its names, its answers against other computations and theorems, its proofs, damaged files."""

from __future__ import annotations

import json
import runpy
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

import polyregions as pr
from polyregions.counters.case import Case, ExactAnswers, answers_digest, describe_domain
from polyregions.counters.suite import CASES, SUITE_VERSION, case_names, load_case, load_suite
from polyregions.errors import CertificateRefused, InvalidDomain, InvalidNetwork
from polyregions.measures import Measure
from polyregions.networks.evaluate import switch_signs
from polyregions.theory import constructions

ROOT = Path(__file__).parents[3]
FILES = ROOT / "polyregions" / "counters" / "cases"
FAMILIES = {"generic", "trained", "degenerate", "constructed"}
MOST = {"small": 120, "medium": 1500, "large": 6000}
SUITE = load_suite()
NAME = "degenerate-2d-boundary"

each_case = pytest.mark.parametrize("case", SUITE, ids=str)
each_small_case = pytest.mark.parametrize("case", SUITE[:10], ids=str)

THEOREMS = {
    "constructed-1d-sawtooth": constructions.sawtooth(6, wide=True),
    "constructed-3d-type-b": constructions.type_b(3),
    "constructed-4d-resonance": constructions.resonance(4),
    "constructed-2d-folding-cube": constructions.folding_cube(2, 4, 3, 4),
    "constructed-3d-hyperplanes": constructions.generic(25, 3),
}


# Names.


def test_names() -> None:
    assert SUITE_VERSION == "1"
    assert [len(case_names(size)) for size in CASES] == [10, 10, 10]
    assert len(set(case_names())) == 30
    assert tuple(case.name for case in SUITE) == case_names()
    for name in ("generic-1d-16x3", "generic-2d-16x3", "generic-2d-32x3", NAME):
        assert name in case_names()


@pytest.mark.parametrize("size", list(CASES))
def test_every_family_has_every_size(size: str) -> None:
    cases = load_suite(size)
    assert {case.family for case in cases} == FAMILIES
    assert {case.size for case in cases} == {size}


def test_inputs_and_domains() -> None:
    inputs = Counter(case.domain.dim for case in SUITE)
    assert set(inputs) == {1, 2, 3, 4, 5}
    assert inputs[2] + inputs[3] >= 20
    assert sum(not case.domain.is_box for case in SUITE) >= 2
    assert all(case.name.split("-")[1] == f"{case.network.input_dim}d" for case in SUITE)
    kinds = {str(layer.activation) for case in SUITE for layer in case.network.layers}
    assert {"relu", "hard_tanh", "leaky_relu(0.125)", "maximum of 3"} <= kinds


@pytest.mark.parametrize("name", ["", "generic", "generic-2d-16x3.json", "../cases/generic-2d-16x3"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(ValueError, match="there are generic-1d-16x3, generic-2d-8x2"):
        load_case(name)


def test_unknown_sizes() -> None:
    with pytest.raises(ValueError, match="small, medium, large; got 'tiny'"):
        case_names("tiny")


def test_a_case_is_a_pair() -> None:
    case = SUITE[0]
    network, domain = case
    assert (network, domain) == (case.network, case.domain)
    assert (str(case), repr(case)) == (case.name, f"Case('{case.name}', suite 1, 43 activation regions)")


def test_files() -> None:
    """No case lacks a file, no file is left over, and all are small enough to come with the package."""
    wanted = {name + ending for name in case_names() for ending in (".json", ".npz", ".proof.json.gz")}
    sizes = {path.name: path.stat().st_size for path in FILES.iterdir()}
    assert sizes.keys() == wanted
    assert max(sizes.values()) < 1_000_000
    assert sum(sizes.values()) < 6_000_000


# Answers.


@each_small_case
def test_answers_of_small_cases(case: Case) -> None:
    assert case.answers.differences(ExactAnswers.of(pr.build_complex(*case))) == []


@each_small_case
def test_answers_by_the_other_engine(case: Case) -> None:
    """Regions by linear programs; their graph, and the volumes of their polytopes, one by one."""
    regions, answers = pr.enumerate_regions(*case, engine="branching"), case.answers
    graph = pr.region_graph(regions, engine="branching")
    assert len(regions) == answers.definitions.activation_regions
    assert len(pr.linear_regions(regions, graph)) == answers.definitions.linear_regions
    assert pr.distinct_affine_maps(regions) == answers.definitions.distinct_affine_maps
    if case.domain.dim <= 3:
        sizes = [regions.polytope(number).volume for number in range(len(regions))]
        assert (min(sizes), max(sizes)) == (answers.smallest_volume, answers.largest_volume)
        assert sum(sizes) == case.domain.volume


@each_case
def test_counts_of_all_cases(case: Case) -> None:
    regions, numbers = pr.enumerate_regions(*case), case.answers.definitions
    assert len(regions) == numbers.activation_regions <= MOST[case.size]
    assert pr.distinct_affine_maps(regions) == numbers.distinct_affine_maps


@each_case
def test_what_holds_for_all_answers(case: Case) -> None:
    answers, n = case.answers, case.domain.dim
    numbers = answers.definitions
    counts = [numbers.activation_patterns, numbers.activation_regions, numbers.convex_pieces.upper]
    counts += [numbers.convex_pieces.lower, numbers.linear_regions, numbers.closed_linear_regions]
    assert sorted([*counts, numbers.distinct_affine_maps], reverse=True) == [*counts, numbers.distinct_affine_maps]
    assert answers.f_vector[-1] == numbers.activation_regions
    assert sum((-1) ** k * count for k, count in enumerate(answers.f_vector)) == 1
    mean = case.domain.volume / numbers.activation_regions
    assert 0 < answers.smallest_volume <= mean <= answers.largest_volume < case.domain.volume
    assert len(answers.f_vector) - 1 == len(answers.boundary_volumes) == len(answers.wall_volumes) == n
    visible, every = answers.boundary_volumes, answers.wall_volumes
    assert all(size.upper - size.lower <= 1e-6 * size.value for size in (*visible, *every))
    assert visible[0].lower <= every[0].upper
    assert visible[-1].exact is not None
    assert every[-1].exact is not None
    if case.family == "generic":
        assert numbers.activation_regions == numbers.linear_regions


@pytest.mark.parametrize("name", THEOREMS)
def test_answers_are_those_of_theorems(name: str) -> None:
    case, theorem = load_case(name), THEOREMS[name]
    numbers = case.answers.definitions
    assert case.network.digest == theorem.network.digest
    assert case.domain.digest == theorem.domain.digest
    assert numbers.activation_regions == theorem.activation_regions
    assert numbers.linear_regions == theorem.linear_regions
    if theorem.distinct_maps is not None:
        assert numbers.distinct_affine_maps == theorem.distinct_maps
    if theorem.face_counts is not None:
        assert case.answers.wall_volumes[-1].exact == theorem.face_counts[0]


def test_close_lines_are_close() -> None:
    """Of the parallelogram between two pairs of lines, 1e-30 apart, the third line cuts off a half."""
    assert load_case("degenerate-2d-close-lines").answers.smallest_volume < 1e-59


def test_concurrent_lines_concur() -> None:
    signs = switch_signs(load_case("degenerate-2d-concurrent-lines-16x2").network, [[0.25, -0.5], [-0.5, 0.5]])
    assert (signs == 0).sum(axis=1).tolist() == [20, 4]


def test_walls_without_biases_meet_in_one_point() -> None:
    assert load_case("degenerate-2d-zero-biases-8x2").answers.wall_volumes[-1].exact == 1


# Proofs.

CHECKED = [*SUITE[:10], *(case for case in SUITE[10:20] if case.answers.definitions.activation_regions < 400)]


@pytest.mark.parametrize("case", CHECKED, ids=str)
def test_certificates(case: Case) -> None:
    with case.certificate_path() as path:
        proved = pr.check(path, case.network, case.domain)
    assert proved["activation_regions"] == case.answers.definitions.activation_regions
    assert proved["linear_regions"] == case.answers.definitions.linear_regions
    assert tuple(proved["f_vector"]) == case.answers.f_vector
    assert set(case.proved) == set(proved) - {"network", "domain"}


def test_certificates_are_about_their_case() -> None:
    with SUITE[0].certificate_path() as path, pytest.raises(CertificateRefused, match="another network"):
        pr.check(path, *SUITE[1])


# Damage.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for ending in (".json", ".npz"):
        shutil.copy(FILES / (NAME + ending), tmp_path)
    return tmp_path


def change(folder: Path, repair: bool = False, **parts: Any) -> None:
    path = folder / f"{NAME}.json"
    content = json.loads(path.read_text()) | parts
    if repair:
        content["digests"]["answers"] = answers_digest(content)
    path.write_text(json.dumps(content))


def test_another_folder(folder: Path) -> None:
    assert load_case(NAME, folder).answers == load_case(NAME).answers
    assert load_case(NAME, str(folder)).network.digest == load_case(NAME).network.digest


def test_changed_answers(folder: Path) -> None:
    answers = load_case(NAME).answers.describe()
    change(folder, answers=answers | {"smallest_volume": "1/11"})
    with pytest.raises(ValueError, match="not those that were stored"):
        load_case(NAME, folder)


@pytest.mark.parametrize(
    "answers",
    [None, [], {}, {"smallest_volume": "1/0"}, {"largest_volume": "9" * 5000}, {"wall_volumes": [[1, 2]]}],
)
def test_answers_that_are_none(folder: Path, answers: Any) -> None:
    content = load_case(NAME).answers.describe() | answers if answers else answers
    change(folder, repair=True, answers=content)
    with pytest.raises(ValueError, match=r"answers in degenerate-2d-boundary\.json cannot be read"):
        load_case(NAME, folder)


@pytest.mark.parametrize("domain", [None, [], {}, {"lower": 0, "upper": "x"}, {"normals": [[1, 0]], "offsets": [1]}])
def test_domains_that_are_none(folder: Path, domain: Any) -> None:
    change(folder, domain=domain)
    with pytest.raises(InvalidDomain, match=r"domain in degenerate-2d-boundary\.json cannot be read"):
        load_case(NAME, folder)


def test_another_domain(folder: Path) -> None:
    change(folder, domain={"lower": [-1.0, -1.0], "upper": [1.0, 2.0]})
    with pytest.raises(InvalidDomain, match="digest differs"):
        load_case(NAME, folder)


def test_another_network(folder: Path) -> None:
    pr.save_network(SUITE[0].network, folder / f"{NAME}.npz")
    with pytest.raises(InvalidNetwork, match="another network"):
        load_case(NAME, folder)


@pytest.mark.parametrize("parts", [{"suite": "2"}, {"name": "generic-2d-8x2"}])
def test_another_case(folder: Path, parts: dict[str, str]) -> None:
    change(folder, **parts)
    with pytest.raises(ValueError, match="should hold this case of suite 1"):
        load_case(NAME, folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "[" * 100_000, '{"name": 1}'])
def test_files_that_are_no_case(folder: Path, text: str) -> None:
    (folder / f"{NAME}.json").write_text(text)
    with pytest.raises(ValueError, match=r"degenerate-2d-boundary\.json"):
        load_case(NAME, folder)


@pytest.mark.parametrize(("ending", "error"), [(".json", ValueError), (".npz", InvalidNetwork)])
def test_files_that_are_not_there(folder: Path, ending: str, error: type[Exception]) -> None:
    (folder / (NAME + ending)).unlink()
    with pytest.raises(error, match=NAME):
        load_case(NAME, folder)


@examples(60)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), ending=st.sampled_from([".json", ".npz"]))
def test_damaged_bytes_are_noticed(
    tmp_path_factory: pytest.TempPathFactory, place: float, byte: int, ending: str
) -> None:
    """One byte is replaced: the case is refused, or is the same as before."""
    folder, case = tmp_path_factory.mktemp("damaged"), load_case(NAME)
    for other in (".json", ".npz"):
        data = bytearray((FILES / (NAME + other)).read_bytes())
        if other == ending:
            data[int(place * len(data))] = byte
        (folder / (NAME + other)).write_bytes(data)
    try:
        read = load_case(NAME, folder)
    except ValueError:
        return
    assert read.answers == case.answers
    assert (read.source, read.proved) == (case.source, case.proved)
    assert (read.network.digest, read.domain.digest) == (case.network.digest, case.domain.digest)


# Answers and domains as data.


def test_answers_are_read_as_described() -> None:
    for case in SUITE:
        read = ExactAnswers.read(json.loads(json.dumps(case.answers.describe())))
        assert read == case.answers


def test_differences() -> None:
    answers = load_case(NAME).answers
    lower, value, upper = answers.boundary_volumes[0].lower, answers.boundary_volumes[0].value, np.inf
    near = (Measure(value, lower - 1.0, lower), *answers.boundary_volumes[1:])
    far = (Measure(upper, value + 1.0, upper), *answers.boundary_volumes[1:])
    assert answers.differences(replace(answers, boundary_volumes=near)) == []
    assert answers.differences(replace(answers, boundary_volumes=far)) == ["boundary_volumes"]
    assert answers.differences(replace(answers, wall_volumes=answers.wall_volumes[:1])) == ["wall_volumes"]
    wrong = replace(answers, f_vector=(14, 26, 12), smallest_volume=answers.smallest_volume / 2)
    assert answers.differences(wrong) == ["f_vector", "smallest_volume"]


@each_case
def test_domains_are_read_as_described(case: Case) -> None:
    numbers = json.loads(json.dumps(describe_domain(case.domain)))
    known = pr.Polytope.box if case.domain.is_box else pr.Polytope.from_halfspaces
    assert known(*numbers.values()).digest == case.domain.digest


# The script that made the files.


def test_the_script_makes_the_same_files(tmp_path: Path) -> None:
    script = runpy.run_path(str(ROOT / "examples" / "make_suite.py"))
    assert tuple(script["RECIPES"]) == case_names()
    for name in ("generic-2d-8x2", "degenerate-2d-zero-biases-8x2", "constructed-1d-sawtooth", NAME):
        made, stored = script["make"](name, tmp_path), load_case(name)
        assert (made.network.digest, made.domain.digest) == (stored.network.digest, stored.domain.digest)
        assert (made.source, made.proved) == (stored.source, stored.proved)
        assert made.answers.differences(stored.answers) == []


@pytest.mark.parametrize("name", [name for name in case_names() if not name.startswith("trained")])
def test_recipes_make_the_stored_networks(name: str) -> None:
    script = runpy.run_path(str(ROOT / "examples" / "make_suite.py"))
    network, domain, source = script["RECIPES"][name]()
    stored = load_case(name)
    assert (network.digest, domain.digest, source) == (stored.network.digest, stored.domain.digest, stored.source)
