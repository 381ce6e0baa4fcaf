"""Sequences as Python users hand them over, and as a network reads them: standardised, in packs."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ostinato._arrays import columns_of, numbers_in, plain, rows_of, tell_order
from ostinato._errors import DatasetError, named, shown
from ostinato._files import read_json, write_json
from ostinato.data.ragged import Ragged
from ostinato.datasets import Sequences
from ostinato.datasets.records.sequences import joined
from ostinato.metrics.rounding import is_constant, level_of
from ostinato.tasks import saved
from ostinato.tasks.targets import label_of, one_column

logger = logging.getLogger("ostinato")

MOST_DEVIATIONS = 1e6
"""Values further off than this are taken for this: float32 and the network end somewhere."""

FILE = "scaling.json"


def sequences_of(X: Any, y: Any, split: str, features: tuple[str, ...] = ()) -> Sequences:
    """Return sequences and labels as a split of a data set.

    Args:
        X: Arrays ``(time, features)`` or ``(time,)``, or tables, whose columns are the features; one
            array ``(sequences, time, features)``; or what the readers of `ostinato.datasets` give, one
            or a list of them.
        y: A class or a number for each, or None.
        split: Name for messages.
        features: Those of train, so that there may be no sequence at all.

    Raises:
        DatasetError: They are no sequences of numbers, or do not fit one another.

    Example:
        >>> sequences_of([[1.0, 2.0], [3.0]], ["up", "flat"], "train").lengths
        array([2, 1])
    """
    tell_order(X, y, split)
    labels = (
        None
        if y is None
        else [_plain(label, split) for label in rows_of(one_column(y), split, "label")]
    )
    if isinstance(X, Sequences):
        read = X
    else:
        rows = _rows(X, split)
        if not rows and features:
            none = np.empty((0, len(features)))
            return Sequences(none, np.zeros(1, np.int64), None, split, features, [])
        if not (rows and all(isinstance(row, Sequences) for row in rows)):
            return _made(rows, labels, split)
        read = joined(rows)
    if labels is None:
        return read
    rows = [read[row] for row in range(len(read))]
    return Sequences.make(rows, labels, read.source, features=read.features, names=read.names)


def labelled(X: Any, y: Any, split: str) -> Sequences:
    """Return sequences as of :func:`sequences_of`, each with a label.

    Args:
        X: Sequences.
        y: A class or a number for each.
        split: Name for messages.

    Raises:
        DatasetError: One has none.
    """
    found = sequences_of(X, y, split)
    if found.labels is None:
        raise DatasetError(f"{split}: each sequence must have a label; got None. Give the labels.")
    for row, label in enumerate(found.labels, 1):
        if plain(label) is None:
            label_of(label, row)  # raises, since it is missing
    return found


def _rows(X: Any, split: str) -> list[Any]:
    """Return the sequences that something holds."""
    table = columns_of(X, split)
    if table is not None and len(table) != 1:
        raise DatasetError(
            f"{split}: sequences must be arrays of numbers; got a {type(X).__name__} of {len(table)} columns. "
            "Give its array if a row is a sequence, else an array for each sequence of its steps."
        )
    rows = rows_of(X, split, "sequence") if not isinstance(X, Path) else [X]
    if any(isinstance(row, str | bytes | Path) for row in rows):
        raise DatasetError(
            f"{split}: sequences must be arrays of numbers; got text. Read a file with "
            "ostinato.datasets.read_sequences, or name it to `ostinato predict`."
        )
    return rows


def _made(rows: list[Any], labels: list[Any] | None, split: str) -> Sequences:
    """Return sequences; if they are tables, their features are called as the columns."""
    _tell_steps(rows, split)
    tables = [columns_of(row, split) for row in rows]
    first = tables[0] if tables else None
    if first is None or not all(isinstance(name, str) for name in first):
        return Sequences.make(rows, labels, split)
    for number, table in enumerate(tables, 1):
        if table is None or set(table) != set(first):
            raise DatasetError(
                f"{split}: sequence {number} must have the columns of the first, {named(first)}; got "
                f"{'no table' if table is None else named(table)}. Give all sequences the same."
            )
    arrays = [
        np.stack([_column(table[name], name, number, split) for name in first], axis=1)
        for number, table in enumerate(tables, 1)
        if table
    ]
    return Sequences.make(arrays, labels, split, features=list(first))


def _column(values: Any, name: str, number: int, split: str) -> Any:
    try:
        return numbers_in(values, split)
    except ValueError as error:
        raise DatasetError(
            f"{split}: sequence {number}: column `{name}` must hold numbers; got {error}. Convert it, or leave it "
            "out."
        ) from None


def _tell_steps(rows: list[Any], split: str) -> None:
    """Warn where the steps of a table or series do not stand in the order of its index."""
    for number, row in enumerate(rows, 1):
        if not getattr(getattr(row, "index", None), "is_monotonic_increasing", True):
            logger.warning(
                "%s: sequence %d: steps are taken as they stand, and its index is not in order. Sort it if the "
                "index tells the time: sort_index().",
                *(split, number),
            )
            return


def _plain(label: Any, split: str) -> Any:
    """Return a single label as a plain value, missing or not."""
    is_scalar = isinstance(label, str | bytes) or getattr(label, "ndim", None) == 0
    if isinstance(label, Iterable) and not is_scalar:
        raise DatasetError(
            f"{split}: a label must be a single value; got {shown(label)}. Give one a sequence."
        )
    value = plain(label)
    return label if value is None else value


@dataclass(frozen=True)
class Scaling:
    """How each feature is told from its mean in train, in units of its deviation there.

    A missing value is read as the mean; a feature that is missing somewhere in train gets a second
    input, which says where it was there.

    Args:
        features: Names of the features.
        means: Mean of each in train.
        deviations: Its standard deviation; of a feature that is always the same but for rounding its
            size, 1 if that is 0.
        is_marked: Whether it was missing somewhere.
    """

    features: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    is_marked: tuple[bool, ...]

    @classmethod
    def fit(cls, split: Sequences) -> Scaling:
        """Learn the scale of the training sequences.

        Raises:
            DatasetError: A feature has no value at all.

        Example:
            >>> sequences = Sequences.make([[[1.0, 5.0], [3.0, np.nan]]], None, "train")
            >>> scaling = Scaling.fit(sequences)
            >>> scaling.column(sequences).values
            array([[-1.,  0.,  1.],
                   [ 1.,  0.,  0.]], dtype=float32)
        """
        is_missing = np.asarray(np.isnan(split.values))
        empty = is_missing.all(axis=0)
        if empty.any():
            raise DatasetError(
                f"{split.source}: every feature must have a value in train; feature "
                f"`{split.features[int(empty.argmax())]}` has none. Leave it out."
            )
        means, deviations = np.nanmean(split.values, axis=0), np.nanstd(split.values, axis=0)
        is_told = (deviations > 0) & ~is_constant(split.values)
        return cls(
            split.features,
            tuple(means.tolist()),
            tuple(np.where(is_told, deviations, level_of(means)).tolist()),
            tuple(bool(column.any()) for column in is_missing.T),
        )

    @property
    def num_inputs(self) -> int:
        """Inputs of the network at each step."""
        return len(self.features) + sum(self.is_marked)

    def column(self, split: Sequences) -> Ragged:
        """Return the inputs of a split, float32.

        Raises:
            DatasetError: It has other features than train.
        """
        values = split.arranged(self.features).values
        scaled = (values - np.array(self.means)) / np.array(self.deviations)
        scaled = np.clip(scaled, -MOST_DEVIATIONS, MOST_DEVIATIONS)
        is_there = ~np.isnan(values[:, np.array(self.is_marked)])
        inputs = np.concatenate([np.nan_to_num(scaled), is_there], axis=1, dtype=np.float32)
        return Ragged(inputs, split.offsets)

    def save(self, run: Path) -> None:
        """Write ``scaling.json``."""
        write_json(run / FILE, asdict(self))

    @classmethod
    def load(cls, run: Path) -> Scaling:
        """Read ``scaling.json``.

        Raises:
            CheckpointError: It is missing, broken or of another kind.
        """
        path = run / FILE
        values = read_json(path)
        found = cls(
            saved.texts(values, "features", path),
            saved.numbers(values, "means", path),
            saved.numbers(values, "deviations", path, positive=True),
            saved.flags(values, "is_marked", path),
        )
        if len({len(column) for column in vars(found).values()}) != 1:
            raise saved.misfit(path, "features", "as many as means and deviations", values)
        return found
