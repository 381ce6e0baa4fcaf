"""Calibrate intervals on recent forecasts whose values were observed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ostinato._arrays import Float64s, Int64s
from ostinato.series import Calibration

RECENT_SEASONS = 60  # of calibration data, or two horizons if these are longer
FAR, TIMES_FURTHER = (
    30.0,
    100.0,
)  # deviations, times the usual error, from which a series is left out
MOST_WINDOWS = 2048  # of calibration data; of more, one of every few


@dataclass(frozen=True, eq=False)
class ScoredWindows:
    """Forecasts on the scale of their series, with the observed values.

    Args:
        series: Index of the series of each window.
        since: Steps from the start of the split to the cutoff; negative before it.
        actual: Observed values, NaN where missing.
        quantiles: Forecast quantiles.
        scale: Divisor of the values of each window.

    Shape:
        series, since, scale: ``(windows,)``.
        actual: ``(windows, horizon)``.
        quantiles: ``(windows, horizon, quantiles)``.
    """

    series: Int64s
    since: Int64s
    actual: Float64s
    quantiles: Float64s
    scale: Float64s

    def take(self, rows: Int64s) -> ScoredWindows:
        """Return some of them."""
        return ScoredWindows(
            self.series[rows],
            self.since[rows],
            self.actual[rows],
            self.quantiles[rows],
            self.scale[rows],
        )


def recent_steps(horizon: int, season: int) -> int:
    """Return how many cutoffs calibration uses.

    Args:
        horizon: Steps to forecast.
        season: Steps of a season.
    """
    return max(RECENT_SEASONS * season, 2 * horizon)


def learnt_by(
    windows: Sequence[ScoredWindows], at: int, probabilities: Sequence[float], recent: int
) -> Calibration | None:
    """Return the calibration on values observed by a step; None if a lead time has none.

    Args:
        windows: Forecasts of windows that the network was not trained on.
        at: Steps from the beginning of the split.
        probabilities: Of the quantiles.
        recent: How many cutoffs to go back.
    """
    chosen = []
    for some in windows:
        latest = at - some.actual.shape[1]  # a horizon later all values are observed
        chosen.append(
            some.take(np.flatnonzero((some.since <= latest) & (some.since > latest - recent)))
        )
    count = sum(len(some.since) for some in chosen)
    stride = -(-count // MOST_WINDOWS) or 1
    chosen = [some.take(np.arange(0, len(some.since), stride)) for some in chosen]
    actual = _in_line(chosen, len(probabilities) // 2)
    if not np.isfinite(actual).any(axis=0).all():
        return None
    return Calibration.fit(
        actual,
        np.concatenate([some.quantiles for some in chosen]),
        probabilities,
        np.concatenate([some.scale for some in chosen]),
    )


def _in_line(windows: Sequence[ScoredWindows], middle: int) -> Float64s:
    """Return the observed values of all windows, NaN in outlier series, whose errors would dominate.

    An outlier's errors are tens of its deviations, and a hundred times those of the others: it was
    constant when its scale was measured, and changed later.
    """
    series = np.concatenate([some.series for some in windows])
    actual = np.concatenate([some.actual for some in windows])
    # of shape (windows, horizon)
    errors = np.abs(actual - np.concatenate([some.quantiles[..., middle] for some in windows]))
    found = {}
    for one in np.unique(series):
        known = errors[series == one]
        known = known[np.isfinite(known)]
        found[one] = float(np.median(known)) if len(known) else 0.0
    usual = sorted(found.values())[(len(found) - 1) // 2] if found else 0.0
    wrong = [one for one, error in found.items() if error > max(FAR, TIMES_FURTHER * usual)]
    return np.where(np.isin(series, wrong)[:, None], np.nan, actual)


def recalibrated(
    windows: ScoredWindows, before: ScoredWindows, probabilities: Sequence[float], *, season: int
) -> Float64s:
    """Return the quantiles of a split, each calibrated on the values observed by its cutoff.

    The calibration is renewed once a season, or four times a horizon if that is less often.

    Args:
        windows: The forecasts of the split.
        before: Earlier forecasts, of windows outside training.
        probabilities: Those of the quantiles.
        season: Steps of a season.

    Shape:
        output: ``(windows, horizon, quantiles)``.

    Source: Romano et al. 2019, https://arxiv.org/abs/1905.03222, on a window that moves on, as Gibbs
    and Candès 2021, https://arxiv.org/abs/2106.00170, motivate it.
    """
    horizon = windows.actual.shape[1]
    step, recent = max(season, horizon // 4), recent_steps(horizon, season)
    found = windows.quantiles.copy()  # (windows, horizon, quantiles)
    block = windows.since // step  # (windows,)
    for number in np.unique(block):
        at = int(number) * step
        calibration = learnt_by([before, windows], at, probabilities, recent)
        if calibration is not None:
            rows = np.flatnonzero(block == number)
            found[rows] = calibration.apply(windows.quantiles[rows], windows.scale[rows])
    return found
