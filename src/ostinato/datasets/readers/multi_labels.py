"""Several labels a text: in one column, parted by a separator, or in a column for each."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from ostinato._errors import DatasetError, shown

logger = logging.getLogger("ostinato")

SEPARATORS = "|;,/+"
"""What is often found to part the labels of a text."""

_YES = {"1", "1.0", "true", "True", "TRUE"}
_NO = {"0", "0.0", "false", "False", "FALSE"}


def separated_labels(values: Sequence[Any], separator: str, where: str) -> list[list[str]]:
    """Return the labels of each row of one column in which a separator parts them.

    Args:
        values: What stands in the column; nothing, or blanks alone, are no labels.
        separator: What parts them; blanks around a label are none of it.
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
        said = "" if value is None else str(value)
        found = (one.strip() for one in said.split(separator))
        rows.append(list(dict.fromkeys(filter(None, found))))
    return rows


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
        said = [str(value).strip() for value in values]
        for name, value in zip(names, said, strict=True):
            if value not in _YES and value not in _NO:
                raise DatasetError(
                    f"{where}: the column of a label must hold 1 or 0; got `{value[:40]}` in row {row} "
                    f"of `{name}`. Correct it, or name one label column."
                )
        rows.append([name for name, value in zip(names, said, strict=True) if value in _YES])
    return rows
