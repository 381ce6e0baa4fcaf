"""What forecasts of a split say: against the naive, series by series, and of what is left over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from ostinato._arrays import Float64s
from ostinato.runs.forecasting import BASELINES, ForecastPredictions
from ostinato.runs.run import Verdict

NUM_SERIES = 30
"""Series that are listed."""

FEW_PAIRS = 20
"""A correlation is of at least as many pairs of residuals."""

FEW_LAGS = 5
"""Correlations that are worth a drawing."""

MAX_LAG = 200


@dataclass(frozen=True, kw_only=True)
class SeriesRow:
    """Figures of one series and target.

    Args:
        id: Which series; empty where there is but one.
        target: Which of its columns.
        mase: Mean absolute scaled error; None without a scale or anything known.
        naive_mase: The same of the seasonal naive forecast.
        smape: Symmetric mean absolute percentage error; None if nothing is known.
        mae: Mean absolute error, on the scale that errors are told on.
        bias: Mean residual of the mean on that scale: above 0, forecasts are too low.
    """

    id: str
    target: str
    mase: float | None
    naive_mase: float | None
    smape: float | None
    mae: float | None
    bias: float | None


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """What is left over of the values by the forecasts, in units of its standard deviation.

    Args:
        values: Residuals, ``(windows, horizon)``, NaN where unknown.
        mean: Their mean: above 0, forecasts are too low.
        far: Share of those further than three standard deviations from 0.
    """

    values: Float64s
    mean: float
    far: float


def verdict(figures: Mapping[str, Any]) -> Verdict | None:
    """Say whether a model beats the naive forecasts; None if the figures do not tell.

    Args:
        figures: Those of the model, and under their names those of the naive forecasts.

    Example:
        >>> verdict({"mase": 1.1, "naive": {"mase": 1.3}, "seasonal_naive": {"mase": 1.0}}).text
        'The model does not beat the seasonal naive forecast: MASE 1.10 against 1.00. It beats the naive forecast.'
    """
    key = next((key for key in ("mase", "mae") if compared(figures, key)), None)
    if key is None:
        return None
    ours, theirs = figures[key], compared(figures, key)
    beaten = [name for name, value in theirs.items() if ours < value]
    unbeaten = [name for name in theirs if name not in beaten]
    best = min(unbeaten or theirs, key=lambda name: theirs[name])
    what = f"{key.upper()} {_written(ours)} against {_written(theirs[best])}"
    if unbeaten:
        text = f"The model does not beat {_forecasts(unbeaten, 'or')}: {what}{_of(best, unbeaten)}."
        text += f" It beats {_forecasts(beaten)}." if beaten else ""
    else:
        text = f"The model beats {_forecasts(beaten)}: {what}{_of(best, beaten)}."
    return Verdict(text=text + _by_squares(figures, beats_all=not unbeaten), is_good=not unbeaten)


def compared(figures: Mapping[str, Any], key: str) -> dict[str, float]:
    """Return a figure of each naive forecast, if the model has it too.

    Example:
        >>> compared({"mae": 1.0, "naive": {"mae": 2.0}}, "mae")
        {'naive': 2.0}
    """
    if not _is_number(figures.get(key)):
        return {}
    found = {name: (figures.get(name) or {}).get(key) for name in BASELINES}
    return {name: float(value) for name, value in found.items() if _is_number(value)}


def series_rows(predictions: ForecastPredictions) -> tuple[SeriesRow, ...]:
    """Return the figures of each series, worst first: by MASE, and by sMAPE where it has none."""
    rows = [series_row(predictions, group) for group in predictions.groups()]
    return tuple(sorted(rows, key=_badness, reverse=True))


def series_row(predictions: ForecastPredictions, rows: NDArray[np.int64]) -> SeriesRow:
    """Return the figures of some windows of one series and target.

    Args:
        predictions: All windows.
        rows: Those of the series.
    """
    actual, scale = predictions.actual[rows], predictions.scale[rows]
    unit = np.where(scale > 0, scale, np.nan)[:, None]
    residuals = predictions.residuals[rows]
    middle = predictions.middle[rows]  # what the figures of the run are of
    size = np.abs(actual) + np.abs(middle)
    errors = np.abs(actual - middle)
    naive = np.abs(actual - predictions.baselines["seasonal_naive"][rows])
    percent = 200 * np.divide(errors, size, out=np.zeros_like(size), where=size != 0)
    percent[np.isnan(actual)] = np.nan
    return SeriesRow(
        id=predictions.ids[rows[0]],
        target=predictions.targets[rows[0]],
        mase=_mean(errors / unit),
        naive_mase=_mean(naive / unit),
        smape=_mean(percent),
        mae=_mean(errors / predictions.unit[rows, None]),
        bias=_mean(residuals),
    )


def ranked(predictions: ForecastPredictions) -> list[int]:
    """Return the windows to choose from, the best first; where nothing came, the first.

    A series is judged by its last window; of a single series its windows are compared.
    """
    groups = predictions.groups()
    rows = groups[0] if len(groups) == 1 else np.array([group[-1] for group in groups])
    scores = [_badness(series_row(predictions, np.array([row]))) for row in rows]
    by_score = sorted(range(len(rows)), key=scores.__getitem__)
    return [int(rows[place]) for place in by_score if scores[place] >= (0, 0.0)] or [int(rows[0])]


def pictured(predictions: ForecastPredictions) -> list[tuple[str, int]]:
    """Return the windows that stand out: the best, the median and the worst of :func:`ranked`.

    Returns:
        What each window is, and its row; fewer than three if there are fewer.
    """
    order = ranked(predictions)
    if len(order) < 2:
        return [("", order[0])]
    middle = [("median", order[(len(order) - 1) // 2])] if len(order) > 2 else []
    return [("best", order[0]), *middle, ("worst", order[-1])]


def standardised(predictions: ForecastPredictions) -> Residuals | None:
    """Return the residuals over each window's scale, then over their standard deviation.

    Returns:
        The residuals; None if there are not at least two that differ.
    """
    scale, deviation = predictions.scale, predictions.deviation
    unit = np.where(scale > 0, scale, np.where(deviation > 0, deviation, np.nan))
    residuals = (predictions.actual - predictions.mean) / unit[:, None]
    known = residuals[np.isfinite(residuals)]
    spread = known.std() if len(known) else 0.0
    if spread == 0:
        return None
    values = np.where(np.isfinite(residuals), residuals / spread, np.nan)
    far = float((np.abs(known) > 3 * spread).mean())
    return Residuals(values=values, mean=float(known.mean() / spread), far=far)


def autocorrelations(
    predictions: ForecastPredictions, residuals: Residuals
) -> tuple[NDArray[np.int64], Float64s, NDArray[np.int64]] | None:
    """Return how alike one-step residuals are that lie so many steps apart.

    Cutoffs of a series follow each other if one is among the steps ahead of the one before.

    Returns:
        Steps apart, correlations and numbers of pairs, each ``(lags,)``; None if there are too few.
    """
    max_lag = min(max(2 * predictions.season, 24), MAX_LAG)
    products, squares = np.zeros(max_lag + 1), np.zeros(max_lag + 1)
    counts = np.zeros(max_lag + 1, dtype=np.int64)
    for group in predictions.groups():
        line = _in_line(predictions, residuals.values[:, 0], group, max_lag)
        for lag in range(1, min(max_lag, len(line) - 1) + 1):
            first, second = line[:-lag], line[lag:]
            both = ~np.isnan(first + second)
            products[lag] += first[both] @ second[both]
            squares[lag] += (first[both] @ first[both] + second[both] @ second[both]) / 2
            counts[lag] += both.sum()
    lags = np.flatnonzero((counts >= FEW_PAIRS) & (squares > 0))
    if len(lags) < FEW_LAGS:
        return None
    return lags, products[lags] / squares[lags], counts[lags]


def _in_line(
    predictions: ForecastPredictions, first: Float64s, group: NDArray[np.int64], gap: int
) -> Float64s:
    """Return the first residuals of a series where they stand in time, less their mean."""
    places = [0]
    for before, after in pairwise(group):
        steps = np.flatnonzero(predictions.times[before] == predictions.cutoffs[after])
        places.append(places[-1] + (int(steps[0]) + 1 if len(steps) else gap + 1))
    line = np.full(places[-1] + 1, np.nan)
    line[places] = first[group]
    known = line[~np.isnan(line)]
    return line - known.mean() if len(known) else line


def _badness(row: SeriesRow) -> tuple[int, float]:
    """Return what series are ordered by: those with MASE, those with sMAPE alone, the others."""
    if row.mase is not None:
        return 1, row.mase
    return (-1, 0.0) if row.smape is None else (0, row.smape)


def _mean(values: Float64s) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _by_squares(figures: Mapping[str, Any], *, beats_all: bool) -> str:
    """Return what squared errors say, if it is something else; they weigh large errors more."""
    theirs = compared(figures, "rmse")
    if not theirs:
        return ""
    best = min(theirs, key=lambda name: theirs[name])
    what = f"{_written(figures['rmse'])} against {_written(theirs[best])}"
    if beats_all and figures["rmse"] >= theirs[best]:
        return f" By RMSE it does not beat {_forecasts([best])}: {what}."
    if not beats_all and figures["rmse"] < theirs[best]:
        return f" By RMSE it beats all of them: {what}."
    return ""


def _forecasts(names: Sequence[str], joint: str = "and") -> str:
    """Return names in a sentence: the naive, the seasonal naive and the drift forecast."""
    called = [f"the {BASELINES[name]}" for name in names]
    first = f"{', '.join(called[:-1])} {joint} " if len(called) > 1 else ""
    return f"{first}{called[-1]} forecast"


def _of(best: str, names: Sequence[str]) -> str:
    return f" of the {BASELINES[best]}" if len(names) > 1 else ""


def _written(value: float) -> str:
    return f"{value:,.2f}" if 0.1 <= abs(value) < 1e6 else f"{value:.3g}"


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and bool(np.isfinite(value))
