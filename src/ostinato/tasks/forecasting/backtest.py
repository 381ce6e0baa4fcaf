"""Rolling origins: what forecasts would have been worth, had they been made in the past."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from sklearn.base import clone

from ostinato._config import check_range
from ostinato._errors import DatasetError
from ostinato.series import Panel
from ostinato.tasks.forecasting.evaluation import ForecastEvaluation
from ostinato.tasks.forecasting.splits import SeriesSplit
from ostinato.training import Figures

if TYPE_CHECKING:
    from ostinato.tasks.forecasting.forecaster import Forecaster

logger = logging.getLogger("ostinato")


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from several cutoffs and what they were worth.

    Args:
        figures: Figures over all cutoffs, with those of the naive forecasts.
        by_cutoff: The same of each cutoff, the earliest first.
        table: A row a step, with the columns of :meth:`Forecaster.predict`, ``cutoff`` and ``y``.
    """

    figures: Figures
    by_cutoff: list[Figures]
    table: pa.Table


def backtest(
    settings: Forecaster, panel: Panel, *, cutoffs: int, step: int | None, refit: bool
) -> Backtest:
    """Forecast from several cutoffs of a panel; see :meth:`Forecaster.backtest`.

    Raises:
        DatasetError: No series is long enough.
    """
    check_range("backtest", "cutoffs", cutoffs, low=1)
    check_range("backtest", "step", step, low=1)
    horizon = settings.plan_of(panel).horizon
    step = step or horizon
    found, told, tables = [], [], []
    model: Forecaster | None = None
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
            model = clone(settings)
            seen = past.take(np.flatnonzero(past.lengths > 0))
            model.fit_parts({"train": SeriesSplit(seen, np.zeros_like(seen.lengths))})
        ahead = panel.until(np.maximum(ends, 0) + horizon)
        rows = np.flatnonzero(ends > 0)
        part = SeriesSplit(ahead.take(rows), ends[rows], every_cutoff=False)
        forecasts, measured = model.foresight.measured(part)
        found.append(measured)
        told.append(measured.figures(settings.levels))
        tables.append(forecasts.table(with_actual=True))
        logger.info("cutoff %d of %d: mase %.4f", len(found), cutoffs, told[-1].get("mase", np.nan))
    return Backtest(
        ForecastEvaluation.joined(found).figures(settings.levels), told, pa.concat_tables(tables)
    )
