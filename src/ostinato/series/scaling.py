"""Standardise every series by its level in train, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Float32s, Float64s
from ostinato._errors import shown
from ostinato.data.ragged import Ragged
from ostinato.metrics.rounding import is_constant, level_of
from ostinato.series.panel import Panel

Transform = Literal["auto", "none", "log"]

LARGEST = 1e30  # values are clipped to this many deviations, whose root fits float32


@dataclass(frozen=True, eq=False)
class SeriesScaling:
    """Mean and deviation of each series of a panel, and of each covariate over all series.

    Args:
        levels: Mean and deviation of each target of each series in train, by the id of the series.
        is_log: Whether values are replaced by their logarithms.
        known_levels: Mean and deviation of each known column.
        past_levels: The same of the past columns.
        is_scaled: Whether values are standardised; a likelihood of counts takes them unscaled.
        guessed: By series that was constant or empty in train, the targets whose deviation is guessed.
        usual: Medians over the other series, for the guess: deviation over level, and deviation.
        signed: By series, whether each target was ever below 0.

    Shape:
        levels: ``(2, targets)`` each.
        known_levels, past_levels: ``(2, columns)``.
    """

    levels: Mapping[str, Float64s]
    is_log: bool
    known_levels: Float64s
    past_levels: Float64s
    is_scaled: bool = True
    guessed: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    usual: tuple[float, float] = (1.0, 1.0)
    signed: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)

    @staticmethod
    def fit(
        panel: Panel, transform: Transform, season: int, *, is_scaled: bool = True
    ) -> SeriesScaling:
        """Measure a panel.

        Args:
            panel: The series of train.
            transform: ``log``, ``none``, or ``auto``: see `ostinato.series.scaling.swings_with_level`.
            season: Steps of a season, for that.
            is_scaled: Whether to standardise values.
        """
        is_log = transform == "log" or (transform == "auto" and swings_with_level(panel, season))
        empty = SeriesScaling(
            {}, is_log, _covariate_levels(panel.known.values), _covariate_levels(panel.past.values)
        )
        measured = _levels_of(panel.values, is_log=is_log)
        found = replace(empty, is_scaled=is_scaled, usual=_usual(measured))
        return found._with(panel.ids, measured).with_signs(panel)

    def forward(self, panel: Panel) -> Float32s:
        """Return standardised values, ``(steps, targets)``."""
        values = _transformed(panel.values.values, is_log=self.is_log)
        levels = np.repeat(self.of(panel), panel.lengths, axis=0)  # (steps, 2, targets)
        scaled = (values - levels[:, 0]) / levels[:, 1]  # (steps, targets)
        return np.clip(scaled, -LARGEST, LARGEST).astype(np.float32)

    def backward(self, values: Float64s, levels: Float64s) -> Float64s:
        """Return standardised values in their original units.

        Shape:
            values: ``(windows, ...)``.
            levels: ``(windows, 2)``: those of ``of`` of the series and target of each.
        """
        shape = (-1,) + (1,) * (values.ndim - 1)
        found = values * levels[:, 1].reshape(shape) + levels[:, 0].reshape(shape)
        return np.exp(found) if self.is_log else found

    def of(self, panel: Panel) -> Float64s:
        """Return mean and deviation of each series, ``(series, 2, targets)``."""
        if not self.is_scaled:
            return np.tile([[0.0], [1.0]], (len(panel), 1, len(panel.targets)))
        return np.array([self.levels[name] for name in panel.ids])

    def knowing(self, past: Panel) -> SeriesScaling:
        """Return a copy with the levels of series that were not in train, or constant there.

        Args:
            past: Series up to the start of their forecasts, so that nothing later leaks.
        """
        rows = [
            row
            for row, name in enumerate(past.ids)
            if name in self.guessed or name not in self.levels
        ]
        if not rows:
            return self
        found = _levels_of(past.values.take(rows), is_log=self.is_log)
        return self._with([past.ids[row] for row in rows], found)

    def with_signs(self, panel: Panel) -> SeriesScaling:
        """Return a copy that also knows which series of a panel have values below 0.

        Args:
            panel: The values, at least those of train.
        """
        signs = (np.asarray((row < 0).any(axis=0)) for row in panel.values)
        return replace(self, signed={**self.signed, **dict(zip(panel.ids, signs, strict=True))})

    def are_signed(self, panel: Panel) -> npt.NDArray[np.bool_]:
        """Return whether each series had a value below 0 in train, ``(series, targets)``."""
        new = np.zeros(len(panel.targets), bool)
        return np.array([self.signed.get(name, new) for name in panel.ids]).reshape(len(panel), -1)

    def _with(self, names: Sequence[str], levels: Sequence[Float64s]) -> SeriesScaling:
        """Return a copy with the levels of some series, guessed where the deviation is 0."""
        share, spread = self.usual
        filled, guessed = dict(self.levels), dict(self.guessed)
        for name, found in zip(names, levels, strict=True):
            is_new = guessed.pop(name, True)  # what train could measure stays
            mean, deviation = np.where(is_new, found, filled.get(name, found))
            is_told = deviation > 0
            guess = np.where((mean == 0) | self.is_log, spread, np.abs(mean) * share)
            filled[name] = np.stack([mean, np.where(is_told, deviation, guess)])
            if not is_told.all():
                guessed[name] = ~is_told
        return replace(self, levels=filled, guessed=guessed)

    def known(self, panel: Panel) -> Ragged:
        """Return the known columns on one scale, NaN where missing."""
        return Ragged(_scaled(panel.known.values, self.known_levels), panel.known.offsets)

    def past(self, panel: Panel) -> Float32s:
        """Return the past columns on one scale, 0 where missing, ``(steps, columns)``."""
        return np.nan_to_num(_scaled(panel.past.values, self.past_levels))

    def to_json(self) -> dict[str, Any]:
        """Return what :meth:`from_json` takes."""
        return {
            "levels": {name: found.tolist() for name, found in self.levels.items()},
            "is_log": self.is_log,
            "known": self.known_levels.tolist(),
            "past": self.past_levels.tolist(),
            "is_scaled": self.is_scaled,
            "guessed": {name: found.tolist() for name, found in self.guessed.items()},
            "usual": self.usual,
            "signed": {name: found.tolist() for name, found in self.signed.items()},
        }

    @staticmethod
    def from_json(saved: Mapping[str, Any]) -> SeriesScaling:
        """Return the scaling that :meth:`to_json` wrote.

        Raises:
            ValueError: A level is no finite number.
        """
        return SeriesScaling(
            {name: _finite(found) for name, found in saved["levels"].items()},
            bool(saved["is_log"]),
            _finite(saved["known"]).reshape(2, -1),
            _finite(saved["past"]).reshape(2, -1),
            bool(saved["is_scaled"]),
            {name: np.array(found, bool) for name, found in saved.get("guessed", {}).items()},
            (float(saved["usual"][0]), float(saved["usual"][1]))
            if "usual" in saved
            else (1.0, 1.0),
            {name: np.array(found, bool) for name, found in saved.get("signed", {}).items()},
        )


def _finite(found: Any) -> Float64s:
    levels: Float64s = np.array(found, np.float64)
    if not np.isfinite(levels).all() or not (levels.reshape(2, -1)[1] > 0).all():
        raise ValueError(f"levels must be finite, deviations above 0; got {shown(found)}")
    return levels


def swings_with_level(panel: Panel, season: int) -> bool:
    """Return whether seasonal deviation grows with the level, so that logarithms help.

    The series are cut into seasons. Where the deviation within a season divided by its mean varies less
    from season to season than the deviation itself, over all series, the logarithm is the better of the
    two.

    Args:
        panel: The series.
        season: Steps of a season.

    Source: Guerrero 1993, https://doi.org/10.1002/for.3980120104, with the powers 0 and 1 alone.
    """
    observed = panel.values.values[np.isfinite(panel.values.values)]
    if not len(observed) or not (observed > 0).all():
        return False
    plain, relative, length = [], [], max(season, 2)
    for row in panel.values:
        # of shape (seasons, length, targets)
        blocks = row[len(row) % length :].reshape(-1, length, row.shape[1])
        spread, mean = blocks.std(axis=1), blocks.mean(axis=1)
        plain.append(_variation(spread))
        relative.append(_variation(spread / mean))
    return bool(np.nansum(relative) < np.nansum(plain))


def _variation(values: Float64s) -> Float64s:
    """Return deviation over mean of each column, NaN with fewer than 3 values."""
    known = np.where(np.isfinite(values), values, np.nan)
    count = np.isfinite(values).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(known, axis=0) / count
        spread = np.sqrt(np.nansum((known - mean) ** 2, axis=0) / count)
        return np.where(count > 2, spread / mean, np.nan)


def _transformed(values: Float64s, *, is_log: bool) -> Float64s:
    if not is_log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values)


def _levels_of(column: Ragged, *, is_log: bool) -> list[Float64s]:
    """Return mean and deviation of each row of a column, ``(2, features)`` each; 0 for a constant."""
    transformed = Ragged(_transformed(column.values, is_log=is_log), column.offsets)
    return [
        np.stack([mean, np.where(is_constant(row), 0, deviation)])
        for row, (mean, deviation) in zip(column, map(_levels, transformed), strict=True)
    ]


def _usual(levels: Sequence[Float64s]) -> tuple[float, float]:
    """Return the medians of deviation over level, at most 1, and of deviation; 1 where there is none."""
    means, deviations = np.concatenate(levels, axis=1) if len(levels) else np.zeros((2, 0))
    varied = deviations > 0
    if not varied.any():
        return 1.0, 1.0
    means, deviations = means[varied], deviations[varied]
    shares = deviations / np.maximum(np.abs(means), deviations)
    return float(np.median(shares)), float(np.median(deviations))


def _covariate_levels(values: Float64s) -> Float64s:
    """Return mean and deviation of each column; for a constant, its magnitude as deviation."""
    mean, deviation = _levels(values)
    is_told = (deviation > 0) & ~is_constant(values)
    return np.stack([mean, np.where(is_told, deviation, level_of(mean))])


def _levels(values: Float64s) -> Float64s:
    """Return mean and deviation of each feature over what is observed; 0 where nothing is."""
    observed = np.isfinite(values)
    count = np.maximum(observed.sum(axis=0), 1)
    mean = np.where(observed, values, 0).sum(axis=0) / count
    squares = np.where(observed, values - mean, 0) ** 2
    deviation = np.sqrt(squares.sum(axis=0) / count)
    return np.stack([mean, deviation])


def _scaled(values: Float64s, levels: Float64s) -> Float32s:
    scaled: Float32s = ((values - levels[0]) / levels[1]).astype(np.float32)
    return scaled
