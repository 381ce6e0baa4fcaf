"""How well labels are predicted: accuracy, F1, loss, confusion, calibration, accuracy by length.

Labels are class indices ``(n,)``; with several labels to a row (multi-label) a boolean matrix
``(n, classes)``. Probabilities are ``(n, classes)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics as sklearn_metrics

from ostinato._arrays import Float64s, Int64s
from ostinato._errors import ShapeError
from ostinato.metrics._checks import (
    check_labels,
    check_pair,
    check_probabilities,
    check_same_rows,
    check_unit_interval,
    check_vector,
)

Bools: TypeAlias = NDArray[np.bool_]

SMALLEST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""What a probability of 0 counts as in a loss, so that one such row costs 87.3 nats, not infinity."""

NORMAL_95 = 1.959963984540054
"""Two-sided 95 % point of the standard normal distribution."""


@dataclass(frozen=True, kw_only=True)
class PerClass:
    """Figures of each class, each ``(classes,)``.

    Args:
        precision: Share of the rows predicted as the class that are of it; 0 where there are none.
        recall: Share of the rows of the class that are predicted as it; 0 where there are none.
        f1: Harmonic mean of precision and recall.
        support: Number of rows of the class.
    """

    precision: Float64s
    recall: Float64s
    f1: Float64s
    support: Int64s


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Probabilities against what happened, in bins of equal width; see `calibration`.

    Args:
        edges: Bounds of the bins in [0, 1], ``(bins + 1,)``.
        probability: Mean probability of each bin, ``(bins,)``; NaN where it is empty.
        frequency: Share of each bin that came true, ``(bins,)``; NaN where it is empty.
        count: Number of probabilities in each bin, ``(bins,)``.
        error: Expected calibration error in [0, 1]; lower is better.
    """

    edges: Float64s
    probability: Float64s
    frequency: Float64s
    count: Int64s
    error: float


@dataclass(frozen=True, kw_only=True)
class LengthBins:
    """Accuracy of texts of like length, each ``(bins,)``; see `accuracy_by_length`.

    Args:
        shortest: Fewest tokens in the bin.
        longest: Most tokens in the bin.
        count: Number of texts in the bin.
        accuracy: Share of right answers in [0, 1].
        low: Lower end of the accuracy's 95 % interval.
        high: Upper end of the accuracy's 95 % interval.
    """

    shortest: Int64s
    longest: Int64s
    count: Int64s
    accuracy: Float64s
    low: Float64s
    high: Float64s


def classification_metrics(
    labels: ArrayLike, probabilities: ArrayLike, *, multi_label: bool = False
) -> dict[str, float]:
    """Return the figures by which a classifier is judged.

    Args:
        labels: Right answers, ``(n,)`` class indices; multi-label: ``(n, classes)`` booleans.
        probabilities: Predicted probabilities, ``(n, classes)``.
        multi_label: Whether a row may have any number of labels.

    Returns:
        ``n``: rows. ``loss``: mean cross-entropy (multi-label: mean binary cross-entropy of all
        labels) in nats, lower is better. ``accuracy``: share of rows predicted right (multi-label:
        with every label right) in [0, 1], higher is better. ``f1_macro``: mean F1 of the classes
        that occur among labels or predictions (multi-label: of all classes), in [0, 1], higher is
        better. Multi-label also ``f1_micro``: F1 of all decisions together.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: There are no rows, or a value is no class index or no probability.

    Example:
        >>> figures = classification_metrics([0, 1], [[0.5, 0.5], [0.0, 1.0]])
        >>> figures["n"], figures["accuracy"], round(figures["loss"], 4)
        (2, 1.0, 0.3466)
    """
    where = "classification_metrics"
    chances = check_probabilities(where, probabilities, multi_label=multi_label)
    y_true = check_labels(where, "labels", labels, num_classes=chances.shape[1])
    if (y_true.ndim == 2) != multi_label:
        wanted = "a boolean matrix (n, classes)" if multi_label else "class indices (n,)"
        raise ShapeError(
            f"{where}: labels must be {wanted} when multi_label={multi_label}; "
            f"got shape {y_true.shape}. Set multi_label={not multi_label}, or convert the labels."
        )
    check_same_rows(where, labels=y_true, probabilities=chances)
    predictions = decide(chances, multi_label=multi_label)
    figures = {
        "n": len(y_true),
        "loss": _loss(y_true, chances),
        "accuracy": float(_rows_right(y_true, predictions).mean()),
        "f1_macro": _f1(y_true, predictions, average="macro"),
    }
    if multi_label:
        figures["f1_micro"] = _f1(y_true, predictions, average="micro")
    return figures


def decide(probabilities: ArrayLike, *, multi_label: bool = False) -> NDArray[Any]:
    """Return the predictions that probabilities ``(n, classes)`` stand for.

    Returns:
        The most probable class, ``(n,)`` int64 (the first one of equals); multi-label: the labels
        with a probability of at least one half, ``(n, classes)`` booleans.

    Example:
        >>> decide([[0.2, 0.8], [0.9, 0.1]]).tolist()
        [1, 0]
    """
    chances = np.asarray(probabilities)
    return chances >= 0.5 if multi_label else chances.argmax(axis=1).astype(np.int64)


def per_class(labels: ArrayLike, predictions: ArrayLike, *, num_classes: int) -> PerClass:
    """Return each class's precision, recall, F1 (in [0, 1], higher is better) and support.

    Args:
        labels: Right answers, ``(n,)`` class indices or ``(n, classes)`` booleans.
        predictions: Predicted answers in the same form.
        num_classes: Number of classes, also of those that occur in no row.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: There are no rows, or a value is no class index.

    Example:
        >>> per_class([0, 0, 1], [0, 1, 1], num_classes=2).recall.tolist()
        [0.5, 1.0]
    """
    y_true, y_pred = check_pair("per_class", labels, predictions, num_classes)
    precision, recall, f1, support = sklearn_metrics.precision_recall_fscore_support(
        *_for_sklearn(y_true, y_pred),
        labels=[True] if _is_one_label(y_true) else range(num_classes),
        zero_division=0,
    )
    return PerClass(
        precision=np.asarray(precision, dtype=np.float64),
        recall=np.asarray(recall, dtype=np.float64),
        f1=np.asarray(f1, dtype=np.float64),
        support=np.asarray(support, dtype=np.int64),
    )


def confusion(labels: ArrayLike, predictions: ArrayLike, *, num_classes: int) -> Int64s:
    """Count each pair of right and predicted class.

    Returns:
        ``(classes, classes)``: row = right class, column = predicted class, cell = number of rows.

    Raises:
        ShapeError: The arrays do not fit each other, or are multi-label.
        DatasetError: There are no rows, or a value is no class index.

    Example:
        >>> confusion([0, 0, 1], [0, 1, 1], num_classes=2).tolist()
        [[1, 1], [0, 1]]
    """
    y_true, y_pred = check_pair("confusion", labels, predictions, num_classes)
    if y_true.ndim != 1:
        raise ShapeError(
            f"confusion: labels must be class indices (n,); got shape {y_true.shape}. "
            "Use confusion_per_label for multi-label."
        )
    cells = np.bincount(y_true * num_classes + y_pred, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes).astype(np.int64)


def confusion_per_label(labels: ArrayLike, predictions: ArrayLike) -> Int64s:
    """Count the four outcomes of each label's yes-or-no decision.

    Args:
        labels: Right answers, ``(n, classes)`` booleans.
        predictions: Predicted answers, ``(n, classes)`` booleans.

    Returns:
        ``(classes, 2, 2)``: per label ``[[true no, false yes], [false no, true yes]]``.

    Raises:
        ShapeError: The arrays do not fit each other, or are not boolean matrices.
        DatasetError: There are no rows.

    Example:
        >>> confusion_per_label([[True], [True]], [[True], [False]]).tolist()
        [[[0, 0], [1, 1]]]
    """
    width = np.shape(labels)[-1] if np.ndim(labels) == 2 else 0
    y_true, y_pred = check_pair("confusion_per_label", labels, predictions, width)
    if y_true.ndim != 2:
        raise ShapeError(
            "confusion_per_label: labels must be a boolean matrix (n, classes); "
            f"got shape {y_true.shape}. Use confusion for class indices."
        )
    true_yes = (y_true & y_pred).sum(axis=0)
    false_yes = (~y_true & y_pred).sum(axis=0)
    false_no = (y_true & ~y_pred).sum(axis=0)
    true_no = len(y_true) - true_yes - false_yes - false_no
    counts = np.array([[true_no, false_yes], [false_no, true_yes]], dtype=np.int64)
    return counts.transpose(2, 0, 1)  # (classes, right, predicted)


def calibration(
    probabilities: ArrayLike, outcomes: ArrayLike, *, num_bins: int = 15
) -> Calibration:
    r"""Compare probabilities with how often they came true.

    For a classifier the probability is that of its answer, and the outcome whether it is right.
    The bins are :math:`((m - 1) / M, m / M]`; the error is
    :math:`\sum_m |B_m| / n \cdot |\text{frequency}(B_m) - \text{probability}(B_m)|`.

    Args:
        probabilities: Probabilities in [0, 1], ``(n,)``.
        outcomes: Whether each came true, ``(n,)`` booleans.
        num_bins: Number of bins of equal width.

    Returns:
        The bins, and the expected calibration error in [0, 1]: lower is better, 0 is perfect.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: There are no rows, or a value is no probability.

    Example:
        >>> round(calibration([0.9, 0.9, 0.9, 0.9], [True, True, True, False]).error, 3)
        0.15

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3; 15 bins there.
    """
    where = "calibration"
    chances = np.asarray(probabilities, dtype=np.float64)
    came_true = np.asarray(outcomes)
    check_vector(where, "probabilities", chances)
    check_vector(where, "outcomes", came_true)
    check_same_rows(where, probabilities=chances, outcomes=came_true)
    check_unit_interval(where, chances)
    if num_bins < 1:
        raise ShapeError(f"{where}: num_bins must be at least 1; got {num_bins}. Give 15, say.")
    edges = np.arange(num_bins + 1) / num_bins
    which = np.clip(np.searchsorted(edges, chances, side="left") - 1, 0, num_bins - 1)
    count = np.bincount(which, minlength=num_bins)
    filled = np.where(count == 0, np.nan, count)  # an empty bin has no mean
    probability = np.bincount(which, weights=chances, minlength=num_bins) / filled
    frequency = np.bincount(which, weights=came_true.astype(bool), minlength=num_bins) / filled
    gaps = np.nan_to_num(np.abs(frequency - probability))
    return Calibration(
        edges=edges,
        probability=probability,
        frequency=frequency,
        count=count.astype(np.int64),
        error=float((count * gaps).sum() / len(chances)),
    )


def accuracy_by_length(
    num_tokens: ArrayLike, is_right: ArrayLike, *, num_bins: int = 8
) -> LengthBins:
    """Return the accuracy of short to long texts, in bins of about as many texts each.

    Texts of one length always share a bin, so there may be fewer bins than asked for.

    Args:
        num_tokens: Length of each text in tokens, ``(n,)``.
        is_right: Whether each answer is right, ``(n,)`` booleans.
        num_bins: Number of bins at most.

    Returns:
        Accuracy in [0, 1] of each bin, higher is better, with its 95 % Wilson score interval.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: There are no rows.

    Example:
        >>> bins = accuracy_by_length([3, 4, 90, 95], [True, True, True, False], num_bins=2)
        >>> bins.longest.tolist(), bins.accuracy.tolist()
        ([4, 95], [1.0, 0.5])

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    where = "accuracy_by_length"
    lengths = np.asarray(num_tokens)
    right = np.asarray(is_right)
    check_vector(where, "num_tokens", lengths)
    check_vector(where, "is_right", right)
    check_same_rows(where, num_tokens=lengths, is_right=right)
    if num_bins < 1:
        raise ShapeError(f"{where}: num_bins must be at least 1; got {num_bins}. Give 8, say.")
    steps = np.arange(1, num_bins) / num_bins
    edges = np.unique(np.quantile(lengths, steps, method="inverted_cdf"))
    _, which = np.unique(np.searchsorted(edges, lengths, side="left"), return_inverse=True)
    count = np.bincount(which)
    accuracy = np.bincount(which, weights=right.astype(bool)) / count
    low, high = wilson_interval(accuracy, count)
    shortest = np.full(len(count), np.iinfo(np.int64).max)
    longest = np.zeros(len(count), dtype=np.int64)
    np.minimum.at(shortest, which, lengths.astype(np.int64))
    np.maximum.at(longest, which, lengths.astype(np.int64))
    return LengthBins(
        shortest=shortest,
        longest=longest,
        count=count.astype(np.int64),
        accuracy=accuracy,
        low=low,
        high=high,
    )


def _loss(labels: NDArray[Any], probabilities: Float64s) -> float:
    if labels.ndim == 1:
        of_the_right = probabilities[np.arange(len(labels)), labels]
    else:
        of_the_right = np.where(labels, probabilities, 1.0 - probabilities)
    return float(-np.log(np.maximum(of_the_right, SMALLEST_PROBABILITY)).mean())


def _rows_right(labels: NDArray[Any], predictions: NDArray[Any]) -> Bools:
    same = np.equal(labels, predictions).reshape(len(labels), -1)
    return np.asarray(same.all(axis=1))


def _f1(labels: NDArray[Any], predictions: NDArray[Any], *, average: str) -> float:
    score = sklearn_metrics.f1_score(
        *_for_sklearn(labels, predictions),
        labels=[True] if _is_one_label(labels) else None,
        average=average,
        zero_division=0,
    )
    return float(score)


def _is_one_label(labels: NDArray[Any]) -> bool:
    return labels.ndim == 2 and labels.shape[1] == 1


def _for_sklearn(*matrices: NDArray[Any]) -> list[NDArray[Any]]:
    """Flatten matrices of one column, which scikit-learn takes for two classes, not for one label."""
    return [matrix.ravel() if _is_one_label(matrix) else matrix for matrix in matrices]


def wilson_interval(share: Float64s, count: NDArray[Any]) -> tuple[Float64s, Float64s]:
    """Return the 95 percent interval of shares in [0, 1], of so many each.

    Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953.
    """
    spread = NORMAL_95**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = np.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
