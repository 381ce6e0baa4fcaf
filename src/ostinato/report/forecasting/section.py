"""Runs of forecasting: their predictions, and what the page shows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ostinato._arrays import Float64s
from ostinato.metrics.paired import Tally
from ostinato.metrics.quantiles import ends_of
from ostinato.report import formatting
from ostinato.report.forecasting import plots as forecast_drawings
from ostinato.report.forecasting.pictures import Picture, pictures_of
from ostinato.report.forecasting.results import (
    NUM_SERIES,
    Residuals,
    SeriesRow,
    autocorrelations,
    compared,
    series_rows,
    standardised,
    verdict,
)
from ostinato.report.forecasting.tally import of_forecasts
from ostinato.report.section import Curve, Headline, Task, note
from ostinato.runs.forecasting import BASELINES, ForecastPredictions
from ostinato.runs.run import Baseline, Labels, Run, Verdict

FIGURES = ("mase", "mae", "rmse", "smape", "crps")
"""What the model is compared by with those that need none."""

HEADLINED = 2
"""Intervals at the top, the widest of all."""

MANY_WINDOWS = 20
"""Coverage is drawn by step if each is of as many values."""


@dataclass(frozen=True, kw_only=True)
class BaselineRow:
    """Figures of the model, or of a forecast that needs none.

    Args:
        name: What it is called.
        figures: Those of `FIGURES` that are known.
        ratio: MASE, or else MAE, of the model over its own; None for the model itself.
    """

    name: str
    figures: Mapping[str, float]
    ratio: float | None


@dataclass(frozen=True, kw_only=True)
class IntervalRow:
    """One interval.

    Args:
        level: Percent that it is to hold.
        coverage: Share that it held.
        width: Mean width.
        below: Share of the kept values below it.
        above: The same above.
    """

    level: float
    coverage: float
    width: float | None
    below: float
    above: float


@dataclass(frozen=True, kw_only=True)
class Results:
    """What the forecasts of one split say.

    Args:
        baselines: The model, then those forecasts.
        ratio_of: The figure that their ratios are of.
        pictures: Windows to look at.
        series: Figures of the worst series, worst first.
        num_series: Series in all.
        num_beaten: Series whose MASE is below that of the seasonal naive forecast.
        num_scored: Series that have both.
        intervals: What each held; none if they were not measured.
        drawn_levels: Percent of those whose coverage is drawn by step.
        residuals: What the forecasts left over; None if too little is known.
        has_targets: Whether there are several columns that are forecast.
        predictions: All that was kept.
        plots: Drawings by name, SVG.
    """

    baselines: tuple[BaselineRow, ...]
    ratio_of: str
    pictures: tuple[Picture, ...]
    series: tuple[SeriesRow, ...]
    num_series: int
    num_beaten: int
    num_scored: int
    intervals: tuple[IntervalRow, ...]
    drawn_levels: tuple[float, ...]
    residuals: Residuals | None
    has_targets: bool
    predictions: ForecastPredictions
    plots: Mapping[str, str]


class Forecasting(Task[ForecastPredictions]):
    """Series of numbers over time, and what comes next in them."""

    template = "forecasting/section.html"
    lists_baselines = True
    sections = (
        ("naive", "Against the naive"),
        ("forecasts", "Forecasts"),
        ("horizon", "Horizon and intervals"),
        ("residuals", "Residuals"),
    )
    example = "window"
    unit = "step"
    has_lengths = False
    curves = (
        Curve(
            key="loss",
            name="loss",
            hint="Twice the pinball loss, averaged over the quantiles, on the scale of the network; of "
            "an autoregressive model the negative log-likelihood in nats a value. Lower is better.",
            is_share=False,
        ),
        Curve(
            key="mae",
            name="MAE",
            hint="Mean absolute error of the median in units of the data; lower is better.",
            is_share=False,
            lower_is_better=True,
        ),
        Curve(
            key="skill",
            name="skill",
            hint="By how much the loss is below the mean absolute error of the seasonal naive "
            "forecast: 1 is perfect, 0 no better; higher is better.",
            is_share=False,
        ),
    )

    def title(self, labels: Labels) -> str:
        """Return what the model does, in a few words."""
        return "Forecasting"

    def verdict_of(self, run: Run) -> Verdict | None:
        """Return what the run was judged to be, or of an older one what its figures say."""
        return run.verdict or verdict(next(iter(run.figures.values()), {}))

    def results_of(self, run: Run) -> Results | None:
        """Return what predictions and figures of a run say; None if it has no predictions yet."""
        predictions = run.predictions
        if not isinstance(predictions, ForecastPredictions):
            return None
        return self.results(
            predictions, run.labels, run.figures.get(predictions.split), run.baselines
        )

    def results(
        self,
        predictions: ForecastPredictions,
        labels: Labels,
        figures: Mapping[str, Any] | None = None,
        baselines: Sequence[Baseline] = (),
    ) -> Results:
        """Return what predictions say, with the drawings of the template.

        Args:
            predictions: The windows that were kept.
            labels: None that matter.
            figures: Those of all windows.
            baselines: The simple models beside it.
        """
        measured = figures or {}
        rows = series_rows(predictions)
        both = [row for row in rows if row.mase is not None and row.naive_mase is not None]
        intervals = _interval_rows(predictions, measured)
        residuals = standardised(predictions)
        return Results(
            baselines=_baseline_rows(measured, baselines, predictions.split),
            ratio_of="MASE" if compared(measured, "mase") else "MAE",
            pictures=pictures_of(predictions),
            series=rows[:NUM_SERIES],
            num_series=len(rows),
            num_beaten=sum((row.mase or 0.0) < (row.naive_mase or 0.0) for row in both),
            num_scored=len(both),
            intervals=intervals,
            drawn_levels=_few(intervals),
            residuals=residuals,
            has_targets=len(set(predictions.targets)) > 1,
            predictions=predictions,
            plots={
                **_step_plots(predictions, measured, intervals),
                **_residual_plots(predictions, residuals),
            },
        )

    def tally(
        self, predictions: ForecastPredictions, labels: Labels, names: Sequence[str]
    ) -> Tally:
        """Return what each example adds to the figures by which runs are compared."""
        return of_forecasts(predictions, labels, names)

    def headlines(
        self, labels: Labels, split: str, figures: Mapping[str, Any]
    ) -> Iterator[Headline]:
        """Yield the scaled error, coverage, CRPS and the error beside the best naive forecast."""
        yield Headline(
            name=f"{split.capitalize()} MASE",
            value=formatting.number(figures.get("mase"), 3),
            note=_best_note(figures, "mase"),
        )
        for level in _covered(figures)[-HEADLINED:]:
            width = formatting.significant(figures.get(f"width_{level}"))
            yield Headline(
                name=f"Inside the {level}% interval",
                value=formatting.percent(figures.get(f"coverage_{level}")),
                note=note("mean width {}", width),
            )
        yield Headline(
            name="CRPS",
            value=formatting.significant(figures.get("crps")),
            note=note(
                "{} of the values, weighted quantile loss", formatting.percent(figures.get("wql"))
            ),
        )
        yield Headline(
            name="MAE",
            value=formatting.significant(figures.get("mae")),
            note="; ".join(
                text
                for text in (
                    _best_note(figures, "mae"),
                    note("MSE {}", formatting.significant(figures.get("mse"))),
                )
                if text
            ),
        )


def _best_note(figures: Mapping[str, Any], key: str) -> str:
    """Return the best forecast that needs no model, by a figure."""
    theirs = compared(figures, key)
    if not theirs:
        return ""
    best = min(theirs, key=lambda name: theirs[name])
    return f"best without a model: {BASELINES[best]}, {formatting.significant(theirs[best])}"


def _covered(figures: Mapping[str, Any]) -> list[str]:
    """Return the levels whose coverage was measured, the lowest first."""
    levels = [key.removeprefix("coverage_") for key in figures if key.startswith("coverage_")]
    return sorted(levels, key=float)


def _baseline_rows(
    figures: Mapping[str, Any], baselines: Sequence[Baseline], split: str
) -> tuple[BaselineRow, ...]:
    """Return the model, and what stands beside it; of an older run its naive forecasts."""
    found: dict[str, Mapping[str, Any]] = {
        _short(one.title): one.figures[split] for one in baselines if split in one.figures
    }
    found = found or {
        title: figures[name]
        for name, title in BASELINES.items()
        if isinstance(figures.get(name), Mapping)
    }
    if not found:
        return ()
    key = "mase" if compared(figures, "mase") else "mae"
    return tuple(
        BaselineRow(
            name=name,
            figures={key: own[key] for key in FIGURES if key in own},
            ratio=figures[key] / own[key] if own is not figures and own.get(key) else None,
        )
        for name, own in {"model": figures, **found}.items()
    )


def _short(title: str) -> str:
    """Return what a row is called.

    Example:
        >>> _short("the naive forecast"), _short("a constant")
        ('naive', 'constant')
    """
    return title.removeprefix("the ").removeprefix("a ").removesuffix(" forecast")


def _interval_rows(
    predictions: ForecastPredictions, figures: Mapping[str, Any]
) -> tuple[IntervalRow, ...]:
    rows = []
    known = ~np.isnan(predictions.actual)
    for level in predictions.levels:
        ends, share = ends_of(level, predictions.probabilities), figures.get(f"coverage_{level:g}")
        if ends is None or share is None or np.isnan(share) or not known.any():
            continue
        low, high = (predictions.quantiles[..., end][known] for end in ends)
        actual = predictions.actual[known]
        rows.append(
            IntervalRow(
                level=level,
                coverage=share,
                width=figures.get(f"width_{level:g}"),
                below=float((actual < low).mean()),
                above=float((actual > high).mean()),
            )
        )
    return tuple(rows)


def _step_plots(
    predictions: ForecastPredictions,
    figures: Mapping[str, Any],
    intervals: Sequence[IntervalRow],
) -> dict[str, str]:
    """Return the drawings of each step ahead, as far as it was measured."""
    found = figures.get("by_step")
    steps: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    horizon = predictions.mean.shape[1]

    def line(name: str) -> Float64s | None:
        given = steps.get(name)
        if not isinstance(given, list) or not all(isinstance(value, float) for value in given):
            return None
        values = np.array(given)
        return values if len(values) == horizon > 1 and np.isfinite(values).any() else None

    plots = {}
    errors = {name: line(name) for name in ("mae", "naive_mae", "seasonal_naive_mae")}
    drawn = {name: values for name, values in errors.items() if values is not None}
    if len(drawn) == len(errors):
        plots["error"] = forecast_drawings.error_by_step(drawn)
    if intervals:
        plots["coverage"] = forecast_drawings.coverage(
            [row.level for row in intervals], [row.coverage for row in intervals]
        )
    are_many = predictions.num_windows >= MANY_WINDOWS
    shares = {level: line(f"coverage_{level:g}") for level in _few(intervals) if are_many}
    known = {level: values for level, values in shares.items() if values is not None}
    if known and len(known) == len(shares):
        plots["step_coverage"] = forecast_drawings.coverage_by_step(known)
    return plots


def _few(intervals: Sequence[IntervalRow]) -> tuple[float, ...]:
    """Return the lowest, the middle and the highest level."""
    levels = [row.level for row in intervals]
    return tuple(levels if len(levels) <= 3 else (levels[0], levels[len(levels) // 2], levels[-1]))


def _residual_plots(
    predictions: ForecastPredictions, residuals: Residuals | None
) -> dict[str, str]:
    if residuals is None:
        return {}
    values = residuals.values
    plots = {"histogram": forecast_drawings.residual_histogram(values[~np.isnan(values)])}
    if values.shape[1] > 1:
        plots["residuals"] = forecast_drawings.residuals_by_step(values)
    found = autocorrelations(predictions, residuals)
    if found is not None:
        plots["autocorrelation"] = forecast_drawings.autocorrelation(*found)
    return plots
