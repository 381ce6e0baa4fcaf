from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import torch

from benchmarks.kernels import ratio_to
from ostinato.bench import gate, peers, report, roofline
from ostinato.bench.compare import compare
from ostinato.bench.measure import Plan, interleave, ratios, threads_pinned
from ostinato.bench.peers import Peer, Results
from ostinato.bench.problem import Problem
from ostinato.bench.workloads import Workload
from ostinato.cli.main import run

TINY = Workload(input_size=3, hidden_size=4, batch_size=3, lengths="2-5")
SIZES = ("--input-size", "3", "--hidden-size", "4", "--batch-size", "3", "--lengths", "2-5")
ONCE = Plan(repeats=1, turn_s=0.0, settle_s=0.0)


class Clock:
    """A clock that stands still but for what the contestants add to it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def __call__(self) -> float:
        return self.now

    def contestant(self, name: str, seconds: float) -> Callable[[], None]:
        def run() -> None:
            self.order.append(name)
            self.now += seconds

        return run


def test_contestants_take_turns_after_a_warm_up() -> None:
    clock = Clock()
    contestants = {name: clock.contestant(name, 1.0) for name in "ab"}
    plan = Plan(repeats=3, turn_s=0.5, settle_s=0.0)
    rounds = interleave(contestants, plan, clock=clock)
    assert "".join(clock.order) == "ab" + "ababab"
    assert rounds == {"a": [1.0] * 3, "b": [1.0] * 3}


def test_who_was_warmed_up_before_is_not_again() -> None:
    clock = Clock()
    plan = Plan(repeats=1, turn_s=0.5, settle_s=0.0)
    interleave({"a": clock.contestant("a", 1.0)}, plan, warm_s={"a": 9.0}, clock=clock)
    assert clock.order == ["a"]


def test_quick_calls_fill_a_turn() -> None:
    clock = Clock()
    plan = Plan(repeats=1, turn_s=1.0, settle_s=0.0)
    rounds = interleave({"a": clock.contestant("a", 0.25)}, plan, clock=clock)
    assert len(clock.order) == 1 + 3 + 4  # warm-up, how long it takes, the turn
    assert rounds == {"a": [0.25]}


def test_a_slow_contestant_sits_out_after_its_budget() -> None:
    clock = Clock()
    contestants = {"ours": clock.contestant("ours", 1.0), "slow": clock.contestant("slow", 9.0)}
    plan = Plan(repeats=5, fewest=3, budget_s=10.0, settle_s=0.0)
    rounds = interleave(contestants, plan, clock=clock)
    assert rounds["slow"] == [9.0, 9.0, 9.0, None, None]
    assert rounds["ours"] == [1.0] * 5
    assert ratios(rounds, ["slow"], "ours") == [9.0] * 3


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with threads_pinned(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def broken(problem: Problem, part: str, value: float) -> Peer:
    """Ours, with one number of one result changed."""
    peer = peers.ours(problem)
    assert peer.results is not None
    right = peer.results

    def results() -> Results:
        found = right()
        found[part].view(-1)[0] += value
        return found

    return Peer(peer.run, results)


@pytest.mark.parametrize("part", ["output", "weight_hh_l0", "bias_ih_l0"])
@pytest.mark.parametrize("value", [1e-2, float("nan")])
def test_wrong_results_of_ours_have_no_ratio(part: str, value: float) -> None:
    makers = {
        "ours": lambda problem: broken(problem, part, value),
        "torch packed": peers.torch_packed,
    }
    row, rounds = compare(TINY, ONCE, makers=makers)
    assert row["gate"].startswith(f"failed: {part}")
    assert row["peers"]["torch packed"]["ratio"] is None
    assert ratio_to(row, rounds, ["torch packed"]) is None
    assert any("refused" in line for line in report.table(row))


def test_a_peer_with_wrong_results_has_no_ratio() -> None:
    makers = {
        "ours": peers.ours,
        "torch packed": lambda problem: broken(problem, "output", 1.0),
        "torch padded": peers.torch_padded,
    }
    row, rounds = compare(TINY, ONCE, makers=makers)
    assert row["gate"] == "passed"
    assert row["peers"]["torch packed"]["ratio"] is None
    assert row["peers"]["torch padded"]["ratio"] is not None
    assert ratio_to(row, rounds, ["torch packed"]) is None
    assert ratio_to(row, rounds, ["torch packed", "torch padded"]) is not None


def test_a_missing_gradient_is_a_wrong_one() -> None:
    problem = Problem.make(TINY)
    right = peers.reference(problem)
    found = {name: value for name, value in right.items() if name != "bias_hh_l0"}
    check = gate.check(found, right, "float32")
    assert (check.passed, check.worst, check.error) == (False, "bias_hh_l0", float("inf"))
    assert gate.check(right, right, "float64").passed


@pytest.fixture
def small_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roofline, "SHAPES", ((64, 64, 64),))


@pytest.mark.usefixtures("small_products")
@pytest.mark.parametrize("mode", ["train", "infer", "step"])
def test_the_command_prints_a_table(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["bench", *SIZES, "--cell", "gru", "--mode", mode, "--repeats", "1", "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    assert "gate: passed" in out
    row = json.loads(out.splitlines()[-1])
    assert row["workload"]["cell"] == "gru"
    assert row["peers"]["ours"]["gate"]["passed"]
    assert row["roofline"]["share"] > 0


@pytest.mark.usefixtures("small_products")
def test_wrong_results_end_the_command_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(gate.TOLERANCES, "float32", {"output": 1e-30, "gradient": 1e-30})
    assert run(["bench", *SIZES, "--repeats", "1"]) == 1
    out, err = capsys.readouterr()
    assert "refused" in out
    assert "results of ours must equal torch's" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lengths", "many"), "lengths must be imdb"),
        (("--cell", "grru"), "gru"),
        (("--hidden-size", "0"), "hidden_size must be at least 1"),
        (("--repeats", "0"), "repeats must be at least 1"),
        (("--mode", "step", "--bidirectional"), "bidirectional must be False"),
        (("--celll", "gru"), "--cell"),
    ],
)
def test_a_bad_option_is_refused(
    options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", *options]) == 2
    assert message in capsys.readouterr().err
