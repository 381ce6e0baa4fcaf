"""From whatever names a table of series to the table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError
from ostinato._kinds import SERIES
from ostinato.datasets.file_names import expanded
from ostinato.datasets.loading.splits import check_source, read_registered
from ostinato.datasets.readers.series.tables import read_series
from ostinato.datasets.records.series import SeriesTable
from ostinato.datasets.records.stand_ins import tell_stand_ins
from ostinato.datasets.registry import REGISTRY


def load_series(
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
    """Load a table of series: a registered one by its name, or what :func:`read_series` takes.

    Args:
        source: Name of a registered data set, a file, or a table in memory.
        id_column: As of :func:`read_series`, like the rest. Of a registered data set, targets and past
            columns may be chosen among its targets; the other columns are what they are.
        time_column: Column of the times.
        target_columns: Columns to forecast.
        known_columns: Columns known before their time comes.
        past_columns: Columns known only once their time has come.
        static_columns: Attributes of a series.
        wide: Whether each column is a series.
        rows: Whether each row is a series.
        delimiter: What separates the fields of csv and tsv.
        encoding: Encoding of text that is not UTF-8.

    Raises:
        DatasetError: Something is missing or wrong; the message says what and where.

    Example:
        >>> table = load_series("sales")
        >>> list(table.values), list(table.known), list(table.static)
        (['units'], ['promotion', 'price'], ['region', 'kind'])
    """
    if isinstance(source, str) and source in REGISTRY:
        columns = id_column or time_column or known_columns or static_columns
        is_known = not (columns or wide or rows or delimiter or encoding)
        return _read_registered(source, is_known=is_known).select(target_columns, past_columns)
    if isinstance(source, (str, Path)):
        source = expanded(source)
        check_source(source)
    table = read_series(
        source,
        id_column=id_column,
        time_column=time_column,
        target_columns=target_columns,
        known_columns=known_columns,
        past_columns=past_columns,
        static_columns=static_columns,
        wide=wide,
        rows=rows,
        delimiter=delimiter,
        encoding=encoding,
    )
    tell_stand_ins({**table.values, **table.known, **table.past}, table.source)
    return table


def _read_registered(name: str, *, is_known: bool) -> SeriesTable:
    if not is_known:
        raise DatasetError(
            f"Data set {name}: its form and its id, time, known and static columns are known; got "
            "some. Leave them out."
        )
    table: SeriesTable = read_registered(name, SERIES)
    return table
