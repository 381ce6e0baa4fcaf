"""Labelled texts as the readers hand them on, their fingerprint, and their form on disk."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import logging
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, cast, overload

import numpy as np
import pyarrow as pa

from ostinato._errors import DatasetError, named
from ostinato.datasets.limits import limit

logger = logging.getLogger("ostinato")

Labels: TypeAlias = "list[str] | list[list[str]] | None"

_CHUNK_ROWS = 1024


class Texts(Sequence[str]):
    """Texts of an Arrow column, possibly memory-mapped; decoded when they are asked for.

    Args:
        array: Arrow array of type ``large_string`` without nulls.

    Example:
        >>> texts = Texts(pa.array(["a", "b", "c"], pa.large_string()))
        >>> texts[0], texts[1:], len(texts)
        ('a', ['b', 'c'], 3)
    """

    def __init__(self, array: Any) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return cast("list[str]", self.array[index].to_pylist())
        return cast(str, self.array[operator.index(index)].as_py())

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _CHUNK_ROWS):
            yield from self[start : start + _CHUNK_ROWS]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Texts):
            return bool(self.array.equals(other.array))
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # equal to a list, so as unhashable as one

    def __repr__(self) -> str:
        return f"Texts({len(self)} texts)"


@dataclass(frozen=True)
class Examples:
    """Texts and their labels, as one split (train, validation or test) of a data set.

    Args:
        texts: The texts.
        labels: A label for each text, or a list of labels for each (multi-label), or none at all.
        source: Path or name the texts come from, for messages and records.
        fingerprint: SHA-256 (hex) of texts, labels and weights; two splits with the same content have
            the same.
        weights: How much each text counts in the loss; none if all count the same.
        classes: The labels there may be, where they came as a matrix with a column for each.

    Example:
        >>> Examples.make(["good", "bad"], ["1", "0"], "a list").labels
        ['1', '0']
    """

    texts: Sequence[str]
    labels: Labels
    source: str
    fingerprint: str
    weights: list[float] | None = None
    classes: tuple[Any, ...] | None = None

    @staticmethod
    def make(texts: Sequence[str], labels: Labels, source: str) -> Examples:
        """Check texts and labels, log how many texts are empty, and compute the fingerprint.

        Args:
            texts: The texts.
            labels: One label or one list of labels for each text, or None.
            source: Path or name for messages.

        Raises:
            DatasetError: There is no text, a text is no string of valid Unicode, or the counts differ.

        Example:
            >>> Examples.make(["good"], None, "a list").fingerprint[:8]
            '33e45a7a'
        """
        array = _text_array(texts, source)
        if not len(array):
            raise DatasetError(f"{source}: there must be at least one text; got none. Add a row.")
        if labels is not None and len(labels) != len(array):
            raise DatasetError(
                f"{source}: there must be as many labels as texts; "
                f"got {len(labels)} labels and {len(array)} texts. Give each text a label."
            )
        lengths = _content(array)[0]
        _check_lengths(lengths, source)
        empty = np.flatnonzero(lengths == 0)
        if len(empty):
            logger.warning(
                "%s: %d of %d texts are empty, the first in row %d.",
                *(source, len(empty), len(array), empty[0] + 1),
            )
        return _of_checked(array, texts, labels, source)

    @staticmethod
    def rows_of(texts: Sequence[str], labels: Labels, source: str) -> Examples:
        """Return rows of examples that were made, as examples of their own; nothing is told again.

        Args:
            texts: The texts.
            labels: One label or one list of labels for each text, or None.
            source: Path or name for messages.

        Example:
            >>> Examples.rows_of(["good"], None, "a list").fingerprint[:8]
            '33e45a7a'
        """
        return _of_checked(_text_array(texts, source), texts, labels, source)

    def weighted(self, weights: list[float]) -> Examples:
        """Return the same texts, each with how much it counts in the loss."""
        content = self.fingerprint.encode() + np.array(weights, "<f8").tobytes()
        return replace(self, weights=weights, fingerprint=hashlib.sha256(content).hexdigest())

    @property
    def keys(self) -> Sequence[str]:
        """What tells the examples from one another: their texts."""
        return self.texts

    @property
    def is_multi_label(self) -> bool:
        """Whether each text has a list of labels."""
        return _is_multi_label(self.labels)


def _of_checked(array: Any, texts: Sequence[str], labels: Labels, source: str) -> Examples:
    kept = texts if isinstance(texts, (list, Texts)) else Texts(array)
    return Examples(kept, labels, source, _fingerprint(array, labels))


def _check_lengths(lengths: np.ndarray[Any, np.dtype[np.int64]], source: str) -> None:
    most = limit("OSTINATO_MAX_TEXT_MB")
    if int(lengths.max()) > most << 20:
        raise DatasetError(
            f"{source}: a text must have at most {most} MB; got {int(lengths.max()) >> 20} MB in row "
            f"{int(lengths.argmax()) + 1}. Cut it, or raise the environment variable OSTINATO_MAX_TEXT_MB."
        )


def _is_multi_label(labels: Labels) -> bool:
    return labels is not None and len(labels) > 0 and isinstance(labels[0], list)


def _text_array(texts: Sequence[str], source: str) -> Any:
    if isinstance(texts, Texts):
        return texts.array
    with contextlib.suppress(pa.ArrowInvalid, pa.ArrowTypeError, TypeError, UnicodeEncodeError):
        array = pa.array(list(texts), pa.large_string(), from_pandas=False)
        if not array.null_count:
            return array
    row, text = _first_other(texts)
    if isinstance(text, str):
        raise DatasetError(
            f"{source}: a text must be valid Unicode; got half a surrogate pair in row {row}. "
            "Write the character itself or both halves."
        )
    raise DatasetError(
        f"{source}: a text must be a string; got {type(text).__name__} in row {row}. "
        "Turn it into a string or leave the row out."
    )


def _first_other(texts: Sequence[object]) -> tuple[int, object]:
    """Return the first row that is no string of valid Unicode, and what stands there."""
    return next(
        (row, text)
        for row, text in enumerate(texts, 1)
        if not isinstance(text, str) or text != text.encode(errors="replace").decode()
    )


def _content(array: Any) -> tuple[np.ndarray[Any, np.dtype[np.int64]], memoryview]:
    """Return the lengths in bytes and the bytes of an Arrow string array, without a copy."""
    _, offset_buffer, data = array.buffers()
    if not len(array):
        return np.zeros(0, np.int64), memoryview(b"")
    offsets = np.frombuffer(offset_buffer, np.int64)[array.offset : array.offset + len(array) + 1]
    whole = memoryview(b"" if data is None else data)
    return np.diff(offsets), whole[offsets[0] : offsets[-1]]


def _fingerprint(texts: Any, labels: Labels) -> str:
    digest = hashlib.sha256()
    columns = [texts]
    if labels is not None:
        rows = [_as_list(label) for label in labels]
        if _is_multi_label(labels):
            digest.update(np.array([len(row) for row in rows], "<i8").tobytes())
        flat = list(itertools.chain.from_iterable(rows))
        columns.append(pa.array(flat, pa.large_string()))
    for column in columns:
        lengths, data = _content(column)
        digest.update(len(lengths).to_bytes(8, "little"))
        digest.update(lengths.astype("<i8", copy=False).tobytes())
        digest.update(data)
    return digest.hexdigest()


def write_examples(splits: Mapping[str, Examples], folder: Path) -> None:
    """Write each split to ``<split>.arrow`` (Arrow IPC file) in ``folder``.

    Args:
        splits: Single-label splits by name.
        folder: An existing folder.

    Example:
        >>> examples = Examples.make(["good", "bad"], ["1", "0"], "a list")
        >>> folder = getfixture("tmp_path")
        >>> write_examples({"train": examples}, folder)
        >>> read_examples(folder, "a list") == {"train": examples}
        True
    """
    for name, split in splits.items():
        table = pa.table(
            {
                "text": _text_array(split.texts, split.source),
                "label": pa.array(split.labels, pa.string()),
            }
        ).replace_schema_metadata({"fingerprint": split.fingerprint})
        path = str(folder / f"{name}.arrow")
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)


def read_examples(folder: Path, source: str) -> dict[str, Examples]:
    """Read what :func:`write_examples` wrote; texts stay in the memory-mapped file.

    Args:
        folder: The folder.
        source: Path or name the splits come from.

    Returns:
        The splits by name, in the order train, validation, test.
    """
    splits = {}
    for name in ("train", "validation", "test"):
        path = folder / f"{name}.arrow"
        if path.exists():
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            texts = Texts(_one_chunk(table["text"]))
            fingerprint = table.schema.metadata[b"fingerprint"].decode()
            splits[name] = Examples(texts, table["label"].to_pylist(), source, fingerprint)
    return splits


def _one_chunk(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def check_splits(splits: Mapping[str, Examples]) -> None:
    """Raise DatasetError unless a classifier can be trained and measured on ``splits``.

    Args:
        splits: Splits by name, with ``"train"`` among them.

    Raises:
        DatasetError: A split has no labels, train has one class only, or another split has a label
            that train never has.

    Example:
        >>> check_splits({"train": Examples.make(["good", "bad"], ["1", "0"], "a list")})
    """
    train = splits["train"]
    known = set(_flat(train, "train"))
    if len(known) < (1 if train.is_multi_label else 2):
        raise DatasetError(
            f"{train.source}: train must have at least two different labels; "
            f"got {named(known)} in all {len(train.texts)} rows. "
            "Add texts of another class, or name another label column."
        )
    for name, split in splits.items():
        labels = _flat(split, name)
        if split.is_multi_label != train.is_multi_label:
            raise DatasetError(
                f"{split.source}: {name} must have the same kind of labels as train, lists or single "
                "labels; got the other kind. Give both splits the same kind."
            )
        unseen = set(labels) - known
        if unseen:
            rows = map(_as_list, split.labels or [])
            row = next(number for number, row in enumerate(rows, 1) if unseen & set(row))
            raise DatasetError(
                f"{split.source}: every label of {name} must occur in train, which has "
                f"{named(sorted(known), 10)}; got {named(sorted(unseen), 10)}, the first in row {row}. "
                "Correct the label, or add texts of that class to train."
            )


def _flat(split: Examples, name: str) -> list[str]:
    if split.labels is None:
        raise DatasetError(
            f"{split.source}: {name} must have labels; got none. Name the label column."
        )
    return [label for row in split.labels for label in _as_list(row)]


def _as_list(label: str | list[str]) -> list[str]:
    return label if isinstance(label, list) else [label]
