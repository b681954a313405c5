"""What certificates claim, what they say of themselves, and what is refused."""

from __future__ import annotations

import gzip
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import polyregions as pr
from polyregions.errors import CertificateRefused, DimensionMismatch, LimitReached

SQUARE = pr.Polytope.box(-1, 1, dim=2)
KINDS = ("faces", "branches")


def bent(outputs: int = 1) -> pr.Network:
    """Six units in the plane, then four: enough for bent walls."""
    rng = np.random.default_rng(5)
    weights = [rng.normal(size=(6, 2)), rng.normal(size=(4, 6)), rng.normal(size=(outputs, 4))]
    return pr.Network.from_arrays(weights, [0.3 * rng.normal(size=6), 0.3 * rng.normal(size=4), np.zeros(outputs)])


def test_what_is_proved_by_faces() -> None:
    complex_ = pr.build_complex(bent(), SQUARE)
    graph = pr.region_graph(complex_)
    proved = pr.check(pr.certify(complex_), bent(), SQUARE)
    assert proved == {
        "network": bent().digest,
        "domain": SQUARE.digest,
        "activation_regions": len(complex_.regions),
        "linear_regions": len(pr.linear_regions(complex_)),
        "region_graph": sorted(map(list, map(sorted, graph.edges))),
        "f_vector": list(complex_.f_vector()),
    }
    assert len(complex_.regions) > 20


def test_what_is_proved_by_branches() -> None:
    regions = pr.enumerate_regions(bent(), SQUARE)
    proof = pr.certify(regions, kind="branches")
    assert set(pr.check(proof, bent(), SQUARE)) == {"network", "domain", "activation_regions"}
    assert proof.claims["activation_regions"] == len(regions)
    patterns = [pattern[:10] for pattern in proof.content["regions"]["patterns"]]  # without the output, which is one
    assert patterns == regions.patterns.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_give_the_same_certificate(kind) -> None:
    texts = []
    for engine in ("branching", "subdivision"):
        content = dict(pr.certify(pr.enumerate_regions(bent(), SQUARE, engine=engine), kind=kind).content)
        content["regions"] = content["regions"]["patterns"]  # the witnesses are those that the engine found
        texts.append(json.dumps(content))
    assert texts[0] == texts[1]


def test_the_kind_is_chosen_by_what_is_known_and_by_dimension() -> None:
    line = pr.Network.from_arrays([np.ones((1, 5))], [[0.0]], ["relu"])
    regions = pr.enumerate_regions(line, pr.Polytope.box(-1, 1, dim=5))
    proof = pr.certify(regions)
    assert (proof.kind, repr(proof)) == ("branches", "Certificate(2 activation regions, proved by branches)")
    assert proof.why == "the dimension is 5, so there may be very many vertices"
    assert pr.certify(regions, kind="faces").why == "asked for"
    known = pr.certify(pr.build_complex(line, regions.domain))
    assert (known.kind, known.why) == ("faces", "all faces are known")
    f_vector = pr.check(known)["f_vector"]
    assert f_vector[-1] == 2
    assert sum((-1) ** k * count for k, count in enumerate(f_vector)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_maximum(kind) -> None:
    # |x| + |y|, minus 1: the largest value on the square is 1, at a corner; its negative is largest at the origin.
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [-1.0]], ["abs", "identity"])
    regions = pr.enumerate_regions(network, SQUARE)
    for factor, value in ((1.0, 1), (-0.5, Fraction(1, 2)), (0.0, 0)):
        proof = pr.certify(regions, kind=kind, maximize=[factor])
        assert pr.check(proof)["maximum"] == {"objective": [factor], "value": value} == proof.claims["maximum"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_maximum_is_the_largest_value_at_a_vertex(kind) -> None:
    network = bent(outputs=2)
    complex_ = pr.build_complex(network, SQUARE)
    at_vertices = [
        pr.evaluate_exactly(network, [Fraction(int(x.p), int(x.q)) for x in complex_.vertex_set.exact_point(vertex)])
        for vertex in range(len(complex_.vertex_set))
    ]
    known = complex_ if kind == "faces" else complex_.regions
    proof = pr.certify(known, kind=kind, maximize=[1, -0.25])
    assert pr.check(proof)["maximum"]["value"] == max(one - other / 4 for one, other in at_vertices)


@pytest.mark.parametrize("maximize", [[], [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], [np.nan, 1.0], ["one", "two"], 3.0])
def test_objectives_that_do_not_fit(maximize) -> None:
    regions = pr.enumerate_regions(bent(outputs=2), SQUARE)
    with pytest.raises(DimensionMismatch, match=r"objective|outputs"):
        pr.certify(regions, maximize=maximize)


def test_regions_that_are_not_all_cannot_be_certified() -> None:
    regions = pr.enumerate_regions(bent(), SQUARE, limits=pr.Limits(regions=3))
    for kind in ("auto", *KINDS):
        with pytest.raises(LimitReached, match="needs all regions, but this run was truncated"):
            pr.certify(regions, kind=kind)


def test_unknown_kinds() -> None:
    with pytest.raises(ValueError, match="auto, faces, branches; got 'volumes'"):
        pr.certify(pr.enumerate_regions(bent(), SQUARE), kind="volumes")


def test_progress_is_told() -> None:
    told: list[tuple[float, int]] = []
    regions = pr.enumerate_regions(bent(), SQUARE)
    for kind in KINDS:
        told.clear()
        pr.certify(regions, kind=kind, progress=lambda share, count: told.append((share, count)))
        assert told[-1] == (1.0, len(regions))
        assert [share for share, _ in told] == sorted(share for share, _ in told)


# Files.


@pytest.mark.parametrize("name", ["proof.json", "proof.json.gz"])
def test_files(tmp_path: Path, name) -> None:
    proof = pr.certify(pr.enumerate_regions(bent(), SQUARE))
    path = tmp_path / name
    proof.save(path)
    assert pr.check(path, bent(), SQUARE) == pr.check(str(path)) == pr.check(proof)
    data = path.read_bytes()
    text = (gzip.decompress(data) if name.endswith("gz") else data).decode()
    assert json.loads(text) == proof.content
    again = tmp_path / ("again" + name)
    proof.save(again)
    assert again.read_bytes() == data  # no time, no name


def test_other_names_are_refused(tmp_path: Path) -> None:
    proof = pr.certify(pr.enumerate_regions(bent(), SQUARE))
    for name in ("proof", "proof.npz", "proof.gz", "proof.json.zip"):
        with pytest.raises(ValueError, match=r"written to \.json or \.json\.gz, got 'proof"):
            proof.save(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        pr.check(tmp_path / "proof.json")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"null", b"\x1f\x8b", b"\xff\xfe", b"[" * 100_000])
def test_files_that_are_no_certificates(tmp_path: Path, data) -> None:
    (tmp_path / "proof.json").write_bytes(data)
    with pytest.raises(CertificateRefused, match="no certificate"):
        pr.check(tmp_path / "proof.json")


def test_a_certificate_about_something_else() -> None:
    proof = pr.certify(pr.enumerate_regions(bent(), SQUARE))
    with pytest.raises(CertificateRefused, match="about another network"):
        pr.check(proof, bent(outputs=2))
    with pytest.raises(CertificateRefused, match="about another domain"):
        pr.check(proof, bent(), pr.Polytope.box(-1, 2, dim=2))


# Numbers that floats cannot hold.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-300, 1e150, 2.0**-1000])
def test_scaled_weights(kind, scale) -> None:
    rows = np.array([[1, 0], [0, 1], [1, 1]]) * scale
    network = pr.Network.from_arrays([rows, [[1.0, 3.0, 9.0]]], [np.array([0.0, 0.0, -0.5]) * scale, [0.0]])
    proof = pr.certify(pr.enumerate_regions(network, SQUARE), kind=kind, maximize=[1.0])
    assert pr.check(proof, network)["activation_regions"] == 7


@pytest.mark.parametrize("kind", KINDS)
def test_lines_that_are_close(kind) -> None:
    offsets = [0.0, 1e-30, -1e-30, 1e-300]
    network = pr.Network.from_arrays([[[1.0, 1.0]] * 4, np.ones((1, 4))], [offsets, [0.0]])
    proof = pr.certify(pr.enumerate_regions(network, SQUARE), kind=kind)
    assert pr.check(proof)["activation_regions"] == 5


@pytest.mark.parametrize("kind", KINDS)
def test_domains_with_half_spaces(kind) -> None:
    body = pr.Polytope.from_halfspaces([[-1, 0], [0, -1], [1, 1]], [Fraction(1, 3), Fraction(1, 7), Fraction(2, 3)])
    proof = pr.certify(pr.enumerate_regions(bent(), body), kind=kind, maximize=[1.0])
    proved = pr.check(proof, bent(), body)
    assert proved["activation_regions"] == len(pr.build_complex(bent(), body).regions)
