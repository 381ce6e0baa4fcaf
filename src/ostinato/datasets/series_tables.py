"""Readers of tables of series: files, and the tables of pandas, polars and Arrow."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ostinato._errors import DatasetError
from ostinato.datasets.columns import check_column, named_column, usual_column
from ostinato.datasets.file_names import expanded
from ostinato.datasets.parted_times import with_one_time
from ostinato.datasets.series import SeriesTable
from ostinato.datasets.series_columns import MOST_SHOWN, numbers, words
from ostinato.datasets.series_times import moments
from ostinato.datasets.tables import read_columns

logger = logging.getLogger("ostinato")

ID_NAMES = ("unique_id", "id", "series_id", "series", "item_id", "编号")
TIME_NAMES = (
    *("ds", "date", "time", "timestamp", "datetime", "date_time", "day", "week", "month"),
    *("quarter", "year", "日期", "时间"),
)
TARGET_NAMES = ("y", "value", "target", "values", "count", "sales", "数值")
_INDEX = "__index_level_0__"  # what Arrow calls an index of pandas without a name


def read_series(
    source: str | Path | Any,
    *,
    id_column: str | None = None,
    time_column: str | None = None,
    target_columns: Sequence[str] = (),
    known_columns: Sequence[str] = (),
    past_columns: Sequence[str] = (),
    static_columns: Sequence[str] = (),
    wide: bool = False,
) -> SeriesTable:
    """Read a table of series: a row for each id and time, or, wide, a column for each series.

    Args:
        source: A csv, tsv, jsonl or parquet file, plain or compressed; or a table of pandas, polars,
            Arrow, or anything else that speaks Arrow's stream interface.
        id_column: Column of the ids; None for the one with a usual name (unique_id, id, …), and one
            series if there is none.
        time_column: Column of the times; None for the one with a usual name (ds, date, time, …), or for
            date and time, or year, month, day and hour, in columns of their own. Local times without a zone cannot tell the hour that stands twice when clocks go back: write them
            with their offset, or in UTC.
        target_columns: Columns to forecast; none for the one with a usual name (y, value, …), or the
            only column that is left. With known columns there need not be one: rows of the future.
        known_columns: Columns known before their time comes.
        past_columns: Columns known only once their time has come.
        static_columns: Attributes of a series; a column of numbers is one, any other categories.
        wide: Whether each column but those of the times and the known and past ones is a series,
            called as the column.

    Raises:
        DatasetError: The file or a column is missing, or something in it is wrong.

    Example:
        >>> table = read_series(pa.table({"ds": ["2024-01", "2024-02"], "y": [3, None]}))
        >>> table.times.astype("datetime64[M]").astype(str).tolist(), table.values["y"].tolist()
        (['2024-01', '2024-02'], [3.0, nan])
    """
    data, where = _table(source)
    roles = {"known": known_columns, "past": past_columns, "static": static_columns}
    chosen = {kind: _names(given) for kind, given in roles.items()}
    targets = _names(target_columns)
    named = [*targets, *(name for given in chosen.values() for name in given)]
    data = data if time_column is not None else with_one_time(data, named, where)
    for kind, name in ((k, n) for k, of in {"target": targets, **chosen}.items() for n in of):
        check_column(kind, name, data.column_names, where)
    time = named_column("time", time_column, data.column_names, TIME_NAMES, where, needed=True)
    assert time is not None
    if wide:
        table = _read_wide(data, where, id_column, time, targets, chosen)
        numbers_ = {str(name) for name in getattr(source, "columns", ()) if isinstance(name, int)}
        return replace(table, whole_ids=set(table.names) <= numbers_)
    ids = named_column("id", id_column, data.column_names, ID_NAMES, where, needed=False)
    taken = [time, *filter(None, [ids]), *(name for given in chosen.values() for name in given)]
    if not targets:
        targets = _usual_targets(data.column_names, taken, where, needed=not chosen["known"])
    _check_roles([*taken, *targets], where)
    told = [f"time column `{time}`", *([f"id column `{ids}`"] if ids is not None else [])]
    told += [f"target columns {', '.join(targets)}"] if targets else []
    logger.info("%s: %s.", where, ", ".join(told))
    return _read_long(data, where, ids, time, targets, chosen)


def _table(source: str | Path | Any) -> tuple[pa.Table, str]:
    """Return whatever holds a table as one of Arrow, and what messages call it."""
    if isinstance(source, (str, Path)):
        table, where = read_columns(expanded(source)), str(source)
    else:
        where = f"the {type(source).__module__.partition('.')[0]} table"
        try:
            table = pa.table(source)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise DatasetError(
                f"{where}: series must come as a file or as a table of pandas, polars or Arrow whose "
                f"columns have one type each; got {type(source).__name__}: "
                f"{str(error).splitlines()[0]}."
            ) from error
    if _INDEX in table.column_names:
        is_time = pa.types.is_timestamp(table[_INDEX].type) and "ds" not in table.column_names
        named = [("ds" if name == _INDEX else name) for name in table.column_names]
        table = table.rename_columns(named) if is_time else table.drop_columns([_INDEX])
    if not table.num_rows:
        raise DatasetError(f"{where}: the table must have rows; it has none. Name one with data.")
    return table, where


def _names(given: Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _usual_targets(
    names: Sequence[str], taken: Sequence[str], where: str, *, needed: bool
) -> tuple[str, ...]:
    left = [name for name in names if name not in taken]
    if needed and len(left) == 1:
        return tuple(left)
    found = usual_column("target", left, TARGET_NAMES, where, needed=needed)
    return () if found is None else (found,)


def _check_roles(names: Sequence[str], where: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DatasetError(
                f"{where}: column `{name}` must have one role: id, time, target, known, past or static; "
                "got several. Name it once."
            )


def _read_long(
    data: pa.Table,
    where: str,
    ids: str | None,
    time: str,
    targets: Sequence[str],
    chosen: Mapping[str, Sequence[str]],
) -> SeriesTable:
    called = None if ids is None else _ids(data[ids], ids, where)

    def row_of(row: int) -> str:
        series = f"series {called[row]}, " if called is not None else ""
        return f"{series}time {str(data[time][row].as_py())[:MOST_SHOWN]}"

    times, zone = moments(data[time], time, where, row_of)
    whole = None if ids is None else _whole(data[ids])

    def numeric(kind: str, names: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
        return {n: numbers(data[n], f"{kind} column `{n}`", where, row_of) for n in names}

    return SeriesTable.make(
        times,
        numeric("target", targets),
        ids=called if whole is None else whole,
        known=numeric("known", chosen["known"]),
        past=numeric("past", chosen["past"]),
        static={name: _attribute(data[name], name, where) for name in chosen["static"]},
        source=where,
        zone=zone,
    )


def _ids(column: pa.ChunkedArray, name: str, where: str) -> npt.NDArray[Any]:
    names = _words(column, f"id column `{name}`", where)
    is_missing = names == ""
    if is_missing.any():
        row = int(np.flatnonzero(is_missing)[0])
        raise DatasetError(
            f"{where}: every row must have an id in column `{name}`; row {row + 1} has none. "
            "Fill it in, or leave the row out."
        )
    return names


def _whole(column: pa.ChunkedArray) -> npt.NDArray[np.int64] | None:
    """Return ids that are whole numbers as such, None if they are words, or are too large."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not pa.types.is_integer(kind):
        return None
    try:
        return np.asarray(column.cast(kind).cast(pa.int64()).to_numpy())
    except pa.ArrowException:
        return None


def _words(column: pa.ChunkedArray, name: str, where: str) -> npt.NDArray[Any]:
    try:
        encoded = words(column).dictionary_encode()
    except pa.ArrowException:
        raise DatasetError(
            f"{where}: the {name} must hold strings or numbers; got {column.type}. Name another one."
        ) from None
    distinct = np.array(encoded.dictionary.to_pylist(), object)
    found: npt.NDArray[Any] = distinct[np.asarray(encoded.indices.to_numpy())]
    return found


def _attribute(column: pa.ChunkedArray, name: str, where: str) -> npt.NDArray[Any]:
    """Return a static column as numbers where all are, else as words."""
    try:
        return numbers(column, name, where, str)
    except DatasetError:
        return _words(column, f"static column `{name}`", where)


def _read_wide(
    data: pa.Table,
    where: str,
    id_column: str | None,
    time: str,
    targets: Sequence[str],
    chosen: Mapping[str, Sequence[str]],
) -> SeriesTable:
    if id_column is not None or chosen["static"]:
        raise DatasetError(
            f"{where}: a wide table has no id and no static columns: the columns are the series. "
            "Leave them out, or give a long table with a row for each id and time."
        )
    shared = [time, *chosen["known"], *chosen["past"]]
    series = list(targets) or [name for name in data.column_names if name not in shared]
    _check_roles([*shared, *series], where)
    if not series:
        raise DatasetError(f"{where}: a wide table must have a column a series; got none.")

    def row_of(row: int) -> str:
        return f"time {str(data[time][row].as_py())[:MOST_SHOWN]}"

    times, zone = moments(data[time], time, where, row_of)
    columns = {
        name: numbers(data[name], f"column `{name}`", where, row_of)
        for name in [*shared[1:], *series]
    }
    y = np.concatenate([columns[name] for name in series])
    rows = np.arange(len(y)) if shared[1:] else np.flatnonzero(_is_kept(y, len(series)))
    again = rows % len(times)
    return SeriesTable.make(
        times[again],
        {"y": y[rows]},
        ids=np.array(series, object)[rows // len(times)],
        known={name: columns[name][again] for name in chosen["known"]},
        past={name: columns[name][again] for name in chosen["past"]},
        source=where,
        zone=zone,
    )


def _is_kept(y: npt.NDArray[np.float64], series: int) -> npt.NDArray[np.bool_]:
    """Leave out what is missing, from series that have something: a gap is one, row or not."""
    is_there = ~np.isnan(y).reshape(series, -1)
    kept: npt.NDArray[np.bool_] = (is_there | ~is_there.any(1, keepdims=True)).reshape(-1)
    return kept
