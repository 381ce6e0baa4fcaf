"""Time several contestants in turns, so that whatever slows the machine down slows down all."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

Rounds = dict[str, list[float | None]]
"""Seconds of one call of each contestant in each round; None where it sat the round out."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long to measure.

    Args:
        repeats: Rounds.
        fewest: Rounds that even a slow contestant takes part in.
        budget_s: Seconds of measured calls after which a contestant sits out further rounds.
        turn_s: Shortest turn: quick calls are repeated until they fill it.
        settle_s: Pause before each turn, in which the threads of the one before stop spinning.
    """

    repeats: int = 9
    fewest: int = 3
    budget_s: float = 20.0
    turn_s: float = 0.02
    settle_s: float = 0.03


@dataclass(frozen=True)
class Spread:
    """The middle of some values and the quartiles around it."""

    median: float
    q1: float
    q3: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return median and quartiles.

        Example:
            >>> Spread.of([1.0, 2.0, 3.0, 4.0, 5.0])
            Spread(median=3.0, q1=2.0, q3=4.0)
        """
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, q1, q3)


@contextmanager
def threads_pinned(threads: int) -> Iterator[None]:
    """Give torch, and so our kernels, this many threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def interleave(
    contestants: Mapping[str, Callable[[], object]],
    plan: Plan,
    *,
    warm_s: Mapping[str, float] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Rounds:
    """Time each contestant once a round, one after the other, for several rounds.

    Args:
        contestants: What to call, by name; every round goes through them in this order.
        plan: How long to measure.
        warm_s: Seconds of a call that each was already warmed up with; those that are not here
            are warmed up first.
        clock: Returns the time in seconds.

    Returns:
        Seconds of a call, by name, for each round.
    """
    calls = {
        name: _calls_a_turn(run, plan, (warm_s or {}).get(name), clock)
        for name, run in contestants.items()
    }
    rounds: Rounds = {name: [] for name in contestants}
    spent = dict.fromkeys(contestants, 0.0)
    for number in range(plan.repeats):
        for name, run in contestants.items():
            if number >= plan.fewest and spent[name] > plan.budget_s:
                rounds[name].append(None)
                continue
            time.sleep(plan.settle_s)
            seconds = _timed(run, calls[name], clock)
            spent[name] += seconds
            rounds[name].append(seconds / calls[name])
        if all(values[-1] is None for values in rounds.values()):
            break
    return rounds


def seconds_of(rounds: Rounds, name: str) -> list[float]:
    """Return the seconds of a contestant in the rounds that it took part in."""
    return [seconds for seconds in rounds[name] if seconds is not None]


def ratios(rounds: Rounds, peers: Sequence[str], ours: str) -> list[float]:
    """Return how many times slower than ``ours`` the best of ``peers`` was, round by round.

    Rounds that all of them, or ours, sat out are left out.

    Example:
        >>> ratios({"a": [2.0, 6.0], "b": [4.0, None], "ours": [1.0, 2.0]}, ["a", "b"], "ours")
        [2.0, 3.0]
    """
    found = []
    for number, own in enumerate(rounds[ours]):
        others = [rounds[peer][number] for peer in peers]
        present = [seconds for seconds in others if seconds is not None]
        if own is not None and present:
            found.append(min(present) / own)
    return found


def _calls_a_turn(
    run: Callable[[], object], plan: Plan, warm_s: float | None, clock: Callable[[], float]
) -> int:
    """Warm up if that is still to do, and return how many calls fill a turn."""
    if warm_s is None:
        warm_s = _timed(run, 1, clock)
    if warm_s >= plan.turn_s:
        return 1
    # The first call may be a slow one, so a quick contestant is timed over some more.
    seconds = min(_timed(run, 1, clock) for _ in range(3))
    return max(1, math.ceil(plan.turn_s / max(seconds, 1e-7)))


def _timed(run: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(calls):
        run()
    return clock() - start
