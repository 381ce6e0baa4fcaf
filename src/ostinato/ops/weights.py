"""The parameters of one direction of one layer, in torch's names and order."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

State = tuple[Tensor, ...]
"""Hidden state ``(h,)``, or ``(h, c)`` of the LSTM."""


class Weights(NamedTuple):
    """Parameters of one direction of one layer; ``G`` gates in torch's order.

    Shape:
        weight_ih: ``(G * hidden, input)``.
        weight_hh: ``(G * hidden, hidden)``, or ``(G * hidden, projection)``.
        bias_ih, bias_hh: ``(G * hidden,)``, or None.
        weight_hr: ``(projection, hidden)``, or None.

    Example:
        >>> len(Weights(torch.zeros(8, 3), torch.zeros(8, 2)).flat())
        2
    """

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None = None
    bias_hh: Tensor | None = None
    weight_hr: Tensor | None = None

    def to(self, dtype: torch.dtype) -> Weights:
        """Return the parameters in another dtype."""
        return Weights._make(None if weight is None else weight.to(dtype) for weight in self)

    def flat(self) -> list[Tensor]:
        """Return the parameters that are there, in the order of ``torch._VF.lstm``."""
        return [weight for weight in self if weight is not None]
