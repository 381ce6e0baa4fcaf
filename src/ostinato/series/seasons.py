"""A longer season that series have beside the usual one: the week of hourly values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ostinato.series.frequency import DAY
from ostinato.series.panel import Panel

DAYS = 7
FEWEST = 3  # of the longer seasons that a series must have to tell
SHARE = 0.25  # of the series that must have it


def longer_seasons(panel: Panel, season: int) -> tuple[int, ...]:
    """Return the steps of a week where a season is a day and values follow the week; else nothing.

    They follow it if values a week apart are closer than values a day apart in a quarter of the
    series that are three weeks long or more. Of counted times any season may be the day.

    Args:
        panel: The series.
        season: Steps of a season.

    Example:
        >>> from ostinato.datasets import SeriesTable
        >>> from ostinato.series import panel_of
        >>> week = [5.0] * 20 + [1.0] * 8
        >>> panel = panel_of(SeriesTable.make(list(range(140)), {"y": week * 5}))
        >>> longer_seasons(panel, season=4)
        (28,)
    """
    step = panel.frequency.step_us
    if season < 2 or not (panel.frequency.is_counted or (step and step * season == DAY)):
        return ()
    week, told = DAYS * season, []
    for values in panel.values:
        if len(values) >= FEWEST * week:
            told.append(_apart(values, week) < _apart(values, season))
    return (week,) if told and np.mean(told) >= SHARE else ()


def _apart(values: npt.NDArray[np.float64], steps: int) -> npt.NDArray[np.float64]:
    """Return the mean absolute difference of values some steps apart, of each column."""
    differences = np.abs(values[steps:] - values[:-steps])
    known = np.isfinite(differences)
    count = np.maximum(known.sum(axis=0), 1)
    return np.where(known, differences, 0).sum(axis=0) / count
