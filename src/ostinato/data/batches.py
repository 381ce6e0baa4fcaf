"""Batches of rows of similar length, packed without an intermediate padded tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato._arrays import Int64s
from ostinato._config import check_range
from ostinato._errors import ConfigError, ShapeError
from ostinato.data.ragged import Ragged
from ostinato.ops import Layout

LENGTH_NOISE = 0.1
"""Relative noise on lengths before sorting, which shuffles rows of similar length."""

MOST_PADDING = 2**20
"""Most padding of a batch, were it padded: so a text of a million tokens is a batch of its own."""


def length_buckets(
    lengths: npt.ArrayLike,
    *,
    batch_tokens: int | None,
    batch_size: int | None,
    seed: int,
    epoch: int | None,
) -> list[Int64s]:
    """Group rows of similar length into batches.

    With an epoch, a little noise is added to lengths before sorting, and the order of the batches is
    random; both are a function of seed and epoch. Without one, rows go from the longest to the shortest.

    Args:
        lengths: Length of each row.
        batch_tokens: Most tokens in a batch; a longer row is a batch of its own.
        batch_size: Most rows in a batch.
        seed: Seed of the order.
        epoch: Number of the epoch, or None for the order of evaluation.

    Returns:
        Row indices of each batch, sorted by decreasing length; every row is in one batch.

    Raises:
        ConfigError: Both limits are None, or one is below 1.

    Example:
        >>> length_buckets([3, 9, 4, 4], batch_tokens=8, batch_size=None, seed=0, epoch=None)
        [array([1]), array([2, 3]), array([0])]
    """
    if batch_tokens is None and batch_size is None:
        raise ConfigError(
            "length_buckets: batch_tokens or batch_size must be set; both are None. "
            "Give the most tokens or the most sequences in a batch."
        )
    check_range("length_buckets", "batch_tokens", batch_tokens, low=1)
    check_range("length_buckets", "batch_size", batch_size, low=1)
    sizes = np.asarray(lengths, dtype=np.int64)
    if len(sizes) == 0:
        return []
    rng = None if epoch is None else np.random.default_rng([seed, epoch])
    rows = _by_length(sizes, rng)
    starts = _cuts(sizes[rows], batch_tokens, batch_size)
    batch_of = np.zeros(len(rows), np.int64)
    batch_of[starts[1:]] = 1
    batch_of = np.cumsum(batch_of)
    rows = rows[np.lexsort((rows, -sizes[rows], batch_of))]
    batches = [rows[a:b] for a, b in zip(starts, [*starts[1:], len(rows)], strict=True)]
    if rng is not None:
        batches = [batches[place] for place in rng.permutation(len(batches))]
    return batches


def collate(column: Ragged, rows: npt.ArrayLike) -> PackedSequence:
    """Pack rows straight from the flat column, time-major, without padding.

    Args:
        column: Rows of integer ids, or of float features of each step; may be memory-mapped.
        rows: Row indices, sorted by decreasing length as `length_buckets` gives them.

    Returns:
        What ``torch.nn.utils.rnn.pack_sequence`` gives for these rows; ids as int64.

    Raises:
        ShapeError: A row is empty, there is no row, or they are not sorted.

    Example:
        >>> collate(Ragged.from_rows([[1, 2, 3], [4]]), [0, 1]).data
        tensor([1, 4, 2, 3])
    """
    indices = np.asarray(rows, dtype=np.int64)
    starts = column.offsets[indices]
    lengths = column.offsets[indices + 1] - starts
    _check_packable(indices, lengths)
    row, step, batch_sizes = packed_places(lengths)  # (places,), (places,), (steps,)
    place = starts[row] + step
    values = column.values[place]  # (places,) or (places, features)
    if values.dtype.kind != "f":
        values = values.astype(np.int64, copy=False)
    return PackedSequence(torch.from_numpy(values), torch.from_numpy(batch_sizes))


def packed_places(lengths: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Return row and step of each place of a packed batch, and its batch sizes.

    Shape:
        row, step: ``(places,)``.
        batch sizes: ``(steps,)``.

    Args:
        lengths: Steps of each row, never rising, at least 1.

    Example:
        >>> [split.tolist() for split in packed_places(np.array([3, 1]))]
        [[0, 1, 0, 0], [0, 0, 1, 2], [2, 1, 1]]
    """
    steps = int(lengths[0])
    ended = np.cumsum(np.bincount(lengths, minlength=steps + 1))  # rows of length <= t
    batch_sizes = len(lengths) - ended[:steps]  # (steps,)
    first = np.cumsum(batch_sizes) - batch_sizes
    row = np.arange(lengths.sum()) - np.repeat(first, batch_sizes)  # (places,)
    return row, np.repeat(np.arange(steps), batch_sizes), batch_sizes


def unpacked(data: Tensor, batch_sizes: Tensor) -> Iterator[npt.NDArray[Any]]:
    """Yield the steps of each row of a packed batch, the longest row first.

    Args:
        data: Values in packed order, on the CPU.
        batch_sizes: Rows that are still running at each step.

    Shape:
        data: ``(places, ...)``.

    Example:
        >>> [row.tolist() for row in unpacked(torch.tensor([1, 4, 2, 3]), torch.tensor([2, 1, 1]))]
        [[1, 2, 3], [4]]
    """
    layout = Layout(batch_sizes)
    # of shape (places, ...), row by row
    by_row = data.index_select(0, torch.argsort(layout.row, stable=True)).numpy()
    yield from np.split(by_row, np.cumsum(layout.lengths.numpy())[:-1])


def _by_length(sizes: Int64s, rng: np.random.Generator | None) -> Int64s:
    if rng is None:
        return np.argsort(-sizes, kind="stable")
    blurred = sizes * rng.uniform(1 - LENGTH_NOISE, 1 + LENGTH_NOISE, len(sizes))
    order: Int64s = np.argsort(-blurred)
    return order


def _cuts(sizes: Int64s, batch_tokens: int | None, batch_size: int | None) -> list[int]:
    """Return the first row of each batch, rows of ``sizes`` being taken in order while they fit."""
    most_rows = len(sizes) if batch_size is None else batch_size
    ends = np.cumsum(sizes)
    most_tokens = int(ends[-1]) if batch_tokens is None else batch_tokens
    starts, start, used = [], 0, 0
    while start < len(sizes):
        starts.append(start)
        fitting = int(np.searchsorted(ends, used + most_tokens, side="right"))
        stop = max(start + 1, min(fitting, start + most_rows))
        block = sizes[start:stop]
        # of shape (rows,)
        padding = np.maximum.accumulate(block) * np.arange(1, len(block) + 1) - np.cumsum(block)
        start += max(1, int(np.searchsorted(padding, MOST_PADDING, side="right")))
        used = int(ends[start - 1])
    return starts


def _check_packable(rows: Int64s, lengths: Int64s) -> None:
    if len(lengths) == 0:
        raise ShapeError("collate: a batch must have a row; got none.")
    if lengths.min() == 0:
        raise ShapeError(
            f"collate: every row must have a token; got none in row {rows[lengths.argmin()]}. "
            "Encode an empty text as one unknown token, or leave it out."
        )
    if np.any(lengths[1:] > lengths[:-1]):
        raise ShapeError(
            "collate: rows must be sorted by decreasing length; "
            f"got lengths {lengths[:4].tolist()} ... Take the batches of length_buckets."
        )
