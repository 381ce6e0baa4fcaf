"""The forecasts that stand beside a forecaster: the naive ones and a constant; and what they mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ostinato.metrics import CHANCE_Z
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.forecasting.evaluation import CONSTANT, ForecastEvaluation
from ostinato.tasks.forecasting.forecasts import Forecasts
from ostinato.tasks.forecasting.predictor import ForecastPredictor
from ostinato.tasks.forecasting.smoothing import Smoothing
from ostinato.tasks.forecasting.time_splits import SeriesSplit
from ostinato.tasks.verdict import Compared, Verdict, judge
from ostinato.training import Figures

TITLES = {
    CONSTANT: "a constant",
    "drift": "the drift forecast",
    "naive": "the naive forecast",
    "seasonal_naive": "the seasonal naive forecast",
}
"""What each is called in a sentence; `ostinato.tasks.forecasting.evaluation` says what it forecasts."""

NEAR = 0.9
"""Share of a constant's error, below which few steps are not taken for chance."""


def baselines_of(
    predictor: ForecastPredictor, train: SeriesSplit, train_seconds: float
) -> Iterator[Baseline]:
    """Yield the forecasts beside a forecaster, the simplest first.

    Exponential smoothing is the last one; without statsforecast it is not there.

    Args:
        predictor: The forecaster, for its horizon and season.
        train: The train split.
        train_seconds: Time that the training took; simple models take a share of it at most.
    """
    measured: dict[str, tuple[Forecasts, ForecastEvaluation]] = {}

    def untrained(split: SeriesSplit) -> tuple[Forecasts, ForecastEvaluation]:
        if split.fingerprint not in measured:
            measured[split.fingerprint] = predictor.untrained(split)
        return measured[split.fingerprint]

    def figures(name: str, split: SeriesSplit) -> Figures:
        return untrained(split)[1].of_baseline(name)

    for name, title in TITLES.items():
        if name != "seasonal_naive" or predictor.plan.season > 1:
            yield Baseline(name, title, partial(figures, name))
    if not Smoothing.is_installed():
        return
    smoothing = Smoothing(train.panel, predictor.plan.season, train_seconds)

    def smoothed(split: SeriesSplit) -> Figures:
        forecasts, found = untrained(split)
        return found.of_forecast(smoothing.forecasts(forecasts) / found.deviation[:, None])

    yield Baseline("ets", smoothing.title, smoothed)


def figures_of(
    measured: ForecastEvaluation,
    split: SeriesSplit,
    levels: Sequence[int],
    *,
    with_coverage: bool = True,
) -> Figures:
    """Return the figures of a forecaster on a split, and how far it is from chance.

    Args:
        measured: Its forecasts beside what came.
        split: The split.
        levels: Percent of the intervals.
        with_coverage: Whether intervals are judged; not on what they were calibrated on.
    """
    figures = measured.figures(levels, with_coverage=with_coverage)
    return {**figures, "chance_z": chance_z(measured, overlaps=split.every_cutoff)}


def chance_z(measured: ForecastEvaluation, *, overlaps: bool) -> float:
    """Return how many standard deviations a forecaster's errors are below those of a constant.

    Of values in random order a constant, the median, is as good as anything; the steps are then
    independent of each other, as this takes them to be.

    Args:
        measured: Its forecasts beside what came.
        overlaps: Whether every step is a cutoff, so that a value is forecast once a step of the horizon.
    """
    median = measured.quantiles[..., len(measured.probabilities) // 2]
    gain = np.abs(measured.actual - measured.baselines[CONSTANT]) - np.abs(measured.actual - median)
    gain /= np.where(measured.scale > 0, measured.scale, 1)[:, None]
    known = gain[np.isfinite(gain)]
    spread = known.std() if len(known) else 0.0
    steps = len(known) / (gain.shape[1] if overlaps else 1)
    return float(known.mean() / spread * math.sqrt(steps)) if spread > 0 else 0.0


def judge_forecasts(
    figures: Figures, baselines: Mapping[str, Any], *, split: str, advice: str
) -> Verdict:
    """Return the judgement of a forecaster's figures: by MASE, or where there is none by MAE.

    Args:
        figures: Its figures.
        baselines: Those of the forecasts beside it.
        split: The split.
        advice: What to try if it is not better than these.
    """
    title = next(name for name in ("mase", "mae") if name in figures)
    compared = Compared(title, title.upper(), lower_is_better=True, is_share=False)
    failure, found = None, baselines.get(CONSTANT, {}).get(split, {})
    is_near = 0 < NEAR * found.get(title, 0) < figures[title]  # of series that never change, 0
    if is_near and figures.get("chance_z", math.inf) < CHANCE_Z:
        failure = (
            f"No better than chance: {compared.title} {figures[title]:.4f} on {split}, and a constant has "
            f"{found[title]:.4f}."
        )
        advice = f"Check that the values are in the order of their times. {advice}"
    compared_figures = {
        name: value for name, value in figures.items() if name != "chance_z"
    }  # judged above
    return judge(compared_figures, baselines, compared, split=split, failure=failure, advice=advice)
