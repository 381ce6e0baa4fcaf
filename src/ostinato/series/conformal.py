"""Intervals that hold what they say: conformal corrections of forecast quantiles.

A model's quantiles are compared with what happened in windows that it was not trained on. Each is
then moved outward (or inward) by as much as makes it right there, in units of the scale of its
series.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ostinato._arrays import Float64s
from ostinato._errors import CheckpointError, ConfigError, DatasetError, ShapeError

POOLED = 4
"""How many times the scores that a tail needs are pooled, so that its misses are known to a half.

The share of misses ``t`` in a tail, found from ``n`` scores, has a relative deviation of
``sqrt((1 - t) / (t * n))``: 1 for the scores that it needs at least, 1/2 for four times as many.
"""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Corrections of quantiles by conformalised quantile regression on held-back windows.

    Each tail has its own: the quantile ``q`` of level below 0.5 becomes ``q - correction * scale``,
    one above 0.5 becomes ``q + correction * scale``, where the correction is the score of the
    finite-sample rank ``ceil((n + 1) * (1 - tail))`` among the ``n`` held-back ones. Where
    held-back and new windows are exchangeable, an interval of 80 percent then holds at least 80
    percent, however wrong the model was.

    Args:
        quantile_levels: Ascending, between 0 and 1, with 0.5, which is not corrected.
        corrections: In units of scale, positive outward.
        counts: Scores that each correction was found from: those of its own step, and of steps
            beside it, taken to err alike, while they are fewer than `POOLED` times `scores_needed`.

    Shape:
        quantile_levels: ``(quantiles,)``.
        corrections, counts: ``(horizon, quantiles)``.

    Example:
        >>> actual = np.arange(-9.5, 10)[:, None]
        >>> narrow = np.tile([-1.0, 0.0, 1.0], (20, 1, 1))
        >>> found = Calibration.fit(actual, narrow, (0.1, 0.5, 0.9), scale=np.ones(20))
        >>> found.apply(narrow[:1], scale=np.ones(1)).tolist()
        [[[-8.5, 0.0, 8.5]]]

    Source:
        Romano, Patterson and Candès 2019, https://arxiv.org/abs/1905.03222 (theorem 2)
    """

    quantile_levels: tuple[float, ...]
    corrections: Float64s
    counts: NDArray[np.int64]

    @staticmethod
    def fit(
        actual: ArrayLike, quantiles: ArrayLike, quantile_levels: Sequence[float], scale: ArrayLike
    ) -> Calibration:
        """Find the corrections from windows that the model was not trained on.

        Steps that are NaN in what happened are not counted, nor windows whose scale is no number
        above 0. Where even all steps together have fewer scores than a tail needs, the largest is
        taken: `is_enough` is then false, and the interval holds less than it says.

        Args:
            actual: What happened; several targets are so many windows.
            quantiles: What was forecast.
            quantile_levels: Level of each quantile.
            scale: Scale of the series of each window, such as its deviation in train.

        Shape:
            actual: ``(windows, horizon)``.
            quantiles: ``(windows, horizon, quantiles)``.
            scale: ``(windows,)``.

        Raises:
            ConfigError: The levels are not ascending, between 0 and 1, with 0.5.
            ShapeError: The arrays do not fit each other.
            DatasetError: A step has nothing to compare, or a value is not finite.
        """
        levels = _check_levels(quantile_levels)
        happened = np.asarray(actual, dtype=np.float64)
        forecast = np.asarray(quantiles)
        if happened.ndim != 2 or forecast.shape != (*happened.shape, len(levels)):
            raise ShapeError(
                f"Calibration: quantiles must be (windows, horizon, {len(levels)}) and actual "
                f"(windows, horizon); got shapes {forecast.shape} and {happened.shape}. "
                "Give both of the same windows."
            )
        units = _check_scale(scale, len(happened), least=None)
        usable = ~np.isnan(happened) & (np.isfinite(units) & (units > 0))[:, None]
        _check_scores(happened, forecast, usable)
        corrections = np.zeros((happened.shape[1], len(levels)))
        counts = np.zeros(corrections.shape, dtype=np.int64)
        for place, level in enumerate(levels):
            sign = _sign(level)
            scores = [
                sign * (happened[rows, step] - forecast[rows, step, place]) / units[rows]
                for step, rows in enumerate(usable.T)
            ]
            for step in range(len(scores)):
                near = _pooled(scores, step, POOLED * scores_needed(level))
                counts[step, place] = len(near)
                corrections[step, place] = sign and _at_rank(near, max(level, 1 - level))
        return Calibration(levels, corrections, counts)

    @property
    def is_enough(self) -> NDArray[np.bool_]:
        """Whether each correction had the scores that its tail needs, ``(horizon, quantiles)``."""
        needed = np.array([scores_needed(level) for level in self.quantile_levels])
        return self.counts >= needed

    def apply(self, quantiles: ArrayLike, scale: ArrayLike) -> Float64s:
        """Return corrected quantiles that do not cross.

        The median stays. Where another quantile would be on the wrong side of one nearer to the
        median, it is moved outward to that one, so no interval gets narrower by it.

        Args:
            quantiles: What was forecast, for the horizon that was calibrated or a shorter one.
            scale: Scale of the series of each window, as given to `fit`; 0 leaves it uncorrected.

        Shape:
            quantiles: ``(windows, horizon, quantiles)``.
            scale: ``(windows,)``.
            output: As quantiles.

        Raises:
            ShapeError: The arrays do not fit each other, or the horizon is beyond that of `fit`.
            DatasetError: A scale is negative or not finite.
        """
        forecast = np.asarray(quantiles, dtype=np.float64)
        most, number = self.corrections.shape
        if forecast.ndim != 3 or forecast.shape[2] != number or forecast.shape[1] > most:
            raise ShapeError(
                f"Calibration: quantiles must be (windows, at most {most} steps, {number}); "
                f"got shape {forecast.shape}. Forecast the levels {list(self.quantile_levels)}."
            )
        units = _check_scale(scale, len(forecast), least=0.0)
        signs = np.array([_sign(level) for level in self.quantile_levels])
        moves = (signs * self.corrections)[: forecast.shape[1]]
        return monotone(forecast + units[:, None, None] * moves, self.quantile_levels)

    def to_json(self) -> dict[str, Any]:
        """Return the corrections as lists, for a JSON file."""
        return {
            "quantile_levels": list(self.quantile_levels),
            "corrections": self.corrections.tolist(),
            "counts": self.counts.tolist(),
        }

    @staticmethod
    def from_json(saved: Mapping[str, Any]) -> Calibration:
        """Return what `to_json` saved.

        Raises:
            CheckpointError: It is not that.
        """
        try:
            levels = _check_levels(saved["quantile_levels"])
            corrections = np.array(saved["corrections"], dtype=np.float64)
            counts = np.array(saved["counts"], dtype=np.int64)
            if not np.isfinite(corrections).all():
                raise ValueError("a correction is no finite number")
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"Calibration: must be what to_json saved; reading it failed ({error}). "
                "Copy the run folder anew, or train again."
            ) from error
        if corrections.ndim != 2 or not (
            corrections.shape == counts.shape == (len(corrections), len(levels))
        ):
            raise CheckpointError(
                f"Calibration: corrections and counts must be (horizon, {len(levels)}); got "
                f"{corrections.shape} and {counts.shape}. Copy the run folder anew, or train again."
            )
        return Calibration(levels, corrections, counts)


def scores_needed(quantile_level: float) -> int:
    """Return how many held-back scores a correction at a level needs at least.

    From that many on, the rank ``ceil((n + 1) * (1 - tail))`` is among the ``n``. An interval of 80
    percent needs 9, one of 95 percent 39; a window gives one score a step.

    Example:
        >>> [scores_needed(level) for level in (0.025, 0.1, 0.5, 0.9, 0.975)]
        [39, 9, 1, 9, 39]
    """
    tail = min(quantile_level, 1 - quantile_level)
    return math.ceil((1 - tail) / tail - 1e-9)


def monotone(quantiles: Float64s, quantile_levels: Sequence[float]) -> Float64s:
    """Move quantiles outward from the median until they do not cross.

    Shape:
        quantiles: ``(..., quantiles)``.
        output: The same.

    Raises:
        ConfigError: The levels are not ascending, between 0 and 1, with 0.5.

    Example:
        >>> monotone(np.array([3.0, 1.0, 2.0, 1.5, 4.0]), (0.1, 0.3, 0.5, 0.7, 0.9)).tolist()
        [1.0, 1.0, 2.0, 2.0, 4.0]
    """
    middle = _check_levels(quantile_levels).index(0.5)
    below = np.minimum.accumulate(quantiles[..., middle::-1], axis=-1)[..., ::-1]
    above = np.maximum.accumulate(quantiles[..., middle:], axis=-1)
    return np.concatenate([below, above[..., 1:]], axis=-1)


def _sign(level: float) -> float:
    """Return the outward direction of a quantile, 0 for the median."""
    return float(np.sign(level - 0.5))


def _pooled(scores: Sequence[Float64s], step: int, wanted: int) -> Float64s:
    """Return the scores of a step, and of as many on both sides as it takes to have enough."""
    reach = 0
    while True:
        near = scores[max(step - reach, 0) : step + reach + 1]
        if sum(map(len, near)) >= wanted or reach >= len(scores):
            return np.concatenate(near)
        reach += 1


def _at_rank(scores: Float64s, share: float) -> float:
    """Return the score of rank ``ceil((n + 1) * share)``, the largest where there are too few."""
    rank = min(math.ceil((len(scores) + 1) * share - 1e-9), len(scores))
    return float(np.partition(scores, rank - 1)[rank - 1])


def _check_levels(quantile_levels: Sequence[float]) -> tuple[float, ...]:
    levels = tuple(float(level) for level in quantile_levels)
    is_rising = all(a < b for a, b in zip((0.0, *levels), (*levels, 1.0), strict=True))
    if not is_rising or 0.5 not in levels:
        raise ConfigError(
            "Calibration: quantile levels must ascend between 0 and 1 and hold 0.5; "
            f"got {list(levels)}. Use metrics.quantile_levels_of((80, 95))."
        )
    return levels


def _check_scale(scale: ArrayLike, windows: int, *, least: float | None) -> Float64s:
    """Return the scale of each window; with ``least``, raise where it is less or not finite."""
    units = np.asarray(scale, dtype=np.float64)
    if units.shape != (windows,):
        raise ShapeError(
            f"Calibration: scale must be ({windows},), one value a window; "
            f"got shape {units.shape}. Repeat the scale of a series for each of its windows."
        )
    if least is not None and not (np.isfinite(units) & (units >= least)).all():
        window = int(np.flatnonzero(~(np.isfinite(units) & (units >= least)))[0])
        raise DatasetError(
            f"Calibration: scale must be a number of at least {least:g}; got {units[window]} in "
            f"window {window}. Give the scale that fit was given."
        )
    return units


def _check_scores(actual: Float64s, quantiles: NDArray[Any], usable: NDArray[np.bool_]) -> None:
    """Raise unless something can be compared, and all that is compared is finite."""
    if not usable.any():
        raise DatasetError(
            "Calibration: a held-back window must have a known value and a scale above 0; "
            f"got none in {len(actual)} windows. Hold back more windows, or check the series."
        )
    wrong = usable & ~(np.isfinite(actual) & np.isfinite(quantiles).all(axis=-1))
    if wrong.any():
        window, step = np.argwhere(wrong)[0]
        raise DatasetError(
            f"Calibration: actual and quantiles must be finite; got {actual[window, step]} and "
            f"{quantiles[window, step].tolist()} in window {window} at step {step + 1}. "
            "NaN means that the model has diverged."
        )
