"""How well quantiles, intervals and samples forecast: pinball loss, CRPS, coverage, width.

What happened is ``(windows, horizon)``, NaN where it is unknown: such a step is not counted, and
every other has the same weight. Quantiles and samples are ``(windows, horizon, n)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ostinato._arrays import Float64s
from ostinato._errors import ConfigError, DatasetError, ShapeError, shown
from ostinato.metrics._windows import check_actual, check_forecast, check_last_axis, mean_of_known


def quantile_levels_of(levels: Sequence[float]) -> tuple[float, ...]:
    """Return the quantile levels that bound central intervals of ``levels`` percent, and 0.5.

    Raises:
        ConfigError: A level is not between 0 and 100.

    Example:
        >>> quantile_levels_of((80, 95))
        (0.025, 0.1, 0.5, 0.9, 0.975)
    """
    for level in levels:
        if not 0 < level < 100:
            raise ConfigError(
                f"quantile_levels_of: levels must be percentages between 0 and 100; got {shown(level)}. "
                "Write 80 for an interval that holds 80 percent."
            )
    tails = {round((100 - level) / 200, 12) for level in levels}
    return tuple(sorted({*tails, 0.5, *(round(1 - tail, 12) for tail in tails)}))


def quantile_loss(actual: ArrayLike, quantile: ArrayLike, quantile_level: float) -> float:
    """Return the mean pinball loss of one quantile, in units of the data; lower is better.

    ``max(q * (y - f), (q - 1) * (y - f))`` for the level ``q``: at 0.5 half of the absolute error.

    Args:
        actual: What happened, ``(windows, horizon)``; NaN is not counted.
        quantile: The forecast of the quantile, of the same shape.
        quantile_level: Its level, between 0 and 1.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.
        ConfigError: The level is not between 0 and 1.

    Example:
        >>> quantile_loss([[10.0, 10.0]], [[8.0, 12.0]], 0.9)
        1.0

    Source:
        Koenker and Bassett 1978, Regression quantiles. https://doi.org/10.2307/1913643
    """
    where = "quantile_loss"
    check_quantile_levels(where, (quantile_level,))
    right = check_actual(where, actual)
    answer = check_forecast(where, "quantile", quantile, right)
    return float(mean_of_known(_pinball(right, answer, quantile_level)))


def weighted_quantile_loss(
    actual: ArrayLike, quantiles: ArrayLike, quantile_levels: Sequence[float]
) -> float:
    """Return twice the sum of pinball losses over the sum of absolute values; lower is better.

    ``mean over q of (2 * sum of pinball_q(y, f) / sum of |y|)``, without a unit: 0 is perfect, 1 is
    what the forecast of zeros reaches. NaN where all that happened is 0. Args and errors are those of
    `crps`.

    Example:
        >>> weighted_quantile_loss([[10.0, 10.0]], [[[8.0], [12.0]]], [0.5])
        0.2

    Source:
        Rangapuram et al. 2021, https://proceedings.mlr.press/v139/rangapuram21a.html (scaled CRPS)
    """
    right = check_actual("weighted_quantile_loss", actual)
    return weighted(crps(actual, quantiles, quantile_levels), right)


def crps(actual: ArrayLike, quantiles: ArrayLike, quantile_levels: Sequence[float]) -> float:
    """Return the continuous ranked probability score by quantiles, in units of the data.

    Twice the mean pinball loss over the levels; lower is better. That is the integral over all
    levels as far as levels of equal distance approximate it. A few uneven ones, such as the ends of
    two intervals, give a figure that may only be compared at the same levels.

    Args:
        actual: What happened, ``(windows, horizon)``; NaN is not counted.
        quantiles: ``(windows, horizon, n)``.
        quantile_levels: Level of each, ``(n,)``.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.
        ConfigError: A level is not between 0 and 1.

    Example:
        >>> crps([[10.0, 10.0]], [[[8.0], [12.0]]], [0.5])
        2.0

    Source:
        Gneiting and Raftery 2007, https://doi.org/10.1198/016214506000001437 (section 4.2)
    """
    right = check_actual("crps", actual)
    return float(mean_of_known(crps_of_steps("crps", right, quantiles, quantile_levels)))


def crps_of_samples(actual: ArrayLike, samples: ArrayLike) -> float:
    """Return the continuous ranked probability score of samples, in units of the data.

    ``mean |x - y| - mean |x - x'| / 2`` over all samples and all pairs of them: exactly the score
    of the distribution that the samples are. Lower is better; one sample has its absolute error.

    Args:
        actual: What happened, ``(windows, horizon)``; NaN is not counted.
        samples: ``(windows, horizon, samples)``.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.

    Example:
        >>> crps_of_samples([[2.0]], [[[1.0, 3.0]]])
        0.5

    Source:
        Gneiting and Raftery 2007, https://doi.org/10.1198/016214506000001437 (equation 21)
    """
    where = "crps_of_samples"
    right = check_actual(where, actual)
    drawn = check_last_axis(where, "samples", samples, right)
    number = drawn.shape[-1]
    if number == 0:
        raise ShapeError(f"{where}: samples must have one sample or more; got {drawn.shape}.")
    score = np.zeros_like(right)
    ordered = np.sort(drawn, axis=-1)
    for rank in range(number):  # one rank at a time: no copy as large as all samples
        sample = check_forecast(where, "samples", ordered[..., rank], right)
        error, before, after = sample - right, rank, number - 1 - rank
        score += np.abs(error) / number - (before - after) * error / number**2
    return float(mean_of_known(score))


def coverage(actual: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Return the share of values inside their interval, its ends included, in [0, 1].

    Best is the nominal level of the interval, neither less nor more.

    Args:
        actual: What happened, ``(windows, horizon)``; NaN is not counted.
        lower: Lower ends of the intervals, of the same shape.
        upper: Upper ends.

    Raises:
        ShapeError: The arrays do not fit each other.
        DatasetError: Nothing is known, or a value is not finite.

    Example:
        >>> coverage([[1.0, 5.0, float("nan")]], [[0.0, 0.0, 0.0]], [[2.0, 2.0, 2.0]])
        0.5

    Source:
        Gneiting, Balabdaoui and Raftery 2007, https://doi.org/10.1111/j.1467-9868.2007.00587.x
    """
    return float(mean_of_known(_inside(*_intervals("coverage", actual, lower, upper))))


def interval_width(actual: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Return the mean width of intervals in units of the data; lower is better if it covers.

    Args and errors are those of `coverage`.

    Example:
        >>> interval_width([[1.0, 5.0]], [[0.0, 0.0]], [[2.0, 4.0]])
        3.0
    """
    right, low, high = _intervals("interval_width", actual, lower, upper)
    return float(mean_of_known(_width(right, low, high)))


def interval_figures(
    where: str,
    actual: Float64s,
    quantiles: ArrayLike,
    quantile_levels: Sequence[float],
    levels: Sequence[float],
) -> Iterator[tuple[str, Float64s]]:
    """Yield ``crps``, and coverage and width of each level, of every step."""
    yield "crps", crps_of_steps(where, actual, quantiles, quantile_levels)
    stacked = check_last_axis(where, "quantiles", quantiles, actual)
    for level in levels:
        first, *_, last = _places(where, quantile_levels, level)
        low, high = (stacked[..., place].astype(np.float64) for place in (first, last))
        yield f"coverage_{level:g}", _inside(actual, low, high)
        yield f"width_{level:g}", _width(actual, low, high)


def crps_of_steps(
    where: str, actual: Float64s, quantiles: ArrayLike, quantile_levels: Sequence[float]
) -> Float64s:
    """Return the score of every step, ``(windows, horizon)``, NaN where actual is."""
    check_quantile_levels(where, quantile_levels)
    stacked = check_last_axis(where, "quantiles", quantiles, actual)
    if stacked.shape[-1] != len(quantile_levels):
        raise ShapeError(
            f"{where}: quantiles must have {len(quantile_levels)} values a step, one a quantile "
            f"level; got shape {stacked.shape}. Give the levels that were forecast."
        )
    score = np.zeros_like(actual)
    for place, level in enumerate(quantile_levels):
        answer = check_forecast(where, f"quantile {level:g}", stacked[..., place], actual)
        score += 2 * _pinball(actual, answer, level) / len(quantile_levels)
    return score


def weighted(score: float, actual: Float64s) -> float:
    """Return a score over the mean absolute value, NaN where that is 0."""
    size = float(mean_of_known(np.abs(actual)))
    return score / size if size else float("nan")


def check_quantile_levels(where: str, quantile_levels: Sequence[float]) -> None:
    """Raise ConfigError unless there is a level and all are between 0 and 1."""
    if len(quantile_levels) == 0 or not all(0 < level < 1 for level in quantile_levels):
        raise ConfigError(
            f"{where}: quantile levels must be between 0 and 1, one or more; "
            f"got {list(quantile_levels)}. Write 0.9 for the value that nine of ten stay below."
        )


def _places(where: str, quantile_levels: Sequence[float], level: float) -> list[int]:
    """Return where the two ends of a level (and 0.5 between them) stand among the quantiles."""
    places = []
    for end in quantile_levels_of((level,)):
        near = np.flatnonzero(np.isclose(quantile_levels, end, rtol=0, atol=1e-6))
        if len(near):
            places.append(int(near[0]))
        elif end != 0.5:
            raise ConfigError(
                f"{where}: quantile levels must hold {end:g}, an end of the interval of {level:g} "
                f"percent; got {list(quantile_levels)}. Forecast it too, or leave the interval out."
            )
    return places


def _pinball(actual: Float64s, quantile: Float64s, level: float) -> Float64s:
    error = actual - quantile
    return np.maximum(level * error, (level - 1) * error)


def _intervals(where: str, actual: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> Any:
    """Return the three arrays, or raise unless the lower ends are below the upper ones."""
    right = check_actual(where, actual)
    low = check_forecast(where, "lower", lower, right)
    high = check_forecast(where, "upper", upper, right)
    crossed = (low > high) & ~np.isnan(right)
    if crossed.any():
        window, step = np.argwhere(crossed)[0]
        raise DatasetError(
            f"{where}: lower must not be above upper; got {low[window, step]:g} and "
            f"{high[window, step]:g} in window {window} at step {step + 1}. Check their order."
        )
    return right, low, high


def _inside(actual: Float64s, lower: Float64s, upper: Float64s) -> Float64s:
    inside = (lower <= actual) & (actual <= upper)
    return np.where(np.isnan(actual), np.nan, inside)


def _width(actual: Float64s, lower: Float64s, upper: Float64s) -> Float64s:
    return np.where(np.isnan(actual), np.nan, upper - lower)


def place_of(probability: float, probabilities: Sequence[float]) -> int | None:
    """Return which quantile has a probability; None if none has.

    Example:
        >>> place_of(0.5, (0.1, 0.5, 0.9)), place_of(0.3, (0.1, 0.5, 0.9))
        (1, None)
    """
    return next((i for i, p in enumerate(probabilities) if abs(p - probability) < 1e-6), None)


def ends_of(level: float, probabilities: Sequence[float]) -> tuple[int, int] | None:
    """Return which quantiles bound the interval of ``level`` percent; None if one is missing.

    Example:
        >>> ends_of(80, (0.1, 0.5, 0.9)), ends_of(95, (0.1, 0.5, 0.9))
        ((0, 2), None)
    """
    low = place_of(0.5 - level / 200, probabilities)
    high = place_of(0.5 + level / 200, probabilities)
    return None if low is None or high is None else (low, high)
