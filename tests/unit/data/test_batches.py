from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence

from ostinato import ConfigError, ShapeError
from ostinato.data.batches import collate, length_buckets
from ostinato.data.ragged import Ragged

some_lengths = st.lists(st.integers(0, 40), max_size=60)
limits = st.tuples(st.none() | st.integers(1, 60), st.none() | st.integers(1, 9)).filter(
    lambda pair: pair != (None, None)
)
epochs = st.none() | st.integers(0, 5)


def buckets(
    lengths: list[int], limit: tuple[int | None, int | None], seed: int, epoch: int | None
) -> list[list[int]]:
    batches = length_buckets(
        lengths, batch_tokens=limit[0], batch_size=limit[1], seed=seed, epoch=epoch
    )
    return [batch.tolist() for batch in batches]


@given(some_lengths, limits, st.integers(0, 9), epochs)
def test_every_row_is_in_one_batch_within_the_limits(
    lengths: list[int], limit: tuple[int | None, int | None], seed: int, epoch: int | None
) -> None:
    batches = buckets(lengths, limit, seed, epoch)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    batch_tokens, batch_size = limit
    for batch in batches:
        sizes = [lengths[row] for row in batch]
        assert sizes == sorted(sizes, reverse=True)
        assert batch_size is None or len(batch) <= batch_size
        assert batch_tokens is None or len(batch) == 1 or sum(sizes) <= batch_tokens
        assert all(a < b for a, b in pairwise(batch) if lengths[a] == lengths[b])
    assert buckets(lengths, limit, seed, epoch) == batches


def test_epochs_and_seeds_differ() -> None:
    lengths = np.random.default_rng(0).integers(1, 300, 500).tolist()
    orders = [buckets(lengths, (2000, None), *key) for key in [(0, 0), (0, 1), (1, 0)]]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert sorted(map(sorted, orders[0])) != sorted(map(sorted, orders[1]))


def test_batches_are_almost_full_and_of_similar_lengths() -> None:
    lengths = np.minimum(np.random.default_rng(0).geometric(1 / 230, 5000), 400)
    batches = length_buckets(lengths, batch_tokens=8192, batch_size=None, seed=0, epoch=3)
    filled = [int(lengths[batch].sum()) for batch in batches]
    assert sum(filled) / len(filled) > 0.95 * 8192
    dense = sum(len(batch) * int(lengths[batch].max()) for batch in batches)
    assert lengths.sum() / dense > 0.9


def test_evaluation_goes_from_the_longest_to_the_shortest() -> None:
    assert buckets([1, 5, 3, 5], (None, 2), 7, None) == [[1, 3], [2, 0]]


def test_a_row_longer_than_the_budget_is_a_batch_of_its_own() -> None:
    assert buckets([9, 2, 2], (4, None), 0, None) == [[0], [1, 2]]


def test_a_limit_is_needed() -> None:
    with pytest.raises(ConfigError, match="batch_tokens or batch_size must be set; both are None"):
        buckets([1], (None, None), 0, None)


@pytest.mark.parametrize(
    ("limit", "name"), [((0, None), "batch_tokens"), ((None, 0), "batch_size")]
)
def test_a_limit_below_one_is_refused(limit: tuple[int | None, int | None], name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} must be at least 1; got 0"):
        buckets([1], limit, 0, None)


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=9), min_size=1, max_size=9))
def test_collate_equals_pack_sequence(rows: list[list[int]]) -> None:
    column = Ragged.from_rows(rows)
    (batch,) = length_buckets(
        column.lengths, batch_tokens=None, batch_size=len(rows), seed=0, epoch=None
    )
    packed = collate(column, batch)
    expected = pack_sequence([torch.tensor(rows[row]) for row in batch])
    assert packed.data.dtype == torch.int64
    assert torch.equal(packed.data, expected.data)
    assert torch.equal(packed.batch_sizes, expected.batch_sizes)
    assert packed.sorted_indices is None
    assert packed.unsorted_indices is None


def test_collate_leaves_the_column_alone() -> None:
    column = Ragged.from_rows([[1, 2]], np.int64)
    collate(column, [0]).data.zero_()
    assert column.values.tolist() == [1, 2]


def test_an_empty_row_is_refused() -> None:
    column = Ragged.from_rows([[1], [], [2]])
    with pytest.raises(ShapeError, match="every row must have a token; got none in row 1"):
        collate(column, [0, 2, 1])


def test_unsorted_rows_are_refused() -> None:
    column = Ragged.from_rows([[1], [2, 3]])
    with pytest.raises(ShapeError, match=r"sorted by decreasing length; got lengths \[1, 2\]"):
        collate(column, [0, 1])


def test_no_row_is_refused() -> None:
    with pytest.raises(ShapeError, match="a batch must have a row; got none"):
        collate(Ragged.from_rows([[1]]), [])


def test_a_huge_row_does_not_pad_its_neighbours() -> None:
    lengths = [1_000_000, *[200] * 127]
    batches = length_buckets(lengths, batch_tokens=None, batch_size=64, seed=0, epoch=0)
    padding = [max(lengths[r] for r in b) * len(b) - sum(lengths[r] for r in b) for b in batches]
    assert max(padding) <= 2**20
    assert sorted(row for batch in batches for row in batch) == list(range(128))
    usual = length_buckets([200] * 128, batch_tokens=None, batch_size=64, seed=0, epoch=0)
    assert [len(batch) for batch in usual] == [64, 64]
