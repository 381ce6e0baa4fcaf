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

from ostinato._errors import DatasetError, brief
from ostinato._kinds import Written
from ostinato.datasets.file_names import expanded
from ostinato.datasets.readers.series.period_frames import with_moments
from ostinato.datasets.readers.series.rows import (
    ID_NAMES,
    check_no_rows,
    looks_like_rows,
    read_rows,
)
from ostinato.datasets.readers.tables.columns import check_column, named_column
from ostinato.datasets.readers.tables.frames import read_columns
from ostinato.datasets.readers.tables.joined_ids import with_one_id
from ostinato.datasets.readers.tables.typed_columns import (
    attribute_of,
    ids_of,
    is_kept,
    numbers,
    whole_ids,
)
from ostinato.datasets.readers.times.columns import moments
from ostinato.datasets.readers.times.joined import with_one_time
from ostinato.datasets.records.series import SeriesTable

logger = logging.getLogger("ostinato")

TIME_NAMES = (
    *("ds", "date", "time", "timestamp", "datetime", "date_time", "day", "week", "month"),
    *("quarter", "year", "日期", "时间"),
)
TARGET_NAMES = ("y", "value", "target", "values", "count", "sales", "数值")
_INDEX = "__index_level_0__"  # what Arrow calls an index of pandas without a name


def read_series(
    source: str | Path | Any,
    *,
    id_column: str | Sequence[str] | None = None,
    time_column: str | None = None,
    target_columns: Sequence[str] = (),
    known_columns: Sequence[str] = (),
    past_columns: Sequence[str] = (),
    static_columns: Sequence[str] = (),
    wide: bool = False,
    rows: bool = False,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> SeriesTable:
    """Read a table of series: a row for each id and time, or a column or a row a series.

    Args:
        source: A csv, tsv, jsonl or parquet file, plain or compressed; or a table of pandas, polars,
            Arrow, or anything else that speaks Arrow's stream interface.
        id_column: Column of the ids, several of which are joined by ``/``; None for the one with a usual name
            (unique_id, id, …), and one series if there is none.
        time_column: Column of the times; None for the one with a usual name (ds, date, time, …), or for
            date and time, or year, month, day and hour, in columns of their own. Local times
            where an hour stands twice when clocks go back need their offset, or UTC.
        target_columns: Columns to forecast; none for the one with a usual name (y, value, …), or the
            only column that is left. With known columns there need not be one: rows of the future.
        known_columns: Columns known before their time comes.
        past_columns: Columns known only once their time has come.
        static_columns: Attributes of a series; a column of numbers is one, any other categories.
        wide: Whether each column but those of the times and the known and past ones is a series,
            called as the column.
        rows: Whether each row is a series, its steps in columns called by dates, or by numbers as ``d_1``.
            Where there are no times, dates, ``d_1``, … and ``V2``, … are seen to be that.
        delimiter: What separates the fields of csv and tsv; None to find out.
        encoding: Encoding of text, such as ``gb18030``; None for UTF-8, or what a byte order mark tells.

    Raises:
        DatasetError: The file or a column is missing, or something in it is wrong.

    Example:
        >>> table = read_series(pa.table({"ds": ["2024-01", "2024-02"], "y": [3, None]}))
        >>> table.times.astype("datetime64[M]").astype(str).tolist(), table.values["y"].tolist()
        (['2024-01', '2024-02'], [3.0, nan])
    """
    data, where = _table(source, Written(delimiter=delimiter, encoding=encoding))
    roles = {"known": known_columns, "past": past_columns, "static": static_columns}
    chosen, targets = {kind: _names(of) for kind, of in roles.items()}, _names(target_columns)
    data, ids = with_one_id(data, id_column, where, chosen["static"])
    named = [*targets, *(name for given in chosen.values() for name in given)]
    data = data if rows or time_column is not None else with_one_time(data, named, where)
    for kind, name in ((k, n) for k, of in {"target": targets, **chosen}.items() for n in of):
        check_column(kind, name, data.column_names, where)
    others = [*targets, *chosen["known"], *chosen["past"], *([time_column] if time_column else [])]
    if _is_of_rows(data, where, ids, others, chosen["static"], wide=wide, rows=rows):
        return read_rows(data, where, ids, chosen["static"])
    time = named_column("time", time_column, data.column_names, TIME_NAMES, where, needed=True)
    assert time is not None
    if not wide:
        return _read_long(data, where, ids, time, targets, chosen)
    return _with_whole(_read_wide(data, where, ids, time, targets, chosen), source)


def _with_whole(table: SeriesTable, source: Any) -> SeriesTable:
    numbers_ = {str(name) for name in getattr(source, "columns", ()) if isinstance(name, int)}
    return replace(table, whole_ids=set(table.names) <= numbers_)


def _is_of_rows(
    data: pa.Table,
    where: str,
    ids: str | None,
    others: Sequence[str],
    static: Sequence[str],
    *,
    wide: bool,
    rows: bool,
) -> bool:
    """Tell whether each row is a series; raise DatasetError where that may be meant, or cannot be."""
    if rows and (wide or others):
        got = f"`{others[0]}`" if others else "that each column is one, too"
        raise DatasetError(
            f"{where}: with a series a row, columns are ids, attributes (static_columns) and steps; got "
            f"{got}. Leave it out, or rows."
        )
    if rows or wide or others or _has_times(data, where):
        return rows
    found = looks_like_rows(data, ids, static)
    if not found:
        check_no_rows(data.column_names, where)
    return found


def _has_times(data: pa.Table, where: str) -> bool:
    return (
        named_column("time", None, data.column_names, TIME_NAMES, where, needed=False) is not None
    )


def _table(source: str | Path | Any, written: Written) -> tuple[pa.Table, str]:
    """Return whatever holds a table as one of Arrow, and what messages call it."""
    if isinstance(source, (str, Path)):
        table, where = read_columns(expanded(source), written), str(source)
    else:
        where = f"the {type(source).__module__.partition('.')[0]} table"
        for name, value in vars(written).items():
            if value is not None:
                logger.info("%s: it is no file; the %s `%s` is not used.", where, name, value)
        try:
            table = pa.table(with_moments(source))
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
    found = named_column("target", None, left, TARGET_NAMES, where, needed=needed)
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
    id_column: str | None,
    time: str,
    targets: Sequence[str],
    chosen: Mapping[str, Sequence[str]],
) -> SeriesTable:
    ids = named_column("id", id_column, data.column_names, ID_NAMES, where, needed=False)
    taken = [time, *filter(None, [ids]), *(name for given in chosen.values() for name in given)]
    if not targets:
        targets = _usual_targets(data.column_names, taken, where, needed=not chosen["known"])
    _check_roles([*taken, *targets], where)
    roles = [f"time column `{time}`", *([f"id column `{ids}`"] if ids is not None else [])]
    roles += [f"target columns {', '.join(targets)}"] if targets else []
    logger.info("%s: %s.", where, ", ".join(roles))
    called = None if ids is None else ids_of(data[ids], ids, where)

    def row_of(row: int) -> str:
        series = f"series {brief(called[row])}, " if called is not None else ""
        return f"{series}time {brief(data[time][row])}"

    times, zone = moments(data[time], time, where, row_of)
    whole = None if ids is None else whole_ids(data[ids])

    def numeric(kind: str, names: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
        return {n: numbers(data[n], f"{kind} column `{n}`", where, row_of) for n in names}

    return SeriesTable.make(
        times,
        numeric("target", targets),
        ids=called if whole is None else whole,
        known=numeric("known", chosen["known"]),
        past=numeric("past", chosen["past"]),
        static={name: attribute_of(data[name], name, where) for name in chosen["static"]},
        source=where,
        zone=zone,
    )


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
        return f"time {brief(data[time][row])}"

    times, zone = moments(data[time], time, where, row_of)
    columns = {
        name: numbers(data[name], f"column `{name}`", where, row_of)
        for name in [*shared[1:], *series]
    }
    y = np.concatenate([columns[name] for name in series])
    rows = np.arange(len(y)) if shared[1:] else np.flatnonzero(is_kept(y, len(series)))
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
