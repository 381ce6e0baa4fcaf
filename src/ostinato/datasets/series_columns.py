"""Columns of a table of series, of whatever type, as times, numbers and words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ostinato._errors import DatasetError

_MISSING = ("", "nan", "na", "n/a", "null", "none", "<na>", "nat")
_FORMATS = tuple(
    day + time
    for day in ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y")
    for time in ("", " %H:%M", " %H:%M:%S")
)
_BOTH_WAYS = ("%d/%m/%Y", "%m/%d/%Y")
_QUARTERS = tuple((rf"^(\d{{4}})[- ]?Q{q}$", rf"\1-{3 * q - 2:02}-01") for q in range(1, 5))
_MONTH = (r"^(\d{4})[-/M](0?[1-9]|1[0-2])$", r"\1-\2-01")
_DAYS = (19000101, 21001231)
_DAY_US = 24 * 3600 * 1_000_000
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$")

Place = Callable[[int], str]
"""How messages call a row."""


def numbers(column: pa.ChunkedArray, name: str, where: str, place: Place) -> npt.NDArray[Any]:
    """Return a column as float64, NaN where a value is missing: empty, null or NaN.

    Args:
        column: The column, of numbers, booleans, or strings that hold such.
        name: Its name, and what it is for, for the message.
        where: File or object for the message.
        place: How messages call a row.

    Raises:
        DatasetError: A value is no number; the message names the first.

    Example:
        >>> column = pa.chunked_array([["1.5", "", "nan", "true"]])
        >>> numbers(column, "target column `y`", "a.csv", str).tolist()
        [1.5, nan, nan, 1.0]
    """
    kind = column.type
    if is_text(kind):
        return _parsed(words(column), name, where, place)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (is_number or pa.types.is_boolean(kind) or pa.types.is_null(kind)):
        raise DatasetError(
            f"{where}: the {name} must hold numbers; got {kind}. Name another column, or convert it."
        )
    floats = column.cast(pa.float64(), safe=False).fill_null(np.nan)
    return np.asarray(floats.to_numpy(), np.float64)


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is of strings, plain, viewed or in a dictionary.

    Args:
        kind: An Arrow type.

    Example:
        >>> is_text(pa.string()), is_text(pa.dictionary(pa.int8(), pa.string())), is_text(pa.int8())
        (True, True, False)
    """
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def words(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as strings without surrounding blanks; a missing one is ``""``.

    Args:
        column: The column, of any type that can be written as a string.

    Raises:
        pyarrow.ArrowException: It cannot.

    Example:
        >>> words(pa.chunked_array([[3, None]])).to_pylist()
        ['3', '']
    """
    chunks = []
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type):
            distinct = chunk.dictionary.cast(pa.large_string())
            chunks.append(distinct.take(chunk.indices.cast(pa.int64())))
        else:
            chunks.append(chunk.cast(pa.large_string()))
    strings = pa.chunked_array(chunks, pa.large_string()).combine_chunks()
    if isinstance(strings, pa.ChunkedArray):  # before pyarrow 18, for no rows or many bytes
        strings = pa.concat_arrays(strings.chunks)
    return pc.utf8_trim_whitespace(strings.fill_null(""))


def moments(
    column: pa.ChunkedArray, name: str, where: str, place: Place
) -> tuple[npt.NDArray[Any], str | None]:
    """Return a column as times, and their time zone.

    Args:
        column: The column: timestamps or dates of Arrow, whole numbers, or strings as
            ``2016-07-01``, ``2016-07-01T13:00+02:00``, ``2016-07``, ``2016Q3``, ``1/7/2016 13:00``,
            ``20160701``.
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
        raise _no_time(row, name, where)
    if pa.types.is_integer(kind):
        return _counted(np.asarray(column.cast(pa.int64()).to_numpy())), None
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


def _no_time(row: int, name: str, where: str) -> DatasetError:
    return DatasetError(
        f"{where}: every row must have a time in column `{name}`; row {row + 1} has none. Fill it in, "
        "or leave the row out."
    )


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


def _counted(times: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Return whole numbers as they are, unless each of them reads as a date, such as 20160701."""
    if not len(times) or times.min() < _DAYS[0] or times.max() > _DAYS[1]:
        return times
    text = pa.array(np.unique(times)).cast(pa.string())
    days = pc.strptime(text, format="%Y%m%d", unit="us", error_is_null=True)
    is_date = not days.null_count and pc.strftime(days, format="%Y%m%d").equals(text)
    if not is_date:
        return times
    months = (times // 10000 - 1970) * 12 + times // 100 % 100 - 1
    dates = months.astype("datetime64[M]").astype("datetime64[D]") + (times % 100 - 1)
    return dates.astype("datetime64[us]")


def _parsed(strings: pa.Array, name: str, where: str, place: Place) -> npt.NDArray[Any]:
    is_missing = pc.is_in(pc.utf8_lower(strings), pa.array(_MISSING, pa.large_string()))
    given = pc.if_else(is_missing, pa.scalar("nan", pa.large_string()), strings)
    try:
        floats = given.cast(pa.float64())
    except pa.ArrowException:
        given = pc.replace_substring_regex(given, r"(?i)^true$", "1")
        given = pc.replace_substring_regex(given, r"(?i)^false$", "0")
        is_number = pc.match_substring_regex(
            given, r"(?i)^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|[+-]?inf(inity)?)$"
        )
        row = pc.index(is_number, False).as_py()
        if row >= 0:
            raise DatasetError(
                f"{where}: {place(row)}: the {name} must hold numbers; got `{given[row]}`. Correct it, "
                "leave it empty where it is missing, or name another column."
            ) from None
        floats = pc.replace_substring_regex(given, r"^\+", "").cast(pa.float64())
    return np.asarray(floats.to_numpy(zero_copy_only=False), np.float64)


def _read_times(
    strings: pa.Array, name: str, where: str, place: Place
) -> tuple[npt.NDArray[Any], str | None]:
    is_missing = pc.is_in(pc.utf8_lower(strings), pa.array(_MISSING, pa.large_string()))
    if pc.any(is_missing).as_py():
        raise _no_time(pc.index(is_missing, True).as_py(), name, where)
    encoded = strings.dictionary_encode()
    distinct, rows = encoded.dictionary, np.asarray(encoded.indices.to_numpy())
    if pc.all(pc.match_substring_regex(distinct, r"^[+-]?\d{1,18}$")).as_py():
        return _counted(np.asarray(distinct.cast(pa.int64()).to_numpy()))[rows], None
    for pattern, replacement in (*_QUARTERS, _MONTH):
        distinct = pc.replace_substring_regex(distinct, pattern, replacement)
    zoned = _cast(distinct, "UTC")
    if zoned is not None:
        times, zone = _with_offsets(distinct, zoned)
        return times[rows], zone
    plain = _cast(distinct, None)
    if plain is None:
        plain = _by_format(distinct, rows, name, where, place)
    return _micros(plain)[rows], None


def _with_offsets(strings: pa.Array, utc: pa.Array) -> tuple[npt.NDArray[Any], str | None]:
    """Return times in UTC and their offset; midnights of a place that moves its clocks are dates."""
    offsets = {found[0] if (found := _OFFSET.search(t)) else "Z" for t in strings.to_pylist()}
    if len(offsets) == 1:
        only = offsets.pop()
        return _micros(utc), "UTC" if only == "Z" else f"{only[:3]}:{only[-2:]}"
    local = _cast(pc.replace_substring_regex(strings, r"(Z|[+-]\d\d:?\d\d)$", ""), None)
    if local is not None and not (_micros(local).astype(np.int64) % _DAY_US).any():
        return _micros(local), None
    return _micros(utc), "UTC"


def _cast(strings: pa.Array, zone: str | None) -> pa.Array | None:
    try:
        return strings.cast(pa.timestamp("us", zone))
    except pa.ArrowException:
        return None


def _by_format(
    strings: pa.Array, rows: npt.NDArray[Any], name: str, where: str, place: Place
) -> pa.Array:
    """Return times by the only format that reads them all; the day may stand before the month."""
    read = {form: _strptime(strings, form) for form in _FORMATS}
    fit = {form: times for form, times in read.items() if not times.null_count}
    first = next(iter(fit.values()), None)
    if first is None:
        best = min(read.values(), key=lambda times: times.null_count)
        row = int(np.argmax(np.asarray(best.is_null().to_numpy(zero_copy_only=False))[rows]))
        raise DatasetError(
            f"{where}: {place(row)}: a time in column `{name}` must be a date as 2016-07-01, with or "
            f"without a time of day and an offset, or a whole number; got `{strings[rows[row]]}`, and "
            "all times must be written in one way. Correct it."
        )
    if any(not times.equals(first) for times in fit.values()):
        row = int(np.argmax(~np.asarray(pc.equal(*list(fit.values())[:2]))[rows]))
        raise DatasetError(
            f"{where}: the times in column `{name}` must tell day from month; `{strings[rows[row]]}` "
            "and all others can be read both ways. Write them as 2016-07-31."
        )
    return first


def _strptime(strings: pa.Array, form: str) -> pa.Array:
    times = pc.strptime(strings, format=form, unit="us", error_is_null=True)
    is_short = pc.less(pc.year(times), 1000)  # a year of two digits
    return pc.if_else(is_short, pa.scalar(None, times.type), times)
