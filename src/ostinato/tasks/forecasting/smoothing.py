"""Exponential smoothing of statsforecast beside a forecaster, as far as the time allows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ostinato._arrays import Float64s
from ostinato._errors import ConfigError, DatasetError, package_of_extra
from ostinato.series import Panel, seasonal_naive
from ostinato.tasks.forecasting.forecasts import Forecasts

logger = logging.getLogger("ostinato")

SHARE_OF_TRAINING, LEAST_SECONDS = 0.15, 2.0  # that it may take, the longer of the two
FIT_STEPS = 500  # of each series, the last ones
LONGEST_SEASON = 24  # that statsforecast's exponential smoothing has
FIRST_FITS = 3  # by which the time of all is estimated

Model = Callable[[Float64s, int], Float64s]


@dataclass(eq=False)
class Smoothing:
    """An exponential smoothing for each series, chosen and fitted on train, then carried on.

    Args:
        train: The series up to the end of train.
        season: Steps of a season.
        train_seconds: Time that the training of the network took.
    """

    train: Panel
    season: int
    train_seconds: float
    _fitted: dict[tuple[str, int], tuple[int, Model]] = field(default_factory=dict, init=False)
    _seconds: float = field(default=0.0, init=False)

    @staticmethod
    def is_installed() -> bool:
        """Return whether statsforecast can be imported."""
        try:
            package_of_extra("statsforecast.models", "smoothing")  # whole, as it takes a second
        except ConfigError:
            return False
        return True

    @property
    def title(self) -> str:
        """What it is called in a sentence."""
        return "ETS" if self.season <= LONGEST_SEASON else "ETS without a season"

    def forecasts(self, wanted: Forecasts) -> Float64s:
        """Return what it says of some windows, ``(windows, horizon)``.

        Where it has no answer, as of very few values, the seasonal naive forecast takes its place. A
        series that was never below 0 has no forecast below 0.

        Args:
            wanted: Forecasts of these windows.

        Raises:
            DatasetError: All fits would take longer than they may.
        """
        places, values = wanted.places, wanted.panel.values
        rows = list(
            zip(*(p.tolist() for p in (places.series, places.target, places.origin)), strict=True)
        )
        count = len({(series, target) for series, target, _ in rows})
        found, without = np.empty((len(rows), wanted.horizon)), set()
        begin = time.perf_counter() - self._seconds
        for row, (series, target, origin) in enumerate(rows):
            self._check_time(time.perf_counter() - begin, of=count)
            history = values[series][:origin, target]
            key = (wanted.panel.ids[series], target)
            if key not in self._fitted:
                self._fitted[key] = self._fit(*key)
            begins, model = self._fitted[key]
            said = model(filled(history[begins:]), wanted.horizon)
            if not np.isfinite(said).all():
                said = seasonal_naive(history, wanted.horizon, self.season)
                without.add(key)
            known = history[np.isfinite(history)]
            found[row] = np.maximum(said, 0) if (known >= 0).all() else said
        self._seconds = time.perf_counter() - begin
        if without:
            logger.warning(
                "%s: %d of %d series have none; the seasonal naive forecast takes its place.",
                *(self.title, len(without), count),
            )
        return found

    def _check_time(self, seconds: float, *, of: int) -> None:
        """Raise DatasetError if fits take too long, or will, as those that were made tell."""
        done = len(self._fitted)
        likely = seconds / done * of if FIRST_FITS <= done < of else seconds
        if likely > (allowed := max(SHARE_OF_TRAINING * self.train_seconds, LEAST_SECONDS)):
            raise DatasetError(
                f"{self.title} of {of} series would take about {likely:.0f} s, more than {allowed:.0f} s: "
                f"{SHARE_OF_TRAINING:.0%} of the training, or {LEAST_SECONDS:.0f} s if that is more."
            )

    def _fit(self, name: str, target: int) -> tuple[int, Model]:
        """Return the first step that a model was fitted to, where it has to go on from, and the model."""
        values = np.zeros(0)
        if name in self.train.ids:
            values = self.train.values[self.train.find(name)][:, target]
        begins = max(len(values) - FIT_STEPS, 0)
        return begins, fitted(filled(values[begins:]), self.season)


def fitted(history: Float64s, season: int) -> Model:
    """Return an exponential smoothing that was chosen and fitted on a history.

    Args:
        history: The values, none missing.
        season: Steps of a season; above 24 it has none.

    Returns:
        From a history that begins as this one and is longer, and a horizon, to a forecast,
        ``(horizon,)``, NaN where there is none.

    Source: Hyndman et al. 2008, https://doi.org/10.1007/978-3-540-71918-2
    """
    from statsforecast.models import AutoETS

    model: Any = AutoETS(season_length=season if season <= LONGEST_SEASON else 1)
    if len(history) and (history == history[0]).all():
        return lambda values, horizon: np.repeat(values[-1:], horizon)
    try:
        model.fit(history)
    except Exception:  # whatever a library breaks on, of few values above all
        return lambda values, horizon: np.full(horizon, np.nan)

    def forecast(values: Float64s, horizon: int) -> Float64s:
        try:
            return np.asarray(model.forward(values, horizon)["mean"], dtype=np.float64)
        except Exception:  # the same
            return np.full(horizon, np.nan)

    return forecast


def filled(history: Float64s) -> Float64s:
    """Return a history from its first value on, with straight lines over its gaps.

    Example:
        >>> filled(np.array([np.nan, 1.0, np.nan, 3.0, np.nan])).tolist()
        [1.0, 2.0, 3.0, 3.0]
    """
    known = np.flatnonzero(np.isfinite(history))
    if not len(known):
        return np.zeros(0)
    found: Float64s = np.interp(np.arange(known[0], len(history)), known, history[known])
    return found
