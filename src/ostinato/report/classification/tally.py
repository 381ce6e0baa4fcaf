"""What each text or sequence adds to the figures by which runs are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ostinato._arrays import Float64s
from ostinato.metrics.paired import Tally, ratio
from ostinato.report.formatting import checksum
from ostinato.runs.classification import TextPredictions, ValuePredictions
from ostinato.runs.run import Labels


def of_classes(predictions: TextPredictions, labels: Labels, names: Sequence[str]) -> Tally:
    """Return what each answer adds to accuracy and F1.

    Args:
        predictions: The answers.
        labels: Classes of the run.
        names: Classes that columns are made for: those of all runs that are compared.
    """
    place = np.array([list(names).index(name) for name in labels.classes], np.int64)
    answers = [predictions.labels, predictions.predictions]
    if labels.multi_label:
        kinds, outcome = np.unique(np.hstack(answers), axis=0, return_inverse=True)
        halves = np.hsplit(kinds, 2)
    else:
        kinds, outcome = np.unique(np.stack(answers, 1), axis=0, return_inverse=True)
        halves = [np.arange(len(labels.classes)) == column[:, None] for column in kinds.T]
    right, predicted = (_spread(half, place, len(names)) for half in halves)
    same = (right == predicted).all(axis=1)
    counts = np.column_stack([same, np.ones(len(kinds)), right & predicted, right * 1 + predicted])

    def f1(sums: Float64s) -> tuple[Float64s, Float64s]:
        found, stated = np.split(sums[..., 2:], 2, axis=-1)
        return ratio(2 * found, stated), stated

    def macro(sums: Float64s) -> Float64s:
        each, stated = f1(sums)
        is_counted = np.isin(np.arange(len(names)), place) if labels.multi_label else stated > 0
        return ratio((each * is_counted).sum(-1), np.broadcast_to(is_counted, each.shape).sum(-1))

    def micro(sums: Float64s) -> Float64s:
        found, stated = np.split(sums[..., 2:], 2, axis=-1)
        return ratio(2 * found.sum(-1), stated.sum(-1))

    return Tally(
        outcome=outcome.reshape(-1).astype(np.int64),
        counts=counts.astype(np.float64),
        figures={"accuracy": _accuracy, "f1_macro": macro}
        | ({"f1_micro": micro} if labels.multi_label else {}),
        binary=("accuracy",),
    )


def of_values(predictions: ValuePredictions, labels: Labels, names: Sequence[str]) -> Tally:
    """Return what each predicted value adds to the errors and to the share that is explained.

    Args:
        predictions: The values.
        labels: None that matter.
        names: None that matter.
    """
    y_true, errors = predictions.labels, predictions.predictions - predictions.labels
    around = y_true - y_true.mean()
    rows = np.stack([np.ones(len(y_true)), errors**2, np.abs(errors), around, around**2], axis=1)

    def explained(sums: Float64s) -> Float64s:
        total = sums[..., 4] - ratio(sums[..., 3] ** 2, sums[..., 0])
        return 1 - ratio(sums[..., 1], total, nothing=np.nan)

    return Tally.of(
        rows,
        {
            "r2": explained,
            "rmse": lambda sums: np.sqrt(ratio(sums[..., 1], sums[..., 0])),
            "mae": lambda sums: ratio(sums[..., 2], sums[..., 0]),
        },
        examples=checksum(predictions.names.to_pylist(), y_true.tolist()),
    )


def _accuracy(sums: Float64s) -> Float64s:
    return ratio(sums[..., 0], sums[..., 1])


def _spread(columns: NDArray[np.bool_], place: NDArray[np.int64], width: int) -> NDArray[np.bool_]:
    wide = np.zeros((len(columns), width), bool)
    wide[:, place] = columns
    return wide
