"""The contestants of one streamed step: our session, and torch's layer with its state carried."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from ostinato.bench.peers import Peer, Results, make_layer
from ostinato.bench.problem import Problem

STEPS_CHECKED = 5
"""Steps from a state of zeros whose outputs are compared, all on the same input."""

Step: TypeAlias = Callable[[], Any]


def ours(problem: Problem) -> Peer:
    """Return our streaming session."""
    layer = make_layer(problem).eval()

    def start() -> Step:
        session = layer.stream(batch_size=problem.num_rows)
        return lambda: session.step(problem.data)

    return step_peer(start, "a session's step")


def torch_step(problem: Problem) -> Peer:
    """Return torch's layer, called on one step with the state of the one before."""
    layer = copy.deepcopy(problem.layer).eval()
    return step_peer(lambda: _layer_step(layer, problem))


def reference(problem: Problem) -> Results:
    """Return what is right: torch's layer in float64 on the whole sequence of steps."""
    exact = problem.cast("float64")
    with torch.inference_mode():
        outputs = exact.layer(exact.data.expand(STEPS_CHECKED, -1, -1))[0]
    return {"output": outputs}


def step_peer(start: Callable[[], Step], note: str = "", own_error: float = 0.0) -> Peer:
    """Return a contestant that takes steps; ``start`` gives the step of a new stream."""
    timed = start()

    def run() -> object:
        with torch.inference_mode():
            return timed()

    def results() -> Results:
        step = start()
        with torch.inference_mode():
            outputs = [torch.as_tensor(step()).clone() for _ in range(STEPS_CHECKED)]
        return {"output": torch.stack(outputs)}

    return Peer(run, results, note, own_error)


def _layer_step(layer: torch.nn.Module, problem: Problem) -> Step:
    given, state = problem.data.unsqueeze(0), None

    def step() -> Tensor:
        nonlocal state
        output, state = layer(given, state)
        first: Tensor = output[0]
        return first

    return step
