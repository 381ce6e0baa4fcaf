"""Several labels a text: in one column, parted by a separator, or in a column for each."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ostinato._errors import DatasetError, shown
from ostinato.datasets.readers.tables.written_lists import list_in

logger = logging.getLogger("ostinato")

SEPARATORS = "|;,/+"
"""What is often found to separate the labels of a text."""

_OPEN, _CLOSE = ("[", "(", "{"), ("]", ")", "}")
_QUOTED_LIST = re.compile(r"""\[['"].*['"]\]""", re.DOTALL)
_YES = {"1", "1.0", "true", "True", "TRUE"}
_NO = {"0", "0.0", "false", "False", "FALSE"}


def separated_labels(values: Sequence[Any], separator: str, where: str) -> list[list[str]]:
    """Return the labels of each row of one column in which a separator separates them.

    Args:
        values: What stands in the column; nothing, or blanks alone, are no labels.
        separator: What separates them; blanks around a label are none of it.
        where: File for messages.

    Raises:
        DatasetError: A value is no string and no number.

    Example:
        >>> separated_labels(["food, view", "", "food"], ",", "a.csv")
        [['food', 'view'], [], ['food']]
    """
    rows = []
    for row, value in enumerate(values, 1):
        if isinstance(value, bool) or not isinstance(value, (str, int, type(None))):
            raise DatasetError(
                f"{where}: labels with a separator must be strings; got {type(value).__name__} in row "
                f"{row}. Leave the separator out."
            )
        written = "" if value is None else str(value)
        found = (one.strip() for one in written.split(separator))
        rows.append(list(dict.fromkeys(filter(None, found))))
    return rows


def lists_in(values: Sequence[Any], where: str) -> list[Any] | None:
    """Return the lists that the strings of a column are, as pandas or JSON has them.

    Args:
        values: What stands in the column.
        where: File for messages.

    Returns:
        The lists; None if some value is none of them.

    Raises:
        DatasetError: They are written as numpy prints them, without commas, or stand in some rows only.

    Example:
        >>> lists_in(["['food', 'view']", "[]"], "a.csv"), lists_in(["[food]", "[view]"], "a.csv")
        ([['food', 'view'], []], None)
    """
    rows: list[Any] = []
    for row, value in enumerate(values, 1):
        text = value.strip() if isinstance(value, str) else ""
        rows.append(list_in(text) if text[:1] in _OPEN and text[-1:] in _CLOSE and text else None)
        if rows[-1] is None and _QUOTED_LIST.match(text):
            raise DatasetError(
                f"{where}: a list of labels must have commas, as in ['a', 'b']; got {shown(text)} in row "
                f"{row}. Write lists of Python (tolist) or JSON."
            )
    other = next((place for place, found in enumerate(rows) if found is None), None)
    if other is None and rows:
        logger.info("%s: labels are written as lists, such as %s.", where, shown(values[0]))
        return rows
    if other is not None and any(rows) and str(values[other] or "").strip():
        raise DatasetError(
            f"{where}: labels must be lists in every row or in none; got {shown(values[other])} in row "
            f"{other + 1} and lists in others. Write a single label as a list of one."
        )
    return None


def columns_in(rows: Sequence[Sequence[Any]], where: str) -> list[list[int]] | None:
    """Return in which columns rows of 0 and 1 have a 1, which is told; None for others.

    Args:
        rows: The list of each row.
        where: File for messages.

    Raises:
        DatasetError: There are shares, such as 0.9, which are no labels.

    Example:
        >>> columns_in([[1, 0, 1], [0, 0, 0]], "a.jsonl"), columns_in([["a"], ["b"]], "a.jsonl")
        ([[0, 2], []], None)
    """
    values = [value for row in rows for value in row]
    share = next((v for v in values if isinstance(v, float) and not v.is_integer()), None)
    if share is not None:
        raise DatasetError(
            f"{where}: lists of labels must hold names, or 0 and 1 for each class; got {shown(share)}. Write 1 "
            "for the classes that a text has."
        )
    is_matrix = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    if not is_matrix or any(isinstance(value, str) or value not in (0, 1) for value in values):
        return None
    logger.info("%s: labels of 0 and 1 are read as a column a class.", where)
    return [[place for place, value in enumerate(row) if value] for row in rows]


def tell_joined(labels: Sequence[str], where: str) -> None:
    """Warn where labels look like several in one, parted by a sign, and are taken as one each.

    Args:
        labels: The label of each row.
        where: File for messages.

    Example:
        >>> tell_joined(["food|view", "food", "view"], "a.csv")  # logs a warning
    """
    classes = set(labels)
    for separator in SEPARATORS:
        joined = sorted(one for one in classes if separator in one.strip(separator))
        known = {one.strip() for one in classes} - set(joined)
        parts = {part.strip() for one in joined for part in one.split(separator)}
        if joined and len(parts & known) > len(parts) / 2:
            logger.warning(
                "%s: `%s` is taken as one label; if labels are parted by `%s`, name it "
                "(--label-separator).",
                *(where, shown(joined[0]), separator),
            )
            return


def indicated_labels(columns: Mapping[str, Sequence[Any]], where: str) -> list[list[str]]:
    """Return the labels of each row, for each of which a column says 1 (true) or 0 (false).

    Args:
        columns: What stands in the column of each label.
        where: File for messages.

    Raises:
        DatasetError: A value is neither; the message names its row.

    Example:
        >>> indicated_labels({"food": ["1", "0"], "view": [True, False]}, "a.csv")
        [['food', 'view'], []]
    """
    names, rows = list(columns), []
    for row, values in enumerate(zip(*columns.values(), strict=True), 1):
        written = [str(value).strip() for value in values]
        for name, value in zip(names, written, strict=True):
            if value not in _YES and value not in _NO:
                raise DatasetError(
                    f"{where}: the column of a label must hold 1 or 0; got `{value[:40]}` in row {row} "
                    f"of `{name}`. Correct it, or name one label column."
                )
        rows.append([name for name, value in zip(names, written, strict=True) if value in _YES])
    return rows
