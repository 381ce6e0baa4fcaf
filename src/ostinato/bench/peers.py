"""The contestants that run on torch: ours, torch packed, torch padded, and the expert's pad-and-mask.

A contestant's batch is prepared in the form that it takes before anything is timed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ostinato.bench.pad_and_mask import PadAndMask
from ostinato.bench.problem import Problem
from ostinato.nn import GRU, LSTM, RNN, RecurrentLayer

Results: TypeAlias = dict[str, Tensor]
"""``output`` in packed order, and in training the gradient of each parameter by its name."""

LAYERS: dict[str, Callable[..., RecurrentLayer]] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


@dataclass(frozen=True, eq=False)
class Peer:
    """A contestant.

    Args:
        run: What is timed.
        results: Runs it once and returns what it computed; None if that is not the workload.
        note: What a reader should know of it.
        own_error: Its results may differ by this much more than rounding, relative to the largest.
    """

    run: Callable[[], object]
    results: Callable[[], Results] | None
    note: str = ""
    own_error: float = 0.0


Maker: TypeAlias = Callable[[Problem], "Peer | str"]
"""Makes a contestant for a problem, or says why it cannot take part."""


def make_layer(problem: Problem) -> RecurrentLayer:
    """Return our layer with the parameters of the problem."""
    workload = problem.workload
    layer = LAYERS[workload.cell](
        workload.input_size,
        workload.hidden_size,
        num_layers=workload.num_layers,
        bidirectional=workload.bidirectional,
        dtype=problem.data.dtype,
    )
    layer.load_state_dict(problem.layer.state_dict())
    return layer


def ours(problem: Problem) -> Peer:
    """Return our layer: on a packed batch, or on a dense one where all lengths are equal."""
    note = "packed input" if problem.is_ragged else "dense input"
    return layer_peer(make_layer(problem), problem, dense=not problem.is_ragged, note=note)


def ours_packed(problem: Problem) -> Peer:
    """Return our layer on a packed batch, whatever the lengths."""
    return layer_peer(make_layer(problem), problem, dense=False)


def torch_packed(problem: Problem) -> Peer:
    """Return torch's layer on a packed batch."""
    return layer_peer(copy.deepcopy(problem.layer), problem, dense=False)


def torch_padded(problem: Problem) -> Peer:
    """Return torch's layer on a dense batch, padded with zeros and not masked."""
    layer = copy.deepcopy(problem.layer)
    if problem.is_ragged and problem.workload.bidirectional:
        note = "a speed reference only: wrong for the reverse direction of ragged rows"
        return layer_peer(layer, problem, dense=True, note=note, is_exact=False)
    note = "computes the padding too" if problem.is_ragged else ""
    return layer_peer(layer, problem, dense=True, note=note)


def pad_and_mask(problem: Problem) -> Peer:
    """Return what an expert does: pad, one dense call, gather the real steps."""
    network = PadAndMask(problem.layer)
    note = "from a packed batch to a packed batch; a call for each layer and direction"
    if not problem.workload.bidirectional:
        note = "from a packed batch to a packed batch"
    return layer_peer(network, problem, dense=False, note=note)


def layer_peer(
    layer: nn.Module, problem: Problem, *, dense: bool, note: str = "", is_exact: bool = True
) -> Peer:
    """Return a contestant that calls ``layer`` on the batch, packed or dense."""
    given = problem.padded(problem.data) if dense else problem.data.clone()
    given.requires_grad_(problem.workload.input_gradient)
    target = problem.padded(problem.target) if dense else problem.target
    layer.train(problem.workload.mode == "train")

    def forward() -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=problem.workload.autocast):
            if dense:
                output: Tensor = layer(given)[0]
                return output
            packed: PackedSequence = layer(PackedSequence(given, problem.batch_sizes))[0]
            return packed.data

    def infer() -> Tensor:
        with torch.inference_mode():
            return forward()

    def train() -> Tensor:
        layer.zero_grad(set_to_none=True)
        given.grad = None
        output = forward()
        torch.autograd.backward((output * target).sum())
        return output.detach()

    run = train if problem.workload.mode == "train" else infer

    def in_order(values: Tensor) -> Tensor:
        return values.flatten(0, 1).index_select(0, problem.cells) if dense else values

    def results() -> Results:
        found = {"output": in_order(run())}
        if problem.workload.mode == "train":
            found |= {key: part.grad for key, part in _parameters(layer) if part.grad is not None}
            if given.grad is not None:
                found["input"] = in_order(given.grad)
        return found

    return Peer(run, results if is_exact else None, note)


def reference(problem: Problem) -> Results:
    """Return what is right: torch's arithmetic in float64, each row by itself past its end."""
    exact = problem.cast("float64")
    peer = pad_and_mask(exact)
    assert peer.results is not None
    return peer.results()


def _parameters(layer: nn.Module) -> list[tuple[str, Tensor]]:
    if isinstance(layer, PadAndMask):
        return layer.parameters_by_torch_name()
    return list(layer.named_parameters())
