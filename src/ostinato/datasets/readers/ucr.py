"""Reader of the UCR archive's own files: a sequence a row, its class first, no column names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ostinato._errors import DatasetError, shown
from ostinato.datasets.files import format_of, read_lines
from ostinato.datasets.readers.columns import label_strings
from ostinato.datasets.readers.separated import checked_delimiter
from ostinato.datasets.records.sequences import Sequences

FEWEST = 4  # fields of a first row of numbers alone; a table's has names


def read_ucr(
    path: Path,
    *,
    labelled: bool = True,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Sequences | None:
    r"""Read a file whose rows are numbers alone: a class, and the values of a sequence.

    Values that are missing at the end of a row, as the archive fills up shorter ones, are no steps.

    Args:
        path: A tsv or csv file, plain or compressed.
        labelled: Whether labels are wanted; the first field is one in any case.
        delimiter: What parts fields; None for a comma in csv and a tab in tsv.
        encoding: Encoding of the text; None for UTF-8.

    Returns:
        The sequences, or None if the first line is not of numbers alone.

    Raises:
        DatasetError: A row has a value that is no number, or none at all.

    Example:
        >>> path = getfixture("tmp_path") / "a_TRAIN.tsv"
        >>> _ = path.write_text("1\t0.5\t0.25\t1.5\n-1\t0.5\t1.25\tNaN\n")
        >>> part = read_ucr(path)
        >>> part.labels, part.lengths.tolist()
        (['1', '-1'], [3, 2])
    """
    usual = "," if format_of(path)[0] == ".csv" else "\t"
    delimiter = usual if delimiter is None else checked_delimiter(delimiter)
    lines = read_lines(path, encoding)
    first = [field.strip() for field in lines[0].split(delimiter)] if lines else []
    if len(first) < FEWEST or not all(map(_is_number, first)):
        return None
    labels, rows, names = [], [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        label, *fields = (field.strip() for field in line.split(delimiter))
        wrong = next((field for field in fields if field and not _is_number(field)), None)
        if wrong is not None or not label:
            raise DatasetError(
                f"{path}: line {number}: without column names a row must be a class and the values of its "
                f"sequence; got {shown(wrong or label)}. Correct it."
            )
        values = np.array([float(field or "nan") for field in fields])
        known = np.flatnonzero(~np.isnan(values))
        rows.append(values[: known[-1] + 1] if len(known) else values[:0])
        labels.append(label)
        names.append(f"line {number}")
    told = label_strings(labels, str(path), untyped=True) if labelled else None
    return Sequences.make(rows, told, str(path), names=names)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
