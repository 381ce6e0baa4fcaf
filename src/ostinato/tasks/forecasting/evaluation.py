"""How good forecasts are on a split, beside those that need no model; and what the report shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ostinato._arrays import Float64s
from ostinato.datasets.records.series import format_time
from ostinato.metrics import by_step, forecast_metrics, scale_of
from ostinato.runs.columns import write_table
from ostinato.series import Panel, WindowIndex, drift, naive, naive2, seasonal_naive
from ostinato.tasks.forecasting.forecasts import Forecasts, history_steps
from ostinato.training import Figures

BASELINES: dict[str, Callable[[Float64s, int, int], Float64s]] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "drift": drift,
}
"""What every model must beat, and needs no training."""

CONSTANT = "constant"
"""The median of a series before its first cutoff: what is best of values in random order."""

OF_BASELINES = ("mse", "mae", "rmse", "smape", "mase")
SHOWN = 2000  # windows that are kept for the report


@dataclass(frozen=True, eq=False)
class ForecastEvaluation:
    """Forecasts beside what came, in the units in which they are measured.

    Args:
        actual: What came, NaN where nothing is known of it.
        mean: What was forecast.
        quantiles: The quantiles that were.
        probabilities: Of these.
        scale: Mean absolute seasonal difference of what came before the first cutoff of a series.
        deviation: What all of these were divided by; ones for the units of the series.
        baselines: What the naive forecasts and a constant say, by their names; ``naive2`` where it was
            asked for.

    Shape:
        actual, mean, baselines: ``(windows, horizon)``.
        quantiles: ``(windows, horizon, quantiles)``.
        scale, deviation: ``(windows,)``.
    """

    actual: Float64s
    mean: Float64s
    quantiles: Float64s
    probabilities: tuple[float, ...]
    scale: Float64s
    deviation: Float64s
    baselines: Mapping[str, Float64s]

    @staticmethod
    def of(forecasts: Forecasts, season: int, deviation: Float64s) -> ForecastEvaluation:
        """Measure forecasts.

        Args:
            forecasts: The forecasts.
            season: Steps of a season.
            deviation: What to divide the values of each window by.
        """
        methods = dict(BASELINES)
        if len(forecasts.places) <= SHOWN:  # it takes each history apart, which is slow
            methods["naive2"] = naive2
        steps = deviation[:, None]
        medians = _of_history(forecasts, _median)
        return ForecastEvaluation(
            forecasts.actual / steps,
            forecasts.mean / steps,
            forecasts.quantiles / steps[..., None],
            forecasts.probabilities,
            _scale(forecasts, season) / deviation,
            deviation,
            {
                CONSTANT: np.repeat(medians[:, None], forecasts.horizon, axis=1) / steps,
                **{
                    name: _baseline(forecasts, method, season) / steps
                    for name, method in methods.items()
                },
            },
        )

    @staticmethod
    def joined(several: Sequence[ForecastEvaluation]) -> ForecastEvaluation:
        """Return the windows of several, one after another."""

        def all_of(name: str) -> Float64s:
            return np.concatenate([getattr(one, name) for one in several])

        names = [
            name for name in several[0].baselines if all(name in one.baselines for one in several)
        ]
        return ForecastEvaluation(
            actual=all_of("actual"),
            mean=all_of("mean"),
            quantiles=all_of("quantiles"),
            probabilities=several[0].probabilities,
            scale=all_of("scale"),
            deviation=all_of("deviation"),
            baselines={
                name: np.concatenate([one.baselines[name] for one in several]) for name in names
            },
        )

    def figures(self, levels: Sequence[int], *, with_coverage: bool = True) -> Figures:
        """Return the figures of forecasts, of the naive ones, and of each step ahead.

        Args:
            levels: Percent of the intervals.
            with_coverage: Whether intervals are judged; not on what they were calibrated on.
        """
        asked: dict[str, Any] = {
            "median": self.quantiles[..., len(self.probabilities) // 2],
            "quantiles": self.quantiles,
            "quantile_levels": self.probabilities,
            "levels": levels if with_coverage else (),
            "scale": self.scale,
        }
        figures: Figures = forecast_metrics(
            self.actual, self.mean, naive2=self.baselines.get("naive2"), **asked
        )
        steps = {
            name: values
            for name, values in by_step(self.actual, self.mean, **asked).items()
            if name in ("mae", "rmse") or name.startswith("coverage")
        }
        for name in BASELINES:
            figures[name] = self.of_baseline(name)
            steps[f"{name}_mae"] = by_step(self.actual, self.baselines[name])["mae"]
        figures["by_step"] = {name: values.tolist() for name, values in steps.items()}
        return figures

    def of_baseline(self, name: str) -> Figures:
        """Return the figures of one of the baselines."""
        return self.of_forecast(self.baselines[name])

    def of_forecast(self, forecast: Float64s) -> Figures:
        """Return the figures of another forecast of the windows, which has no intervals.

        Args:
            forecast: It, in the units of the others, ``(windows, horizon)``.
        """
        found = forecast_metrics(self.actual, forecast, scale=self.scale)
        figures: Figures = {key: found[key] for key in OF_BASELINES if key in found}
        figures["crps"] = found["mae"]  # without a spread it is the same
        return figures


def write_forecasts(
    run: Path,
    forecasts: Forecasts,
    measured: ForecastEvaluation,
    levels: Sequence[int],
    *,
    split: str,
    season: int,
    standardised: bool,
) -> None:
    """Write one row a window: history, what came, what was forecast, and the naive forecasts.

    Of more than some two thousand windows it keeps every few, and the last one of each series. Values
    are in the units of the series, whatever they are measured in.
    """
    rows = _shown(forecasts.places)
    panel, places = forecasts.panel, forecasts.places.take(rows)
    histories, history_times = _histories(panel, places, history_steps(forecasts.horizon, season))
    units = measured.deviation[rows, None]
    doubles, strings = pa.list_(pa.float64()), pa.list_(pa.string())
    table = pa.table(
        {
            "id": [panel.ids[series] for series in places.series],
            "target": [panel.targets[target] for target in places.target],
            "cutoff": [times[-1] for times in history_times],
            "times": pa.array(
                [[format_time(t) for t in forecasts.times(row)] for row in rows], strings
            ),
            "history": pa.array(map(_listed, histories), doubles),
            "history_times": pa.array(history_times, strings),
            "actual": pa.array(map(_listed, measured.actual[rows] * units), doubles),
            "mean": pa.array((measured.mean[rows] * units).tolist(), doubles),
            "quantiles": pa.array(
                (measured.quantiles[rows] * units[..., None]).reshape(len(rows), -1).tolist(),
                doubles,
            ),
            **{
                name: pa.array((measured.baselines[name][rows] * units).tolist(), doubles)
                for name in BASELINES
            },
            "scale": pa.array((measured.scale * measured.deviation)[rows]),
            "deviation": pa.array(measured.deviation[rows]),
        }
    )
    metadata = {
        "quantiles": json.dumps(forecasts.probabilities),
        "levels": json.dumps(levels),
        "frequency": panel.frequency.alias,
        "season": str(season),
        "windows": str(len(forecasts.places)),
        "standardised": str(standardised).lower(),
    }
    write_table(run, split, table, metadata)


def _of_history(forecasts: Forecasts, measure: Callable[[Float64s], float]) -> Float64s:
    """Return for each window a number of what came before the first cutoff of its series."""
    first: dict[tuple[int, int], float] = {}
    found = np.empty(len(forecasts.places))
    for row, (series, target, origin) in enumerate(_rows(forecasts.places)):
        if (series, target) not in first:
            first[series, target] = measure(forecasts.panel.values[series][:origin, target])
        found[row] = first[series, target]
    return found


def _scale(forecasts: Forecasts, season: int) -> Float64s:
    """Return the scale of MASE of each window, from before the first cutoff of its series."""
    return _of_history(forecasts, lambda history: float(scale_of(history, season)))


def _median(history: Float64s) -> float:
    """Return the median of what is known of a history, 0 where nothing is."""
    known = history[np.isfinite(history)]
    return float(np.median(known)) if len(known) else 0.0


def _baseline(
    forecasts: Forecasts, method: Callable[[Float64s, int, int], Float64s], season: int
) -> Float64s:
    """Return what a naive forecast says of each window, ``(windows, horizon)``."""
    values, horizon = forecasts.panel.values, forecasts.horizon
    return np.array(
        [
            method(values[series][:origin, target], horizon, season)
            for series, target, origin in _rows(forecasts.places)
        ]
    )


def _rows(places: WindowIndex) -> Iterator[tuple[int, int, int]]:
    return zip(
        *(part.tolist() for part in (places.series, places.target, places.origin)), strict=True
    )


def _shown(places: WindowIndex) -> npt.NDArray[np.int64]:
    """Return the windows to keep: evenly spread, and the last one of each series and target."""
    count = len(places)
    if count <= SHOWN:
        return np.arange(count)
    group = places.series * (int(places.target.max()) + 1) + places.target
    last = np.append(np.flatnonzero(group[1:] != group[:-1]), count - 1)
    even = np.linspace(0, count - 1, SHOWN - min(len(last), SHOWN // 2)).astype(np.int64)
    return np.unique(np.concatenate([even, last[:SHOWN]]))


def _histories(
    panel: Panel, places: WindowIndex, steps: int
) -> tuple[list[Float64s], list[list[str]]]:
    """Return the last values before each cutoff, and their times."""
    histories, times = [], []
    for series, target, origin in _rows(places):
        start = max(0, origin - steps)
        histories.append(panel.values[series][start:origin, target])
        times.append([format_time(time) for time in panel.times(series, start, origin)])
    return histories, times


def _listed(values: Float64s) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
