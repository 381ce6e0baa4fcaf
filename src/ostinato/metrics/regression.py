"""How well values are predicted: root mean squared and mean absolute error, and their share explained."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn import metrics as sklearn_metrics

from ostinato._errors import DatasetError
from ostinato.metrics._checks import check_same_rows, check_vector


def regression_metrics(
    targets: ArrayLike, predictions: ArrayLike, *, scale: float = 1.0
) -> dict[str, float]:
    """Return the figures by which predicted values are judged.

    Args:
        targets: Right values, ``(n,)``.
        predictions: Predicted values, ``(n,)``.
        scale: Unit of the loss, such as the deviation of the targets in train.

    Returns:
        ``n``: rows. ``loss``: mean squared error in squares of ``scale``. ``rmse`` and ``mae``: root mean
        squared and mean absolute error, in the unit of the targets; lower is better. ``r2``: share of the
        targets' variance that is explained, 1 at best, 0 for always saying their mean, below 0 for
        worse; of targets that are all equal, 1 if every value is right, else 0.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: There are no rows, or a value is not finite.

    Example:
        >>> figures = regression_metrics([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
        >>> figures["r2"], round(figures["mae"], 4), round(figures["rmse"], 4)
        (0.5, 0.3333, 0.5774)
    """
    where = "regression_metrics"
    y_true = np.asarray(targets, dtype=np.float64)
    y_pred = np.asarray(predictions, dtype=np.float64)
    for name, array in (("targets", y_true), ("predictions", y_pred)):
        check_vector(where, name, array)
        if not np.isfinite(array).all():
            raise DatasetError(
                f"{where}: {name} must be finite; got {array[~np.isfinite(array)][0]}. "
                "Leave such rows out; NaN among predictions means that the model has diverged."
            )
    check_same_rows(where, targets=y_true, predictions=y_pred)
    squared = float(sklearn_metrics.mean_squared_error(y_true, y_pred))
    many = len(y_true) > 1  # of a single value there is no variance
    return {
        "n": len(y_true),
        "loss": squared / scale**2,
        "rmse": squared**0.5,
        "mae": float(sklearn_metrics.mean_absolute_error(y_true, y_pred)),
        "r2": float(sklearn_metrics.r2_score(y_true, y_pred)) if many else float(squared == 0),
    }
