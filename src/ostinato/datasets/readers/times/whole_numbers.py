"""Whole numbers that stand for times: 20160701, 201607, seconds since 1970; or steps that are counted."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Int64s
from ostinato._errors import DatasetError

logger = logging.getLogger("ostinato")


_YEARS = (1900, 2100)
_PARTS = (("month", 1, 12), ("day", 1, 31), ("hour", 0, 23), ("minute", 0, 59), ("second", 0, 59))
_FORMS = ("YYYYMM", "YYYYMMDD", "YYYYMMDDHH", "YYYYMMDDHHMM", "YYYYMMDDHHMMSS")
_EPOCHS = (("seconds", 1), ("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9))
_SINCE, _UNTIL = 315_532_800, 4_102_444_800  # seconds since 1970: of 1980, of 2100
_SERIAL = (25_569, 73_050)  # days of 1970 to 2099 in spreadsheets
_MOST = 0.9  # share of numbers that read as dates, above which the others are mistakes
_ENOUGH = 10  # numbers that such a share is a share of
_LIKE = (
    ("a year and a quarter", "2023Q1", 10, 4, 5),
    ("a year and a week", "2023-01-02", 100, 53, 13),
    ("a year and a day of it", "2023-01-02", 1000, 366, 20),
)


def times_of_numbers(numbers: Int64s, name: str, where: str) -> tuple[npt.NDArray[Any], str | None]:
    """Return what whole numbers stand for, and their time zone.

    If all read as dates, such as 20160701, 201607 (a month) or 2016070113 (an hour), they are those;
    if all lie between 1980 and 2100 as seconds since 1970, or as parts of a second, they are such, in
    UTC; all others are counted. Which of these it is, is logged.

    Args:
        numbers: The numbers.
        name: Name of their column, for messages.
        where: File or object for messages.

    Returns:
        ``datetime64[us]``, or int64 where they are counted; and ``"UTC"`` of seconds, else None.

    Raises:
        DatasetError: They read as dates but for some, such as 20240230, or look like years with weeks
            or quarters.

    Example:
        >>> times_of_numbers(np.array([202312, 202401]), "ds", "a.csv")[0].astype("datetime64[M]")
        array(['2023-12', '2024-01'], dtype='datetime64[M]')
        >>> times_of_numbers(np.array([3, 10]), "ds", "a.csv")
        (array([ 3, 10]), None)
    """
    if not len(numbers):
        return numbers, None
    for form in _FORMS:
        size = 10 ** (len(form) - len("YYYY"))
        if numbers.min() >= _YEARS[0] * size and numbers.max() < (_YEARS[1] + 1) * size:
            dates = _dates(numbers, form, name, where)
            if dates is not None:
                logger.info("%s: numbers in column `%s` are read as %s.", where, name, form)
                return dates, None
    for unit, size in _EPOCHS:
        if numbers.min() >= _SINCE * size and numbers.max() < _UNTIL * size:
            logger.info("%s: numbers in column `%s` are %s since 1970, UTC.", where, name, unit)
            return _since_1970(numbers, size, name, where), "UTC"
    _check_like(numbers, name, where)
    if numbers.min() >= _SERIAL[0] and numbers.max() <= _SERIAL[1]:
        first = np.datetime64("1899-12-30") + int(numbers[0])
        logger.warning(
            "%s: numbers in column `%s` are counted. If they are days as spreadsheets count them, where %d is "
            "%s, write them as dates.",
            *(where, name, numbers[0], first),
        )
        return numbers, None
    logger.info("%s: numbers in column `%s` are counted: they are no dates.", where, name)
    return numbers, None


def _dates(numbers: Int64s, form: str, name: str, where: str) -> npt.NDArray[Any] | None:
    """Return the dates that numbers write, None if they do not look like it."""
    parts = _PARTS[: (len(form) - len("YYYY")) // 2]
    rest, found = numbers, {}
    for part, _, _ in reversed(parts):
        rest, found[part] = np.divmod(rest, 100)
    looks = np.ones(len(numbers), bool)
    for part, low, high in parts:
        looks &= (found[part] >= low) & (found[part] <= high)
    month = ((rest - 1970) * 12 + found["month"] - 1).astype("datetime64[M]")
    day = found.get("day", np.ones_like(numbers))
    days = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    is_date = looks & (day <= days)
    share, count = float(is_date.mean()), len(np.unique(numbers))
    if not looks.all() and not (share > _MOST and count >= _ENOUGH):
        return None
    if not is_date.all():
        row = int(np.argmin(is_date))
        raise DatasetError(
            f"{where}: row {row + 1}: numbers in column `{name}` are read as {form}, and there is no such "
            f"date; got {numbers[row]}. Correct it; or, if these are counted, count from 1."
        )
    times: npt.NDArray[Any] = month.astype("datetime64[D]") + (day - 1)
    seconds = np.zeros_like(numbers)
    for part, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        seconds += size * found.get(part, 0)
    times = times.astype("datetime64[us]") + seconds.astype("timedelta64[s]")
    return times


def _since_1970(numbers: Int64s, size: int, name: str, where: str) -> npt.NDArray[Any]:
    if size <= 10**6:
        return (numbers * (10**6 // size)).astype("datetime64[us]")
    if (numbers % 1000).any():
        raise DatasetError(
            f"{where}: the time column `{name}` must be of whole microseconds; got "
            f"{numbers[int((numbers % 1000 > 0).argmax())]} nanoseconds since 1970. Round it."
        )
    return (numbers // 1000).astype("datetime64[us]")


def _check_like(numbers: Int64s, name: str, where: str) -> None:
    """Refuse numbers that look like years and something that is not read, such as 202352, 202401."""
    distinct = np.unique(numbers)
    for what, example, size, most, least in _LIKE:
        year, part = np.divmod(distinct, size)
        looks = (part >= 1) & (part <= most) & (year >= _YEARS[0]) & (year <= _YEARS[1])
        # Those that are counted would not pass over the same numbers in every year.
        if (
            looks.all()
            and len(distinct) >= least
            and year[0] < year[-1]
            and len(set(part)) >= least - 1
        ):
            raise DatasetError(
                f"{where}: numbers in column `{name}` look like {what}; got {distinct[0]} to "
                f"{distinct[-1]}. Write them as dates, such as {example}."
            )
