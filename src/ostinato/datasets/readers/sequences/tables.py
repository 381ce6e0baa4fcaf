"""Readers of sequences in NumPy archives and in long tables, a step a row."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ostinato._errors import DatasetError, named, shown
from ostinato._kinds import FOUND_OUT, Written
from ostinato.datasets.files import check_file, format_of, reason, too_large
from ostinato.datasets.limits import limit
from ostinato.datasets.readers.tables.columns import (
    LABEL_NAMES,
    check_column,
    label_strings,
    named_column,
    nothing_in,
)
from ostinato.datasets.readers.tables.frames import read_columns
from ostinato.datasets.readers.tables.joined_ids import with_one_id
from ostinato.datasets.readers.tables.typed_columns import numbers, words
from ostinato.datasets.readers.times.columns import moments
from ostinato.datasets.records.sequences import Sequences

ID_NAMES = ("id", "unique_id", "sequence", "sequence_id", "case", "case_id", "series", "sample")
_BROKEN = (zipfile.BadZipFile, zlib.error, MemoryError, NotImplementedError)
TIME_NAMES = ("time", "step", "t", "timestamp", "ds", "date", "datetime")


def read_npz(path: Path, *, labelled: bool = True) -> Sequences:
    """Read a NumPy archive: ``X`` (and, of unequal lengths, ``offsets``), and ``y``.

    Args:
        path: The file, as ``numpy.savez`` writes it; nothing in it is ever run.
        labelled: Whether there must be labels.

    Raises:
        DatasetError: The file is damaged, has no ``X`` or no ``y``, or they do not fit.

    Example:
        >>> path = getfixture("tmp_path") / "a.npz"
        >>> np.savez(path, X=np.arange(5.0), offsets=[0, 2, 5], y=["up", "down"])
        >>> sequences = read_npz(path)
        >>> sequences.lengths, sequences.labels
        (array([2, 3]), ['up', 'down'])
    """
    check_file(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            most = limit("OSTINATO_MAX_UNPACKED_MB") << 20
            if sum(one.file_size for one in archive.zip.infolist()) > most:
                raise too_large(str(path), most)
            arrays = {name: archive[name] for name in archive.files}
    except DatasetError:
        raise
    except (*_BROKEN, OSError, ValueError, EOFError, AttributeError) as error:
        raise DatasetError(
            f"{path}: it must be a whole .npz file of plain arrays, without objects; got "
            f"{reason(error)}. For unequal lengths, save X as the steps of all, and offsets."
        ) from None
    for name in ("X", "y") if labelled else ("X",):
        if name not in arrays:
            raise DatasetError(
                f"{path}: there must be an array `{name}`; got {named(arrays)}. Save it as {name}=."
            )
    rows: Any = arrays["X"]
    if "offsets" in arrays:
        rows = _cut(rows, arrays["offsets"], path)
    elif rows.ndim not in (2, 3):
        raise DatasetError(
            f"{path}: X must be (sequences, time, features) or (sequences, time), or come with "
            f"offsets; got shape {rows.shape}."
        )
    labels = arrays.get("y")
    if labels is not None and labels.ndim != 1:
        raise DatasetError(f"{path}: y must be (sequences,); got shape {labels.shape}.")
    return Sequences.make(
        list(rows), None if labels is None else label_strings(labels.tolist(), str(path)), str(path)
    )


def read_long(
    path: Path,
    *,
    id_column: str | Sequence[str] | None = None,
    time_column: str | None = None,
    label_column: str | None = None,
    feature_columns: Sequence[str] = (),
    labelled: bool = True,
    written: Written = FOUND_OUT,
) -> Sequences:
    r"""Read a table with a step a row: the sequence it is of, its features, and the label.

    Args:
        path: A csv, tsv, jsonl or parquet file, plain or compressed.
        id_column: Column that tells the sequences apart; None for one with a usual name. Several are joined.
        time_column: Column that orders the steps; None for one with a usual name, else the rows are
            in order.
        label_column: Column with the label, the same in all steps of a sequence; None for one with a
            usual name.
        feature_columns: Columns with the features; none for all the others.
        labelled: Whether there must be labels; those that are there are no features.
        written: How it is written, as far as that is not to be found out.

    Raises:
        DatasetError: A column is missing, a feature is no number, a time stands twice in a sequence, or
            its label changes.

    Example:
        >>> path = getfixture("tmp_path") / "a.csv"
        >>> _ = path.write_text("id,t,x,label\na,2,5,up\na,1,4,up\nb,1,7,down\n")
        >>> sequences = read_long(path)
        >>> sequences.names, sequences[0].ravel().tolist(), sequences.labels
        (['sequence `a`', 'sequence `b`'], [4.0, 5.0], ['up', 'down'])
    """
    table, where = read_columns(path, written), str(path)
    if not table.num_rows:
        raise DatasetError(f"{where}: the table must have rows; it has none. Name one with data.")
    table, ids = with_one_id(table, id_column, where, feature_columns)
    columns = table.column_names
    identity = _id_column(ids, columns, where)
    time = named_column("time", time_column, columns, TIME_NAMES, where, needed=False)
    label = named_column("label", label_column, columns, LABEL_NAMES, where, needed=labelled)
    for name in feature_columns:
        check_column("feature", name, columns, where)
    spare = (identity, time, label)
    features = list(feature_columns) or [name for name in columns if name not in spare]
    if not features:
        raise DatasetError(f"{where}: there must be a column of a feature; got none. Add one.")
    groups = _groups(table, identity, time, where)
    values = np.stack([_feature(table, name, groups, where) for name in features], axis=1)
    return Sequences.make(
        [values[rows] for rows in groups.rows],
        _labels(table[label], label, groups, where, path) if label and labelled else None,
        where,
        features=features,
        names=groups.names,
    )


def _id_column(given: str | None, columns: Sequence[str], where: str) -> str:
    identity = named_column("id", given, columns, ID_NAMES, where, needed=False)
    if identity is None:
        raise DatasetError(
            f"{where}: a table with a step a row must have an id column ({', '.join(ID_NAMES[:4])}, …); the "
            f"columns are {named(columns, 4)}. Give id_column (--id-column); or, with a sequence a row, "
            "write no column names, and its label first."
        )
    return identity


@dataclass(frozen=True)
class _Groups:
    """Which rows each sequence has, in order, and which sequence each row is of."""

    names: list[str]
    rows: list[npt.NDArray[np.int64]]
    of_row: npt.NDArray[Any]

    def place(self, row: int) -> str:
        """Return how messages call a row."""
        return f"{self.names[self.of_row[row]]}, row {row + 1}"


def _groups(table: pa.Table, identity: str, time: str | None, where: str) -> _Groups:
    encoded = words(table[identity]).dictionary_encode()
    distinct, of_row = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    if "" in distinct:
        row = int(np.flatnonzero(of_row == distinct.index(""))[0])
        raise nothing_in(identity, row, "an id", where)
    names = [f"sequence `{name}`" for name in distinct]
    times = np.arange(len(of_row)) if time is None else _times(table[time], time, where)
    order = np.lexsort((times, of_row))
    twice = (np.diff(of_row[order]) == 0) & (times[order][1:] == times[order][:-1])
    if twice.any():
        row = int(order[1:][twice][0])
        raise DatasetError(
            f"{where}: a time must stand once in a sequence; got {table[time][row].as_py()} twice in "
            f"{names[of_row[row]]}. Remove one of the rows."
        )
    return _Groups(names, np.split(order, np.cumsum(np.bincount(of_row))[:-1]), of_row)


def _times(column: pa.ChunkedArray, name: str, where: str) -> npt.NDArray[Any]:
    """Return what orders the steps: numbers, or dates."""

    def place(row: int) -> str:
        return f"row {row + 1}"

    try:
        times = numbers(column, f"time column `{name}`", where, place)
    except DatasetError:
        return moments(column, name, where, place)[0]
    if np.isnan(times).any():
        raise nothing_in(name, int(np.isnan(times).argmax()), "a time", where)
    return times


def _feature(table: pa.Table, name: str, groups: _Groups, where: str) -> npt.NDArray[Any]:
    return numbers(table[name], f"feature column `{name}`", where, groups.place)


def _labels(
    column: pa.ChunkedArray, name: str, groups: _Groups, where: str, path: Path
) -> list[Any]:
    """Return the label of each sequence, which must be the same in all its steps."""
    values = column.to_pylist()
    found = [values[rows[0]] for rows in groups.rows]
    for row, value in enumerate(values):
        first = found[groups.of_row[row]]
        if value != first and not (value != value and first != first):  # NaN differs from itself
            raise DatasetError(
                f"{where}: the label in column `{name}` must be the same in all steps of a sequence; "
                f"got {shown(value)} after {shown(first)} in {groups.place(row)}. Correct it."
            )
    is_text = format_of(path)[0] in (".csv", ".tsv")
    missing = [
        row for row, label in enumerate(found) if label is None or label != label or label == ""
    ]
    if missing:
        raise DatasetError(
            f"{where}: every sequence must have a label in column `{name}`; "
            f"{groups.names[missing[0]]} has none. Fill it in, or leave it out."
        )
    labels: list[Any] = label_strings(found, where, untyped=is_text) or []
    return labels


def _cut(values: npt.NDArray[Any], offsets: npt.NDArray[Any], path: Path) -> list[npt.NDArray[Any]]:
    fits = offsets.ndim == 1 and offsets.dtype.kind in "iu" and len(offsets) > 1
    fits = fits and values.ndim in (1, 2) and offsets[0] == 0 and offsets[-1] == len(values)
    if not fits or np.any(offsets[1:] < offsets[:-1]):
        raise DatasetError(
            f"{path}: offsets must rise from 0 to the {len(values)} steps of X; got "
            f"{offsets.tolist()[:5]} … of {offsets.dtype}."
        )
    return [values[a:b] for a, b in pairwise(offsets)]
