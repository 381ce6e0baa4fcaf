"""Class labels as indices, and back."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ostinato._errors import DatasetError, named, shown
from ostinato._files import read_json, write_json
from ostinato.metrics import decide
from ostinato.tasks import saved
from ostinato.tasks.targets import other_kind

logger = logging.getLogger("ostinato")


@dataclass(frozen=True)
class Labels:
    """The classes of a task, in the order of the model's outputs.

    Args:
        classes: Each class once, sorted.
        multi_label: Whether an example has any number of classes instead of exactly one.
        is_matrix: Whether train had its labels as a matrix with a column a class; so has a prediction.

    Example:
        >>> labels = Labels.fit(["pos", "neg", "pos"])
        >>> labels.classes, labels.encode(["neg"]).tolist()
        (('neg', 'pos'), [0])
    """

    classes: tuple[Any, ...]
    multi_label: bool = False
    is_matrix: bool = False

    @classmethod
    def fit(
        cls,
        labels: Sequence[Any],
        *,
        multi_label: bool = False,
        classes: tuple[Any, ...] | None = None,
    ) -> Labels:
        """Collect the classes of training labels.

        Args:
            labels: A label each, or for ``multi_label`` a list of labels each.
            multi_label: Which of both.
            classes: The columns of the matrix that they were; none if they were none.

        Raises:
            DatasetError: Kinds are mixed, or a row has several where one is wanted, or the other way.
        """
        for number, row in enumerate(labels, 1):
            if isinstance(row, list) != multi_label:
                raise other_kind(row, number, multi_label=multi_label)
        if classes is not None:
            return cls(classes, multi_label, is_matrix=True)
        found = {label for row in labels for label in row} if multi_label else set(labels)
        every = (label for row in labels for label in (row if multi_label else (row,)))
        kinds = sorted({type(label).__name__ for label in every})  # True and 1 are one in a set
        if not (len(kinds) < 2 or kinds == ["float", "int"]):
            raise DatasetError(
                f"train: labels must be of one kind; got {', '.join(kinds)}. Turn them all into strings."
            )
        _tell_alike(found)
        _tell_values(found, len(labels))
        return cls(tuple(sorted(found)), multi_label)

    @property
    def array(self) -> npt.NDArray[Any]:
        """The classes as an array, ``(classes,)``."""
        found = np.asarray(self.classes)
        is_same = found.tolist() == list(self.classes)  # large numbers may not be, nor final NULs
        return found if is_same else np.array(self.classes, object)

    def encode(self, labels: Sequence[Any], split: str = "data") -> Tensor:
        """Return class indices ``(n,)``, or for multi-label 0 and 1 as ``(n, classes)`` float32.

        Raises:
            DatasetError: A label never occurred in train.
        """
        index = self._index()
        for number, row in enumerate(labels, 1):
            for label in self._of(row):
                if label not in index:
                    raise DatasetError(
                        f"{split}: row {number} has the label {shown(label)}, which never occurs in "
                        f"train ({named(self.classes)}). Correct it, or add examples of it to train."
                    )
        if not self.multi_label:
            return torch.tensor([index[label] for label in labels], dtype=torch.int64)
        targets = torch.zeros(len(labels), len(self.classes))
        for number, row in enumerate(labels):
            for label in row:
                targets[number, index[label]] = 1
        return targets

    def agreement(
        self, probabilities: npt.NDArray[np.float32], labels: Sequence[Any], split: str = "data"
    ) -> npt.NDArray[np.bool_]:
        """Return which rows are decided right; one with a class that train never had is not.

        How many these are is told.

        Args:
            probabilities: ``(n, classes)``.
            labels: The labels of each row.
            split: Name for messages.

        Example:
            >>> chances = np.array([[0.9, 0.1], [0.2, 0.8]])
            >>> Labels(("neg", "pos")).agreement(chances, ["neg", "new"])
            array([ True, False])
        """
        index = self._index()
        strange = Counter(label for row in labels for label in self._of(row) if label not in index)
        if strange:
            logger.warning(
                "%s: %d labels never occur in train, %s; each counts as wrong.",
                *(split, strange.total(), named(label for label, _ in strange.most_common(5))),
            )
        right = [{index.get(label, -1) for label in self._of(row)} for row in labels]
        decided = decide(probabilities, multi_label=self.multi_label)
        predicted = [set(np.flatnonzero(row)) for row in decided] if self.multi_label else decided
        found = predicted if self.multi_label else [{place} for place in predicted]
        return np.array([a == b for a, b in zip(found, right, strict=True)], bool)

    def answers(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[Any] | list[list[Any]]:
        """Return what is predicted, as train had its labels.

        Returns:
            The likeliest class of each row; for multi-label a list of classes each, or where train had a
            matrix, one of 0 and 1, ``(n, classes)``.
        """
        if self.is_matrix:
            return decide(probabilities, multi_label=True).astype(np.int64)
        decided = self.decode(probabilities)
        return decided if self.multi_label else np.asarray(decided, dtype=self.array.dtype)

    def decode(self, probabilities: npt.NDArray[np.float32]) -> list[Any]:
        """Return the likeliest class of each row, or for multi-label all from 0.5 up."""
        decided = decide(probabilities, multi_label=self.multi_label)
        if self.multi_label:
            return [[self.classes[k] for k in np.flatnonzero(row)] for row in decided]
        return [self.classes[k] for k in decided]

    def confidence(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the probability of what :meth:`decode` says of each row."""
        if self.multi_label:
            decided = np.maximum(probabilities, 1 - probabilities)
            return np.asarray(decided.prod(axis=1), dtype=np.float32)
        return np.asarray(probabilities.max(axis=1), dtype=np.float32)

    def save(self, run: Path) -> None:
        """Write ``labels.json``."""
        content = {"classes": list(self.classes), "multi_label": self.multi_label}
        write_json(run / "labels.json", content | ({"is_matrix": True} if self.is_matrix else {}))

    @classmethod
    def load(cls, run: Path) -> Labels:
        """Read ``labels.json``.

        Raises:
            CheckpointError: It is missing, broken or of another kind.
        """
        path = run / "labels.json"
        content = read_json(path)
        classes = content["classes"]
        kinds = {type(name) for name in classes} if isinstance(classes, list) else {list}
        if not kinds <= {str, int, float, bool} or len(set(classes)) < len(classes):
            raise saved.misfit(path, "classes", "a list of names without repetitions", classes)
        multi_label = saved.one_of(content, "multi_label", path, (True, False))
        return cls(tuple(classes), multi_label, content.get("is_matrix", False) is True)

    def _index(self) -> dict[Any, int]:
        """Return the place of each class, also by how a file would spell it."""
        spelt = {_name(label): number for number, label in enumerate(self.classes)}
        return spelt | {label: number for number, label in enumerate(self.classes)}

    def _of(self, row: Any) -> Sequence[Any]:
        return row if self.multi_label else (row,)


def _name(label: Any) -> str:
    """Return how a file would spell a label."""
    if isinstance(label, bool):
        return str(label).lower()
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _tell_values(classes: Collection[Any], rows: int) -> None:
    """Warn where classes are numbers with decimals, and nearly as many as rows."""
    try:
        values = [float(name) for name in classes]
    except (TypeError, ValueError):
        return
    if len(values) > max(_MOST_RATINGS, rows / 10) and any(value % 1 for value in values):
        logger.warning(
            "train: labels are numbers such as %s, each taken for a class: %d classes in %d rows. Write "
            "ranges or whole numbers instead.",
            *(shown(next(iter(classes))), len(values), rows),
        )


_MOST_RATINGS = 10  # as of stars and their halves


def _tell_alike(classes: Iterable[Any]) -> None:
    """Warn of classes that differ in case or blanks alone, or are the name of a missing value."""
    seen: dict[str, str] = {}
    for name in sorted(one for one in classes if isinstance(one, str)):
        other = seen.setdefault(" ".join(name.casefold().split()), name)
        if other != name:
            logger.warning(
                "train: classes %s and %s differ in case or blanks alone, and are two classes.",
                *(shown(other), shown(name)),
            )
        if name in _NAMES_OF_MISSING:
            logger.warning(
                "train: %s is a class, as astype(str) makes of missing labels. Drop these rows if they have "
                "none.",
                shown(name),
            )


_NAMES_OF_MISSING = frozenset({"nan", "NaN", "NaT", "<NA>"})
