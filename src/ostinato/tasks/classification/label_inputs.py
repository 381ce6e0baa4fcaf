"""Labels as Python users hand them over: one a row, several a row, or a matrix of 0 and 1."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._arrays import array_of, columns_of, is_missing, plain, rows_of
from ostinato._errors import DatasetError, named, shown
from ostinato.datasets import Sequences
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.regression import are_values
from ostinato.tasks.targets import label_of, one_column, other_kind

logger = logging.getLogger("ostinato")


@dataclass(frozen=True)
class GivenLabels:
    """Labels of some rows, as plain values of Python.

    Args:
        rows: The label of each row, or for several labels a row a list of them.
        classes: The columns of the matrix that they were given as; none if it was no matrix.
    """

    rows: list[Any]
    classes: tuple[Any, ...] | None = None


def labels_of(
    y: Any, split: str, *, multi_label: bool = False, known: Labels | None = None
) -> GivenLabels:
    """Return labels as plain values that a run folder can hold.

    Args:
        y: A label each, in whatever holds a column; for ``multi_label`` a list, tuple or set of labels
            each, or a matrix or table with a column a class and 1 where a row has it, else 0.
        split: Name for messages.
        multi_label: Whether a row has any number of labels.
        known: The classes of a fitted model, which are the columns of a matrix without names.

    Raises:
        DatasetError: A label is missing or of a kind that cannot be saved; it is several where one is
            wanted, or the other way round; or a matrix does not hold 0 and 1 alone.

    Example:
        >>> labels_of(np.array([2, 3]), "train").rows
        [2, 3]
        >>> labels_of(np.eye(2, dtype=int), "train", multi_label=True)
        GivenLabels(rows=[[0], [1]], classes=(0, 1))
    """
    if multi_label:
        return _several(y, split, known)
    y = one_column(y)
    array = array_of(y)
    if array is not None and array.ndim == 2:
        raise DatasetError(
            f"{split}: labels must be one a row; got shape {array.shape}. Give a column of it, or set "
            "multi_label for several labels a row."
        )
    rows = rows_of(y, split, "label")
    return GivenLabels([label_of(row, number) for number, row in enumerate(rows, 1)])


def _several(y: Any, split: str, known: Labels | None) -> GivenLabels:
    """Return several labels a row, from lists of them or from a matrix."""
    table = columns_of(y, split)
    if table is not None:
        columns = [rows_of(column, split, "label") for column in table.values()]
        if len(columns) != 1 or _are_indicators(columns):
            return _of_matrix(np.array(columns, object).T, list(table), split, known)
        y = columns[0]
    array = array_of(y)
    if array is not None and array.ndim == 2 and not _are_words(array):
        return _of_matrix(array, None, split, known)
    rows = [_labels_of_row(row, number) for number, row in enumerate(rows_of(y, split, "label"), 1)]
    widths = {len(row) for row in rows}
    may_be_matrix = len(widths) == 1 and max(widths) > 1 and (known is None or known.is_matrix)
    if may_be_matrix and {value for row in rows for value in row} <= {"0", "1"}:
        raise DatasetError(
            f"{split}: a matrix of labels must hold the numbers 0 and 1; got strings of them. Turn them into "
            "numbers: astype(int)."
        )
    if may_be_matrix and _are_indicators(rows):  # as lists, each would name both or one twice
        if known is None:
            logger.info("%s: labels of 0 and 1 are read as a column a class.", split)
        return _of_matrix(np.array(rows, object), None, split, known)
    return GivenLabels([list(dict.fromkeys(row)) for row in rows])


def _labels_of_row(row: Any, number: int) -> list[Any]:
    """Return the labels of a row as a list; those of a set in order."""
    if is_missing(row) or isinstance(row, str | bytes | Mapping) or not hasattr(row, "__iter__"):
        raise other_kind(row, number, multi_label=True)
    labels = (
        list(row) if isinstance(row, set | frozenset) else rows_of(row, f"Row {number}", "label")
    )
    found = [label_of(label, number) for label in labels]
    return sorted(found, key=str) if isinstance(row, set | frozenset) else found


def _are_indicators(rows: Sequence[Sequence[Any]]) -> bool:
    return all(not isinstance(value, str) and value in (0, 1) for row in rows for value in row)


def _are_words(array: npt.NDArray[Any]) -> bool:
    return array.dtype.kind in "US" or any(isinstance(value, str) for value in array.ravel()[:1])


def _of_matrix(
    matrix: npt.NDArray[Any], names: list[Any] | None, split: str, known: Labels | None
) -> GivenLabels:
    """Return the labels that a matrix of 0 and 1 tells, a column a class."""
    classes = tuple(range(matrix.shape[1])) if known is None else known.classes
    if names is not None:
        columns = tuple(label_of(name, 1) for name in names)
        if known is not None and set(columns) == set(classes):
            matrix = matrix[:, [columns.index(name) for name in classes]]
        elif known is not None:
            raise DatasetError(
                f"{split}: the columns of labels must be the classes of train, {named(classes)}; "
                f"got {named(columns)}. Name them alike."
            )
        else:
            classes = columns
    if matrix.shape[1] != len(classes):
        raise DatasetError(
            f"{split}: a matrix of labels must have a column for each of the {len(classes)} classes of "
            f"train; got {matrix.shape[1]}. Give the columns of train."
        )
    wrong = [place for place, value in np.ndenumerate(matrix) if value not in (0, 1)]
    if wrong:
        row, column = wrong[0]
        raise DatasetError(
            f"{split}: a matrix of labels must hold 0 and 1 alone; got {shown(plain(matrix[row, column]))} in row "
            f"{row + 1}, column {column + 1}. Give 1 where a row has the class of the column."
        )
    has = matrix.astype(bool)
    return GivenLabels([[classes[k] for k in np.flatnonzero(row)] for row in has], classes)


def flat(labels: Sequence[Any]) -> list[str]:
    """Return all the labels of texts, one or several each, as strings."""
    return [str(label) for row in labels for label in (row if isinstance(row, list) else (row,))]


def classes_of(train: Sequences) -> Labels:
    """Return the classes of labelled training sequences.

    Raises:
        DatasetError: There is one class only, or the labels are values.
    """
    if train.has_values:
        raise DatasetError(
            f"{train.source}: labels are values, as @targetLabel says, which are no classes. Set regression "
            "(--regression)."
        )
    labels = Labels.fit([label_of(label, row) for row, label in enumerate(train.labels or (), 1)])
    if len(labels.classes) < 2:
        raise DatasetError(
            f"{train.source}: train must have at least two different labels; got "
            f"{shown(labels.classes[0])} in all {len(train)} sequences. Add sequences of another class."
        )
    if are_values(labels.classes):
        raise DatasetError(
            f"{train.source}: labels are numbers such as {shown(labels.classes[0])}, which are no classes. "
            "Set regression (--regression), or name the classes in words."
        )
    return labels
