"""Forecasts that take no learning: what a model has to beat.

Each takes histories ``(..., time)`` that end where the forecast begins, NaN where a value is
missing, and returns ``(..., horizon)``. A history without a value has a forecast of NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ostinato._arrays import Float64s
from ostinato._config import check_range
from ostinato._errors import DatasetError, ShapeError

NORMAL_90 = 1.645
"""Two-sided 90 % point of the standard normal distribution, rounded as M4 has it."""


def naive(history: ArrayLike, horizon: int, season: int = 1) -> Float64s:
    """Repeat the last observed value.

    Args:
        history: Values up to the forecast.
        horizon: Steps to forecast.
        season: Not used; every forecast here is called in the same way.

    Shape:
        history: ``(..., time)``.
        output: ``(..., horizon)``.

    Raises:
        ConfigError: Horizon or season is below 1.
        ShapeError: The history has no time axis.
        DatasetError: A value is infinite.

    Example:
        >>> naive([1.0, 3.0, float("nan")], 2).tolist()
        [3.0, 3.0]
    """
    known = _checked("naive", history, horizon, season)
    last = _value_at(known, _last(known))
    return np.repeat(last[..., None], horizon, axis=-1)


def seasonal_naive(history: ArrayLike, horizon: int, season: int) -> Float64s:
    """Repeat the last observed value of the same place in the season.

    A place whose last value is missing takes that of the season before, and so on; one that was
    never observed takes the last value of all.

    Args, shapes and errors are those of `naive`; ``season`` is its steps, 1 for none.

    Example:
        >>> seasonal_naive([1.0, 2.0, 3.0, float("nan")], 3, season=2).tolist()
        [3.0, 2.0, 3.0]
    """
    known = _checked("seasonal_naive", history, horizon, season)
    *rows, time = known.shape
    missing = np.full((*rows, -time % season), np.nan)
    count = -(-time // season)
    seasons = np.concatenate([missing, known], axis=-1).reshape(*rows, count, season)
    by_place = np.swapaxes(seasons, -1, -2)
    values = np.tile(_value_at(by_place, _last(by_place)), -(-horizon // season))[..., :horizon]
    return np.where(np.isnan(values), naive(known, horizon), values)


def drift(history: ArrayLike, horizon: int, season: int = 1) -> Float64s:
    """Go on along the line from the first to the last observed value.

    Args, shapes and errors are those of `naive`.

    Example:
        >>> drift([1.0, float("nan"), 3.0], 2).tolist()
        [4.0, 5.0]
    """
    known = _checked("drift", history, horizon, season)
    time = known.shape[-1]
    last = _last(known)
    first = time - 1 - _last(known[..., ::-1])
    rise = _value_at(known, last) - _value_at(known, first)
    slope = rise / np.maximum(last - first, 1)
    steps = np.arange(time, time + horizon) - last[..., None]
    forecast: Float64s = _value_at(known, last)[..., None] + slope[..., None] * steps
    return forecast


def naive2(history: ArrayLike, horizon: int, season: int) -> Float64s:
    """Repeat the last value without its season, and put the season back: Naive2 of M4.

    The season is taken out where the autocorrelation one season apart is beyond the 90 percent
    limit, of three seasons or more, by classical multiplicative decomposition. Otherwise, and where
    a value is not positive or a place of the season was never observed, it is `naive`. Unlike R's
    ``acf``, the test looks one season back however short the history is.

    Args, shapes and errors are those of `naive`; ``season`` is its steps, 1 for none.

    Example:
        >>> naive2([2.0, 6.0] * 6, 3, season=2).tolist()
        [2.0, 6.0, 2.0]

    Source:
        M4 Team 2018, https://github.com/Mcompetitions/M4-methods (Benchmarks and Evaluation.R)
    """
    known = _checked("naive2", history, horizon, season)
    forecasts = np.empty((*known.shape[:-1], horizon))
    for row in np.ndindex(known.shape[:-1]):
        forecasts[row] = _naive2_of(known[row], horizon, season)
    return forecasts


def is_seasonal(history: ArrayLike, season: int) -> bool:
    """Tell whether M4's 90 percent test finds a season in one history.

    Args:
        history: Values ``(time,)``, NaN where missing; pairs with a NaN are not counted.
        season: Steps of a season; with 1 there is none.

    Example:
        >>> is_seasonal([2.0, 6.0] * 6, season=2), is_seasonal([2.0, 6.0] * 2, season=2)
        (True, False)

    Source:
        M4 Team 2018, https://github.com/Mcompetitions/M4-methods (Benchmarks and Evaluation.R)
    """
    known = _trimmed(_checked("is_seasonal", history, 1, season))
    if season == 1 or len(known) < 3 * season:
        return False
    correlation = _autocorrelation(known, season)
    limit = NORMAL_90 * np.sqrt((1 + 2 * np.sum(correlation[:-1] ** 2)) / len(known))
    return bool(np.abs(correlation[-1]) > limit)


def seasonal_factors(history: ArrayLike, season: int) -> Float64s:
    """Return the factor of each place in the season by classical multiplicative decomposition.

    Args:
        history: Values ``(time,)``, NaN where missing; the first has the place 0.
        season: Steps of a season.

    Returns:
        ``(season,)`` with a mean of 1; NaN at a place that was never observed within a full season.

    Example:
        >>> seasonal_factors([2.0, 6.0] * 3, season=2).tolist()
        [0.5, 1.5]

    Source:
        Kendall and Stuart 1983, The advanced theory of statistics, vol. 3, as in R's ``decompose``
    """
    known = _checked("seasonal_factors", history, 1, season)
    edge = [0.5] if season % 2 == 0 else []
    weights = np.array([*edge, *[1.0] * (season - len(edge)), *edge]) / season
    trend = np.full(len(known), np.nan)
    if len(known) >= len(weights):
        half = len(weights) // 2
        trend[half : len(known) - half] = np.convolve(known, weights, mode="valid")
    ratios = known / trend
    counted = ~np.isnan(ratios)
    places = np.arange(len(known))[counted] % season
    counts = np.bincount(places, minlength=season)
    sums = np.bincount(places, weights=ratios[counted], minlength=season)
    means = np.divide(sums, counts, out=np.full(season, np.nan), where=counts > 0)
    factors: Float64s = means / means.mean()
    return factors


def _naive2_of(history: Float64s, horizon: int, season: int) -> Float64s:
    known = _trimmed(history)
    if not is_seasonal(known, season) or np.nanmin(known) <= 0:
        return naive(history, horizon)
    factors = seasonal_factors(known, season)
    if np.isnan(factors).any():
        return naive(history, horizon)
    begin = int(np.flatnonzero(~np.isnan(history))[0])
    places = (np.arange(len(history), len(history) + horizon) - begin) % season
    level = known[-1] / factors[(len(known) - 1) % season]
    forecast: Float64s = level * factors[places]
    return forecast


def _autocorrelation(history: Float64s, most: int) -> Float64s:
    """Return the correlations at lags 1 to ``most``, as R's ``acf`` with ``na.pass``."""
    centred = history - np.nanmean(history)
    variance = float(np.nanmean(centred**2))
    if variance <= np.finfo(np.float64).eps * float(np.nanmean(history**2)):
        return np.zeros(most)  # a constant
    correlation = np.zeros(most)
    for lag in range(1, most + 1):
        products = centred[lag:] * centred[:-lag]
        pairs = np.count_nonzero(~np.isnan(products))
        correlation[lag - 1] = np.nansum(products) / (pairs + lag) / variance
    return correlation


def _trimmed(history: Float64s) -> Float64s:
    """Return a history ``(time,)`` from its first to its last observed value."""
    places = np.flatnonzero(~np.isnan(history))
    return history[places[0] : places[-1] + 1] if len(places) else history[:0]


def _last(values: Float64s) -> NDArray[np.int64]:
    """Return the index of the last observed value of each row; the end where there is none."""
    steps = values.shape[-1]
    if steps == 0:
        return np.zeros(values.shape[:-1], dtype=np.int64)
    since = (~np.isnan(values[..., ::-1])).argmax(axis=-1)
    return np.asarray(steps - 1 - since, dtype=np.int64)


def _value_at(values: Float64s, index: NDArray[np.int64]) -> Float64s:
    """Return one value along the last axis for each row, NaN where there is none."""
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], np.nan)
    return np.take_along_axis(values, index[..., None], axis=-1)[..., 0]


def _checked(where: str, history: ArrayLike, horizon: int, season: int) -> Float64s:
    check_range(where, "horizon", horizon, low=1)
    check_range(where, "season", season, low=1)
    known = np.asarray(history, dtype=np.float64)
    if known.ndim == 0:
        raise ShapeError(
            f"{where}: history must be (..., time); got a single number. Put it into a list."
        )
    if np.isinf(known).any():
        raise DatasetError(
            f"{where}: history must be finite, or NaN where it is missing; got an infinite value "
            f"at step {int(np.argwhere(np.isinf(known))[0][-1])}. Check the data."
        )
    return known
