"""Two sides that are measured in turns, each in a process of its own.

Threads of torch that wait for work take the processors from the other side; ours let them rest, as
``ostinato train`` does, theirs are as torch has them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ostinato.bench.measure import Spread

Row = dict[str, Any]


class Worker:
    """One side, which does what it is told and says how long it took."""

    def __init__(self, script: str, side: str, options: Sequence[str]) -> None:
        environment = dict(os.environ)
        if side == "ours":
            environment.setdefault("OMP_WAIT_POLICY", "passive")
        self.process = subprocess.Popen(
            [sys.executable, script, "--side", side, *options],
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


def serve(prepare: Callable[[], tuple[Mapping[str, Callable[[], object]], Row]]) -> None:
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


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median and quartiles."""
    return {key: float(f"{value:.4g}") for key, value in vars(Spread.of(list(values))).items()}
