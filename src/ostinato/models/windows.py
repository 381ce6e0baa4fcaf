"""A batch of windows of series, as the forecasting networks read it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence


class Windows(NamedTuple):
    """The inputs of forecasting networks: context and covariates of the horizon.

    Args:
        context: Inputs of the steps before the cutoff.
        future: Inputs of the steps of the horizon.
        codes: Category of each static attribute, the series itself among them.
        paths: Observed values of the horizon, for teacher forcing.

    Shape:
        context: Packed ``(steps, context_size)``.
        future: ``(batch, horizon, future_size)``.
        codes: ``(batch, attributes)``, int64.
        paths: ``(batch, horizon)``, NaN where missing.
    """

    context: PackedSequence
    future: Tensor
    codes: Tensor
    paths: Tensor

    def to(self, device: torch.device) -> Windows:
        """Return the batch on a device."""
        context = self.context.to(device)  # type: ignore[arg-type]  # typed for dtypes alone
        return Windows(
            context, self.future.to(device), self.codes.to(device), self.paths.to(device)
        )
