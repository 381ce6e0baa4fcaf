"""Forecast with a trained network: from series to calibrated quantiles in their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Literal, get_args

import numpy as np

from ostinato._arrays import Float64s, Int64s
from ostinato._config import check_range
from ostinato._errors import ConfigError, DatasetError
from ostinato.series import Calibration, Panel, WindowIndex, WindowReader
from ostinato.series.ends import with_common_end
from ostinato.tasks.forecasting.calibration import (
    MOST_WINDOWS,
    ScoredWindows,
    learnt_by,
    recalibrated,
    recent_steps,
)
from ostinato.tasks.forecasting.evaluation import ForecastEvaluation
from ostinato.tasks.forecasting.forecasts import Forecasts, LeftOut, forecast, tell_left_out
from ostinato.tasks.forecasting.network import Network
from ostinato.tasks.forecasting.objective import WindowSplit
from ostinato.tasks.forecasting.preprocessing import SeriesPreprocessor
from ostinato.tasks.forecasting.settings import ForecastSettings, WindowSizes
from ostinato.tasks.forecasting.time_splits import SeriesSplit, train_split

OnError = Literal["raise", "skip"]
Ends = Literal["common", "own"]

FEWEST_WINDOWS = 1024  # in an epoch of training; fewer are repeated
MEASURED_SHARE = 4  # validation uses a quarter as many windows as an epoch of training


def windows_by_split(
    settings: ForecastSettings,
    reading: SeriesPreprocessor,
    plan: WindowSizes,
    splits: Mapping[str, SeriesSplit],
) -> dict[str, WindowSplit]:
    """Return the windows of each split for the training loop.

    Args:
        settings: The forecaster.
        reading: The preprocessor of series.
        plan: Its sizes.
        splits: The splits, by name.

    Raises:
        ConfigError: There are past columns, and the method reads none.
        DatasetError: A split has no usable window.
    """
    if settings.method == "autoregressive" and reading.past:
        raise ConfigError(
            "Forecaster: the autoregressive method reads no past columns, which it would need ahead; "
            f"got {', '.join(reading.past)}. Use another method, or leave them out."
        )
    found = {}
    for name, split in splits.items():
        is_train = name == "train"
        cutoffs = train_split(split.panel, plan.context, plan.horizon) if is_train else split
        most = settings.train_windows // (1 if is_train else MEASURED_SHARE)
        windows = windows_of(settings, reading, plan, cutoffs, most=most, is_train=is_train)
        if not len(windows.places):
            raise DatasetError(
                f"{split.source}: {name} must have a window with a value observed in its {plan.horizon} steps "
                "ahead, and one before them; got none. Give longer or fuller series."
            )
        found[name] = windows
    return found


def windows_of(
    settings: ForecastSettings,
    reading: SeriesPreprocessor,
    plan: WindowSizes,
    split: SeriesSplit,
    *,
    most: int,
    is_train: bool,
) -> WindowSplit:
    """Return the windows of a split that have an observed value in context and horizon.

    Args:
        settings: The forecaster.
        reading: The preprocessor of series.
        plan: Its sizes.
        split: The split.
        most: Most windows in an epoch; of more, one of every ``stride`` is used.
        is_train: Whether the network is trained on them.
    """
    scaling = reading.scaling.knowing(split.panel.until(split.begin))
    reader = WindowReader(
        split.panel,
        scaling,
        context=plan.context,
        horizon=plan.horizon,
        segment=plan.segment,
        seasons=reading.seasons,
        window_scaling=settings.sized_.window_scaling if scaling.is_scaled else "mean",
        cycles=reading.cycles,
        holidays=reading.holidays,
    )
    places = reader.usable(split.places(plan.horizon))
    return WindowSplit(
        reader,
        places,
        reading.attributes.codes(split.panel),
        stride=max(1, -(-len(places) // most)),
        repeats=max(1, FEWEST_WINDOWS // max(len(places), 1)) if is_train else 1,
        is_train=is_train,
    )


@dataclass(frozen=True, eq=False)
class ForecastPredictor:
    """A trained network with its preprocessing and calibration.

    Args:
        settings: The forecaster's settings.
        network: The network.
        reading: The preprocessor of series.
        plan: Its sizes.
        calibration: Corrections of the intervals; None before they are learnt.
    """

    settings: ForecastSettings
    network: Network
    reading: SeriesPreprocessor
    plan: WindowSizes
    calibration: Calibration | None

    def ahead(
        self,
        panel: Panel,
        horizon: int | None = None,
        *,
        on_error: OnError | None = None,
        ends: Ends = "common",
        only: str | int | None = None,
    ) -> Forecasts:
        """Return forecasts from the end of each series on.

        Args:
            panel: The series.
            horizon: Steps to forecast; None for as many as trained for.
            on_error: Raise for a series that cannot be forecast, or skip it with a warning. None skips
                those without a value in their context, and raises where a known column lacks values.
            ends: Whether dated series that end up to a horizon before the others are forecast from the
                common end, or from their own.
            only: Id of the one series to forecast, if not all are; what others lack does not matter.

        Raises:
            ConfigError: The horizon is longer than trained for.
            DatasetError: A series cannot be forecast, or none can.
        """
        for name, given, known in (("on_error", on_error, OnError), ("ends", ends, Ends)):
            if given is not None and given not in get_args(known):
                raise ConfigError(
                    f"predict: {name} must be one of {', '.join(get_args(known))}; got `{given}`."
                )
        longest = self.plan.horizon
        check_range("predict", "horizon", horizon, low=1)
        if horizon is not None and not isinstance(horizon, Integral):
            raise ConfigError(f"predict: horizon must be a whole number; got {horizon}.")
        horizon = longest if horizon is None else horizon
        if horizon > longest:
            raise ConfigError(
                f"predict: horizon must be at most {longest}, what was trained for; got {horizon}. "
                f"Train with --horizon {horizon}."
            )
        if ends == "common":
            panel = with_common_end(panel, horizon, min(longest, self.plan.context - 1))
        if only is not None:
            panel = panel.take([panel.find(only)])
        if on_error != "skip":
            panel.check_future(horizon)
        self.reading.attributes.tell_unknown(panel)
        split = self._windows(SeriesSplit(panel, panel.lengths))
        places, left_out = self._forecastable(split, horizon)
        tell_left_out(panel, left_out, places, is_wrong=on_error == "raise")
        # of shape (windows, horizon, quantiles), (windows,)
        quantiles, scale = self._quantiles(split, places)
        if self.calibration is not None:
            quantiles = self.calibration.apply(quantiles, scale)
        found = self._in_units(split, places, quantiles[:, :horizon])
        return replace(found, left_out=left_out)

    def _forecastable(self, split: WindowSplit, horizon: int) -> tuple[WindowIndex, list[LeftOut]]:
        """Return the windows to forecast, and the series left out, each with the reason."""
        panel = split.reader.panel
        series, target = np.divmod(np.arange(len(panel) * len(panel.targets)), len(panel.targets))
        places = WindowIndex(series, target, panel.lengths[series])
        lacking, has_past = panel.lacking(horizon), split.reader.has_past(places)
        left_out = []
        for row in np.flatnonzero(~has_past | np.isin(series, list(lacking))).tolist():
            one, column = int(series[row]), int(target[row])
            blind = (
                f"{panel.source}: {panel.called(one)} must have a value of `{panel.targets[column]}` "
                f"in its last {self.plan.context} steps; got none. Leave it out, or give its past."
            )
            left_out.append((one, column, lacking[one] if has_past[row] else blind))
        is_told = has_past & ~np.isin(series, list(lacking))
        return places.take(np.flatnonzero(is_told)), left_out

    def measured(self, split: SeriesSplit) -> tuple[Forecasts, ForecastEvaluation]:
        """Return forecasts of a split, and their evaluation.

        The intervals at a cutoff are calibrated on the errors of forecasts observed before it.

        Raises:
            DatasetError: It has no window with a value observed in it and before it.
        """
        windows = self._windows(split)
        places = windows.places
        if not len(places):
            raise DatasetError(
                f"{split.source}: a series must have a value in its last {self.plan.horizon} steps, and "
                "one before them; got none. Give longer or fuller series."
            )
        scored = self._scored(windows, places, split.begin)
        before = self._scored(windows, self._before(windows, split.begin), split.begin)
        quantiles = recalibrated(scored, before, self.plan.quantiles, season=self.plan.season)
        forecasts = self._in_units(windows, places, quantiles)
        return forecasts, ForecastEvaluation.of(
            forecasts, self.plan.season, self._deviation(windows, split)
        )

    def untrained(self, split: SeriesSplit) -> tuple[Forecasts, ForecastEvaluation]:
        """Return the windows, and the evaluation of baselines alone; forecasts are zeros."""
        windows = self._windows(split)
        quantiles = self.plan.quantiles
        # of shape (windows, horizon, quantiles)
        nothing = np.zeros((len(windows.places), self.plan.horizon, len(quantiles)))
        forecasts = Forecasts(split.panel, windows.places, quantiles, nothing)
        deviation = self._deviation(windows, split)
        return forecasts, ForecastEvaluation.of(forecasts, self.plan.season, deviation)

    def calibrated(self, panel: Panel) -> Calibration | None:
        """Return the calibration learnt on the last steps of some series; None with too few.

        It uses windows after those of training only, as errors on training windows are too small.
        """
        windows = self._windows(SeriesSplit(panel, panel.lengths))
        before = self._scored(windows, self._before(windows, panel.lengths), panel.lengths)
        recent = recent_steps(self.plan.horizon, self.plan.season)
        return learnt_by([before], 0, self.plan.quantiles, recent)

    def _deviation(self, windows: WindowSplit, split: SeriesSplit) -> Float64s:
        """Return the divisor of the errors of each window, ``(windows,)``."""
        places = windows.places
        if split.standardised and not self.reading.scaling.is_log:
            found: Float64s = windows.reader.levels[places.series, 1, places.target]
            return found
        return np.ones(len(places))

    def _windows(self, split: SeriesSplit) -> WindowSplit:
        self.reading.check(split.panel)
        return windows_of(self.settings, self.reading, self.plan, split, most=2**62, is_train=False)

    def _before(self, split: WindowSplit, begin: Int64s) -> WindowIndex:
        """Return the windows before a split, outside training, that calibration uses."""
        panel, horizon = split.reader.panel, self.plan.horizon
        first = begin - horizon - recent_steps(horizon, self.plan.season)
        earlier = SeriesSplit(panel.until(begin), np.maximum(first, self.reading.trained(panel)))
        places = split.reader.usable(earlier.places(horizon))
        return places.take(slice(None, None, max(1, -(-len(places) // MOST_WINDOWS))))

    def _scored(self, split: WindowSplit, places: WindowIndex, begin: Int64s) -> ScoredWindows:
        quantiles, scale = self._quantiles(split, places)
        since = places.origin - begin[places.series]
        actual = split.reader.targets(places).astype(np.float64)  # (windows, horizon)
        return ScoredWindows(places.series, since, actual, quantiles, scale)

    def _quantiles(self, split: WindowSplit, places: WindowIndex) -> tuple[Float64s, Float64s]:
        return forecast(
            self.network,
            split,
            places,
            self.plan.quantiles,
            num_samples=self.settings.num_samples,
            seed=self.settings.sized_.training.seed,
        )

    def _in_units(self, split: WindowSplit, places: WindowIndex, quantiles: Float64s) -> Forecasts:
        levels = split.reader.levels[places.series, :, places.target]  # (windows, 2)
        in_units = self.reading.scaling.backward(quantiles, levels)  # (windows, horizon, quantiles)
        is_signed = self.reading.scaling.are_signed(split.reader.panel)
        # of shape (windows,)
        is_signed = is_signed[places.series, places.target] | (split.reader.lowest(places) < 0)
        in_units = np.where(is_signed[:, None, None], in_units, np.maximum(in_units, 0))
        return Forecasts(split.reader.panel, places, self.plan.quantiles, in_units)
