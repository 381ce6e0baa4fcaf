"""Sequences of numbers and their labels, as the readers hand them on; nothing is scaled here."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._arrays import Float64s, numbers_in
from ostinato._errors import DatasetError
from ostinato.datasets.records.stand_ins import tell_stand_ins

logger = logging.getLogger("ostinato")


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of numbers, one split (train, validation or test) of a data set.

    Sequence ``i`` is ``values[offsets[i]:offsets[i + 1]]``.

    Args:
        values: The steps of all sequences, one after another; NaN where a value is missing.
        offsets: Where each sequence begins, and at last where the last one ends.
        labels: A class or a number for each sequence, or none at all.
        source: Path or name they come from, for messages and records.
        features: Names of the features.
        names: How messages call each sequence.
        weights: How much each sequence counts in the loss; none if all count the same.
        has_values: Whether the file says that labels are numbers to be told, not classes.

    Shape:
        values: ``(steps of all, features)``, float64.
        offsets: ``(sequences + 1,)``, int64.

    Example:
        >>> sequences = Sequences.make([[1.0, 2.0], [3.0]], ["up", "flat"], "a list")
        >>> sequences.lengths, sequences.values.shape, sequences.names
        (array([2, 1]), (3, 1), ['sequence 1', 'sequence 2'])
    """

    values: Float64s
    offsets: npt.NDArray[np.int64]
    labels: list[Any] | None
    source: str
    features: tuple[str, ...]
    names: list[str]
    weights: list[float] | None = None
    has_values: bool = False

    @staticmethod
    def make(
        rows: Sequence[npt.ArrayLike] | npt.NDArray[Any],
        labels: Sequence[Any] | npt.NDArray[Any] | None,
        source: str,
        *,
        features: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
    ) -> Sequences:
        """Check sequences and put them one after another.

        Args:
            rows: Arrays ``(time, features)`` or ``(time,)`` of any lengths; or one array
                ``(sequences, time, features)`` or ``(sequences, time)``.
            labels: A class or a number for each, or None.
            source: Path or name for messages.
            features: Names of the features, else their numbers from 1.
            names: How messages call each sequence, else by its number from 1.

        Raises:
            DatasetError: There is no sequence, one is empty, has other features or infinite values,
                or the counts differ.

        Example:
            >>> Sequences.make([[1.0], []], None, "a list")
            Traceback (most recent call last):
            ...
            ostinato._errors.DatasetError: a list: sequence 2 must have at least one step; got none. Leave it out.
        """
        called = [f"sequence {n}" for n in range(1, len(rows) + 1)] if names is None else names
        if not len(rows):
            raise DatasetError(f"{source}: there must be a sequence; got none. Add one.")
        if labels is not None and len(labels) != len(rows):
            raise DatasetError(
                f"{source}: there must be as many labels as sequences; got {len(labels)} labels and "
                f"{len(rows)} sequences. Give each sequence one."
            )
        arrays = [_steps(row, f"{source}: {name}") for row, name in zip(rows, called, strict=True)]
        width = len(features) if features is not None else arrays[0].shape[1]
        for array, name in zip(arrays, called, strict=True):
            if array.shape[1] != width:
                raise DatasetError(
                    f"{source}: {name} must have {width} features, as the others have; "
                    f"got {array.shape[1]}. Give all sequences the same."
                )
        split = Sequences(
            np.concatenate(arrays),
            np.cumsum([0, *map(len, arrays)], dtype=np.int64),
            None if labels is None else [_plain(label) for label in labels],
            source,
            numbered(width) if features is None else tuple(features),
            list(called),
        )
        split.check_finite()
        tell_stand_ins(dict(zip(split.features, split.values.T, strict=True)), source)
        if len(split) > 1 and features is None:
            _tell_axes(split)
        return split

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Float64s:
        row = range(len(self))[row]
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def __iter__(self) -> Iterator[Float64s]:
        return (self[row] for row in range(len(self)))

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps of each sequence."""
        return np.diff(self.offsets)

    @cached_property
    def keys(self) -> list[str]:
        """SHA-256 (hex) of each sequence, to tell those that stand twice."""
        return [hashlib.sha256(self[row].tobytes()).hexdigest() for row in range(len(self))]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of sequences, labels and weights."""
        digest = hashlib.sha256(str(len(self.features)).encode())
        labels = self.labels or [""] * len(self)
        for key, label in zip(self.keys, labels, strict=True):
            label_text = str(label)
            digest.update(f"{key}{len(label_text.encode())}:{label_text}".encode())
        if self.weights is not None:
            digest.update(np.array(self.weights, "<f8").tobytes())
        return digest.hexdigest()

    def take(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> Sequences:
        """Return some of the sequences as a split of their own."""
        return Sequences(
            np.concatenate([self[row] for row in rows]),
            np.cumsum([0, *self.lengths[np.asarray(rows)]], dtype=np.int64),
            None if self.labels is None else [self.labels[row] for row in rows],
            self.source,
            self.features,
            [self.names[row] for row in rows],
            None if self.weights is None else [self.weights[row] for row in rows],
            self.has_values,
        )

    def weighted(self, weights: list[float]) -> Sequences:
        """Return the same sequences, each with how much it counts in the loss."""
        return replace(self, weights=weights)

    def arranged(self, features: tuple[str, ...]) -> Sequences:
        """Return the same with its features in the order of ``features``.

        Args:
            features: The names, in the order that is wanted; where either side has only numbers for
                names, the order is taken to be right.

        Raises:
            DatasetError: There are others, or another number of them.

        Example:
            >>> sequences = Sequences.make([[[1.0, 2.0]]], None, "a list", features=("x", "y"))
            >>> sequences.arranged(("y", "x")).values
            array([[2., 1.]])
        """
        plain = numbered(len(features))
        if len(self.features) != len(features):
            raise DatasetError(
                f"{self.source}: sequences must have {_count(features)}, as in train; "
                f"got {_count(self.features)}. Give the same features."
            )
        if features in (self.features, plain) or self.features == plain:
            return self
        missing = [name for name in features if name not in self.features]
        if missing:
            raise DatasetError(
                f"{self.source}: sequences must have the feature `{missing[0]}`, as in train; "
                f"the features are {', '.join(f'`{name}`' for name in self.features)}."
            )
        order = [self.features.index(name) for name in features]
        return replace(self, values=self.values[:, order], features=features)

    def check_finite(self) -> None:
        """Raise DatasetError, naming sequence, step and feature, if a value is infinite."""
        places = np.argwhere(np.isinf(self.values))
        if len(places):
            step, feature = places[0]
            row = int(np.searchsorted(self.offsets, step, side="right")) - 1
            raise DatasetError(
                f"{self.source}: {self.names[row]}: every value must be a finite number, or NaN where "
                f"it is missing; got {self.values[step, feature]} at step "
                f"{step - self.offsets[row] + 1} of feature `{self.features[feature]}`. Correct it."
            )


def _tell_axes(split: Sequences) -> None:
    """Warn where what are taken for features are more than the steps, and all sequences are as long."""
    steps, width = int(split.lengths[0]), len(split.features)
    if width > steps and (split.lengths == steps).all():
        logger.warning(
            "%s: each sequence has %d step%s of %d features. If these are steps, as in sktime's order "
            "(sequences, features, time), swap the axes: X.transpose(0, 2, 1).",
            *(split.source, steps, "s" * (steps > 1), width),
        )


def joined(splits: Sequence[Sequences]) -> Sequences:
    """Return the sequences of several splits, of the same features, as one split.

    Args:
        splits: The splits, at least one.

    Example:
        >>> sequences = Sequences.make([[1.0], [2.0, 3.0]], None, "a list")
        >>> joined([sequences.take([1]), sequences.take([0])]).names
        ['sequence 2', 'sequence 1']
    """
    first = splits[0]
    labels = [split.labels for split in splits]
    lengths = np.concatenate([split.lengths for split in splits])
    return Sequences(
        np.concatenate([split.arranged(first.features).values for split in splits]),
        np.cumsum([0, *lengths], dtype=np.int64),
        None if None in labels else [label for some in labels for label in some or ()],
        first.source,
        first.features,
        [name for split in splits for name in split.names],
    )


def numbered(count: int) -> tuple[str, ...]:
    """Return the names of features that have none: their numbers.

    Example:
        >>> numbered(3)
        ('1', '2', '3')
    """
    return tuple(str(number) for number in range(1, count + 1))


def _steps(row: npt.ArrayLike, where: str) -> Float64s:
    try:
        array = numbers_in(row, where)
    except (ValueError, TypeError) as error:
        raise DatasetError(
            f"{where} must be an array of numbers, (time, features) or (time,); got {error}. "
            "Convert its values, and give each step the same features."
        ) from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] == 0:
        raise DatasetError(
            f"{where} must be (time, features) or (time,); got shape {array.shape}. Reshape it."
        )
    if not len(array):
        raise DatasetError(f"{where} must have at least one step; got none. Leave it out.")
    return np.ascontiguousarray(array)


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def _count(features: Sequence[str]) -> str:
    return f"{len(features)} feature{'s' if len(features) > 1 else ''}"
