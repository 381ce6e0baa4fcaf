"""What classifying whole sequences means to the training loop: batches, loss, accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ostinato.data.batches import collate
from ostinato.data.ragged import Ragged
from ostinato.data.splits import duplicates
from ostinato.metrics import classification_metrics
from ostinato.tasks.labels import Labels
from ostinato.training import Figures


@dataclass(frozen=True)
class ClassifiedPart:
    """Sequences of ids and their targets, as the loop wants them."""

    column: Ragged
    targets: Tensor

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps of each sequence."""
        return self.column.lengths

    def batch(self, rows: npt.NDArray[np.int64]) -> tuple[PackedSequence, Tensor]:
        """Return the packed ids and the targets of some rows."""
        return collate(self.column, rows), self.targets[rows]


@dataclass(frozen=True)
class ClassificationObjective:
    """Cross-entropy and accuracy, over one class a text or any number of them."""

    multi_label: bool
    monitor: Literal["accuracy"] = "accuracy"

    def sums(self, output: Tensor, targets: Tensor) -> Tensor:
        """Return the summed loss, the number of sequences, and how many were right."""
        output = output.float()
        if self.multi_label:
            losses = F.binary_cross_entropy_with_logits(output, targets, reduction="none").mean(1)
            right = ((output >= 0) == (targets > 0)).all(dim=1)
        else:
            losses = F.cross_entropy(output, targets, reduction="none")
            right = output.argmax(dim=1) == targets
        count = losses.new_tensor(len(targets))
        return torch.stack([losses.sum(), count, right.sum().to(losses.dtype)])

    def figures(self, sums: Tensor) -> Figures:
        """Return mean loss and accuracy."""
        loss, count, right = sums.tolist()
        return {"loss": loss / count, "accuracy": right / count}


def classification_figures(
    labels_: Labels,
    probabilities: npt.NDArray[np.float32],
    texts: Sequence[str],
    labels: Sequence[Any],
    seen: Sequence[str] | None,
    part: str = "data",
) -> Figures:
    """Return the figures on some texts; also without those that were ``seen``, if some were."""
    targets = labels_.encode(labels, part).numpy()
    multi_label = labels_.multi_label
    if multi_label:
        targets = targets > 0
    figures = classification_metrics(targets, probabilities, multi_label=multi_label)
    unseen = ~duplicates(seen, texts) if seen is not None else np.ones(len(texts), dtype=bool)
    if unseen.any() and not unseen.all():
        rest = classification_metrics(
            targets[unseen], probabilities[unseen], multi_label=multi_label
        )
        figures |= {"accuracy_unseen": rest["accuracy"], "n_unseen": rest["n"]}
    return figures
