"""What the first call on a shape costs that was never seen before, against a warm one."""

from __future__ import annotations

import copy
import statistics
import time
from dataclasses import dataclass
from typing import Literal

from torch import nn

from ostinato.bench.measure import Spread, threads_pinned
from ostinato.bench.peers import layer_peer, make_layer
from ostinato.bench.problem import Problem
from ostinato.bench.workloads import Workload

WARM_CALLS = 3


@dataclass(frozen=True)
class FirstCalls:
    """First and warm calls on several new shapes.

    Args:
        first_ms: Milliseconds of the first call on each shape.
        warm_ms: Milliseconds of a later call on the same, the median of some.
        ratio: First by warm, shape by shape.
    """

    first_ms: Spread
    warm_ms: Spread
    ratio: Spread


def first_calls(
    workload: Workload, name: Literal["ours", "torch padded"], *, shapes: int = 7
) -> FirstCalls:
    """Time the first call and later ones on shapes that no call had before.

    The layer stays the same and has been called on another shape before, so that what is measured
    is the shape and neither the weights nor the start of the library.

    Args:
        workload: What is measured; rows and longest length grow by one from shape to shape.
        name: Whose calls.
        shapes: Shapes to try.
    """
    first, warm = [], []
    with threads_pinned(workload.threads):
        problem = _shape(workload, 0)
        layer = make_layer(problem) if name == "ours" else copy.deepcopy(problem.layer)
        _seconds(layer, problem, calls=2, dense=name != "ours")
        for number in range(1, shapes + 1):
            problem = _shape(workload, number)
            seconds = _seconds(layer, problem, calls=1 + WARM_CALLS, dense=name != "ours")
            first.append(seconds[0])
            warm.append(statistics.median(seconds[1:]))
    quotients = [a / b for a, b in zip(first, warm, strict=True)]
    return FirstCalls(_milliseconds(first), _milliseconds(warm), Spread.of(quotients))


def _shape(workload: Workload, number: int) -> Problem:
    """Return the workload with ``number`` more rows, and as many more steps in the longest."""
    larger = workload.replace(batch_size=workload.batch_size + number)
    lengths = larger.row_lengths()
    return Problem.make(larger, [lengths[0] + number, *lengths[1:]])


def _seconds(layer: nn.Module, problem: Problem, *, calls: int, dense: bool) -> list[float]:
    """Return the seconds of each of some calls on one shape."""
    peer = layer_peer(layer, problem, dense=dense)
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        peer.run()
        seconds.append(time.perf_counter() - start)
    return seconds


def _milliseconds(seconds: list[float]) -> Spread:
    return Spread.of([1e3 * one for one in seconds])
