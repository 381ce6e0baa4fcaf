"""Tables with a series a row and a column a step, as those of the M4 and M5 competitions."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ostinato._errors import DatasetError
from ostinato.datasets.readers.tables.columns import check_column, named_column
from ostinato.datasets.readers.tables.typed_columns import (
    attribute_of,
    ids_of,
    is_kept,
    is_text,
    numbers,
    whole_ids,
    words,
)
from ostinato.datasets.readers.times.columns import moments
from ostinato.datasets.records.series import SeriesTable

logger = logging.getLogger("ostinato")

ID_NAMES = ("unique_id", "id", "series_id", "series", "item_id", "编号")
FEWEST = 3  # columns of steps by which a row is seen to be a series
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DATE = re.compile(
    r"\d{4}[-/]\d{1,2}(?:[-/]\d{1,2})?(?:[ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}[- ]?Q[1-4]"
    rf"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:\d\d)?|(?:\d{{1,2}}[- ])?{_MONTH}[- ]\d{{{4}}}"
    rf"|\d{{4}}-?W\d\d?|{_MONTH}-\d\d",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(\D*)(\d{1,18})")
_USUAL = ("d_", "v")  # what stands before the numbers of steps in M5 and in M4
_DATED = None  # instead of it, where they have dates


def looks_like_rows(data: pa.Table, id_column: str | None, static: Sequence[str]) -> bool:
    """Tell whether a table without times must have a series a row, its steps in columns.

    The steps are columns called by dates, or ``d_1``, ``d_2``, … or ``V2``, ``V3``, … with ids that
    are words; and an id stands in one row.

    Args:
        data: The table.
        id_column: Column of the ids, if given.
        static: Attributes of a series.

    Example:
        >>> looks_like_rows(pa.table({"id": ["a"], "d_1": [1], "d_2": [2], "d_3": [3]}), None, ())
        True
        >>> looks_like_rows(pa.table({"id": ["a"], "f1": [1], "f2": [2], "f3": [3]}), None, ())
        False
    """
    ids, steps, before = _parted(data, id_column, static)
    if len(steps) < FEWEST or ids is None:
        return False
    try:
        called = words(data[ids]).to_pylist()
    except pa.ArrowException:
        return False
    is_named = not all(one.replace(".", "", 1).lstrip("-").isdecimal() for one in called)
    is_usual = before is _DATED or (before.lower() in _USUAL and is_named)
    return is_usual and len(set(called)) == len(called)


def check_no_rows(names: Sequence[str], where: str) -> None:
    """Raise DatasetError if columns of a table without times may be steps.

    Args:
        names: Names of the columns.
        where: File or object for the message.

    Example:
        >>> check_no_rows(["id", "y"], "a.csv")
    """
    steps, _ = _steps(names)
    if len(steps) >= FEWEST:
        raise DatasetError(
            f"{where}: there must be a column of times, such as ds or date; got none. Name it "
            f"(--time-column); or, if each row is a series and `{steps[0]}` to `{steps[-1]}` are its "
            "steps, say so: rows=True (--rows), and which column its id is (--id-column)."
        )


def read_rows(
    data: pa.Table, where: str, id_column: str | None, static: Sequence[str]
) -> SeriesTable:
    """Read a table with a series a row, whose blanks at both ends are no steps.

    Args:
        data: The table: an id, and columns called by dates, or by numbers behind the same letters, if any.
            Such numbers are times; after ids in ``V1``, ``V2`` is 1.
        where: File or object for messages.
        id_column: Column of the ids; None for the usual one, the only one left, or the first.
        static: Attributes of a series.

    Raises:
        DatasetError: There are no columns of steps or no ids, an id stands twice, or a value is no number.

    Example:
        >>> table = read_rows(pa.table({"V1": ["a", "b"], "V2": [5, 7], "V3": [6, None]}), "x", None, ())
        >>> table.ids.tolist(), table.times.tolist(), table.values["y"].tolist()
        (['a', 'a', 'b'], [1, 2, 1], [5.0, 6.0, 7.0])
    """
    if id_column is not None:
        check_column("id", id_column, data.column_names, where)
    ids, steps, before = _parted(data, id_column, static)
    if not steps:
        raise DatasetError(
            f"{where}: with a series a row there must be columns of its steps, called by dates or by "
            "numbers such as d_1, d_2; got none. Rename them, or leave rows (--rows) out."
        )
    if ids is None:
        raise DatasetError(
            f"{where}: with a series a row there must be a column of ids; none has a usual name "
            f"({', '.join(ID_NAMES[:3])}, …). Name it: id_column (--id-column)."
        )
    names = ids_of(data[ids], ids, where)
    distinct, counts = np.unique(names.astype(str), return_counts=True)
    if counts.max() > 1:
        raise DatasetError(
            f"{where}: with a series a row an id must stand in one row; got `{distinct[counts.argmax()]}` "
            f"in {counts.max()}. Name another column, or several (--id-column)."
        )
    _tell(data, where, ids, steps, static)
    times, zone = _times(steps, before, ids, where)
    y = _values(data, steps, names, where).reshape(len(steps), len(names)).T.reshape(-1)
    kept = np.flatnonzero(is_kept(y, len(names)))
    row = kept // len(steps)
    whole = whole_ids(data[ids])
    return SeriesTable.make(
        times[kept % len(steps)],
        {"y": y[kept]},
        ids=(names if whole is None else whole)[row],
        static={name: attribute_of(data[name], name, where)[row] for name in static},
        source=where,
        zone=zone,
    )


def _parted(
    data: pa.Table, id_column: str | None, static: Sequence[str]
) -> tuple[str | None, list[str], str | None]:
    """Return the column of the ids, those of the steps, and what stands before their numbers."""
    names = [name for name in data.column_names if name not in (id_column, *static)]
    steps, before = _steps(names)
    if id_column is not None or not steps:
        return id_column, steps, before
    chosen = set(steps)
    left = [name for name in names if name not in chosen]
    ids = named_column("id", None, left, ID_NAMES, "", needed=False)
    if ids is None and len(left) == 1:
        ids = left[0]
    elif not left and is_text(data[steps[0]].type):
        ids = steps.pop(0)
    return ids, steps, before


def _steps(names: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the columns called by dates, or by numbers behind the same letters, whichever are more."""
    groups: dict[str | None, list[str]] = {}
    for name in names:
        counted = _COUNTED.fullmatch(name.strip())
        if _DATE.fullmatch(name.strip()):
            groups.setdefault(_DATED, []).append(name)
        elif counted:
            groups.setdefault(counted[1], []).append(name)
    most = max(groups, key=lambda before: len(groups[before]), default="")
    return groups.get(most, []), most


def _times(
    steps: Sequence[str], before: str | None, ids: str, where: str
) -> tuple[npt.NDArray[np.generic], str | None]:
    """Return the times that columns are called by."""
    called = [name.strip() for name in steps]
    if not before:  # dates, or numbers alone, which may be such
        column = pa.chunked_array([called], pa.large_string())
        return moments(column, "(names)", where, lambda row: f"column `{steps[row]}`")
    is_after_id = int(ids.strip() == f"{before}1")
    return np.array([int(name.removeprefix(before)) - is_after_id for name in called]), None


def _values(
    data: pa.Table, steps: Sequence[str], ids: npt.NDArray[np.object_], where: str
) -> npt.NDArray[np.float64]:
    """Return the values column by column."""

    def place(row: int, column: int = 0) -> str:
        return f"series {ids[row % len(ids)]}, column `{steps[column + row // len(ids)]}`"

    columns = [data[name] for name in steps]
    if all(
        is_text(column.type) for column in columns
    ):  # read alike, with decimal commas or without
        return numbers(pa.chunked_array(map(words, columns)), "columns of steps", where, place)
    read = [
        numbers(column, "columns of steps", where, partial(place, column=at))
        for at, column in enumerate(columns)
    ]
    return np.concatenate(read)


def _tell(
    data: pa.Table, where: str, ids: str, steps: Sequence[str], static: Sequence[str]
) -> None:
    taken = {ids, *steps, *static}
    unread = [f"`{name}`" for name in data.column_names if name not in taken]
    logger.info(
        "%s: each row is a series: id column `%s`, %d steps from `%s` to `%s`%s.",
        where,
        ids,
        len(steps),
        steps[0],
        steps[-1],
        f"; not read: {', '.join(unread[:10])}{', …' * (len(unread) > 10)}" if unread else "",
    )
