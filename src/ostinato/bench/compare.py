"""Time a workload: check the results of every contestant, time them in turns, set up a row."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ostinato.bench import gate, onnx_peers, peers, roofline, streaming
from ostinato.bench.measure import (
    Plan,
    Rounds,
    Spread,
    interleave,
    ratios,
    seconds_of,
    threads_pinned,
)
from ostinato.bench.peers import Maker, Peer
from ostinato.bench.problem import Problem
from ostinato.bench.workloads import Workload

CONTESTANTS: Mapping[str, Mapping[str, Maker]] = {
    "train": {
        "ours": peers.ours,
        "torch packed": peers.torch_packed,
        "torch padded": peers.torch_padded,
        "pad and mask": peers.pad_and_mask,
    },
    "infer": {
        "ours": peers.ours,
        "torch packed": peers.torch_packed,
        "torch padded": peers.torch_padded,
        "pad and mask": peers.pad_and_mask,
        "ONNX Runtime": onnx_peers.sequences,
        "ONNX Runtime spinning": onnx_peers.sequences_spinning,
    },
    "step": {
        "ours": streaming.ours,
        "torch": streaming.torch_step,
        "ONNX Runtime": onnx_peers.step,
    },
}
"""Who takes part, by mode, in the order of a round; ours goes first."""

DISTURBING = ("ONNX Runtime spinning",)
"""Who is made and timed after the others are done, in rounds of its own.

As long as such a session lives, its threads spin on the processors of everybody else: beside it, ours
took 44 ms instead of 29, and torch padded 85 instead of 62 (LSTM of 256, 64 rows of 20-200 steps,
two threads).
"""

Row = dict[str, Any]


def compare(
    workload: Workload,
    plan: Plan | None = None,
    *,
    makers: Mapping[str, Maker] | None = None,
    rate: roofline.Rate | None = None,
) -> tuple[Row, Rounds]:
    """Check and time every contestant on a workload.

    Args:
        workload: What is measured.
        plan: How long to measure.
        makers: Who takes part beside ``ours``, which must be among them; all of the mode if not
            given.
        rate: The machine's best matrix-product rate; the row has a share of it if given.

    Returns:
        The row of results, and the seconds of each round for further ratios. Where the results
        of ours are wrong there is no ratio, and where those of a peer are, none to that peer.
    """
    plan = plan or Plan()
    with threads_pinned(workload.threads):
        problem = Problem.make(workload)
        invited = makers or CONTESTANTS[workload.mode]
        made: dict[str, Peer | str] = {}
        checks: dict[str, gate.Check] = {}
        rounds: Rounds = {}
        for disturbs in (False, True):
            group = {
                name: make(problem)
                for name, make in invited.items()
                if (name in DISTURBING) is disturbs
            }
            made |= group
            timed = {name: peer for name, peer in group.items() if isinstance(peer, Peer)}
            found, warm_s = check_all(problem, timed)
            checks |= found
            rounds |= interleave(
                {name: peer.run for name, peer in timed.items()}, plan, warm_s=warm_s
            )
    present = {name: peer for name, peer in made.items() if isinstance(peer, Peer)}
    row: Row = {
        "workload": workload.facts(),
        "gate": str(checks["ours"]),
        "peers": {name: _facts(name, peer, rounds, checks) for name, peer in present.items()},
        "left_out": {name: reason for name, reason in made.items() if isinstance(reason, str)},
    }
    if rate is not None:
        row["roofline"] = share_of(rate, workload, rounds)
    return row, rounds


def check_all(
    problem: Problem, present: Mapping[str, Peer]
) -> tuple[dict[str, gate.Check], dict[str, float]]:
    """Run each contestant once, which warms it up too; return the checks and the seconds.

    A contestant that is no more than a speed reference is not checked, nor warmed up.
    """
    is_step = problem.workload.mode == "step"
    right = streaming.reference(problem) if is_step else peers.reference(problem)
    checks, seconds = {}, {}
    for name, peer in present.items():
        if peer.results is None:
            continue
        start = time.perf_counter()
        found = peer.results()
        seconds[name] = time.perf_counter() - start
        checks[name] = gate.check(found, right, problem.workload.dtype, own_error=peer.own_error)
    return checks, seconds


def share_of(rate: roofline.Rate, workload: Workload, rounds: Rounds) -> dict[str, Any]:
    """Return what share of the machine's best rate ours reached, and the rates."""
    work = roofline.flops(workload)
    spread = Spread.of([work / seconds for seconds in seconds_of(rounds, "ours")])
    return {
        "flops": work,
        "best_gflops": round(rate.flops / 1e9, 2),
        "best": rate.where,
        "ours_gflops": round(spread.median / 1e9, 2),
        "share": round(spread.median / rate.flops, 6),
        "share_q1": round(spread.q1 / rate.flops, 6),
        "share_q3": round(spread.q3 / rate.flops, 6),
    }


def _facts(
    name: str, peer: Peer, rounds: Rounds, checks: Mapping[str, gate.Check]
) -> dict[str, Any]:
    seconds = seconds_of(rounds, name)
    spread = Spread.of([1e3 * one for one in seconds])
    check = checks.get(name)
    facts: dict[str, Any] = {
        "ms": rounded(spread.median),
        "q1_ms": rounded(spread.q1),
        "q3_ms": rounded(spread.q3),
        "rounds": len(seconds),
        "note": peer.note,
        "gate": None if check is None else check.as_json(),
        "ratio": None,
    }
    is_checked = check is None or check.passed
    if name != "ours" and is_checked and checks["ours"].passed:
        facts["ratio"] = spread_facts(Spread.of(ratios(rounds, [name], "ours")))
    return facts


def spread_facts(spread: Spread | None) -> dict[str, float] | None:
    """Return the fields of a spread for a row of results."""
    if spread is None:
        return None
    return {key: rounded(value) for key, value in vars(spread).items()}


def rounded(value: float) -> float:
    """Return a value with four significant digits."""
    return float(f"{value:.4g}")
