"""From whatever names a set of labelled sequences to its splits."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError, did_you_mean
from ostinato._kinds import SEQUENCES, Written
from ostinato.datasets.file_names import expanded
from ostinato.datasets.files import check_file, format_of
from ostinato.datasets.loading.splits import (
    check_all_read,
    check_source,
    find_splits,
    read_registered,
    with_files,
)
from ostinato.datasets.readers.sequences.tables import read_long, read_npz
from ostinato.datasets.readers.sequences.ts import read_ts
from ostinato.datasets.readers.sequences.ucr import read_ucr
from ostinato.datasets.records.sequences import Sequences
from ostinato.datasets.registry import REGISTRY

logger = logging.getLogger("ostinato")

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
FORMATS = (".ts", ".npz", *TABLES)


def load_sequences(
    source: str | Path,
    *,
    id_column: str | Sequence[str] | None = None,
    time_column: str | None = None,
    label_column: str | None = None,
    feature_columns: Sequence[str] = (),
    validation: str | Path | None = None,
    test: str | Path | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> dict[str, Sequences]:
    """Load the splits of a set of labelled sequences.

    Args:
        source: Name of a registered data set; a file as :func:`read_sequences` takes it (it is train);
            or a folder with such files named train, dev (valid, validation) and test.
        id_column: Column of a table that tells the sequences apart, if it has no usual name.
        time_column: Column that orders the steps, if it has no usual name.
        label_column: Column of the labels, if it has no usual name.
        feature_columns: Columns of the features; none for all the others.
        validation: File to use as the validation split.
        test: File to use as the test split.
        delimiter: As of :func:`read_sequences`.
        encoding: As of :func:`read_sequences`.

    Returns:
        ``"train"`` and, where there, ``"validation"`` and ``"test"``.

    Raises:
        DatasetError: Something is missing or wrong; the message says what and where.

    Example:
        >>> {name: len(split) for name, split in load_sequences("gestures").items()}
        {'train': 270, 'test': 900}
    """
    columns: dict[str, Any] = {
        "id_column": id_column,
        "time_column": time_column,
        "label_column": label_column,
        "feature_columns": feature_columns,
        "delimiter": delimiter,
        "encoding": encoding,
    }

    def read(path: str | Path) -> Sequences:
        return read_sequences(path, **columns)

    if isinstance(source, str) and source in REGISTRY:
        check_all_read(source, columns, validation, test)
        splits = read_registered(source, SEQUENCES)
    else:
        path = expanded(source)
        check_source(path)
        formats = f"({', '.join(FORMATS)})"
        paths = find_splits(path, formats, FORMATS) if path.is_dir() else {"train": path}
        splits = {split: read(place) for split, place in paths.items()}
    return with_files(splits, read, validation=validation, test=test)


def read_sequences(
    path: str | Path,
    *,
    id_column: str | Sequence[str] | None = None,
    time_column: str | None = None,
    label_column: str | None = None,
    feature_columns: Sequence[str] = (),
    labelled: bool = True,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Sequences:
    r"""Read sequences of numbers and their labels from one file.

    Args:
        path: A ``.ts`` file of sktime; a NumPy archive ``.npz`` with ``X``, ``y`` and, for unequal
            lengths, ``offsets``; a tsv or csv file of the UCR archive, a sequence a row and its label first or
            last, without column names; or a csv, tsv, jsonl or parquet table with a step a row.
        id_column: Column of a table that tells the sequences apart; None for one with a usual name.
            Several are joined by ``/``.
        time_column: Column that orders the steps; None for one with a usual name, else the rows are
            in order.
        label_column: Column of the labels; None for one with a usual name (label, class, target, …).
        feature_columns: Columns of the features; none for all the others.
        labelled: Whether there must be labels.
        delimiter: What separates the fields of csv and tsv; None to find out.
        encoding: Encoding of text, such as ``gb18030``; None for UTF-8.

    Raises:
        DatasetError: The file is missing or malformed; the message names the line or the sequence.

    Example:
        >>> path = getfixture("tmp_path") / "a.ts"
        >>> _ = path.write_text("@classLabel true up down\n@data\n1,2,3:up\n3,1:down\n")
        >>> read_sequences(path).labels
        ['up', 'down']
    """
    path = expanded(path)
    check_file(path)
    columns = {
        "id_column": id_column,
        "time_column": time_column,
        "label_column": label_column,
        "feature_columns": feature_columns,
    }
    written = Written(delimiter=delimiter, encoding=encoding)
    return _read(path, columns, labelled=labelled, written=written)


def _read(path: Path, columns: Mapping[str, Any], *, labelled: bool, written: Written) -> Sequences:
    suffix, compression = format_of(path)
    has_columns = any(columns.values())
    others = [value for name, value in columns.items() if name != "label_column"]
    if suffix in (".tsv", ".csv") and not any(others):
        found = read_ucr(
            path, labelled=labelled, label_column=columns["label_column"], written=written
        )
        if found is not None:
            return found
    if suffix in TABLES:
        return read_long(path, **columns, labelled=labelled, written=written)
    if suffix not in FORMATS or (suffix == ".npz" and compression):
        hint = did_you_mean(suffix, FORMATS) or "."
        raise DatasetError(
            f"{path}: sequences must come as one of {', '.join(FORMATS)}; got `{suffix}{compression}`"
            f"{hint}"
        )
    if has_columns:
        raise DatasetError(
            f"{path}: only tables have columns; a {suffix} file has none. Leave the columns out."
        )
    for name, value in vars(written).items():
        if value is not None:
            logger.info("%s: a %s file has no %s; `%s` is not used.", path, suffix, name, value)
    return _read_arrays(path, suffix, labelled=labelled)


def _read_arrays(path: Path, suffix: str, *, labelled: bool) -> Sequences:
    """Read a file that has no columns."""
    readers = {".npz": read_npz, ".ts": read_ts}
    split = readers[suffix](path, labelled=labelled)
    if labelled and split.labels is None:
        raise DatasetError(
            f"{path}: sequences must have labels; got none. Add a line @classLabel true, with the "
            "classes, or @targetLabel true, and end each line with its label."
        )
    return split
