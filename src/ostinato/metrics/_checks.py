"""What the arrays that metrics take must be like."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ostinato._arrays import Float64s
from ostinato._errors import DatasetError, ShapeError

SUM_TOLERANCE = 1e-2
"""How far a row of probabilities may be from a sum of 1: bfloat16 keeps 8 bits of each."""


def check_pair(
    where: str, labels: ArrayLike, predictions: ArrayLike, num_classes: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return labels and predictions as arrays, or raise if they do not fit each other."""
    y_true = check_labels(where, "labels", labels, num_classes=num_classes)
    y_pred = check_labels(where, "predictions", predictions, num_classes=num_classes)
    if y_true.ndim != y_pred.ndim:
        raise ShapeError(
            f"{where}: labels and predictions must have the same form; got shapes {y_true.shape} "
            f"and {y_pred.shape}. Give class indices (n,) or boolean matrices (n, classes)."
        )
    check_same_rows(where, labels=y_true, predictions=y_pred)
    return y_true, y_pred


def check_labels(where: str, name: str, value: ArrayLike, *, num_classes: int) -> NDArray[Any]:
    """Return class indices ``(n,)`` or a boolean matrix ``(n, classes)``, or raise."""
    array = np.asarray(value)
    if array.size == 0:
        raise DatasetError(f"{where}: {name} must have at least one row; got none. Check the data.")
    if array.ndim == 2 and array.dtype == np.bool_:
        if array.shape[1] != num_classes:
            raise ShapeError(
                f"{where}: {name} must have {num_classes} columns, one for each class; "
                f"got shape {array.shape}. Encode them with the same classes."
            )
        return array
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ShapeError(
            f"{where}: {name} must be whole numbers (n,) or a boolean matrix (n, classes); "
            f"got {array.dtype} of shape {array.shape}. Encode them as indices of the classes."
        )
    if num_classes and (array.min() < 0 or array.max() >= num_classes):
        raise DatasetError(
            f"{where}: {name} must be class indices from 0 to {num_classes - 1}; "
            f"got {array.min()} to {array.max()}. Encode them with the classes of the model."
        )
    return array.astype(np.int64)


def check_probabilities(where: str, value: ArrayLike, *, multi_label: bool) -> Float64s:
    """Return probabilities ``(n, classes)`` as float64, or raise."""
    array = np.asarray(value, dtype=np.float64)
    if array.ndim != 2:
        raise ShapeError(
            f"{where}: probabilities must be (n, classes); got shape {array.shape}. "
            "Give one column for each class, for two classes too."
        )
    check_unit_interval(where, array)
    if not multi_label and array.size:
        sums = array.sum(axis=1)
        worst = sums[np.abs(sums - 1).argmax()]
        if abs(worst - 1) > SUM_TOLERANCE:
            raise DatasetError(
                f"{where}: probabilities must sum to 1 in each row; got {worst:.4g}. "
                "Apply a softmax, or set multi_label=True."
            )
    return array


def check_unit_interval(where: str, array: Float64s) -> None:
    """Raise DatasetError unless every value is from 0 to 1."""
    outside = ~((array >= 0) & (array <= 1))  # so that NaN is outside too
    if outside.any():
        raise DatasetError(
            f"{where}: probabilities must be from 0 to 1; got {array[outside][0]:.4g}. "
            "Apply a softmax or a sigmoid; NaN means that the model has diverged."
        )


def check_vector(where: str, name: str, array: NDArray[Any]) -> None:
    """Raise unless an array is ``(n,)`` with at least one row."""
    if array.ndim != 1:
        raise ShapeError(
            f"{where}: {name} must be (n,); got shape {array.shape}. Give one value a text."
        )
    if array.size == 0:
        raise DatasetError(f"{where}: {name} must have at least one row; got none. Check the data.")


def check_same_rows(where: str, **arrays: NDArray[Any]) -> None:
    """Raise ShapeError unless the two arrays have as many rows."""
    (first, a), (second, b) = arrays.items()
    if len(a) != len(b):
        raise ShapeError(
            f"{where}: {first} and {second} must have as many rows; got {len(a)} and {len(b)}. "
            "Give both of the same texts in the same order."
        )
