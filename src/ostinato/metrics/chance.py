"""How far answers are from chance: what they would score against shuffled labels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ostinato.metrics._checks import check_pair, check_same_rows

CHANCE_Z = 2.5
"""Standard deviations above chance that answers must be to count as better: 1 in 160 are by luck."""


def agreement_z(labels: ArrayLike, predictions: ArrayLike) -> float:
    """Return by how many deviations more answers are right than by shuffled labels.

    Mean and variance of the matches of two vectors, one of them permuted at random, are exact. Where
    one is constant, nothing is told apart and the answer is 0. Columns of matrices are added up.

    Args:
        labels: Right answers, class indices ``(n,)``, or a boolean matrix ``(n, classes)``.
        predictions: Predicted answers in the same form.

    Raises:
        ShapeError: The two do not fit each other.
        DatasetError: There is no row.

    Example:
        >>> round(agreement_z([0, 1] * 50, [0, 1] * 50), 1), agreement_z([0, 1], [1, 1])
        (9.9, 0.0)

    Source: moments of a linear permutation statistic: Hoeffding 1951,
    https://doi.org/10.1214/aoms/1177729545.
    """
    columns = np.shape(labels)[1] if np.ndim(labels) == 2 else 0
    y_true, y_pred = check_pair("agreement_z", labels, predictions, num_classes=columns)
    if y_true.ndim == 1:
        y_true, y_pred = y_true[:, None], y_pred[:, None]
    above, variance = np.sum(
        [_matches(a, b) for a, b in zip(y_true.T, y_pred.T, strict=True)], axis=0
    )
    return float(above / math.sqrt(variance)) if variance > 1e-12 else 0.0


def correlation_z(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return by how many deviations a correlation is above that of values in random order.

    Of one vector, permuted at random, with another, the correlation has mean 0 and deviation
    1 / sqrt(n - 1), exactly. Where one is constant, nothing is told apart and the answer is 0.

    Args:
        targets: Right values, ``(n,)``.
        predictions: Predicted values, ``(n,)``.

    Raises:
        ShapeError: The two do not fit each other.

    Example:
        >>> round(correlation_z([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 4.0, 6.0, 8.0, 10.0]), 4)
        2.0

    Source: Pitman 1937, https://doi.org/10.2307/2983647.
    """
    y_true, y_pred = np.asarray(targets, np.float64), np.asarray(predictions, np.float64)
    check_same_rows("correlation_z", targets=y_true, predictions=y_pred)
    y_true, y_pred = y_true - y_true.mean(), y_pred - y_pred.mean()
    size = float(np.linalg.norm(y_true) * np.linalg.norm(y_pred))
    return float(y_true @ y_pred) / size * math.sqrt(len(y_true) - 1) if size > 0 else 0.0


def _matches(y_true: NDArray[Any], y_pred: NDArray[Any]) -> tuple[float, float]:
    """Return the matches above those expected of a permutation, and the variance of its matches."""
    n = len(y_true)
    y_true, y_pred = y_true.astype(np.int64), y_pred.astype(np.int64)
    size = int(max(y_true.max(), y_pred.max())) + 1
    true_counts = np.bincount(y_true, minlength=size).astype(np.float64)
    predicted_counts = np.bincount(y_pred, minlength=size).astype(np.float64)
    pairs = true_counts * predicted_counts
    total = pairs.sum()
    spread = total - pairs @ (true_counts + predicted_counts) / n + (total / n) ** 2
    return float(np.count_nonzero(y_true == y_pred) - total / n), float(spread / max(n - 1, 1))
