"""Batches of windows for the tests of forecasting networks, and networks on torch's own layers."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence

from ostinato.models import Windows

LENGTHS = (9, 5, 5, 1)

every_cell = pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])


def rows_of(inputs: int, lengths: Sequence[int] = LENGTHS) -> list[Tensor]:
    """Contexts of falling lengths."""
    return [torch.randn(length, inputs) for length in lengths]


def ahead_of(horizon: int, inputs: int, batch: int = len(LENGTHS)) -> Tensor:
    """Inputs of the steps ahead."""
    return torch.randn(batch, horizon, inputs)


def windows_of(
    rows: Sequence[Tensor], future: Tensor, codes: Tensor, paths: Tensor | None = None
) -> Windows:
    """Windows of one batch."""
    paths = future.new_zeros(future.shape[:2]) if paths is None else paths
    return Windows(pack_sequence(list(rows)), future, codes, paths)


def twin_of(model: nn.Module) -> nn.Module:
    """The same weights with the recurrent layer that torch has."""
    twin = copy.deepcopy(model)
    ours = model.encoder.recurrent
    options = {"nonlinearity": ours.nonlinearity} if ours.mode.startswith("RNN") else {}
    kind = {"GRU": nn.GRU, "LSTM": nn.LSTM}.get(ours.mode, nn.RNN)
    theirs = kind(
        ours.input_size,
        ours.hidden_size,
        num_layers=ours.num_layers,
        bidirectional=ours.bidirectional,
        **options,
    )
    theirs.load_state_dict(ours.state_dict())
    twin.encoder.recurrent = theirs
    return twin.eval()
