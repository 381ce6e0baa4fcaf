"""Derivatives of a layer without a kernel: of higher order, and batched.

They are those of `ostinato.ops.plain`, recomputed when asked for, so that a training step pays nothing
for them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ostinato.ops import plain
from ostinato.ops.layout import Layout
from ostinato.ops.weights import Weights


class Arguments(NamedTuple):
    """The arguments of the op ``recurrent`` but the last."""

    data: Tensor
    batch_sizes: Tensor
    state: list[Tensor]
    weights: list[Tensor]
    cell: str
    num_directions: int

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The differentiable arguments: data, states, weights."""
        return (self.data, *self.state, *self.weights)

    def run(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return the output and the final states, with other `tensors`."""
        data, *rest = tensors
        count = len(self.state)
        state, flat = tuple(rest[:count]), rest[count:]
        each = len(flat) // self.num_directions
        weights = [Weights(*flat[at : at + each]) for at in range(0, len(flat), each)]
        output, final = plain.run_layer(self.cell, data, Layout(self.batch_sizes), state, weights)
        return (output, *final)


def first(d_results: tuple[Tensor, ...], arguments: Arguments) -> tuple[Tensor, ...]:
    """Return the gradients of data, states and weights.

    Args:
        d_results: Gradients of the output and of each final state; of many at once under ``vmap``.
        arguments: What the layer was run with.
    """
    gradients: tuple[Tensor, ...] = torch.func.vjp(arguments.run, *arguments.tensors)[1](d_results)
    return gradients


def second(
    d_gradients: tuple[Tensor | None, ...], d_results: tuple[Tensor, ...], arguments: Arguments
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return the gradients of the results of `first` with respect to its arguments.

    Args:
        d_gradients: Gradients of the results of `first`; None for unused ones.
        d_results: As in `first`.
        arguments: As in `first`.
    """

    def first_of(d_results: tuple[Tensor, ...], tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return torch.func.vjp(arguments.run, *tensors)[1](d_results)  # type: ignore[no-any-return]

    tensors = arguments.tensors
    given = tuple(
        torch.zeros_like(part) if d_part is None else d_part
        for part, d_part in zip(tensors, d_gradients, strict=True)
    )
    by_results, by_tensors = torch.func.vjp(first_of, d_results, tensors)[1](given)
    return by_results, by_tensors
