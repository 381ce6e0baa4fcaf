"""Tables of time series as the readers hand them on: rows of a time, numbers and perhaps an id."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ostinato._arrays import Float64s
from ostinato._errors import DatasetError, brief, did_you_mean

Array = npt.NDArray[Any]
_MIDNIGHT = np.timedelta64(0, "us")


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """One or thousands of series, a row for each id and time, in any order of rows.

    Args:
        ids: Id of each row; ``""`` where there is but one series.
        times: Time of each row: ``datetime64[us]``, or int64 where times are counted.
        values: The columns to forecast by name, NaN where a value is missing.
        known: Columns known before their time comes, such as a promotion that is planned.
        past: Columns known only once their time has come.
        static: Attributes: one value a series, repeated on each of its rows; strings are categories,
            floats numbers.
        source: Path or name they come from, for messages and records.
        fingerprint: SHA-256 (hex) of the content, whatever the order of the rows.
        zone: Time zone of the times, which are then in UTC; None where no zone is known.
        borders: Times at which validation and test begin, where the data set says so.
        season: Steps of a season, where the data set says so.
        frequency: Step from one time to the next, where the data set says so.
        standardised: Whether its benchmark measures on the scale of the mean and deviation of train,
            at every origin of test.
        whole_ids: Whether ids are whole numbers, written as words here, and again numbers in answers.

    Shape:
        ids, times, each column: ``(rows,)``.

    Example:
        >>> table = SeriesTable.make([2, 1, 1], {"y": [3.0, 1.0, 2.0]}, ids=["a", "a", "b"])
        >>> table.names, table.codes.tolist(), table.order.tolist()
        (('a', 'b'), [0, 0, 1], [1, 0, 2])
    """

    ids: Array
    times: Array
    values: Mapping[str, Float64s]
    known: Mapping[str, Float64s]
    past: Mapping[str, Float64s]
    static: Mapping[str, Array]
    source: str
    fingerprint: str = ""
    zone: str | None = None
    borders: tuple[Any, Any] | None = None
    season: int | None = None
    frequency: str | None = None
    standardised: bool = False
    whole_ids: bool = False

    @staticmethod
    def make(
        times: npt.ArrayLike,
        values: Mapping[str, npt.ArrayLike],
        *,
        ids: npt.ArrayLike | None = None,
        known: Mapping[str, npt.ArrayLike] | None = None,
        past: Mapping[str, npt.ArrayLike] | None = None,
        static: Mapping[str, npt.ArrayLike] | None = None,
        source: str = "a table",
        zone: str | None = None,
        borders: tuple[Any, Any] | None = None,
        season: int | None = None,
        frequency: str | None = None,
        standardised: bool = False,
    ) -> SeriesTable:
        """Check the columns and compute the fingerprint; ids are words, or whole numbers.

        Raises:
            DatasetError: There are no rows; an id, or a time, is missing; an id has a time twice; a
                number is infinite; an attribute changes within a series; or the counts differ.

        Example:
            >>> SeriesTable.make([1, 2, 2], {"y": [1.0, 2.0, 3.0]}, source="a.csv")
            Traceback (most recent call last):
            ...
            ostinato._errors.DatasetError: a.csv: a time must stand once in a series; got 2 twice. ...
        """
        moments = _moments(times, source)
        given = np.full(len(moments), "", object) if ids is None else np.asarray(ids)
        whole_ids = given.dtype.kind in "iu"
        names = (given.astype(str) if whole_ids else given).astype(object)
        table = SeriesTable(
            names,
            moments,
            _floats(values),
            _floats(known or {}),
            _floats(past or {}),
            {name: _attribute(column) for name, column in (static or {}).items()},
            *(source, "", zone, borders, season, frequency, standardised, whole_ids),
        )
        _check_counts(table)
        _check_once(table)
        _check_finite(table)
        _check_static(table)
        object.__setattr__(table, "fingerprint", _fingerprint(table))
        return table

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The ids in order, each once; numbers in them count as numbers."""
        return self._encoded[0]

    @cached_property
    def codes(self) -> npt.NDArray[np.int64]:
        """For each row, the place of its id in `names`."""
        return self._encoded[1]

    @cached_property
    def order(self) -> npt.NDArray[np.int64]:
        """The rows series by series, each in the order of its times."""
        return np.lexsort((self.times, self.codes)).astype(np.int64)

    @cached_property
    def _encoded(self) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
        encoded = pa.array(self.ids, pa.large_string()).dictionary_encode()
        names = encoded.dictionary.to_pylist()
        ranks = sorted(range(len(names)), key=lambda i: _natural(names[i]))
        place = np.empty(len(names), np.int64)
        place[ranks] = np.arange(len(names))
        codes: npt.NDArray[np.int64] = place[encoded.indices.to_numpy()]
        return tuple(names[i] for i in ranks), codes

    def select(self, targets: Sequence[str], past: Sequence[str] = ()) -> SeriesTable:
        """Return the table with only some of its targets, and others of them as past columns.

        Args:
            targets: Names of the columns to forecast; none for all there are.
            past: Names of those known only once their time has come; the table's own stay.

        Raises:
            DatasetError: There is no such column, or it is to be both.

        Example:
            >>> table = SeriesTable.make([1, 2], {"load": [1, 2], "oil": [3, 4]})
            >>> chosen = table.select(["oil"], past=["load"])
            >>> list(chosen.values), list(chosen.past)
            (['oil'], ['load'])
        """
        chosen = list(targets) or [name for name in self.values if name not in past]
        for name in (*chosen, *past):
            if name not in self.values or (name in chosen and name in past):
                hint = did_you_mean(name, self.values) or "."
                raise DatasetError(
                    f"{self.source}: targets and past columns must be different ones of "
                    f"{', '.join(self.values)}; got `{name}`{hint}"
                )
        values = {name: self.values[name] for name in chosen}
        others = {**self.past, **{name: self.values[name] for name in past}}
        table = dataclasses.replace(self, values=values, past=others)
        object.__setattr__(table, "fingerprint", _fingerprint(table))
        return table

    def place(self, row: int) -> str:
        """Return how messages call a row: its series, if it has an id, and its time."""
        series = f"series {brief(self.ids[row])}, " if self.ids[row] else ""
        return f"{series}time {format_time(self.times[row])}"


def format_time(time: Any) -> str:
    """Return a time as messages show it: a midnight as a date, no fraction of a second if 0.

    Args:
        time: A ``datetime64``, or a counted time.

    Example:
        >>> format_time(np.datetime64("2016-07-01T00:00:00.000000")), format_time(np.int64(3))
        ('2016-07-01', '3')
    """
    if not isinstance(time, np.datetime64):
        return str(time)
    if time - time.astype("datetime64[D]") == _MIDNIGHT:
        return str(time.astype("datetime64[D]"))
    return str(time).removesuffix(".000000").replace("T", " ")


def _natural(name: str) -> tuple[Any, ...]:
    """Return a key of sorting by which store-2 comes before store-10."""
    parts = re.split(r"([0-9]+)", name)
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def _moments(times: npt.ArrayLike, source: str) -> Array:
    array = np.asarray(times)
    if not len(array):
        raise DatasetError(f"{source}: the table must have rows; it has none. Name one with data.")
    if array.dtype.kind == "M":
        return array.astype("datetime64[us]")
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    raise DatasetError(
        f"{source}: times must be datetime64 or whole numbers; got {array.dtype}. Convert them."
    )


def _floats(columns: Mapping[str, npt.ArrayLike]) -> dict[str, Float64s]:
    return {name: np.asarray(column, np.float64) for name, column in columns.items()}


def _attribute(column: npt.ArrayLike) -> Array:
    array = np.asarray(column)
    return array.astype(np.float64 if array.dtype.kind in "fiub" else object)


def _columns(table: SeriesTable) -> list[tuple[str, str, Array]]:
    groups = {"target": table.values, "known": table.known, "past": table.past}
    numbers = [(kind, name, column) for kind, of in groups.items() for name, column in of.items()]
    return numbers + [("static", name, column) for name, column in table.static.items()]


def _check_counts(table: SeriesTable) -> None:
    columns = [("id", "ids", table.ids), *_columns(table)]
    for kind, name, column in columns:
        if column.shape != table.times.shape:
            raise DatasetError(
                f"{table.source}: the {kind} column `{name}` must have a value for each of the "
                f"{len(table)} times; got shape {column.shape}."
            )
    if np.isnat(table.times).any() if table.times.dtype.kind == "M" else False:
        row = int(np.flatnonzero(np.isnat(table.times))[0])
        raise DatasetError(
            f"{table.source}: every row must have a time; row {row + 1} has none. Fill it in, or "
            "leave the row out."
        )
    if not (table.values or table.known):
        raise DatasetError(f"{table.source}: there must be a column to forecast; got none.")


def _check_once(table: SeriesTable) -> None:
    codes, times = table.codes[table.order], table.times[table.order]
    is_twice = (codes[1:] == codes[:-1]) & (times[1:] == times[:-1])
    if not is_twice.any():
        return
    row = int(table.order[np.flatnonzero(is_twice)[0]])
    name, time = table.ids[row], table.times[row]
    series = f"series {brief(name)}" if name else "a series"
    advice = "" if name else ", or name the column of the ids (--id-column)"
    if isinstance(time, np.datetime64) and table.zone is None and ":" in format_time(time):
        advice += (
            ". If these are local times, the hour in which clocks go back stands twice: write times "
            "in UTC or with their offset, such as 2024-10-27T02:00+01:00"
        )
    raise DatasetError(
        f"{table.source}: a time must stand once in {series}; got {format_time(time)} twice. "
        f"Remove one of the rows{advice}."
    )


def _check_finite(table: SeriesTable) -> None:
    for kind, name, column in _columns(table):
        if column.dtype == object:
            continue
        is_infinite = np.isinf(column)
        if is_infinite.any():
            row = int(np.flatnonzero(is_infinite)[0])
            raise DatasetError(
                f"{table.source}: {table.place(row)}: the {kind} column `{name}` must hold finite "
                f"numbers; got {column[row]}. Correct it, or leave it empty where it is missing."
            )


def _first_rows(table: SeriesTable) -> npt.NDArray[np.int64]:
    first = np.zeros(len(table.names), np.int64)
    first[table.codes[::-1]] = np.arange(len(table))[::-1]
    return first


def _check_static(table: SeriesTable) -> None:
    first = _first_rows(table)
    for name, column in table.static.items():
        expected = column[first][table.codes]
        differs = column != expected
        if column.dtype != object:
            differs &= ~(np.isnan(column) & np.isnan(expected))
        if differs.any():
            row = int(np.flatnonzero(differs)[0])
            raise DatasetError(
                f"{table.source}: {table.place(row)}: the static column `{name}` must have one value "
                f"in a series; got {column[row]} after {expected[row]}. If it changes with time, it "
                "is a known or a past column."
            )


def _fingerprint(table: SeriesTable) -> str:
    facts = (table.zone, table.season, table.frequency, table.standardised)
    borders = [format_time(border) for border in table.borders or ()]
    digest = hashlib.sha256(json.dumps([facts, borders, table.names]).encode())
    digest.update(table.codes[table.order].tobytes())
    digest.update(f"{table.times.dtype}".encode() + table.times[table.order].tobytes())
    for kind, name, column in _columns(table):
        digest.update(json.dumps([kind, name, str(column.dtype)]).encode())
        if column.dtype == object:
            words = column[_first_rows(table)]  # one in each series, as was checked
            digest.update(json.dumps([str(word) for word in words]).encode())
        else:
            digest.update(np.where(np.isnan(column), np.nan, column)[table.order].tobytes())
    return digest.hexdigest()
