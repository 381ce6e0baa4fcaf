"""Rolling origins: what forecasts would have been worth, had they been made in the past."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ostinato._config import check_range
from ostinato._errors import DatasetError
from ostinato.series import Panel
from ostinato.tasks.forecasting.evaluation import ForecastEvaluation
from ostinato.tasks.forecasting.predictor import ForecastPredictor
from ostinato.tasks.forecasting.time_splits import SeriesSplit
from ostinato.training import Figures

logger = logging.getLogger("ostinato")


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from several cutoffs and what they were worth.

    Args:
        figures: Figures over all cutoffs, with those of the naive forecasts.
        by_cutoff: The same of each cutoff, the earliest first.
        table: A row a step, with the columns of :meth:`ostinato.Forecaster.predict`, ``cutoff`` and ``y``.
    """

    figures: Figures
    by_cutoff: list[Figures]
    table: pa.Table


def backtest(
    panel: Panel,
    train: Callable[[Panel], ForecastPredictor],
    *,
    horizon: int,
    levels: Sequence[int],
    cutoffs: int,
    step: int | None,
    refit: bool,
) -> Backtest:
    """Forecast from several cutoffs of a panel; see :meth:`Forecaster.backtest`.

    Args:
        panel: The series.
        train: From series to a model of them that was trained on nothing else.
        horizon: Steps ahead.
        levels: Percent of the intervals.
        cutoffs: How many.
        step: Steps from one to the next; none for a horizon.
        refit: Whether a model is trained for every cutoff.

    Raises:
        DatasetError: No series is long enough.
    """
    check_range("backtest", "cutoffs", cutoffs, low=1)
    check_range("backtest", "step", step, low=1)
    step = step or horizon
    found, cutoff_figures, tables = [], [], []
    model: ForecastPredictor | None = None
    for back in range(cutoffs - 1, -1, -1):
        ends = panel.lengths - horizon - back * step
        if (ends <= 2 * horizon).all():
            raise DatasetError(
                f"{panel.source}: for {cutoffs} cutoffs {step} steps apart some series must be longer than "
                f"{3 * horizon + (cutoffs - 1) * step} steps; the longest has {panel.lengths.max()}. "
                "Take fewer cutoffs, smaller steps or a shorter horizon."
            )
        past = panel.until(np.maximum(ends, 0))
        if model is None or refit:
            model = train(past.take(np.flatnonzero(past.lengths > 0)))
        ahead = panel.until(np.maximum(ends, 0) + horizon)
        rows = np.flatnonzero(ends > 0)
        split = SeriesSplit(ahead.take(rows), ends[rows], every_cutoff=False)
        forecasts, measured = model.measured(split)
        found.append(measured)
        cutoff_figures.append(measured.figures(levels))
        tables.append(forecasts.table(with_actual=True))
        logger.info(
            "cutoff %d of %d: mase %.4f",
            len(found),
            cutoffs,
            cutoff_figures[-1].get("mase", np.nan),
        )
    return Backtest(
        ForecastEvaluation.joined(found).figures(levels), cutoff_figures, pa.concat_tables(tables)
    )
