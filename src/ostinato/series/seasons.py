"""A longer season that series have beside the usual one: the week of hourly values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ostinato.series.frequency import DAY
from ostinato.series.panel import Panel

DAYS = 7
FEWEST = 3  # of the longer seasons that a series must have to tell
LEAST = 0.1  # mean correlation; without a week it was up to 0.04 (ETTh1), with one 0.14 and more


def longer_seasons(panel: Panel, season: int) -> tuple[int, ...]:
    """Return the steps of a week, if a season is a day and values follow the week.

    They follow it if changes from day to day come again a week later: on average over the series that
    are three weeks long or more, they are correlated. Of counted times any season may be the day.

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
    week = DAYS * season
    scores = [
        _correlation(values[season:] - values[:-season], week)
        for values in panel.values
        if len(values) >= FEWEST * week
    ]
    return (week,) if scores and np.mean(np.concatenate(scores)) >= LEAST else ()


def _correlation(values: npt.NDArray[np.float64], steps: int) -> npt.NDArray[np.float64]:
    """Return the correlation of values some steps apart, of each column; 0 where there is none."""
    later, earlier = values[steps:], values[:-steps]
    known = np.isfinite(later) & np.isfinite(earlier)
    count = np.maximum(known.sum(axis=0), 1)
    centred = []
    for part in (later, earlier):
        mean = np.where(known, part, 0).sum(axis=0) / count
        centred.append(np.where(known, part - mean, 0))
    products = (centred[0] * centred[1]).sum(axis=0)
    size = np.sqrt((centred[0] ** 2).sum(axis=0) * (centred[1] ** 2).sum(axis=0))
    found: npt.NDArray[np.float64] = np.divide(
        products, size, out=np.zeros_like(size), where=size > 0
    )
    return found
