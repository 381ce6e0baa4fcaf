"""How well series are forecast: errors in their unit, in percent, against a naive forecast.

What happened and what was forecast are ``(windows, horizon)``: one row for each window that was
forecast, with several targets one for each window and target. NaN in what happened is not counted;
every other value has the same weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ostinato._arrays import Float64s
from ostinato._config import check_range
from ostinato._errors import DatasetError
from ostinato.metrics._windows import check_actual, check_forecast, check_scale, mean_of_known
from ostinato.metrics.quantiles import interval_figures, weighted
from ostinato.metrics.rounding import ROUNDING


def mae(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the mean absolute error in units of the data; lower is better, the median best.

    Args:
        actual: What happened, ``(windows, horizon)``; NaN is not counted.
        forecast: What was forecast, of the same shape.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.

    Example:
        >>> mae([[1.0, 2.0, float("nan")]], [[2.0, 4.0, 0.0]])
        1.5
    """
    return float(mean_of_known(_absolute(*_checked("mae", actual, forecast))))


def mse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the mean squared error, in squared units; lower is better, the mean is best.

    Args and errors are those of `mae`.

    Example:
        >>> mse([[1.0, 2.0]], [[2.0, 4.0]])
        2.5
    """
    return float(mean_of_known(_absolute(*_checked("mse", actual, forecast)) ** 2))


def rmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the root of the mean squared error of all windows, in units of the data.

    Lower is better, the mean is best. Args and errors are those of `mae`.

    Example:
        >>> rmse([[1.0, 2.0]], [[2.0, 3.0]])
        1.0
    """
    return float(np.sqrt(mean_of_known(_absolute(*_checked("rmse", actual, forecast)) ** 2)))


def smape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the symmetric mean absolute percentage error as M4 defines it, in percent.

    Mean of ``200 * |y - f| / (|y| + |f|)``, 0 where both are 0; from 0 to 200, lower is better.
    Args and errors are those of `mae`.

    Example:
        >>> smape([[100.0, 0.0]], [[300.0, 0.0]])
        50.0

    Source:
        Makridakis, Spiliotis and Assimakopoulos 2020,
        https://doi.org/10.1016/j.ijforecast.2019.04.014
    """
    return float(mean_of_known(_percent(*_checked("smape", actual, forecast))))


def mase(actual: ArrayLike, forecast: ArrayLike, scale: ArrayLike) -> float:
    """Return the mean absolute scaled error: 1 is a seasonal naive step in the history.

    Mean of ``|y - f| / scale``, without a unit; lower is better, the median is best. A window whose
    scale is 0 or NaN (a constant or a short history) is left out; `forecast_metrics` counts them.

    Args:
        actual: What happened, ``(windows, horizon)``; NaN is not counted.
        forecast: What was forecast, of the same shape.
        scale: ``scale_of(history, season)`` of each window, ``(windows,)``.

    Returns:
        The error; NaN where every window is left out.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.

    Example:
        >>> mase([[1.0, 2.0], [5.0, 5.0]], [[2.0, 4.0], [9.0, 9.0]], scale=[3.0, 0.0])
        0.5

    Source:
        Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001
    """
    right, answer = _checked("mase", actual, forecast)
    return float(mean_of_known(_absolute(right, answer) / check_scale("mase", scale, right)))


def owa(actual: ArrayLike, forecast: ArrayLike, naive2: ArrayLike, scale: ArrayLike) -> float:
    """Return M4's overall weighted average: 1 is as good as Naive2, lower is better.

    ``(smape / smape of Naive2 + mase / mase of Naive2) / 2``, without a unit.

    Args:
        actual: What happened, ``(windows, horizon)``; NaN is not counted.
        forecast: What was forecast, of the same shape.
        naive2: What Naive2 forecasts (`ostinato.series.naive.naive2`), of the same shape.
        scale: ``scale_of(history, season)`` of each window, ``(windows,)``.

    Returns:
        The average; NaN where Naive2 makes no error, or no window has a scale.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.

    Example:
        >>> owa([[100.0]], [[100.0]], naive2=[[90.0]], scale=[5.0])
        0.0

    Source:
        M4 Team 2018, M4 competitor's guide. https://github.com/Mcompetitions/M4-methods
    """
    where = "owa"
    right, answer = _checked(where, actual, forecast)
    scales = check_scale(where, scale, right)
    baseline = check_forecast(where, "naive2", naive2, right)
    ours, theirs = (
        np.array([mean_of_known(_percent(right, f)), mean_of_known(_absolute(right, f) / scales)])
        for f in (answer, baseline)
    )
    return float(np.mean(ours / theirs)) if (theirs > 0).all() else float("nan")


def scale_of(history: ArrayLike, season: int) -> Float64s:
    """Return the scale of MASE: the mean absolute seasonal difference of each history.

    Pairs with a NaN are not counted, and differences that are rounding are 0. Where no pair is one
    season apart, as in a history shorter than ``season + 1``, it is the mean difference of
    neighbours; where there is none either, NaN.

    Args:
        history: All that was known before the window.
        season: Steps of a season; 1 for none.

    Shape:
        history: ``(..., time)``.
        output: ``(...)``.

    Raises:
        ConfigError: The season is below 1.
        DatasetError: A value is infinite.

    Example:
        >>> float(scale_of([1.0, 5.0, 2.0, 7.0], season=2)), float(scale_of([1.0, 5.0], season=2))
        (1.5, 4.0)

    Source:
        Hyndman and Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001
    """
    check_range("scale_of", "season", season, low=1)
    known = np.asarray(history, dtype=np.float64)
    if np.isinf(known).any():
        raise DatasetError("scale_of: history must be finite or NaN; got an infinite value.")
    scale, plain = (
        mean_of_known(np.abs(known[..., lag:] - known[..., :-lag]), axis=-1) for lag in (season, 1)
    )
    scale = np.where(np.isnan(scale), plain, scale)
    largest = np.max(np.abs(known), axis=-1, initial=0.0, where=~np.isnan(known))
    return np.where(scale <= ROUNDING * largest, 0.0, scale)


def forecast_metrics(
    actual: ArrayLike,
    mean: ArrayLike,
    *,
    median: ArrayLike | None = None,
    quantiles: ArrayLike | None = None,
    quantile_levels: Sequence[float] = (),
    levels: Sequence[float] = (),
    scale: ArrayLike | None = None,
    naive2: ArrayLike | None = None,
) -> dict[str, float]:
    """Return the figures by which forecasts are judged; one that cannot be had is left out.

    Args:
        actual: What happened, ``(windows, horizon)``; NaN is not counted.
        mean: What was forecast, of the same shape.
        median: By which absolute errors are judged, as it is best for them; none for the mean.
        quantiles: Forecast quantiles, ``(windows, horizon, n)``.
        quantile_levels: Level of each, ``(n,)``.
        levels: Percent of the intervals to judge; their ends must be among the quantile levels.
        scale: ``scale_of(history, season)`` of each window, ``(windows,)``.
        naive2: What Naive2 forecasts, ``(windows, horizon)``.

    Returns:
        ``n``: windows with a known value. ``mse``, ``mae``, ``rmse``, ``smape``. With a scale
        ``mase``, and ``n_unscaled``, the windows it leaves out; with Naive2 too ``owa``. With
        quantiles ``crps``, ``wql`` (see `weighted_quantile_loss`), and for each level such as 80
        ``coverage_80`` (share in [0, 1]) and ``width_80`` (in units of the data). All but coverage:
        lower is better.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.
        ConfigError: A level is outside its rule, or not forecast.

    Example:
        >>> figures = forecast_metrics([[1.0, 2.0]], [[2.0, 4.0]], scale=[3.0])
        >>> figures["n"], figures["mae"], figures["mase"]
        (1, 1.5, 0.5)
    """
    where = "forecast_metrics"
    right, answer = _checked(where, actual, mean, name="mean")
    middle = answer if median is None else _checked(where, actual, median, name="median")[1]
    steps = step_figures(where, right, answer, middle, scale, quantiles, quantile_levels, levels)
    figures = {name: float(mean_of_known(values)) for name, values in steps}
    figures["rmse"] = float(np.sqrt(figures["mse"]))
    if "crps" in figures:
        figures["wql"] = weighted(figures["crps"], right)
    if scale is not None and naive2 is not None:
        figures["owa"] = owa(right, middle, naive2, scale)
    known = {name: figures[name] for name in _order(figures) if not np.isnan(figures[name])}
    has_value = ~np.isnan(right).all(axis=1)
    counts = {"n": int(has_value.sum())}
    if scale is not None:
        has_no_scale = np.isnan(check_scale(where, scale, right))[:, 0]
        counts["n_unscaled"] = int((has_value & has_no_scale).sum())
    return {**counts, **known}


def by_step(
    actual: ArrayLike,
    mean: ArrayLike,
    *,
    median: ArrayLike | None = None,
    quantiles: ArrayLike | None = None,
    quantile_levels: Sequence[float] = (),
    levels: Sequence[float] = (),
    scale: ArrayLike | None = None,
) -> dict[str, Float64s]:
    """Return the figures of each step of the horizon, each ``(horizon,)``.

    Args are those of `forecast_metrics`.

    Returns:
        ``n``: windows with a known value at the step. ``mse``, ``mae``, ``rmse``, ``smape``; with a
        scale ``mase``; with quantiles ``crps``, and coverage and width of each level. NaN at a step
        where nothing is known.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.
        ConfigError: A level is outside its rule, or not forecast.

    Example:
        >>> by_step([[1.0, 2.0], [1.0, 2.0]], [[2.0, 4.0], [1.0, 4.0]])["mae"].tolist()
        [0.5, 2.0]
    """
    where = "by_step"
    right, answer = _checked(where, actual, mean, name="mean")
    middle = answer if median is None else _checked(where, actual, median, name="median")[1]
    steps = step_figures(where, right, answer, middle, scale, quantiles, quantile_levels, levels)
    figures = {name: mean_of_known(values, axis=0) for name, values in steps}
    figures["rmse"] = np.sqrt(figures["mse"])
    figures["n"] = np.count_nonzero(~np.isnan(right), axis=0).astype(np.float64)
    return {name: figures[name] for name in ("n", *_order(figures))}


def step_figures(
    where: str,
    actual: Float64s,
    mean: Float64s,
    median: Float64s,
    scale: ArrayLike | None,
    quantiles: ArrayLike | None,
    quantile_levels: Sequence[float],
    levels: Sequence[float],
) -> Iterator[tuple[str, Float64s]]:
    """Yield each figure of every step, ``(windows, horizon)``, NaN where nothing is known.

    One at a time, as they may be large.
    """
    yield "mse", _absolute(actual, mean) ** 2
    error = _absolute(actual, median)
    yield "mae", error
    yield "smape", _percent(actual, median)
    if scale is not None:
        yield "mase", error / check_scale(where, scale, actual)
    if quantiles is not None:
        yield from interval_figures(where, actual, quantiles, quantile_levels, levels)


def _order(figures: dict[str, float] | dict[str, Float64s]) -> list[str]:
    """Return the names as a reader looks for them: errors, then scores, then each interval."""
    first = [
        name
        for name in ("mse", "mae", "rmse", "smape", "mase", "owa", "crps", "wql")
        if name in figures
    ]
    return first + [name for name in figures if name.startswith(("coverage_", "width_"))]


def _checked(
    where: str, actual: ArrayLike, forecast: ArrayLike, name: str = "forecast"
) -> tuple[Float64s, Float64s]:
    right = check_actual(where, actual)
    return right, check_forecast(where, name, forecast, right)


def _absolute(actual: Float64s, forecast: Float64s) -> Float64s:
    error: Float64s = np.abs(actual - forecast)
    return error


def _percent(actual: Float64s, forecast: Float64s) -> Float64s:
    size = np.abs(actual) + np.abs(forecast)
    error = 200 * _absolute(actual, forecast)
    percent: Float64s = np.divide(error, size, out=np.zeros_like(size), where=size != 0)
    return percent
