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
    rights, answers = check_pair("agreement_z", labels, predictions, num_classes=columns)
    if rights.ndim == 1:
        rights, answers = rights[:, None], answers[:, None]
    above, variance = np.sum(
        [_matches(a, b) for a, b in zip(rights.T, answers.T, strict=True)], axis=0
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
    rights, answers = np.asarray(targets, np.float64), np.asarray(predictions, np.float64)
    check_same_rows("correlation_z", targets=rights, predictions=answers)
    rights, answers = rights - rights.mean(), answers - answers.mean()
    size = float(np.linalg.norm(rights) * np.linalg.norm(answers))
    return float(rights @ answers) / size * math.sqrt(len(rights) - 1) if size > 0 else 0.0


def _matches(rights: NDArray[Any], answers: NDArray[Any]) -> tuple[float, float]:
    """Return the matches above those expected of a permutation, and the variance of its matches."""
    n = len(rights)
    rights, answers = rights.astype(np.int64), answers.astype(np.int64)
    size = int(max(rights.max(), answers.max())) + 1
    of_rights = np.bincount(rights, minlength=size).astype(np.float64)
    of_answers = np.bincount(answers, minlength=size).astype(np.float64)
    pairs = of_rights * of_answers
    total = pairs.sum()
    spread = total - pairs @ (of_rights + of_answers) / n + (total / n) ** 2
    return float(np.count_nonzero(rights == answers) - total / n), float(spread / max(n - 1, 1))
