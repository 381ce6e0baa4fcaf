"""Columns of a table, of whatever type, as times."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ostinato._errors import DatasetError, brief
from ostinato.datasets.readers.tables.columns import nothing_in
from ostinato.datasets.readers.tables.typed_columns import MISSING, is_text, words
from ostinato.datasets.readers.times.rewritten import CENTURY, rewritten
from ostinato.datasets.readers.times.whole_numbers import times_of_numbers

logger = logging.getLogger("ostinato")

Place = Callable[[int], str]
"""How messages call a row."""

_DAYS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%Y-%b-%d", "%d%b%Y"),
)
_SHORT = ("%d-%b-%y", "%d %b %y", "%d%b%y")  # of numbers alone it cannot be told which is the year
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_MONTHS = ("%b %Y", "%B %Y", "%b-%Y", "%Y-%b", "%Y %b")
_FORMATS = tuple(day + time for day in (*_DAYS, *_SHORT) for time in _CLOCKS) + _MONTHS
_SAMPLE = 200  # times that tell which formats may be meant
_DAY_US = 24 * 3600 * 1_000_000
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$")


def moments(
    column: pa.ChunkedArray, name: str, where: str, place: Place
) -> tuple[npt.NDArray[Any], str | None]:
    """Return a column as times, and their time zone.

    Args:
        column: The column: timestamps or dates of Arrow; whole numbers, as
            :func:`ostinato.datasets.readers.times.whole_numbers.times_of_numbers` takes them; or strings as
            ``2016-07-01``, ``2016-07-01T13:00+02:00``, ``2016-07``, ``2016Q3``, ``1/7/2016 1:00 PM``,
            ``1 Jul 2016``, ``20160701``, ``2016年7月1日``, ``2016.07.01``.
        name: Its name, for messages.
        where: File or object for the message.
        place: How messages call a row.

    Returns:
        ``datetime64[us]``, in UTC if there is a zone, or int64 where the times are counted; and the
        name of the zone or, of strings, their offset, ``"UTC"`` if they have several, or None.

    Raises:
        DatasetError: A time is missing, or cannot be read.

    Example:
        >>> column = pa.chunked_array([["2016-07-01T02:00+02:00", "2016-07-01T03:00+02:00"]])
        >>> times, zone = moments(column, "ds", "a.csv", str)
        >>> times[0].item().isoformat(), zone
        ('2016-07-01T00:00:00', '+02:00')
    """
    kind = column.type
    zone = kind.tz if pa.types.is_timestamp(kind) else None
    if pa.types.is_floating(kind):
        column, kind = _whole(column, name, where), pa.int64()
    if column.null_count:
        row = pc.index(pc.is_null(column), True).as_py()
        raise nothing_in(name, row, "a time", where)
    if pa.types.is_integer(kind):
        return times_of_numbers(np.asarray(column.cast(pa.int64()).to_numpy()), name, where)
    if is_text(kind):
        return _read_times(words(column), name, where, place)
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        raise DatasetError(
            f"{where}: the time column `{name}` must hold dates, timestamps or whole numbers; got "
            f"{kind}. Name another one (--time-column), or convert it."
        )
    try:
        stamps = column.cast(pa.timestamp("us", zone))
    except pa.ArrowException as error:
        raise DatasetError(
            f"{where}: the time column `{name}` must be of whole microseconds; got {error}. Round it."
        ) from None
    return _micros(stamps), zone


def _micros(stamps: Any) -> npt.NDArray[Any]:
    return np.asarray(stamps.cast(pa.int64()).to_numpy()).astype("datetime64[us]")


def _whole(column: pa.ChunkedArray, name: str, where: str) -> pa.ChunkedArray:
    try:
        return column.cast(pa.int64())  # a NaN, or a fraction, is refused
    except pa.ArrowException:
        raise DatasetError(
            f"{where}: the time column `{name}` must hold dates, timestamps or whole numbers; got "
            "numbers with fractions, or missing ones. Name another one (--time-column)."
        ) from None


def _read_times(
    strings: pa.Array, name: str, where: str, place: Place
) -> tuple[npt.NDArray[Any], str | None]:
    is_missing = pc.is_in(pc.utf8_lower(strings), pa.array(MISSING, pa.large_string()))
    if pc.any(is_missing).as_py():
        raise nothing_in(name, pc.index(is_missing, True).as_py(), "a time", where)
    encoded = strings.dictionary_encode()
    distinct, rows = encoded.dictionary, np.asarray(encoded.indices.to_numpy())
    if pc.all(pc.match_substring_regex(distinct, r"^[+-]?(\d{1,18}|[1-8]\d{18})$")).as_py():
        numbers = np.asarray(distinct.cast(pa.int64()).to_numpy())
        return times_of_numbers(numbers[rows], name, where)
    given = distinct
    distinct, later = rewritten(distinct, name, where)
    zoned = _cast(distinct, "UTC")
    if zoned is not None:
        times, zone = _with_offsets(distinct, zoned, name, where)
        return (times + later)[rows], zone
    plain = _cast(distinct, None)
    if plain is None:
        plain = _by_format(distinct, given, rows, name, where, place)
    return (_micros(plain) + later)[rows], None


def _with_offsets(
    strings: pa.Array, utc: pa.Array, name: str, where: str
) -> tuple[npt.NDArray[Any], str | None]:
    """Return times in UTC and their offset; of a clock that is moved and kept to, what it shows.

    A series of every day at 06:00 has one time of day on the clock, and two in UTC.
    """
    offsets = {found[0] if (found := _OFFSET.search(t)) else "Z" for t in strings.to_pylist()}
    times = _micros(utc)
    if len(offsets) == 1:
        only = offsets.pop()
        return times, "UTC" if only == "Z" else f"{only[:3]}:{only[-2:]}"
    local = _cast(pc.replace_substring_regex(strings, r"(Z|[+-]\d\d:?\d\d)$", ""), None)
    if local is not None:
        shown = _micros(local)
        of_day = [len(np.unique(t.astype(np.int64) % _DAY_US)) for t in (shown, times)]
        if of_day[0] < of_day[1] and len(np.unique(shown)) == len(np.unique(times)):
            logger.info(
                "%s: times in column `%s` keep to a clock that is moved; they are read as it shows them, "
                "without a zone.",
                *(where, name),
            )
            return shown, None
    return times, "UTC"


def _cast(strings: pa.Array, zone: str | None) -> pa.Array | None:
    try:
        return strings.cast(pa.timestamp("us", zone))
    except pa.ArrowException:
        return None


def _by_format(
    strings: pa.Array, given: pa.Array, rows: npt.NDArray[Any], name: str, where: str, place: Place
) -> pa.Array:
    """Return times by the only format that reads them all; the day may stand before the month.

    Messages quote them as ``given``, before anything was rewritten.
    """
    strings = pc.replace_substring_regex(strings, r"(\d)T(\d)", r"\1 \2")
    some = strings.slice(0, _SAMPLE)
    usual = {form: _SAMPLE - _strptime(some, form).null_count for form in _FORMATS}
    most = max(usual.values())
    read = {form: _strptime(strings, form) for form in _FORMATS if usual[form] == most}
    fit = {form: times for form, times in read.items() if not times.null_count}
    first = next(iter(fit.values()), None)
    if first is None:
        raise _no_format(strings, given, rows, read, name, where, place)
    other = next((times for times in fit.values() if not times.equals(first)), None)
    if other is not None:
        row = int(np.argmax(~np.asarray(pc.equal(first, other))[rows]))
        raise DatasetError(
            f"{where}: the times in column `{name}` must tell day from month; `{brief(given[rows[row]])}` "
            "and all others can be read both ways. Write them as 2016-07-31."
        )
    form = next(iter(fit))
    if "%y" in form:
        read_as = str(np.asarray(first.cast(pa.int64()))[:1].astype("datetime64[us]")[0])[:10]
        logger.info(
            "%s: years in column `%s` have two digits: `%s` is read as %s.",
            *(where, name, brief(given[0]), read_as),
        )
    return first


def _no_format(
    strings: pa.Array,
    given: pa.Array,
    rows: npt.NDArray[Any],
    read: dict[str, pa.Array],
    name: str,
    where: str,
    place: Place,
) -> DatasetError:
    """Return the error that names the first time that the likeliest format does not read."""
    best = min(read.values(), key=lambda times: times.null_count)
    is_wrong = np.asarray(best.is_null().to_numpy(zero_copy_only=False))
    row = int(np.argmax(is_wrong[rows]))
    wrong, quoted = strings[rows[row]].as_py(), brief(given[rows[row]])
    at = f"{where}: row {row + 1}, {place(row)}"
    strictly, nearly = (
        any(_strptime(pa.array([wrong]), form, strict=strict)[0].is_valid for form in read)
        for strict in (True, False)
    )
    if nearly and not strictly:
        return DatasetError(
            f"{at}: a time in column `{name}` must be a day of the calendar; got `{quoted}`, and there is "
            "no such day. Correct it."
        )
    return DatasetError(
        f"{at}: a time in column `{name}` must be a date as 2016-07-01, with or "
        f"without a time of day and an offset, or a whole number; got `{quoted}`, and "
        "all times must be written in one way. Correct it."
    )


def _strptime(strings: pa.Array, form: str, *, strict: bool = True) -> pa.Array:
    """Return times, null where one is not written so, or, strictly, is not on the calendar."""
    times = pc.strptime(strings, format=form, unit="s", error_is_null=True)
    year = pc.year(times)
    is_wrong = pc.less(year, 1000)  # of two digits
    if "%y" in form:
        is_wrong = pc.or_(pc.less(year, 1900 + CENTURY[0]), pc.greater(year, 2000 + CENTURY[1]))
    if strict:  # 30 February is read as 1 March
        padded = pc.replace_substring_regex(strings, r"\b(\d)\b", r"0\1")
        again = pc.strftime(times, format=form).cast(padded.type)
        is_wrong = pc.or_(is_wrong, pc.not_equal(pc.utf8_lower(again), pc.utf8_lower(padded)))
    return pc.if_else(is_wrong, pa.scalar(None, times.type), times).cast(pa.timestamp("us"))
