"""Public holidays of a country as inputs: whether a day is one, or lies before or after one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._errors import ConfigError, package_of_extra, shown
from ostinato._rules import check_region
from ostinato.series.calendar import local_times, usual_step_us
from ostinato.series.frequency import DAY, Frequency

Times = npt.NDArray[Any]

AROUND = (1, 0, -1)  # days from a time to the one that is looked up: tomorrow, today, yesterday


def check_holidays(region: str, frequency: Frequency) -> None:
    """Raise ConfigError unless a region has holidays that steps of a frequency can tell.

    Args:
        region: Code of a country, such as ``DE``, or of a part of one, such as ``DE-BY``.
        frequency: The step of the series.

    Raises:
        ConfigError: The package `holidays` is not installed, it does not know the region, or a step is
            longer than a day, or counted.

    Example:
        >>> check_holidays("DE", Frequency.parse("MS"))
        Traceback (most recent call last):
        ...
        ostinato._errors.ConfigError: Forecaster: holidays need steps of a day or less; got steps of `MS`. ...
    """
    check_region(region)
    if frequency.is_counted or usual_step_us(frequency) > DAY:
        steps = "counted steps" if frequency.is_counted else f"steps of `{frequency.alias}`"
        raise ConfigError(
            f"Forecaster: holidays need steps of a day or less; got {steps}. Leave them out, or tell how many "
            "lie in each step by a known column."
        )


def holiday_features(
    times: Times, frequency: Frequency, region: str | None, zone: str | None = None
) -> npt.NDArray[np.float32]:
    """Return whether the day after times, their own, and the day before are holidays.

    Args:
        times: The times, ``datetime64``, ``(n,)``.
        frequency: The step of the series.
        region: As of :func:`check_holidays`; none for no features.
        zone: As of `ostinato.series.calendar.calendar_features`.

    Shape:
        output: ``(n, 3)``, 0 or 1; ``(n, 0)`` without a region.

    Example:
        >>> days = np.array(["2024-12-24", "2024-12-25", "2024-12-28"], "datetime64[D]")
        >>> holiday_features(days, Frequency.parse("D"), "DE").tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    if region is None:
        return np.zeros((len(times), 0), np.float32)
    if zone is not None and not frequency.is_of_days:
        times = local_times(times, zone)
    days = times.astype("datetime64[D]")
    if not len(days):
        return np.zeros((0, len(AROUND)), np.float32)
    ends = np.array([days.min() - 1, days.max() + 1])
    years = ends.astype("datetime64[Y]").astype(int) + 1970
    found = _days(region, int(years.min()), int(years.max()))
    return np.stack([np.isin(days + shift, found) for shift in AROUND], axis=1).astype(np.float32)


@lru_cache(maxsize=256)
def _days(region: str, first: int, last: int) -> npt.NDArray[Any]:
    """Return the holidays of some years, as dates."""
    country, _, part = region.partition("-")
    years = range(first, last + 1)
    try:
        package = package_of_extra("holidays", "series")
        found = package.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError:  # trained with a release that knew it
        raise ConfigError(
            f"Forecaster: holidays of {shown(region)} are not known to the installed package. Install a newer "
            "one: pip install --upgrade holidays"
        ) from None
    return np.array(sorted(found), "datetime64[D]")
