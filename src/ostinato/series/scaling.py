"""One scale for every series, learnt from train, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ostinato.data.ragged import Ragged
from ostinato.series.panel import Panel

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Transform = Literal["auto", "none", "log"]


@dataclass(frozen=True, eq=False)
class SeriesScaling:
    """Mean and deviation of each series of a panel, and of each covariate over all series.

    Args:
        levels: Mean and deviation of each target of each series in train, by the id of the series.
        is_log: Whether values are taken by their logarithm.
        known_levels: Mean and deviation of each known column.
        past_levels: The same of the past columns.
        is_scaled: Whether values are brought to one scale; a likelihood of counts takes them as they are.

    Shape:
        levels: ``(2, targets)`` each.
        known_levels, past_levels: ``(2, columns)``.
    """

    levels: Mapping[str, Doubles]
    is_log: bool
    known_levels: Doubles
    past_levels: Doubles
    is_scaled: bool = True

    @staticmethod
    def fit(
        panel: Panel, transform: Transform, season: int, *, is_scaled: bool = True
    ) -> SeriesScaling:
        """Measure a panel.

        Args:
            panel: The series of train.
            transform: ``log``, ``none``, or ``auto``: see :func:`swings_with_level`.
            season: Steps of a season, for that.
            is_scaled: Whether values are to be brought to one scale.
        """
        values = panel.values.values
        is_log = transform == "log" or (transform == "auto" and swings_with_level(panel, season))
        levels = _levels_of(_transformed(values, is_log=is_log), panel.values)
        return SeriesScaling(
            dict(zip(panel.ids, levels, strict=True)),
            is_log,
            _levels(panel.known.values),
            _levels(panel.past.values),
            is_scaled,
        )

    def forward(self, panel: Panel) -> Floats:
        """Return the values of a panel on one scale, ``(steps, targets)``."""
        values = _transformed(panel.values.values, is_log=self.is_log)
        levels = np.repeat(self.of(panel), panel.lengths, axis=0)
        return ((values - levels[:, 0]) / levels[:, 1]).astype(np.float32)

    def backward(self, values: Doubles, levels: Doubles) -> Doubles:
        """Return values as they were given.

        Shape:
            values: ``(windows, ...)``.
            levels: ``(windows, 2)``: those of :meth:`of` of the series and target of each.
        """
        shape = (-1,) + (1,) * (values.ndim - 1)
        found = values * levels[:, 1].reshape(shape) + levels[:, 0].reshape(shape)
        return np.exp(found) if self.is_log else found

    def of(self, panel: Panel) -> Doubles:
        """Return mean and deviation of each series, ``(series, 2, targets)``."""
        if not self.is_scaled:
            return np.tile([[0.0], [1.0]], (len(panel), 1, len(panel.targets)))
        return np.array([self.levels[name] for name in panel.ids])

    def knowing(self, past: Panel) -> SeriesScaling:
        """Return the same with the levels of series that train did not have.

        Args:
            past: Series up to where their forecasts begin, so that nothing later is looked at.
        """
        rows = [row for row, name in enumerate(past.ids) if name not in self.levels]
        if not rows:
            return self
        part = past.values.take(rows)
        found = _levels_of(_transformed(part.values, is_log=self.is_log), part)
        names = [past.ids[row] for row in rows]
        return replace(self, levels={**self.levels, **dict(zip(names, found, strict=True))})

    def known(self, panel: Panel) -> Ragged:
        """Return the known columns on one scale, NaN where missing."""
        return Ragged(_scaled(panel.known.values, self.known_levels), panel.known.offsets)

    def past(self, panel: Panel) -> Floats:
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
        }

    @staticmethod
    def from_json(saved: Mapping[str, Any]) -> SeriesScaling:
        """Return what :meth:`to_json` told."""
        return SeriesScaling(
            {name: np.array(found) for name, found in saved["levels"].items()},
            bool(saved["is_log"]),
            np.array(saved["known"]).reshape(2, -1),
            np.array(saved["past"]).reshape(2, -1),
            bool(saved["is_scaled"]),
        )


def swings_with_level(panel: Panel, season: int) -> bool:
    """Tell whether positive series swing the more the higher they are; logarithms help.

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
        blocks = row[len(row) % length :].reshape(-1, length, row.shape[1])
        spread, mean = blocks.std(axis=1), blocks.mean(axis=1)
        plain.append(_variation(spread))
        relative.append(_variation(spread / mean))
    return bool(np.nansum(relative) < np.nansum(plain))


def _variation(values: Doubles) -> Doubles:
    """Return deviation over mean of each column, NaN where too little is known to tell."""
    known = np.where(np.isfinite(values), values, np.nan)
    count = np.isfinite(values).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(known, axis=0) / count
        spread = np.sqrt(np.nansum((known - mean) ** 2, axis=0) / count)
        return np.where(count > 2, spread / mean, np.nan)


def _transformed(values: Doubles, *, is_log: bool) -> Doubles:
    if not is_log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values)


def _levels_of(values: Doubles, column: Ragged) -> list[Doubles]:
    """Return mean and deviation of each row of a column, ``(2, features)`` each."""
    return [_levels(row) for row in Ragged(values, column.offsets)]


def _levels(values: Doubles) -> Doubles:
    """Return mean and deviation of each feature over what is observed; 0 and 1 where nothing is."""
    observed = np.isfinite(values)
    count = np.maximum(observed.sum(axis=0), 1)
    mean = np.where(observed, values, 0).sum(axis=0) / count
    squares = np.where(observed, values - mean, 0) ** 2
    deviation = np.sqrt(squares.sum(axis=0) / count)
    return np.stack([mean, np.where(deviation > 0, deviation, 1.0)])


def _scaled(values: Doubles, levels: Doubles) -> Floats:
    scaled: Floats = ((values - levels[0]) / levels[1]).astype(np.float32)
    return scaled
