"""Reader of the UCR archive's own files: a sequence a row, its label first, no column names.

Files of others that look so are read too: with the label last, with words for labels, or with a first
line that names the label and counts the steps.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ostinato._errors import DatasetError, shown
from ostinato._kinds import FOUND_OUT, Written
from ostinato.datasets.files import format_of, read_lines
from ostinato.datasets.readers.tables.columns import LABEL_NAMES, label_strings
from ostinato.datasets.readers.tables.separated import DELIMITERS, checked_delimiter
from ostinato.datasets.records.sequences import Sequences

logger = logging.getLogger("ostinato")

FEWEST = 4  # fields of a first row; a table's has names
_MISSING = frozenset({"", "?", "na", "nan"})
EITHER = 1
"""Where labels stand if the rows must tell: at the front or at the end."""
Fields = list[str]


def read_ucr(
    path: Path,
    *,
    labelled: bool = True,
    label_column: str | None = None,
    written: Written = FOUND_OUT,
) -> Sequences | None:
    r"""Read a file whose rows are a label and the values of a sequence.

    Values that are missing at the end of a row, as the archive fills up shorter ones, are no steps. Where
    the label stands, if it is not named, is told.

    Args:
        path: A tsv or csv file, plain or compressed.
        labelled: Whether labels are wanted; one field is one in any case.
        label_column: The field of the labels: 1 for the first, or the number of the last, or its name in
            a first line that counts the steps; None for the first, or the last if labels stand only there.
        written: How it is written. The delimiter is else a comma in csv and a tab in tsv, or what is found.

    Returns:
        The sequences, or None if the first line is not of numbers and a label.

    Raises:
        DatasetError: A row has a value that is no number, or no label.

    Example:
        >>> path = getfixture("tmp_path") / "a_TRAIN.tsv"
        >>> _ = path.write_text("1\t0.5\t0.25\t1.5\n-1\t0.5\t1.25\tNaN\n")
        >>> sequences = read_ucr(path)
        >>> sequences.labels, sequences.lengths.tolist()
        (['1', '-1'], [3, 2])
    """
    rows = _rows(path, written)
    names, place = _layout(rows[0][1], label_column) if rows else (False, None)
    if place is None:
        return None
    if names and len(rows) > 1:
        if place == EITHER:
            logger.warning("%s: the first line counts 0, 1, 2, and is left out as names.", path)
        rows = rows[1:]
    if place == EITHER:
        place = _place([fields for _, fields in rows])
        role = "label" if labelled else "label, and left out"
        which = "last" if place else "first"
        logger.info("%s: each row is a sequence, its %s field the %s.", path, which, role)
    labels = [fields.pop(place) for _, fields in rows]
    values = [_values(fields, path, number) for number, fields in rows]
    for (number, _), label in zip(rows, labels, strict=True):
        if labelled and label.lower() in _MISSING:
            raise _fault(path, number, label)
    used_labels = label_strings(labels, str(path), untyped=True) if labelled else None
    return Sequences.make(
        values, used_labels, str(path), names=[f"line {number}" for number, _ in rows]
    )


def _rows(path: Path, written: Written) -> list[tuple[int, Fields]]:
    """Return number and fields of each line; none if the first is not of numbers and a label."""
    lines = [
        (n, line) for n, line in enumerate(read_lines(path, written.encoding), 1) if line.strip()
    ]
    usual = "," if format_of(path)[0] == ".csv" else "\t"
    given = written.delimiter
    known = (usual, *DELIMITERS) if given is None else (checked_delimiter(given),)
    found = next((one for one in known if lines and _is_row(_fields(lines[0][1], one))), None)
    return [] if found is None else [(number, _fields(line, found)) for number, line in lines]


def _fields(line: str, delimiter: str) -> Fields:
    return [field.strip() for field in line.split(delimiter)]


def _values(
    fields: Fields, path: Path, number: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    wrong = next((field for field in fields if not _is_number(field)), None)
    if wrong is not None:
        raise _fault(path, number, wrong)
    values = np.array([float("nan" if one.lower() in _MISSING else one) for one in fields])
    known = np.flatnonzero(~np.isnan(values))
    return values[: known[-1] + 1] if len(known) else values[:0]


def _fault(path: Path, number: int, got: str) -> DatasetError:
    return DatasetError(
        f"{path}: line {number}: without column names a row must be a label and the values of its "
        f"sequence; got {shown(got)}. Correct it."
    )


def _is_row(fields: Fields) -> bool:
    """Tell whether fields are numbers, but for a word at one end."""
    inner, ends = fields[1:-1], [fields[0], fields[-1]]
    is_wide = len(fields) >= FEWEST and bool(fields[0])  # no index without a name
    return is_wide and all(map(_is_number, inner)) and any(map(_is_number, ends))


def _are_names(fields: Fields) -> bool:
    """Tell whether fields count 0, 1, 2 or 1, 2, 3, but for a word at one end."""
    counted = [field for field in fields if _is_number(field)]
    starts = (_counted(len(counted), 0), _counted(len(counted), 1))
    return len(counted) < len(fields) and counted in starts


def _counted(count: int, start: int) -> Fields:
    return [str(start + number) for number in range(count)]


def _layout(first: Fields, given: str | None) -> tuple[bool, int | None]:
    """Return whether a first line names the columns, and where labels stand: 0, -1, `EITHER` or not at all."""
    if _are_names(first):
        for place in (0, -1):
            name = first[place].strip('"')
            if name == given or (given is None and name.lower() in LABEL_NAMES):
                return True, place
        return True, None
    places = {None: EITHER, "1": 0, str(len(first)): -1}
    return first == _counted(len(first), 0), places.get(given)


def _place(rows: Sequence[Fields]) -> int:
    """Return where labels stand: at the front, unless only the fields at the end can be classes."""
    for place in (0, -1):
        if not all(_is_number(fields[place]) for fields in rows):
            return place
    heads = {fields[0] for fields in rows}
    tails = {fields[-1] for fields in rows}
    inner = {field for fields in rows for field in fields[1:-1]}
    are_last = _are_whole(tails) and not _are_whole(heads) and not _are_whole(inner)
    return -1 if are_last else 0


def _are_whole(fields: set[str]) -> bool:
    return all(field.lower() not in _MISSING and float(field).is_integer() for field in fields)


def _is_number(field: str) -> bool:
    try:
        return field.lower() in _MISSING or float(field) is not None
    except ValueError:
        return False
