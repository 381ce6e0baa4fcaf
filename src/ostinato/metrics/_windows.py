"""What the windows of forecasts must be like, and means over the values that are known."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ostinato._arrays import Float64s
from ostinato._errors import DatasetError, ShapeError

Bools: TypeAlias = NDArray[np.bool_]


def check_actual(where: str, actual: ArrayLike) -> Float64s:
    """Return what happened as float64 ``(windows, horizon)``, NaN where unknown, or raise."""
    array = np.asarray(actual, dtype=np.float64)
    if array.ndim != 2:
        raise ShapeError(
            f"{where}: actual must be (windows, horizon); got shape {array.shape}. "
            "Give one row a window; with several targets, one row for each window and target."
        )
    if np.isinf(array).any():
        window, step = np.argwhere(np.isinf(array))[0]
        raise DatasetError(
            f"{where}: actual must be finite, or NaN where it is unknown; got "
            f"{array[window, step]} in window {window} at step {step + 1}. Check the data."
        )
    if np.isnan(array).all():
        raise DatasetError(
            f"{where}: actual must have at least one value; got none in {len(array)} windows. "
            "Check the cutoffs."
        )
    return array


def check_forecast(where: str, name: str, forecast: ArrayLike, actual: Float64s) -> Float64s:
    """Return a forecast of ``actual`` as float64, or raise if it is none."""
    array = np.asarray(forecast, dtype=np.float64)
    if array.shape != actual.shape:
        raise ShapeError(
            f"{where}: {name} must be (windows, horizon) as actual is, {actual.shape}; "
            f"got shape {array.shape}. Give one value for each step of each window."
        )
    wrong = ~np.isfinite(array) & ~np.isnan(actual)
    if wrong.any():
        window, step = np.argwhere(wrong)[0]
        raise DatasetError(
            f"{where}: {name} must be finite wherever actual is known; got {array[window, step]} "
            f"in window {window} at step {step + 1}. NaN means that the model has diverged, or "
            "that a series had no value to forecast from."
        )
    return array


def check_last_axis(where: str, name: str, value: ArrayLike, actual: Float64s) -> NDArray[Any]:
    """Return ``(windows, horizon, n)`` that fits ``actual``, in its own dtype, or raise."""
    array = np.asarray(value)
    if array.ndim != 3 or array.shape[:2] != actual.shape:
        windows, horizon = actual.shape
        raise ShapeError(
            f"{where}: {name} must be ({windows}, {horizon}, n) to fit actual; "
            f"got shape {array.shape}. Put the {name} of a step into the last axis."
        )
    return array


def check_scale(where: str, scale: ArrayLike, actual: Float64s) -> Float64s:
    """Return the scale of each window as float64 ``(windows, 1)``, NaN where it has none."""
    array = np.asarray(scale, dtype=np.float64)
    if array.shape != actual.shape[:1]:
        raise ShapeError(
            f"{where}: scale must be ({len(actual)},), one value a window; "
            f"got shape {array.shape}. Repeat the scale of a series for each of its windows."
        )
    usable = np.isfinite(array) & (array > 0)
    return np.where(usable, array, np.nan)[:, None]


def mean_of_known(values: Float64s, axis: int | None = None) -> Float64s:
    """Return the mean of the values that are not NaN, NaN where there are none.

    Example:
        >>> mean_of_known(np.array([[1.0, np.nan], [3.0, np.nan]]), axis=0).tolist()
        [2.0, nan]
    """
    known = ~np.isnan(values)
    sums = np.sum(values, axis=axis, where=known)
    counts = np.count_nonzero(known, axis=axis)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.divide(sums, counts), dtype=np.float64)
