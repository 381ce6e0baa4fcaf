"""What each series, or each stretch of one, adds to the figures by which forecasters are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ostinato.metrics.forecasting import step_figures
from ostinato.metrics.paired import Of, Tally, ratio
from ostinato.report.formatting import checksum
from ostinato.runs.forecasting import ForecastPredictions
from ostinato.runs.run import Labels

COMPARED = ("mase", "mae", "mse", "smape", "crps")
MANY_SERIES = 10
"""So many are drawn whole; the windows of fewer are drawn in stretches that do not overlap."""


def of_forecasts(predictions: ForecastPredictions, labels: Labels, names: Sequence[str]) -> Tally:
    """Return what the windows add to the errors.

    Windows of a series are alike, and those that overlap are nearly the same: what counts as one
    example is a series, or, of fewer than ten, a stretch of a horizon.

    Args:
        predictions: The forecasts.
        labels: None that matter.
        names: None that matter.
    """
    unit = predictions.unit
    steps = step_figures(
        "compare",
        predictions.actual / unit[:, None],
        predictions.mean / unit[:, None],
        predictions.middle / unit[:, None],
        predictions.scale / unit,
        predictions.quantiles / unit[:, None, None],
        predictions.probabilities,
        (),
    )
    group = time_blocks(predictions)
    columns: list[NDArray[Any]] = []
    figures: dict[str, Of] = {}
    for name, values in steps:
        if name not in COMPARED or np.isnan(values).all():
            continue
        known = np.isfinite(values)
        sums = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
        columns += [np.bincount(group, one) for one in sums]
        figures[name] = _mean(len(columns) - 2)
    if "mse" in figures:
        squared = figures.pop("mse")
        figures["rmse"] = lambda sums: np.sqrt(squared(sums))
    other = "_standardised" if predictions.is_standardised else ""
    named = {
        name + other * (name != "mase"): figures[name]
        for name in ("mase", "mae", "rmse", "smape", "crps")
        if name in figures
    }
    scale, deviation = checksum(predictions.scale.tolist()), checksum(unit.tolist())
    return Tally.of(
        np.stack(columns, axis=1),
        named,
        units={name: scale if name == "mase" else deviation for name in named},
        examples=checksum(
            predictions.ids,
            predictions.targets,
            predictions.times.astype(str).tolist(),
            predictions.actual.tolist(),
        ),
    )


def time_blocks(predictions: ForecastPredictions) -> NDArray[np.int64]:
    """Return what each window is counted with, ``(n,)``: its series, or its stretch of it."""
    groups = predictions.groups()
    found = np.empty(len(predictions.ids), np.int64)
    count = 0
    for rows in groups:
        end = None
        for row in rows:
            is_next = end is not None and predictions.cutoffs[row] >= end
            if end is None or (is_next and len(groups) < MANY_SERIES):
                count, end = count + 1, predictions.times[row, -1]
            found[row] = count - 1
    return found


def _mean(column: int) -> Of:
    return lambda sums: ratio(sums[..., column], sums[..., column + 1], nothing=np.nan)
