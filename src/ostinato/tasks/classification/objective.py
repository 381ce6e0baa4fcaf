"""Training objective of sequence classification: batches, loss, accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from ostinato.metrics import agreement_z, classification_metrics, decide
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.columns import Weighted, parted
from ostinato.tasks.unseen import unseen_figures
from ostinato.training import Figures


@dataclass(frozen=True)
class ClassificationObjective:
    """Cross-entropy (binary cross-entropy for multi-label) and accuracy.

    Args:
        multi_label: Whether a sequence has any number of classes.
        monitor: The figure that marks the best epoch. The log-likelihood is for few sequences, whose
            accuracies are often equal, and for weighted rows, as accuracy is unweighted.
    """

    multi_label: bool
    monitor: Literal["accuracy", "log_likelihood"] = "accuracy"

    def sums(self, output: Tensor, targets: Tensor | Weighted) -> Tensor:
        """Return weighted loss sum, number of sequences, number of correct ones: ``(3,)``."""
        output = output.float()
        targets, weights = parted(targets)
        members = output if output.dim() == 3 else output[None]  # (members, batch, classes)
        output = members.mean(dim=0)  # (batch, classes)
        if self.multi_label:
            right = ((output >= 0) == (targets > 0)).all(dim=1)  # (batch,)
        else:
            right = output.argmax(dim=1) == targets  # (batch,)
        # of shape (batch,)
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


def explained(labels: Labels, probabilities: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
    """Return label, confidence and probabilities by class of each ``(rows, classes)`` row."""
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
    split: str = "data",
) -> Figures:
    """Return the figures on texts; also without those ``seen`` in training, if any."""
    targets = labels_.encode(labels, split).numpy()
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
