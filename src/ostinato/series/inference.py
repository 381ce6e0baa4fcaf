"""The frequency of series, found out from their times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._errors import ConfigError, DatasetError
from ostinato.series.frequency import DAY, HOUR, MONTHS, SECOND, WEEKDAYS, Frequency

_UNITS = (("D", DAY), ("h", HOUR), ("min", 60 * SECOND), ("s", SECOND), ("ms", 1000), ("us", 1))
_SHORTEST_MONTH = 28
_MOST = 0.5  # share of times that make a rule; those that break it are told later
_OTHERS = ("BMS", "BME")


def infer_frequency(times: Sequence[npt.NDArray[Any]], ids: Sequence[str], where: str) -> Frequency:
    """Find out the one frequency of some series: the step that is seen most often.

    Gaps and short series do not matter, as long as most steps are whole.

    Args:
        times: Times of each series, rising.
        ids: Id of each, for messages.
        where: File or object for the message.

    Raises:
        DatasetError: No series has two times.

    Example:
        >>> days = np.array(["2024-01-05", "2024-01-08", "2024-01-09"], "datetime64[us]")
        >>> infer_frequency([days], [""], "a.csv").alias
        'B'
    """
    return Frequency(_infer_alias(times, ids, where))


def _infer_alias(times: Sequence[npt.NDArray[Any]], ids: Sequence[str], where: str) -> str:
    all_times = np.concatenate(times)
    owners = np.repeat(np.arange(len(times)), [len(some) for some in times])
    steps = np.diff(all_times)[owners[1:] == owners[:-1]].astype(np.int64)
    if not len(steps):
        series = f"series {ids[0]} has" if ids and ids[0] else "it has"
        raise DatasetError(
            f"{where}: to find out the frequency, a series must have two times; {series} one, and no "
            "other has more. Give more rows, or the frequency (--frequency)."
        )
    step = _commonest(steps)
    if all_times.dtype.kind != "M":
        return str(step)
    days = all_times.astype("datetime64[D]")
    if step >= _SHORTEST_MONTH * DAY and (alias := _months(times, days, steps)) is not None:
        return alias
    if step == DAY and _has_no_weekend(days, steps):
        return "B"
    return _fixed(step, days)


def _commonest(steps: npt.NDArray[np.int64]) -> int:
    values, counts = np.unique(steps, return_counts=True)
    return int(values[np.argmax(counts)])


def _fixed(step: int, days: npt.NDArray[Any]) -> str:
    if step % (7 * DAY) == 0:
        weeks = step // (7 * DAY)
        weekday = WEEKDAYS[int(days[0].astype(np.int64) + 3) % 7]
        return f"{weeks if weeks > 1 else ''}W-{weekday}"
    unit, size = next((unit, size) for unit, size in _UNITS if step % size == 0)
    return f"{step // size if step > size else ''}{unit}"


def _has_no_weekend(days: npt.NDArray[Any], steps: npt.NDArray[np.int64]) -> bool:
    """Tell whether weekends were passed over, and none was ever stopped at."""
    is_weekend = (days.astype(np.int64) + 3) % 7 >= 5
    return bool(not is_weekend.any() and (steps > DAY).any())


def _months(
    times: Sequence[npt.NDArray[Any]], days: npt.NDArray[Any], steps: npt.NDArray[np.int64]
) -> str | None:
    """Return the alias of a step of months, None where times do not keep to one."""
    month = days.astype("datetime64[M]")
    owners = np.repeat(np.arange(len(times)), [len(some) for some in times])
    size = _commonest(np.diff(month)[owners[1:] == owners[:-1]].astype(np.int64))
    if size < 1 or (steps % (7 * DAY) == 0).all():
        return None
    ends = float((days == (month + 1).astype("datetime64[D]") - 1).mean())
    same = np.unique(days - month.astype("datetime64[D]"), return_counts=True)[1].max() / len(days)
    if max(ends, same) < 1:
        other = next((alias for alias in _OTHERS if size == 1 and _fits(alias, times)), None)
        if other is not None or max(ends, same) < _MOST:
            return other
    is_end = bool(ends >= same)
    unit, length = next((u, n) for u, n in (("Y", 12), ("Q", 3), ("M", 1)) if size % n == 0)
    count = size // length
    ending = "E" if is_end else "S"
    usual = length - 1 if is_end else 0
    anchor = int(month[0].astype(np.int64)) % length
    if unit == "Q" and anchor != usual:
        name = f"-{MONTHS[anchor + 9 if is_end else anchor]}"
    elif unit == "Y" and anchor != usual:
        name = f"-{MONTHS[anchor]}"
    else:
        name = ""
    return f"{count if count > 1 else ''}{unit}{ending}{name}"


def _fits(alias: str, times: Sequence[npt.NDArray[Any]]) -> bool:
    try:
        frequency = Frequency.parse(alias)
    except ConfigError:  # pandas is not there to tell
        return False
    return all(frequency.steps(some[0], some)[1].all() for some in times)
