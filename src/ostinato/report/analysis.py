"""What a run's predictions and gradients say: the figures behind the page's tables and plots."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.metrics.classification import (
    Calibration,
    LengthBins,
    PerClass,
    accuracy_by_length,
    calibration,
    confusion,
    confusion_per_label,
    per_class,
)
from ostinato.report.collect import Epoch
from ostinato.report.predictions import Predictions

NUM_MISTAKES = 30
NUM_PAIRS = 10
VANISHING_NORM = 1e-6
EXPLODING_NORM = 1e3


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One wrong answer."""

    text: str | None
    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    confidence: float
    num_tokens: int


@dataclass(frozen=True, kw_only=True)
class ConfusedPair:
    """Two classes of which one is often taken for the other."""

    label: str
    prediction: str
    count: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What the predictions of one part say.

    Args:
        num_right: Number of right answers.
        per_class: Precision, recall, F1 and support.
        confusion: ``(classes, classes)`` counts, row = right class; None for multi-label.
        per_label: ``(classes, 2, 2)`` counts for multi-label, else None.
        confused: The most frequent confusions, most frequent first.
        calibration: Confidence against accuracy.
        by_length: Accuracy of short to long texts.
        mistakes: Wrong answers, most confident first.
    """

    num_right: int
    per_class: PerClass
    confusion: NDArray[np.int64] | None
    per_label: NDArray[np.int64] | None
    confused: tuple[ConfusedPair, ...]
    calibration: Calibration
    by_length: LengthBins
    mistakes: tuple[Mistake, ...]


def analyse(predictions: Predictions, classes: tuple[str, ...]) -> Analysis:
    """Return what the predictions say about the model.

    Multi-label calibration is that of every label's yes-or-no probability.

    Args:
        predictions: Predictions of one part, at least one row.
        classes: Class names.
    """
    labels, answers = predictions.labels, predictions.predictions
    is_multi = labels.ndim == 2
    is_right = predictions.is_right
    matrix = None if is_multi else confusion(labels, answers, num_classes=len(classes))
    return Analysis(
        num_right=int(is_right.sum()),
        per_class=per_class(labels, answers, num_classes=len(classes)),
        confusion=matrix,
        per_label=confusion_per_label(labels, answers) if is_multi else None,
        confused=() if matrix is None else _most_confused(matrix, classes),
        calibration=(
            calibration(predictions.probabilities.ravel(), labels.ravel())
            if is_multi
            else calibration(predictions.confidence, is_right)
        ),
        by_length=accuracy_by_length(predictions.num_tokens, is_right),
        mistakes=_most_confident_mistakes(predictions, classes),
    )


def gradient_warnings(history: tuple[Epoch, ...]) -> tuple[str, ...]:
    """Return sentences about gradients that vanished or exploded, if any did.

    Example:
        >>> gradient_warnings(())
        ()
    """
    found = []
    for epoch in history:
        if epoch.norm_mean < VANISHING_NORM:
            found.append(
                f"Gradients vanished in epoch {epoch.number}: their mean norm is "
                f"{epoch.norm_mean:.1g}. Try a gated cell or a higher learning rate."
            )
        if epoch.norm_max > EXPLODING_NORM or math.isinf(epoch.norm_mean):
            found.append(
                f"Gradients exploded in epoch {epoch.number}: their largest norm is "
                f"{epoch.norm_max:.1g}. Clip them, or lower the learning rate."
            )
        if epoch.clipped > 0.99:
            found.append(
                f"Every step of epoch {epoch.number} was clipped: the limit on the norm, more than "
                "the learning rate, decides how far a step goes."
            )
    return tuple(found)


def _most_confused(matrix: NDArray[np.int64], classes: tuple[str, ...]) -> tuple[ConfusedPair, ...]:
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:NUM_PAIRS]
    pairs = [divmod(int(cell), len(classes)) for cell in order]
    return tuple(
        ConfusedPair(
            label=classes[right],
            prediction=classes[answer],
            count=int(wrong[right, answer]),
            share=float(wrong[right, answer] / matrix[right].sum()),
        )
        for right, answer in pairs
        if wrong[right, answer]
    )


def _most_confident_mistakes(
    predictions: Predictions, classes: tuple[str, ...]
) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(~predictions.is_right)
    order = wrong[np.argsort(-predictions.confidence[wrong], kind="stable")][:NUM_MISTAKES]
    return tuple(
        Mistake(
            text=predictions.texts[int(row)].as_py(),
            labels=_names(predictions.labels[row], classes),
            predictions=_names(predictions.predictions[row], classes),
            confidence=float(predictions.confidence[row]),
            num_tokens=int(predictions.num_tokens[row]),
        )
        for row in order
    )


def _names(value: Any, classes: tuple[str, ...]) -> tuple[str, ...]:
    chosen = np.flatnonzero(value) if np.ndim(value) else [int(value)]
    return tuple(classes[index] for index in chosen)
