"""Rows of different lengths as flat values and offsets, memory-mapped from disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ostinato._arrays import Int64s
from ostinato._config import check_range
from ostinato._errors import DatasetError, ShapeError

Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Ragged:
    """A column of rows of different lengths.

    Row ``i`` is ``values[offsets[i]:offsets[i + 1]]``.

    Args:
        values: The rows, one after another.
        offsets: Where each row begins, and at last where the last one ends.

    Shape:
        values: ``(total,)``, or ``(total, features)``.
        offsets: ``(rows + 1,)``, int64, from 0 to ``total``, never falling.

    Raises:
        ShapeError: The offsets do not describe rows of the values.

    Example:
        >>> column = Ragged.from_rows([[1, 2, 3], [4]])
        >>> column[0], column.lengths, len(column)
        (array([1, 2, 3], dtype=int32), array([3, 1]), 2)
    """

    values: Array
    offsets: Int64s

    def __post_init__(self) -> None:
        offsets = self.offsets
        if self.values.ndim not in (1, 2) or offsets.ndim != 1 or offsets.dtype != np.int64:
            raise ShapeError(
                "Ragged: values must have one or two dimensions, offsets one, of int64; "
                f"got shapes {self.values.shape} and {offsets.shape} of {offsets.dtype}."
            )
        ends_fit = len(offsets) > 0 and offsets[0] == 0 and offsets[-1] == len(self.values)
        if not ends_fit or np.any(offsets[1:] < offsets[:-1]):
            raise ShapeError(
                f"Ragged: offsets must rise from 0 to the {len(self.values)} values; "
                f"got {offsets[:3].tolist()} ... {offsets[-1:].tolist()}."
            )

    @classmethod
    def from_rows(cls, rows: Iterable[npt.ArrayLike], dtype: npt.DTypeLike = np.int32) -> Ragged:
        """Make a column of ``rows``, each a list or an array."""
        arrays = [np.asarray(row, dtype=dtype) for row in rows]
        values = np.concatenate(arrays) if arrays else np.empty(0, dtype)
        return cls(values, _offsets(np.array([len(row) for row in arrays], np.int64)))

    @classmethod
    def concatenate(cls, columns: Sequence[Ragged]) -> Ragged:
        """Make one column of the rows of several, in order."""
        lengths = np.concatenate([column.lengths for column in columns])
        return cls(np.concatenate([column.values for column in columns]), _offsets(lengths))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Array:
        row = range(len(self))[row]
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def __iter__(self) -> Iterator[Array]:
        return (self[row] for row in range(len(self)))

    @property
    def lengths(self) -> Int64s:
        """Length of each row, int64."""
        return np.diff(self.offsets)

    def take(self, indices: npt.ArrayLike) -> Ragged:
        """Return the rows ``indices``, in that order, as a new column."""
        rows = np.asarray(indices, dtype=np.int64)
        offsets = _offsets(self.lengths[rows])
        shift = np.repeat(self.offsets[:-1][rows] - offsets[:-1], np.diff(offsets))  # (total,)
        return Ragged(self.values[np.arange(offsets[-1]) + shift], offsets)

    def head_and_tail(self, max_length: int) -> Ragged:
        """Keep of each row longer than ``max_length`` its first and its last half.

        Args:
            max_length: Most values kept of a row; of an odd number the head gets one more.

        Returns:
            A new column, or this one if no row is longer.

        Raises:
            ConfigError: ``max_length`` is below 1.

        Example:
            >>> list(Ragged.from_rows([range(10), [7]]).head_and_tail(5))
            [array([0, 1, 2, 8, 9], dtype=int32), array([7], dtype=int32)]
        """
        check_range("head_and_tail", "max_length", max_length, low=1)
        long = np.flatnonzero(self.lengths > max_length)
        if len(long) == 0:
            return self
        tail = max_length // 2
        step = np.zeros(len(self.values) + 1, np.int8)  # (total + 1,)
        step[self.offsets[long] + max_length - tail] = 1
        step[self.offsets[long + 1] - tail] -= 1
        is_kept = np.cumsum(step[:-1], dtype=np.int8) == 0  # (total,)
        return Ragged(self.values[is_kept], _offsets(np.minimum(self.lengths, max_length)))

    def save(self, path: str | Path) -> None:
        """Write values without features as one Arrow IPC file, which can be memory-mapped."""
        rows = pa.LargeListArray.from_arrays(_to_arrow(self.offsets), _to_arrow(self.values))
        batch = pa.RecordBatch.from_arrays([rows], names=["rows"])
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)

    @classmethod
    def load(cls, path: str | Path) -> Ragged:
        """Map a file written by `save` into memory; nothing is read until it is used.

        Raises:
            DatasetError: The file is missing, cut short or something else.
        """
        try:
            rows = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0).column("rows")
            return cls(_to_numpy(rows.values), _to_numpy(rows.offsets))
        except (OSError, pa.ArrowInvalid, KeyError, AttributeError, ShapeError) as error:
            raise DatasetError(
                f"Ragged.load: {path} must be a file written by Ragged.save; got {error}. "
                "Delete it and make it again."
            ) from error


def _offsets(lengths: Int64s) -> Int64s:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


# Through buffers, as pyarrow's own conversions import pandas where it is installed.


def _to_arrow(array: Array) -> pa.Array:
    buffer = pa.py_buffer(np.ascontiguousarray(array))
    return pa.Array.from_buffers(pa.from_numpy_dtype(array.dtype), len(array), [None, buffer])


def _to_numpy(array: pa.Array) -> Array:
    dtype = np.dtype(array.type.to_pandas_dtype())
    buffer = array.buffers()[1]
    if not len(array):
        return np.empty(0, dtype)
    return np.frombuffer(buffer, dtype, len(array), array.offset * dtype.itemsize)
