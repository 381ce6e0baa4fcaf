from __future__ import annotations

import sys

import pytest
import torch

from ostinato.bench import gate, onnx_peers, peers, streaming
from ostinato.bench.compare import CONTESTANTS, compare
from ostinato.bench.measure import Plan
from ostinato.bench.pad_and_mask import PadAndMask
from ostinato.bench.peers import Peer, Results
from ostinato.bench.problem import Problem
from ostinato.bench.workloads import Workload

CELLS = ("rnn", "gru", "lstm")
ONCE = Plan(repeats=1, turn_s=0.0, settle_s=0.0)


def tiny(**changes: object) -> Workload:
    sizes = {"input_size": 3, "hidden_size": 5, "num_layers": 2, "batch_size": 4, "lengths": "1-7"}
    return Workload(**{**sizes, **changes})


def results_of(maker: peers.Maker, problem: Problem) -> Results:
    peer = maker(problem)
    assert isinstance(peer, Peer), peer
    assert peer.results is not None
    return peer.results()


def assert_equal(found: Results, right: Results, tolerance: float) -> None:
    assert found.keys() == right.keys()
    for name, exact in right.items():
        assert gate.relative_error(found, name, exact) < tolerance, name


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_the_reference_is_what_torch_packed_computes(cell: str, bidirectional: bool) -> None:
    problem = Problem.make(tiny(cell=cell, bidirectional=bidirectional, input_gradient=True))
    exact = problem.cast("float64")
    right = results_of(peers.torch_packed, exact)
    assert {"output", "input", "weight_hh_l1"} <= right.keys()
    assert_equal(peers.reference(problem), right, 1e-12)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("lengths", ["1-7", "6"])
@pytest.mark.parametrize("cell", CELLS)
def test_every_contestant_trains_alike(cell: str, lengths: str, bidirectional: bool) -> None:
    problem = Problem.make(tiny(cell=cell, bidirectional=bidirectional, lengths=lengths))
    right = peers.reference(problem)
    for name, maker in CONTESTANTS["train"].items():
        peer = maker(problem)
        assert isinstance(peer, Peer)
        if name == "torch padded" and bidirectional and problem.is_ragged:
            assert peer.results is None
            assert "wrong for the reverse direction" in peer.note
            continue
        assert_equal(results_of(maker, problem), right, 1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("lengths", ["1-7", "6"])
@pytest.mark.parametrize("cell", CELLS)
def test_onnx_runtime_infers_alike(cell: str, lengths: str, bidirectional: bool) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    problem = Problem.make(
        tiny(cell=cell, lengths=lengths, mode="infer", threads=2, bidirectional=bidirectional)
    )
    right = peers.reference(problem)
    for maker in (onnx_peers.sequences, onnx_peers.sequences_spinning, peers.ours):
        assert_equal(results_of(maker, problem), right, 1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_every_contestant_streams_alike(cell: str) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    problem = Problem.make(tiny(cell=cell, mode="step", batch_size=2))
    right = streaming.reference(problem)
    assert len(right["output"]) == streaming.STEPS_CHECKED
    for maker in CONTESTANTS["step"].values():
        assert_equal(results_of(maker, problem), right, 1e-5)
        assert_equal(results_of(maker, problem), right, 1e-5)  # from zeros again


def test_a_padded_row_ends_where_it_ends() -> None:
    problem = Problem.make(tiny(bidirectional=True))
    network = PadAndMask(problem.layer)
    alone = problem.layer(problem.padded(problem.data)[: int(problem.lengths[-1]), -1:])[0]
    output = network(problem.packed())[0]
    rows = torch.nn.utils.rnn.pad_packed_sequence(output)[0]
    torch.testing.assert_close(rows[: len(alone), -1:], alone)


def test_without_onnx_runtime_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    row, _ = compare(tiny(mode="infer"), ONCE)
    assert row["left_out"]["ONNX Runtime"] == "not installed; pip install ostinato[bench]"
    assert row["gate"] == "passed"


def test_bfloat16_and_autocast_pass_the_gate() -> None:
    makers = {
        "ours": peers.ours,
        "ours autocast": lambda problem: peers.ours(problem.under_autocast()),
        "ours float32": lambda problem: peers.ours(problem.cast("float32")),
    }
    row, _ = compare(tiny(dtype="bfloat16"), ONCE, makers=makers)
    assert [facts["gate"]["passed"] for facts in row["peers"].values()] == [True] * 3
    assert row["peers"]["ours float32"]["gate"]["error"] < 1e-5
