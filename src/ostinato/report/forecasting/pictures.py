"""The forecasts of a page that are drawn, to be chosen from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ostinato._arrays import Float64s
from ostinato.datasets.records.series import format_time
from ostinato.metrics.quantiles import ends_of
from ostinato.report.forecasting.chart import Chart, chart_of
from ostinato.report.forecasting.forecast_plot import Forecast
from ostinato.report.forecasting.results import SeriesRow, pictured, ranked, series_row
from ostinato.runs.forecasting import ForecastPredictions

FEWEST, MOST = 9, 120  # forecasts that are drawn
FIRST = ("", "median", "best", "worst")
MOST_STEPS = 17_000  # of all of them together, with their history: a page is to stay small


@dataclass(frozen=True, kw_only=True)
class Value:
    """One step ahead.

    Args:
        time: When it is.
        actual: What came; None if it is not known.
        forecast: The median, or else the mean.
        ends: Of each interval, the lower and the upper.
        naive: The seasonal naive forecast.
    """

    time: str
    actual: float | None
    forecast: float
    ends: tuple[tuple[float, float], ...]
    naive: float


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A forecast that is drawn.

    Args:
        rank: Best, median or worst; empty for the others.
        id: Which series.
        target: Which of its columns.
        cutoff: Time of the last known step.
        row: Figures of this window.
        chart: The drawing.
        values: Its steps ahead, for a table.
        digits: Decimals of the values.
    """

    rank: str
    id: str
    target: str
    cutoff: str
    row: SeriesRow
    chart: Chart
    values: tuple[Value, ...]
    digits: int


def pictures_of(predictions: ForecastPredictions) -> tuple[Picture, ...]:
    """Return the windows to draw: median, best and worst, then others in order of the file.

    They are the last ones of each series, or those of a single series.

    Where there are more than a page can hold they are spread evenly from the best to the worst.
    """
    rows, ranks = ranked(predictions), {row: rank for rank, row in pictured(predictions)}
    steps = max(len(history) for history in predictions.histories) + predictions.mean.shape[1]
    most = FEWEST
    if len(predictions.groups()) > 1:
        most = int(np.clip(MOST_STEPS // steps, FEWEST, MOST))
    spread = np.linspace(0, len(rows) - 1, min(len(rows), most)).round().astype(int)
    others = sorted({rows[place] for place in spread}.difference(ranks))
    first = sorted(ranks, key=lambda row: FIRST.index(ranks[row]))
    return tuple(_picture(predictions, row, ranks.get(row, "")) for row in [*first, *others])


def forecast_of(predictions: ForecastPredictions, row: int) -> Forecast:
    """Return one window, to be drawn."""
    return Forecast(
        times=predictions.times[row],
        mean=predictions.mean[row],
        quantiles=predictions.quantiles[row],
        probabilities=predictions.probabilities,
        levels=predictions.levels,
        history=predictions.histories[row],
        history_times=predictions.history_times[row],
        actual=predictions.actual[row],
        baseline=predictions.baselines["seasonal_naive"][row],
    )


def _picture(predictions: ForecastPredictions, row: int, rank: str) -> Picture:
    forecast = forecast_of(predictions, row)
    digits = _digits(np.concatenate(forecast.drawn()))
    return Picture(
        rank=rank,
        id=predictions.ids[row],
        target=predictions.targets[row],
        cutoff=format_time(predictions.cutoffs[row]),
        row=series_row(predictions, np.array([row])),
        chart=chart_of(forecast, digits),
        values=tuple(_values(forecast)),
        digits=digits,
    )


def _values(forecast: Forecast) -> list[Value]:
    places = [ends_of(level, forecast.probabilities) for level in forecast.levels]
    rows = []
    for step, time in enumerate(forecast.times):
        actual = np.nan if forecast.actual is None else forecast.actual[step]
        naive = np.nan if forecast.baseline is None else forecast.baseline[step]
        rows.append(
            Value(
                time=format_time(time),
                actual=float(actual) if np.isfinite(actual) else None,
                forecast=float(forecast.middle[step]),
                ends=tuple(
                    (float(forecast.quantiles[step, low]), float(forecast.quantiles[step, high]))
                    for low, high in filter(None, places)
                ),
                naive=float(naive),
            )
        )
    return rows


def _digits(values: Float64s) -> int:
    """Return the decimals with which all values of a forecast are written: three digits of a usual one."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(sizes):
        return 0
    return int(np.clip(2 - math.floor(math.log10(float(np.median(sizes)))), 0, 9))
