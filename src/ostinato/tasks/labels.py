"""Class labels as indices, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ostinato._errors import DatasetError
from ostinato._files import read_json, write_json
from ostinato.metrics import decide


@dataclass(frozen=True)
class Labels:
    """The classes of a task, in the order of the model's outputs.

    Args:
        classes: Each class once, sorted.
        multi_label: Whether an example has any number of classes instead of exactly one.

    Example:
        >>> labels = Labels.fit(["pos", "neg", "pos"])
        >>> labels.classes, labels.encode(["neg"]).tolist()
        (('neg', 'pos'), [0])
    """

    classes: tuple[Any, ...]
    multi_label: bool = False

    @classmethod
    def fit(cls, labels: Sequence[Any], *, multi_label: bool = False) -> Labels:
        """Collect the classes of training labels.

        Raises:
            DatasetError: A label is missing, or kinds are mixed.
        """
        if multi_label:
            rows = [_plain_list(row, number) for number, row in enumerate(labels)]
            found = {_plain(label, number) for number, row in enumerate(rows) for label in row}
        else:
            found = {_plain(label, number) for number, label in enumerate(labels)}
        try:
            classes = tuple(sorted(found))
        except TypeError as error:
            kinds = ", ".join(sorted({type(label).__name__ for label in found}))
            raise DatasetError(
                f"train: labels must be of one kind; got {kinds}. Turn them all into strings."
            ) from error
        return cls(classes, multi_label)

    def encode(self, labels: Sequence[Any], part: str = "data") -> Tensor:
        """Return class indices ``(n,)``, or for multi-label 0 and 1 as ``(n, classes)`` float32.

        Raises:
            DatasetError: A label never occurred in train.
        """
        index = {_name(label): number for number, label in enumerate(self.classes)}
        index |= {label: number for number, label in enumerate(self.classes)}
        if not self.multi_label:
            return torch.tensor([self._index(index, y, n, part) for n, y in enumerate(labels)])
        targets = torch.zeros(len(labels), len(self.classes))
        for number, row in enumerate(labels):
            for label in _plain_list(row, number):
                targets[number, self._index(index, label, number, part)] = 1
        return targets

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
        write_json(
            run / "labels.json", {"classes": list(self.classes), "multi_label": self.multi_label}
        )

    @classmethod
    def load(cls, run: Path) -> Labels:
        """Read ``labels.json``."""
        saved = read_json(run / "labels.json")
        return cls(tuple(saved["classes"]), saved["multi_label"])

    def _index(self, index: dict[Any, int], label: Any, number: int, part: str) -> int:
        plain = _plain(label, number)
        if plain not in index:
            known = ", ".join(map(repr, self.classes[:20]))
            raise DatasetError(
                f"{part}: row {number + 1} has the label {plain!r}, which never occurs in train "
                f"({known}). Correct it, or add examples of it to train."
            )
        return index[plain]


def _name(label: Any) -> str:
    """Return how a file would spell a label."""
    if isinstance(label, bool):
        return str(label).lower()
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _plain_list(row: Any, number: int) -> list[Any]:
    if isinstance(row, str) or not isinstance(row, Sequence | np.ndarray | set | frozenset):
        raise DatasetError(
            f"Row {number + 1}: labels must be a list for multi-label; got {row!r}. "
            "Give lists of labels, or leave multi_label off."
        )
    return list(row)


def _plain(label: Any, number: int) -> Any:
    """Return a label as a plain str, int, float or bool."""
    value = label.item() if isinstance(label, np.generic) else label
    if value is None or value != value:  # NaN is the one value that differs from itself
        raise DatasetError(
            f"Row {number + 1}: the label must not be missing; got {value!r}. "
            "Drop the row or give it a label."
        )
    if isinstance(value, list | tuple | set | dict | np.ndarray):
        raise DatasetError(
            f"Row {number + 1}: the label must be a single value; got {value!r}. "
            "Set multi_label for several labels an example."
        )
    return value
