"""Deep ensemble: networks of one design, trained side by side, whose scores are averaged."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence


class Ensemble(nn.Module):
    """Networks with different initial weights and dropout, whose scores are averaged.

    In training the scores of each are returned, for the mean of their losses; in evaluation, their mean.

    Args:
        make: Makes a network with new weights.
        members: How many.

    Shape:
        output: ``(members, batch, num_outputs)`` in training, ``(batch, num_outputs)`` in evaluation.

    Example:
        >>> ensemble = Ensemble(lambda: nn.Linear(4, 2), 3)
        >>> ensemble(torch.ones(5, 4)).shape, ensemble.eval()(torch.ones(5, 4)).shape
        (torch.Size([3, 5, 2]), torch.Size([5, 2]))

    Source: Lakshminarayanan et al. 2017, https://arxiv.org/abs/1612.01474.
    """

    def __init__(self, make: Callable[[], nn.Module], members: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(make() for _ in range(members))

    def forward(self, inputs: PackedSequence) -> Tensor:
        """Score each sequence by every network."""
        # of shape (members, batch, outputs)
        scores = torch.stack([member(inputs) for member in self.members])
        return scores if self.training else scores.mean(dim=0)
