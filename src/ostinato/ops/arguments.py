"""Check shapes before a native call, as the library gets addresses only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from torch import Tensor

from ostinato import _shapes
from ostinato._errors import ShapeError

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


def check_arguments(
    cell: str,
    data: Tensor,
    batch_sizes: Tensor,
    state: Sequence[Tensor],
    weights: Sequence[Tensor],
    num_directions: int,
) -> None:
    """Raise ShapeError unless the tensors of a call fit each other.

    A layer checks its input; it cannot check parameters that were replaced, nor, compiled, the batch
    sizes.

    Example:
        >>> import torch
        >>> data, sizes = torch.zeros(3, 2), torch.tensor([2, 2])
        >>> check_arguments("GRU", data, sizes, [], [], 1)
        Traceback (most recent call last):
        ...
        ostinato._errors.ShapeError: GRU: batch_sizes must sum to the 3 steps of the data; got 4. \
Make the PackedSequence with torch.nn.utils.rnn.pack_sequence.
    """
    _shapes.check_batch_sizes(cell, batch_sizes, data.shape[0])
    hidden = state[0].shape[-1]
    rows = _GATES[cell] * hidden
    each: tuple[tuple[int, ...], ...] = ((rows, data.shape[1]), (rows, hidden), (rows,), (rows,))
    each = each[: max(2, len(weights) // num_directions)] * num_directions
    start = ((num_directions, int(batch_sizes[0]), hidden),) * len(state)
    given = (*state, *weights)
    for index, (tensor, shape) in enumerate(zip(given, (*start, *each), strict=True)):
        if tensor.shape != shape or tensor.dtype != data.dtype:
            _refuse(cell, index - len(state), len(each) // num_directions, tensor, shape, data)


def _refuse(
    cell: str, index: int, each: int, tensor: Tensor, shape: tuple[int, ...], data: Tensor
) -> NoReturn:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    name = names[index % each] if index >= 0 else "state"
    if tensor.shape != shape:
        raise ShapeError(
            f"{cell}: {name} must have shape {shape}; got {tuple(tensor.shape)}. "
            "Give the layer parameters of the sizes that it was made with."
        )
    raise ShapeError(
        f"{cell}: {name} must have dtype {data.dtype}, that of the input; got {tensor.dtype}. "
        f"Convert the whole module with .to({data.dtype})."
    )
