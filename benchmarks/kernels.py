"""Measure the recurrent kernels against their peers, in turns, and append a row for each case.

    python -m benchmarks.kernels                       # every case but imdb-epoch: an hour or so
    python -m benchmarks.kernels imdb-train-gru step-lstm
    python -m benchmarks.kernels --quick ...           # few rounds; such rows make no table
    python -m benchmarks.kernels --list

A row names the case, the workload, the milliseconds of each contestant with their quartiles, the
ratios by round, what is asked of them, whether the results were right, the commit, the machine and
the versions. A case that loses stays; `benchmarks.table` makes the tables from the rows.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks import facts
from benchmarks.cases import epoch
from benchmarks.cases.kernels import CASES, Case, Claim
from benchmarks.cases.new_shapes import FirstCalls, first_calls
from benchmarks.memory import peak_of_step
from ostinato._native.library import status
from ostinato.bench import Workload, peers, roofline
from ostinato.bench.compare import compare, rounded, share_of, spread_facts
from ostinato.bench.measure import Plan, Rounds, Spread, ratios
from ostinato.bench.peers import Maker, Peer
from ostinato.bench.problem import Problem
from ostinato.bench.report import table

Row = dict[str, Any]
Figure = Callable[[Claim], "Spread | None"]


@dataclass(frozen=True)
class Effort:
    """How much time a case may take."""

    plan: Plan = field(default_factory=lambda: Plan(budget_s=8.0))
    repeats: int = 3
    shapes: int = 7
    ranks: int = 6
    whole_epoch: bool = False


QUICK = Effort(Plan(repeats=3, fewest=1, budget_s=1.0), repeats=1, shapes=3, ranks=3)


def main() -> None:
    """Run the named cases and append their rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", help="cases, all but imdb-epoch if none is named")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument("--quick", action="store_true", help="few rounds; no table has these rows")
    parser.add_argument(
        "--whole-epoch", action="store_true", help="imdb-epoch: run ours on every batch too"
    )
    parser.add_argument("--results", type=Path, default=None, help="file to append to")
    arguments = parser.parse_args()
    if arguments.list:
        for name, case in CASES.items():
            print(f"{name}: {case.measure}: {case.workload.describe()}")
        return
    unknown = [name for name in arguments.cases if name not in CASES]
    if unknown:
        parser.error(f"unknown case {', '.join(unknown)}; --list names them")
    effort = QUICK if arguments.quick else Effort(whole_epoch=arguments.whole_epoch)
    name_of_file = f"{facts.today()}-{facts.machine()['slug']}-kernels.jsonl"
    results = arguments.results or facts.RESULTS / name_of_file
    names = arguments.cases or [name for name in CASES if CASES[name].measure != "epoch"]
    for name in names:
        row = run_case(name, CASES[name], effort, quick=arguments.quick)
        facts.append(row, results)
        print("\n".join([f"{name}: {CASES[name].workload.describe()}", *_shown(row), ""]))
        sys.stdout.flush()


def run_case(name: str, case: Case, effort: Effort, *, quick: bool) -> Row:
    """Measure a case and return its row."""
    row, figure = MEASURES[case.measure](case, effort)
    claims = [_claim(claim, figure(claim), row) for claim in case.claims]
    return {
        "case": name,
        "repeat": 0,
        "quick": quick,
        "measure": case.measure,
        **row,
        "claims": claims,
        **_circumstances(),
    }


def _compare(case: Case, effort: Effort, makers: Mapping[str, Maker] | None = None) -> Any:
    """Time the contestants in turns; the machine's best rate is measured before and after."""
    before = roofline.best_rate(case.workload.threads)
    row, rounds = compare(case.workload, effort.plan, makers=makers)
    after = roofline.best_rate(case.workload.threads)
    rate = max(before, after, key=lambda one: one.flops)
    row["roofline"] = shares = share_of(rate, case.workload, rounds)

    def figure(claim: Claim) -> Spread | None:
        if claim.kind == "share":
            if not row["peers"]["ours"]["gate"]["passed"]:
                return None
            return Spread(*(shares[key] for key in ("share", "share_q1", "share_q3")))
        spread = ratio_to(row, rounds, claim.against)
        return _inverted(spread) if claim.kind == "cost" else spread

    return row, figure


def _bfloat16(case: Case, effort: Effort) -> Any:
    """Time ours in bfloat16, and under autocast, against ours in float32 on the same values."""
    makers: dict[str, Maker] = {
        "ours": peers.ours,
        "ours autocast": lambda problem: peers.ours(problem.under_autocast()),
        "ours float32": lambda problem: peers.ours(problem.cast("float32")),
    }
    return _compare(case, effort, makers)


def _equal(case: Case, effort: Effort) -> Any:
    """Time ours on ragged rows against ours on equal ones with no more tokens, dense and packed."""
    tokens = case.workload.facts()["tokens"]
    equal = case.workload.replace(lengths=str(tokens // case.workload.batch_size))
    makers: dict[str, Maker] = {
        "ours": peers.ours,
        "ours, equal lengths": lambda problem: _unchecked(peers.ours(Problem.make(equal))),
        "ours, equal, packed": lambda problem: _unchecked(peers.ours_packed(Problem.make(equal))),
    }
    return _compare(case, effort, makers)


def _memory(case: Case, effort: Effort) -> Any:
    """Measure the peak memory of a training step, each time in a new process."""
    names = ("ours", "torch padded")
    taken: dict[str, list[int]] = {name: [] for name in names}
    for _ in range(effort.repeats):
        for name in names:
            taken[name].append(peak_of_step(case.workload, name) or 0)
    quotients = [a / max(b, 1) for a, b in zip(*taken.values(), strict=True)]
    row = _checked(case.workload, names)
    for name in names:
        row["peers"][name]["peak_mib"] = rounded(statistics.median(taken[name]) / 2**20)
    spread = Spread.of(quotients) if row["gate"] == "passed" and all(quotients) else None
    return row, lambda claim: spread


def _first_call(case: Case, effort: Effort) -> Any:
    """Time the first call on new shapes, of ours and of torch padded."""
    row = _checked(case.workload, ("ours", "torch padded"))
    ours = first_calls(case.workload, "ours", shapes=effort.shapes)
    row["peers"]["ours"] |= _milliseconds(ours)
    padded = first_calls(case.workload, "torch padded", shapes=effort.shapes)
    row["peers"]["torch padded"] |= _milliseconds(padded)
    return row, lambda claim: ours.ratio if row["gate"] == "passed" else None


def _epoch(case: Case, effort: Effort) -> Any:
    """Estimate an epoch of IMDB."""
    plan = Plan(repeats=effort.plan.repeats, fewest=1, budget_s=1.0)
    row, rounds = epoch.measure(case.workload, plan, ranks=effort.ranks, whole=effort.whole_epoch)
    return row, lambda claim: ratio_to(row, rounds, claim.against)


MEASURES: dict[str, Callable[[Case, Effort], tuple[Row, Figure]]] = {
    "compare": _compare,
    "bfloat16": _bfloat16,
    "equal": _equal,
    "memory": _memory,
    "first-call": _first_call,
    "epoch": _epoch,
}


def _checked(workload: Workload, names: tuple[str, ...]) -> Row:
    """Return a row of contestants that were checked and timed a little."""
    makers = {name: MAKERS[name] for name in names}
    row, _ = compare(workload, Plan(repeats=1), makers=makers)
    return row


MAKERS: dict[str, Maker] = {"ours": peers.ours, "torch padded": peers.torch_padded}


def _claim(claim: Claim, spread: Spread | None, row: Row) -> Row:
    """Return a claim with what was measured; without right results it is refused."""
    if spread is not None:
        outcome = claim.outcome(spread.median)
    else:
        names = ["ours", *(name for name in claim.against if name in row["peers"])]
        is_right = all(is_fair(row, name) for name in names)
        outcome = "not measured" if is_right else "refused"
    return {**asdict(claim), "figure": spread_facts(spread), "outcome": outcome}


def _unchecked(peer: Peer | str) -> Peer | str:
    """Return a contestant with another batch than the one that results are checked on."""
    return Peer(peer.run, None, peer.note) if isinstance(peer, Peer) else peer


def _inverted(spread: Spread | None) -> Spread | None:
    return None if spread is None else Spread(1 / spread.median, 1 / spread.q3, 1 / spread.q1)


def ratio_to(row: Row, rounds: Rounds, names: Sequence[str]) -> Spread | None:
    """Return how many times slower the best of some peers was, or None where a gate failed.

    A peer that did not take part, or whose results were wrong, is not among the best.
    """
    fair = [name for name in names if name in rounds and is_fair(row, name)]
    if not is_fair(row, "ours") or not fair:
        return None
    return Spread.of(ratios(rounds, fair, "ours"))


def is_fair(row: Row, name: str) -> bool:
    """Return whether the results of a contestant passed the gate, or were not asked for."""
    check = row["peers"][name]["gate"]
    return check is None or bool(check["passed"])


def _milliseconds(calls: FirstCalls) -> Row:
    return {
        "ms": rounded(calls.first_ms.median),
        "q1_ms": rounded(calls.first_ms.q1),
        "q3_ms": rounded(calls.first_ms.q3),
        "ratio": None,
        "warm_ms": rounded(calls.warm_ms.median),
        "first_by_warm": spread_facts(calls.ratio),
    }


def _circumstances() -> Row:
    """Return of which code, with what and on what a row was measured."""
    native = status()
    configuration = torch.__config__.show()
    versions = {
        "onednn": re.search(r"MKL-DNN v(\S+)", configuration),
        "mkl": re.search(r"Math Kernel Library Version (\S+)", configuration),
    }
    return {
        **facts.stamp("src", "native"),
        **{name: match[1] if match else None for name, match in versions.items()},
        "onnxruntime": facts.version_or_none("onnxruntime"),
        "instruction_set": native.instruction_set,
        "compiler": getattr(native, "compiler", None),
    }


def _shown(row: Row) -> list[str]:
    lines = table(row)
    for claim in row["claims"]:
        figure = claim["figure"]
        measured = "no figure" if figure is None else f"{figure['median']:.2f}"
        against = ", ".join(claim["against"])
        lines.append(
            f"{claim['kind']} {against}: {measured} (must {claim['must']}, aim {claim['aim']}): "
            f"{claim['outcome']}"
        )
    return lines


if __name__ == "__main__":
    main()
