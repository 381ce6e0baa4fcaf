"""Layers in torch's elementary operations, one step at a time, for function transforms.

``torch.func`` (``grad``, ``vjp``, ``jvp``, ``jacrev``, ``hessian``), ``vmap``, forward-mode derivatives
and derivatives of any order must see every operation; a kernel is opaque to them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ostinato.ops.layout import Layout
from ostinato.ops.reference import step
from ostinato.ops.weights import State, Weights


def run_layer(
    cell: str, data: Tensor, layout: Layout, state: State, weights: Sequence[Weights]
) -> tuple[Tensor, State]:
    """Run one layer in all its directions, as `ostinato.ops.native.run_layer` does."""
    outputs, finals = [], []
    for direction, parameters in enumerate(weights):
        run = run_backward if direction == 1 else run_forward
        start = tuple(part[direction] for part in state)
        output, final = run(cell, data, layout.batch_sizes, start, parameters)
        outputs.append(output)
        finals.append(final)
    return torch.cat(outputs, dim=-1), tuple(map(torch.stack, zip(*finals, strict=True)))


def run_forward(
    cell: str, data: Tensor, batch_sizes: Tensor, state: State, weights: Weights
) -> tuple[Tensor, State]:
    """Run one direction over a packed batch; rows that have ended leave the running state.

    Example:
        >>> weights = Weights(torch.eye(2), torch.eye(2))
        >>> sizes, h_0 = torch.tensor([2, 1]), torch.zeros(2, 2)
        >>> output, (h_n,) = run_forward("RNN_RELU", torch.ones(3, 2), sizes, (h_0,), weights)
        >>> output[:, 0], h_n[:, 0]
        (tensor([1., 1., 2.]), tensor([2., 1.]))
    """
    outputs, ended = [], []
    for gates in _gates(data, batch_sizes, weights):
        size = gates.shape[0]
        if size < state[0].shape[0]:
            ended.append(tuple(part[size:] for part in state))
            state = tuple(part[:size] for part in state)
        state = step(cell, gates, state, weights)
        outputs.append(state[0])  # (running rows, hidden)
    parts = zip(state, *reversed(ended), strict=True)
    return torch.cat(outputs), tuple(torch.cat(part) for part in parts)


def run_backward(
    cell: str, data: Tensor, batch_sizes: Tensor, state: State, weights: Weights
) -> tuple[Tensor, State]:
    """Do the same from each row's last step to its first; rows join where they begin.

    Example:
        >>> weights = Weights(torch.eye(2), torch.eye(2))
        >>> sizes, h_0 = torch.tensor([2, 1]), torch.zeros(2, 2)
        >>> output, (h_n,) = run_backward("RNN_RELU", torch.ones(3, 2), sizes, (h_0,), weights)
        >>> output[:, 0], h_n[:, 0]
        (tensor([2., 1., 1.]), tensor([2., 1.]))
    """
    outputs = []
    running = tuple(part[:0] for part in state)
    for gates in reversed(_gates(data, batch_sizes, weights)):
        joining = slice(running[0].shape[0], gates.shape[0])
        begun = zip(running, state, strict=True)
        running = tuple(torch.cat([part, start[joining]]) for part, start in begun)
        running = step(cell, gates, running, weights)
        outputs.append(running[0])  # (running rows, hidden)
    return torch.cat(outputs[::-1]), running


def _gates(data: Tensor, batch_sizes: Tensor, weights: Weights) -> tuple[Tensor, ...]:
    """Return the input's part of the gates at each step, ``(running rows, gates * hidden)`` each."""
    gates: tuple[Tensor, ...] = F.linear(data, weights.weight_ih, weights.bias_ih).split(
        batch_sizes.tolist()
    )
    return gates
