"""What a calendar tells of a time: where it stands in its hour, day, week, month and year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ostinato._errors import DatasetError
from ostinato.series.frequency import DAY, HOUR, SECOND, Frequency

Times = npt.NDArray[Any]
Shares = npt.NDArray[np.float64]

_MONTH_US, _YEAR_US = 30 * DAY, 365 * DAY  # near enough to choose by
_FEWEST_STEPS = 2  # of a cycle, for its sine and cosine to tell its steps apart


def cycles_of(frequency: Frequency, steps: int) -> tuple[str, ...]:
    """Return the cycles of the calendar that some steps go through twice: can be learnt.

    An hour has minutes, a day hours, a week days, a month days, a year months: those of less than two
    steps are left out, and so are weeks and months of a series that steps by them. Counted times have
    none.

    Args:
        frequency: The step of the series.
        steps: Steps of the longest of them.

    Example:
        >>> cycles_of(Frequency.parse("D"), 1000), cycles_of(Frequency.parse("h"), 500)
        (('week', 'month', 'year'), ('day', 'week'))
        >>> cycles_of(Frequency.parse("1"), 1000)
        ()
    """
    if frequency.is_counted:
        return ()
    span = steps * usual_step_us(frequency)
    return tuple(name for name, period, _ in _cycles(frequency) if 2 * period <= span)


def calendar_features(
    times: Times, frequency: Frequency, cycles: Sequence[str], zone: str | None = None
) -> npt.NDArray[np.float32]:
    """Return sine and cosine of where times stand in some cycles.

    Args:
        times: The times, ``(n,)``.
        frequency: The step of the series.
        cycles: Names of the cycles, of those of :func:`cycles_of`.
        zone: Time zone of times that are in UTC, to stand in the day as a clock there tells; of a series
            that steps by days or longer, times are dates, and it is not asked.

    Shape:
        output: ``(n, 2 * cycles)``, in [-1, 1].

    Example:
        >>> noon = np.array(["2024-01-01T12:00"], "datetime64[us]")
        >>> (calendar_features(noon, Frequency.parse("h"), ["day"]).round(3) + 0).tolist()
        [[0.0, -1.0]]
    """
    if not cycles:
        return np.zeros((len(times), 0), np.float32)
    if zone is not None and not frequency.is_of_days:
        times = local_times(times, zone)
    shares = {name: share for name, _, share in _cycles(frequency)}
    angles = 2 * np.pi * np.stack([shares[name](times) for name in cycles], axis=1)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(times), -1)
    return waves.astype(np.float32)


def local_times(times: Times, zone: str) -> Times:
    """Return what clocks of a zone show at times in UTC.

    Args:
        times: The times, ``datetime64[us]``.
        zone: Name of the zone, such as ``Europe/Berlin``, or an offset, such as ``+02:00``.

    Raises:
        DatasetError: There is no such zone.

    Example:
        >>> local_times(np.array(["2024-07-01T00:00"], "datetime64[us]"), "Europe/Berlin")
        array(['2024-07-01T02:00:00.000000'], dtype='datetime64[us]')
    """
    stamps = pa.array(times.astype("datetime64[us]").astype(np.int64)).cast(
        pa.timestamp("us", zone)
    )
    try:
        local = pc.local_timestamp(stamps)
    except pa.ArrowException:
        raise DatasetError(
            f"time zone: must be a name as Europe/Berlin, or an offset as +02:00; got `{zone}`."
        ) from None
    return np.asarray(local.cast(pa.int64()).to_numpy()).astype("datetime64[us]")


def usual_step_us(frequency: Frequency) -> int:
    """Return the step in microseconds; of months, or days of some calendar, near enough.

    Args:
        frequency: The step, not counted.
    """
    if frequency.step_us is not None:
        return frequency.step_us
    return (frequency.months or 0) * _MONTH_US or frequency.longest_step * DAY // 3


def _cycles(frequency: Frequency) -> list[tuple[str, int, Callable[[Times], Shares]]]:
    """Return name, period and function of each cycle that has several steps."""
    step = usual_step_us(frequency)
    of_days = [("week", 7 * DAY, _of_week), ("month", _MONTH_US, _of_month)]
    table = [
        ("minute", 60 * SECOND, _share_of(60 * SECOND)),
        ("hour", HOUR, _share_of(HOUR)),
        ("day", DAY, _share_of(DAY)),
        *(of_days if step <= DAY else []),
        ("year", _YEAR_US, _of_year),
    ]
    return [row for row in table if row[1] >= _FEWEST_STEPS * step]


def _share_of(period_us: int) -> Callable[[Times], Shares]:
    def share(times: Times) -> Shares:
        return times.astype("datetime64[us]").astype(np.int64) % period_us / period_us

    return share


def _of_week(times: Times) -> Shares:
    since_monday = (
        times.astype("datetime64[us]").astype(np.int64) + 3 * DAY
    )  # 1970 began on a Thursday
    return since_monday % (7 * DAY) / (7 * DAY)


def _of_month(times: Times) -> Shares:
    return _within(times, "datetime64[M]")


def _of_year(times: Times) -> Shares:
    return _within(times, "datetime64[Y]")


def _within(times: Times, unit: str) -> Shares:
    period = times.astype(unit)
    begin, end = (edge.astype("datetime64[us]") for edge in (period, period + 1))
    shares: Shares = (times - begin).astype(np.int64) / (end - begin).astype(np.int64)
    return shares
