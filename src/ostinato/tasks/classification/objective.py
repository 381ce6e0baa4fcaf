"""What classifying whole sequences means to the training loop: batches, loss, accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato._config import Training
from ostinato.data.batches import collate, length_buckets
from ostinato.data.ragged import Ragged
from ostinato.metrics import agreement_z, classification_metrics, decide
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.weighting import Weighted, parted
from ostinato.tasks.unseen import unseen_figures
from ostinato.training import Figures


@dataclass(frozen=True)
class ClassifiedPart:
    """Sequences of ids, or of features, and their targets, as the loop wants them.

    Args:
        column: The sequences.
        targets: Of each.
        weights: How much each counts in the loss; none if all count the same.
    """

    column: Ragged
    targets: Tensor
    weights: Tensor | None = None

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps of each sequence."""
        return self.column.lengths

    def batch(self, rows: npt.NDArray[np.int64]) -> tuple[PackedSequence, Tensor | Weighted]:
        """Return the packed steps and the targets of some rows, and any weights they have."""
        steps, targets = collate(self.column, rows), self.targets[rows]
        return steps, targets if self.weights is None else Weighted(targets, self.weights[rows])


@dataclass(frozen=True)
class ClassificationObjective:
    """Cross-entropy and accuracy, over one class a sequence or any number of them.

    Args:
        multi_label: Whether there is any number of them.
        monitor: The figure that marks the best epoch; of few sequences, accuracies are often equal,
            and where rows have weights, accuracy has none.
    """

    multi_label: bool
    monitor: Literal["accuracy", "log_likelihood"] = "accuracy"

    def sums(self, output: Tensor, targets: Tensor | Weighted) -> Tensor:
        """Return the sum of losses, each by its weight, the sequences, and how many were right."""
        output = output.float()
        targets, weights = parted(targets)
        members = output if output.dim() == 3 else output[None]  # (members, batch, classes)
        output = members.mean(dim=0)
        if self.multi_label:
            right = ((output >= 0) == (targets > 0)).all(dim=1)
        else:
            right = output.argmax(dim=1) == targets
        losses = torch.stack([self._losses(scores, targets) for scores in members]).mean(dim=0)
        if weights is not None:
            losses = losses * weights
        count = losses.new_tensor(len(targets))
        return torch.stack([losses.sum(), count, right.sum().to(losses.dtype)])

    def _losses(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each sequence, ``(batch,)``."""
        if self.multi_label:
            return F.binary_cross_entropy_with_logits(scores, targets, reduction="none").mean(1)
        return F.cross_entropy(scores, targets, reduction="none")

    def figures(self, sums: Tensor) -> Figures:
        """Return mean loss and accuracy, and the log-likelihood if that is the monitor."""
        loss, count, right = sums.tolist()
        figures = {"loss": loss / count, "accuracy": right / count}
        if self.monitor == "log_likelihood":
            figures["log_likelihood"] = -loss / count
        return figures


@torch.inference_mode()
def scores_of(module: nn.Module, column: Ragged, outputs: int, settings: Training) -> Tensor:
    """Return what a network says of each sequence, ``(sequences, outputs)`` float32.

    Args:
        module: The network, from packed steps to one row a sequence; it is put into evaluation.
        column: The sequences.
        outputs: Columns of its output.
        settings: How large batches may be.
    """
    module.eval()
    scores = torch.empty(len(column), outputs)
    for rows in length_buckets(
        column.lengths,
        batch_tokens=settings.batch_tokens,
        batch_size=settings.batch_size,
        seed=0,
        epoch=None,
    ):
        scores[rows] = module(collate(column, rows)).float()
    return scores


def explained(labels: Labels, probabilities: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
    """Return what each row of probabilities says: label, confidence, and all of them by class."""
    names = [str(name) for name in labels.classes]
    return [
        {
            "label": label,
            "confidence": float(confidence),
            "probabilities": dict(zip(names, row.tolist(), strict=True)),
        }
        for label, confidence, row in zip(
            labels.decode(probabilities),
            labels.confidence(probabilities),
            probabilities,
            strict=True,
        )
    ]


def classification_figures(
    labels_: Labels,
    probabilities: npt.NDArray[np.float32],
    texts: Sequence[str],
    labels: Sequence[Any],
    seen: Sequence[str],
    part: str = "data",
) -> Figures:
    """Return the figures on some texts; also without those that were ``seen``, if some were."""
    targets = labels_.encode(labels, part).numpy()
    multi_label = labels_.multi_label
    if multi_label:
        targets = targets > 0
    figures = classification_metrics(targets, probabilities, multi_label=multi_label)
    figures["chance_z"] = agreement_z(targets, decide(probabilities, multi_label=multi_label))
    return figures | unseen_figures(
        "accuracy",
        *(texts, seen),
        lambda rows: classification_metrics(
            targets[rows], probabilities[rows], multi_label=multi_label
        )["accuracy"],
    )
