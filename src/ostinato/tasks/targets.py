"""Targets as Python users hand them over, one an example: labels, numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._arrays import array_of, plain
from ostinato._errors import DatasetError, shown


def one_column(values: Any) -> Any:
    """Return an array ``(rows, 1)`` without its second axis; all else as it is.

    Args:
        values: What a user gave.

    Example:
        >>> one_column(np.array([[1], [0]])).tolist(), one_column("ab")
        ([1, 0], 'ab')
    """
    array = array_of(values)
    return array[:, 0] if array is not None and array.ndim == 2 and array.shape[1] == 1 else values


def label_of(value: Any, row: int) -> Any:
    """Return a label as a string, a number or a boolean of Python.

    Args:
        value: The label.
        row: Its row, counted from 1, for messages.

    Raises:
        DatasetError: It is missing, several, or of another kind.

    Example:
        >>> label_of(np.int64(3), 1), label_of(np.str_("a"), 1)
        (3, 'a')
    """
    label = plain(value)
    if label is None:
        raise DatasetError(
            f"Row {row}: the label must not be missing; got {shown(value)}. "
            "Drop the row or give it a label."
        )
    if isinstance(label, str):
        if not label.strip():
            raise DatasetError(
                f"Row {row}: a label must not be empty; got {shown(label)}. Drop the row or give it a label; "
                "of several labels leave the empty ones out."
            )
        if not label.isascii():
            _check_unicode(label, row)
        return label
    if isinstance(label, int) or (isinstance(label, float) and math.isfinite(label)):
        return label
    if isinstance(label, Iterable) and not isinstance(label, bytes):
        raise other_kind(value, row, multi_label=False)
    raise DatasetError(
        f"Row {row}: a label must be a string, a finite number or a boolean, which a run folder can hold; "
        f"got the {type(value).__name__} {shown(label)}. Turn the labels into strings."
    )


def other_kind(row: Any, number: int, *, multi_label: bool) -> DatasetError:
    """Return what to raise for several labels where one is wanted, or the other way round.

    Args:
        row: What stands for the label or labels.
        number: Its row, counted from 1.
        multi_label: Whether several are wanted.

    Example:
        >>> str(other_kind([], 1, multi_label=False))
        'Row 1: the label must be a single value; got []. Set multi_label for several labels an example.'
    """
    if multi_label:
        return DatasetError(
            f"Row {number}: labels must be a list for multi-label; got {shown(row)}. "
            "Give lists of labels, or leave multi_label off."
        )
    return DatasetError(
        f"Row {number}: the label must be a single value; got {shown(row)}. "
        "Set multi_label for several labels an example."
    )


def label_names(labels: Sequence[Any]) -> Any:
    """Return labels as strings, or lists of strings."""
    return [list(map(str, row)) if isinstance(row, list) else str(row) for row in labels]


def numbers_of(
    labels: Sequence[Any],
    split: str,
    names: Sequence[str] | None = None,
    *,
    advice: str = "Correct it, or leave the sequence out.",
) -> npt.NDArray[np.float64]:
    """Return labels as numbers.

    Args:
        labels: Numbers, or texts that are numbers, as a file has them.
        split: Where they come from, for messages.
        names: How messages call each sequence, else by its number.
        advice: What to do where one is none, for messages.

    Raises:
        DatasetError: One is missing, infinite, or no number.

    Example:
        >>> numbers_of(["1.5", 2], "train").tolist()
        [1.5, 2.0]
    """
    found = np.empty(len(labels))
    for row, label in enumerate(labels):
        try:
            found[row] = float(label)
        except (TypeError, ValueError):
            found[row] = math.nan
        if not math.isfinite(found[row]):
            name = names[row] if names is not None else f"sequence {row + 1}"
            raise DatasetError(
                f"{split}: {name} must have a finite number for its label; got {shown(label)}. {advice}"
            )
    return found


def _check_unicode(label: str, row: int) -> None:
    try:
        label.encode()
    except UnicodeEncodeError:
        raise DatasetError(
            f"Row {row}: a label must be valid Unicode; got half a surrogate pair in {shown(label)}. "
            "Write the character itself or both halves."
        ) from None
