"""A week is found where there is one."""

from __future__ import annotations

import numpy as np
import pytest

from ostinato.datasets import SeriesTable
from ostinato.series import Panel, panel_of
from ostinato.series.seasons import longer_seasons

DAY = 12
RNG = np.random.default_rng(0)


def panel(
    *, has_week: bool, days: int = 40, frequency: str | None = None, missing: float = 0.0
) -> Panel:
    """Four series of two-hourly steps with a day, in noise and on a level that drifts."""
    rows = []
    for _ in range(4):
        day = np.sin(2 * np.pi * np.arange(DAY) / DAY)
        weights = RNG.uniform(0.2, 2, 7) if has_week else np.ones(7)
        steps = np.concatenate([weights[n % 7] * day for n in range(days)])
        values = steps + RNG.normal(0, 0.3, len(steps)) + np.cumsum(RNG.normal(0, 0.1, len(steps)))
        values[RNG.random(len(values)) < missing] = np.nan
        rows.append(values)
    steps = np.tile(np.arange(len(rows[0])), len(rows))
    if frequency:
        hours = (steps * 2).astype("timedelta64[h]")
        steps = np.datetime64("2024-01-01", "us") + hours.astype("timedelta64[us]")
    ids = np.repeat(list("abcd"), len(rows[0]))
    return panel_of(SeriesTable.make(steps, {"y": np.concatenate(rows)}, ids=ids), frequency)


@pytest.mark.parametrize("frequency", [None, "2h"])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_a_week_is_found_where_there_is_one(frequency, missing):
    options = {"frequency": frequency, "missing": missing}
    assert longer_seasons(panel(has_week=True, **options), DAY) == (7 * DAY,)
    assert longer_seasons(panel(has_week=False, **options), DAY) == ()


def test_there_is_none_in_short_series_constants_or_a_season_that_is_no_day():
    assert longer_seasons(panel(has_week=True, days=20), DAY) == ()
    assert longer_seasons(panel(has_week=True, frequency="2h"), DAY // 2) == ()
    assert longer_seasons(panel(has_week=True), 1) == ()
    still = panel_of(SeriesTable.make(list(range(100)), {"y": [3.0] * 100}))
    assert longer_seasons(still, 4) == ()
