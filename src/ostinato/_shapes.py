"""Checks of shapes, dtypes and lengths, with their messages: written here and nowhere else.

Each check returns nothing or raises `ShapeError`, which is also a ``RuntimeError`` and a
``ValueError``: handlers written for ``torch.nn`` keep working.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato._errors import ShapeError


def check_is_packed(where: str, value: object) -> None:
    """Raise ShapeError unless ``value`` is a well-formed, non-empty ``PackedSequence``.

    Example:
        >>> check_is_packed("LSTM", torch.zeros(2))
        Traceback (most recent call last):
        ...
        ostinato._errors.ShapeError: LSTM: input must be a PackedSequence; got Tensor. Pack it \
with torch.nn.utils.rnn.pack_sequence or pack_padded_sequence.
    """
    if not isinstance(value, PackedSequence):
        raise ShapeError(
            f"{where}: input must be a PackedSequence; got {type(value).__name__}. "
            "Pack it with torch.nn.utils.rnn.pack_sequence or pack_padded_sequence."
        )
    if torch.compiler.is_compiling():
        return  # a graph cannot look at values; the library does
    check_batch_sizes(where, value.batch_sizes, value.data.shape[0] if value.data.dim() else 0)


def check_batch_sizes(where: str, batch_sizes: Tensor, num_rows: int) -> None:
    """Raise ShapeError unless ``batch_sizes`` are positive, never rise, sum to ``num_rows``."""
    if batch_sizes.dtype != torch.int64 or batch_sizes.dim() != 1:
        raise ShapeError(
            f"{where}: batch_sizes must be of one dimension and torch.int64; got shape "
            f"{tuple(batch_sizes.shape)} and {batch_sizes.dtype}. "
            "Make the PackedSequence with torch.nn.utils.rnn.pack_sequence."
        )
    sizes = batch_sizes.tolist()  # thrice as quick to look at as a tensor
    if not sizes or sizes[-1] < 1:
        raise ShapeError(
            f"{where}: every sequence must have at least one step; "
            f"got batch_sizes {_first(sizes)}. Leave empty sequences out."
        )
    if any(size > before for before, size in pairwise(sizes)):
        raise ShapeError(
            f"{where}: batch_sizes must never rise; got {_first(sizes)}. "
            "Make the PackedSequence with torch.nn.utils.rnn.pack_sequence."
        )
    if sum(sizes) != num_rows:
        raise ShapeError(
            f"{where}: batch_sizes must sum to the {num_rows} steps of the data; "
            f"got {sum(sizes)}. "
            "Make the PackedSequence with torch.nn.utils.rnn.pack_sequence."
        )


def check_is_dense(where: str, value: object) -> None:
    """Raise ShapeError unless ``value`` is a tensor of one block of memory.

    Example:
        >>> check_is_dense("LSTM", [[0.5]])
        Traceback (most recent call last):
        ...
        ostinato._errors.ShapeError: LSTM: input must be a dense tensor or a PackedSequence; got list. \
Make a tensor of it with torch.as_tensor, or of tensors of several lengths torch.nn.utils.rnn.pack_sequence.
    """
    if isinstance(value, Tensor) and value.layout is torch.strided and not value.is_nested:
        return
    given = type(value).__name__
    advice = (
        "Make a tensor of it with torch.as_tensor, or of tensors of several lengths "
        "torch.nn.utils.rnn.pack_sequence."
    )
    if isinstance(value, Tensor):
        given = "a nested tensor" if value.is_nested else f"a tensor of {value.layout}"
        advice = "Give input.to_dense()."
        if value.is_nested:
            advice = "Give torch.nn.utils.rnn.pack_sequence(input.unbind(), enforce_sorted=False)."
    raise ShapeError(
        f"{where}: input must be a dense tensor or a PackedSequence; got {given}. {advice}"
    )


_FORMS = {
    (2, 3): "(time, batch, features), or (time, features) for one sequence",
    (2,): "one row of features for each step of a PackedSequence, or for each sequence of a stream",
}


def check_features(where: str, data: Tensor, size: int, *, ranks: tuple[int, ...]) -> None:
    """Raise ShapeError unless ``data`` has one of ``ranks`` and ``size`` features last."""
    if data.dim() not in ranks:
        allowed = " or ".join(str(rank) for rank in ranks)
        raise ShapeError(
            f"{where}: input must have {allowed} dimensions; got shape {tuple(data.shape)}. "
            f"Give {_FORMS[ranks]}."
        )
    if data.shape[-1] != size:
        raise ShapeError(
            f"{where}: input must have {size} features in its last dimension; "
            f"got shape {tuple(data.shape)}. "
            f"Transpose it, or build the {where} for {data.shape[-1]} features."
        )


def check_time(where: str, num_steps: int) -> None:
    """Raise ShapeError unless a dense input has a time step."""
    if num_steps < 1:
        raise ShapeError(
            f"{where}: input must have at least one time step; got 0. Leave empty sequences out."
        )


def is_autocast_enabled(device_type: str) -> bool:
    """Return whether autocast is on; torch's function raises for devices without it, as meta.

    Example:
        >>> is_autocast_enabled("meta")
        False
    """
    return torch.amp.is_autocast_available(device_type) and torch.is_autocast_enabled(device_type)


def check_dtype(where: str, name: str, value: Tensor, dtype: torch.dtype) -> None:
    """Raise ShapeError unless ``value`` has ``dtype``; autocast lets any floating one pass."""
    if value.dtype == dtype:
        return
    if value.is_floating_point() and is_autocast_enabled(value.device.type):
        return
    raise ShapeError(
        f"{where}: {name} must have dtype {dtype}, that of the weights; got {value.dtype}. "
        f"Convert it with {name}.to({dtype}), or the module with .to({value.dtype})."
    )


def check_device(where: str, name: str, value: Tensor, device: torch.device) -> None:
    """Raise ShapeError unless ``value`` is on ``device``."""
    if value.device != device:
        raise ShapeError(
            f"{where}: {name} must be on {device}, where the weights are; got {value.device}. "
            f"Move it with {name}.to({str(device)!r})."
        )


def check_state(where: str, name: str, state: object, shape: tuple[int, ...]) -> None:
    """Raise ShapeError unless ``state`` is a tensor of ``shape``, ``(layers, batch, hidden)``."""
    if not isinstance(state, Tensor):
        raise ShapeError(
            f"{where}: {name} must be a tensor of shape {shape}; got {type(state).__name__}. "
            "Give the state that an earlier call returned, or None for zeros."
        )
    if tuple(state.shape) != shape:
        words = "(num_layers * num_directions, batch, hidden)"
        if len(shape) == 2:
            words = "(num_layers * num_directions, hidden), the input being one sequence"
        raise ShapeError(
            f"{where}: {name} must have shape {shape}; got {tuple(state.shape)}. Give {words}."
        )


def check_pair(where: str, hx: object) -> None:
    """Raise ShapeError unless ``hx`` is a pair of states."""
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        given = f"{type(hx).__name__} of {len(hx)}" if isinstance(hx, (tuple, list)) else None
        raise ShapeError(
            f"{where}: hx must be a pair (h_0, c_0); got {given or type(hx).__name__}. "
            "Give both states, or None for zeros."
        )


def _first(values: Sequence[int]) -> str:
    return f"{values[:6]}{' ...' if len(values) > 6 else ''}"
