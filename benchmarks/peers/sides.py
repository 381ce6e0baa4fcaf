"""Two sides that are measured in turns, each in a process of its own.

Threads of torch that wait for work take the processors from the other side; ours let them rest, as
``ostinato train`` does, theirs are as torch has them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks import facts
from ostinato._native.library import status
from ostinato.bench.measure import Spread
from ostinato.tasks import Estimator
from ostinato.training import Objective, Split, denormals

Row = dict[str, Any]
Tasks = tuple[Mapping[str, Callable[[], object]], Row]
"""What a side can do, and facts of it: among them how many units a task takes."""

Taken = dict[tuple[str, str], list[float]]
"""The seconds of each task of each side, one a round."""


class Worker:
    """One side, which does what it is told and says how long it took."""

    def __init__(self, module: str, side: str, options: Sequence[str]) -> None:
        environment = dict(os.environ)
        if side == "ours":
            environment.setdefault("OMP_WAIT_POLICY", "passive")
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, "--side", side, *options],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.facts = self._answer()

    def seconds(self, task: str) -> float:
        """Return the seconds of one pass."""
        assert self.process.stdin is not None
        self.process.stdin.write(task + "\n")
        self.process.stdin.flush()
        return float(self._answer()["seconds"])

    def _answer(self) -> Row:
        assert self.process.stdout is not None
        answer: Row = json.loads(self.process.stdout.readline())
        return answer


@dataclass(frozen=True)
class Comparison:
    """A command that measures ours beside another library.

    Args:
        module: Its name for ``python -m``.
        turns: Task and side of each turn of a round; the other side comes first.
        unit: Name of the fact of a side by which its speed is counted.
        options: Options of the command that the sides are given too, each with its default.
        choices: What some of them may be.
        quick: Rounds and options of a look; such a row makes no table.
        prepare: Takes the arguments, returns what a side can do.
        row: Takes the arguments, the facts of each side and the seconds, returns what the row says
            beside speeds and circumstances.
        rounds: How often each task is measured.
    """

    module: str
    turns: tuple[tuple[str, str], ...]
    unit: str
    options: Mapping[str, Any]
    choices: Mapping[str, tuple[str, ...]]
    quick: Mapping[str, int]
    prepare: Callable[[argparse.Namespace], Tasks]
    row: Callable[[argparse.Namespace, dict[str, Row], Taken], Row]
    rounds: int

    @property
    def sides(self) -> tuple[str, ...]:
        """The other side, and ours."""
        return tuple(dict.fromkeys(side for _, side in self.turns))

    def main(self, about: str | None) -> None:
        """Measure, print the row; or be one of the sides."""
        parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
        for name, value in self.options.items():
            parser.add_argument(
                f"--{name}", type=type(value), default=value, choices=self.choices.get(name)
            )
        parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
        parser.add_argument("--rounds", type=int, default=self.rounds)
        parser.add_argument("--quick", action="store_true", help="such a row makes no table")
        parser.add_argument("--results", type=Path, default=None, help="file to append the row to")
        parser.add_argument("--side", choices=self.sides, help=argparse.SUPPRESS)
        arguments = parser.parse_args()
        if arguments.quick:
            vars(arguments).update(self.quick)
        if arguments.side:
            torch.set_num_threads(arguments.threads)
            with denormals.flushed():  # for both
                serve(lambda: self.prepare(arguments))
            return
        print(facts.append(self.measured(arguments), arguments.results))

    def measured(self, arguments: argparse.Namespace) -> Row:
        """Return the row: speeds in units a second, and how many times ours are theirs."""
        options = []
        for name in ("threads", *self.options):
            options += [f"--{name}", str(getattr(arguments, name))]
        workers = {side: Worker(self.module, side, options) for side in self.sides}
        taken: Taken = {turn: [] for turn in self.turns}
        for _ in range(arguments.rounds):
            for task, side in self.turns:
                taken[task, side].append(workers[side].seconds(task))
        said = {side: worker.facts for side, worker in workers.items()}
        tasks = dict.fromkeys(task for task, side in self.turns if side != "ours")
        return {
            "repeat": 0,
            "quick": arguments.quick,
            **self.row(arguments, said, taken),
            "rounds": arguments.rounds,
            **{task: self._speeds(task, said, taken) for task in tasks},
            "threads": arguments.threads,
            "instruction_set": status().instruction_set,
            **facts.stamp("src", "native"),
        }

    def _speeds(self, task: str, said: dict[str, Row], taken: Taken) -> Row:
        each = {
            side: [said[side][self.unit] / seconds for seconds in taken[task, side]]
            for side in self.sides
        }
        ratios = [a / b for b, a in zip(*each.values(), strict=True)]
        return {**{side: spread(values) for side, values in each.items()}, "ratio": spread(ratios)}


def serve(prepare: Callable[[], Tasks]) -> None:
    """Be a side: prepare tasks and say facts, then do what standard input says and how long it took."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    tasks, said = prepare()
    print(json.dumps(said), file=answers, flush=True)
    for task in map(str.strip, sys.stdin):
        tasks[task]()  # once to settle, after the other side's turn
        start = time.perf_counter()
        tasks[task]()
        print(json.dumps({"seconds": time.perf_counter() - start}), file=answers, flush=True)


def prepared(model: Estimator, splits: Mapping[str, Any]) -> tuple[dict[str, Split], Objective]:
    """Return what our loop would train on: a model's splits and objective, with fresh weights."""
    torch.manual_seed(0)
    model._fit_labels(splits)
    model.sized_ = model._sized(splits)
    loop_splits, objective, _ = model._prepare(splits)
    return loop_splits, objective


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median and quartiles."""
    return {key: float(f"{value:.4g}") for key, value in vars(Spread.of(list(values))).items()}
