"""The tables of classes that every task with classes shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ostinato.report import plots

MAX_TABLE_CLASSES = 18
"""A confusion matrix of more classes is drawn, not written as a table; Universal Dependencies has 17 tags."""

NUM_PAIRS = 10

Name = str | None
"""A class; None stands for no answer."""


class Scores(Protocol):
    """Figures of each class, each ``(classes,)``."""

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the predictions of the class that are right."""

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of the class that is found."""

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of precision and recall."""

    @property
    def support(self) -> NDArray[np.int64]:
        """Size of the class."""


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """How often each class was found, missed and seen where it is not, each ``(classes,)``."""

    found: NDArray[np.int64]
    missed: NDArray[np.int64]
    false_alarms: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """One row of the per-class table.

    Args:
        name: The class.
        number: Its number in the drawn confusion matrix, if that is drawn.
        precision: Share of the predictions of the class that are right.
        recall: Share of the class that is found.
        f1: Harmonic mean of precision and recall.
        support: Size of the class.
        found: How often it was found; this and the next two where an example may have many.
        missed: How often it was missed.
        false_alarms: How often it was seen where it is not.
    """

    name: str
    number: int | None
    precision: float
    recall: float
    f1: float
    support: int
    found: int | None = None
    missed: int | None = None
    false_alarms: int | None = None


@dataclass(frozen=True, kw_only=True)
class ConfusedPair:
    """Two classes of which one is often taken for the other."""

    label: Name
    prediction: Name
    count: int
    share: float


@dataclass(frozen=True, kw_only=True)
class ConfusionRow:
    """One row of a confusion matrix: the right class; count and share of the row in each cell."""

    name: Name
    cells: tuple[tuple[int, float], ...]


def class_rows(
    scores: Scores, names: Sequence[str], outcomes: Outcomes | None = None
) -> tuple[ClassRow, ...]:
    """Return the per-class table: many classes weakest first, few in their own order."""
    are_many = len(names) > MAX_TABLE_CLASSES
    order = np.argsort(scores.f1, kind="stable") if are_many else np.arange(len(names))
    return tuple(
        ClassRow(
            name=names[index],
            number=int(index) + 1 if are_many else None,
            precision=float(scores.precision[index]),
            recall=float(scores.recall[index]),
            f1=float(scores.f1[index]),
            support=int(scores.support[index]),
            found=int(outcomes.found[index]) if outcomes else None,
            missed=int(outcomes.missed[index]) if outcomes else None,
            false_alarms=int(outcomes.false_alarms[index]) if outcomes else None,
        )
        for index in order
    )


def confusion_rows(
    matrix: NDArray[np.int64] | None, names: Sequence[Name]
) -> tuple[ConfusionRow, ...]:
    """Return a confusion matrix as a table; nothing if there is none or it is drawn."""
    if matrix is None or _is_drawn(names):
        return ()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return tuple(
        ConfusionRow(
            name=name, cells=tuple(zip(matrix[row].tolist(), shares[row].tolist(), strict=True))
        )
        for row, name in enumerate(names)
    )


def confusion_plot(matrix: NDArray[np.int64] | None, names: Sequence[Name]) -> dict[str, str]:
    """Draw a confusion matrix that is too large for a table, as ``{"confusion": SVG}``."""
    if matrix is None or not _is_drawn(names):
        return {}
    return {"confusion": plots.confusion_map(matrix)}


def most_confused(
    matrix: NDArray[np.int64] | None, names: Sequence[Name]
) -> tuple[ConfusedPair, ...]:
    """Return the pairs of classes that are confused most often, most frequent first."""
    if matrix is None:
        return ()
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:NUM_PAIRS]
    pairs = [divmod(int(cell), len(names)) for cell in order]
    return tuple(
        ConfusedPair(
            label=names[right],
            prediction=names[answer],
            count=int(wrong[right, answer]),
            share=float(wrong[right, answer] / matrix[right].sum()),
        )
        for right, answer in pairs
        if wrong[right, answer]
    )


def num_confused(matrix: NDArray[np.int64] | None) -> int:
    """Return how many pairs of classes are confused at all."""
    return 0 if matrix is None else int((matrix > 0).sum() - (np.diagonal(matrix) > 0).sum())


def _is_drawn(names: Sequence[Name]) -> bool:
    return sum(name is not None for name in names) > MAX_TABLE_CLASSES
