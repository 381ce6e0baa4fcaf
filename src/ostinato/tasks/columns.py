"""Ragged columns as networks read them in batches: with targets to learn, or for their scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from typing_extensions import Self

from ostinato._config import Training
from ostinato.data.batches import collate, length_buckets
from ostinato.data.ragged import Ragged


class Weighted(NamedTuple):
    """Targets of a batch and the weight of each row, ``(batch,)``."""

    targets: Tensor
    weights: Tensor

    def to(self, device: torch.device) -> Self:
        """Return both on a device."""
        return self._replace(targets=self.targets.to(device), weights=self.weights.to(device))


def parted(targets: Tensor | Weighted) -> tuple[Tensor, Tensor | None]:
    """Return the targets of a batch and their weights, if they have any."""
    return (targets.targets, targets.weights) if isinstance(targets, Weighted) else (targets, None)


@dataclass(frozen=True)
class ColumnSplit:
    """Sequences of ids, or of features, with their targets: one split of the data.

    Args:
        column: The sequences.
        targets: Class of each, ``(sequences,)``; or ``(sequences, classes)`` for multi-label.
        weights: Weight of each in the loss, ``(sequences,)``; None if all are equal.
    """

    column: Ragged
    targets: Tensor
    weights: Tensor | None = None

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps of each sequence."""
        return self.column.lengths

    def batch(self, rows: npt.NDArray[np.int64]) -> tuple[PackedSequence, Tensor | Weighted]:
        """Return the packed steps and the targets of these rows, with their weights if any."""
        steps, targets = collate(self.column, rows), self.targets[rows]
        return steps, targets if self.weights is None else Weighted(targets, self.weights[rows])


@torch.inference_mode()
def scores_of(module: nn.Module, column: Ragged, outputs: int, settings: Training) -> Tensor:
    """Return the scores of each sequence, ``(sequences, outputs)`` float32.

    Args:
        module: The network, from packed steps to ``(batch, outputs)``; it is set to evaluation mode.
        column: The sequences.
        outputs: Number of scores.
        settings: How large batches may be.
    """
    module.eval()
    scores = torch.empty(len(column), outputs)  # (sequences, outputs)
    for rows in length_buckets(
        column.lengths,
        batch_tokens=settings.batch_tokens,
        batch_size=settings.batch_size,
        seed=0,
        epoch=None,
    ):
        scores[rows] = module(collate(column, rows)).float()  # (batch, outputs)
    return scores
