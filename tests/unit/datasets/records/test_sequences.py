"""Sequences keep what they are given, whole and in order, and say what cannot be one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import Sequences
from ostinato.datasets.records.sequences import joined

lengths = st.lists(st.integers(1, 5), min_size=1, max_size=6)


def rows_of(sizes: list[int], width: int = 2) -> list[np.ndarray]:
    total = np.arange(sum(sizes) * width, dtype=float).reshape(-1, width)
    return np.split(total, np.cumsum(sizes)[:-1])


@given(lengths, st.randoms())
def test_rows_come_back_and_taken_rows_too(sizes, random):
    rows = rows_of(sizes)
    split = Sequences.make(rows, list(range(len(sizes))), "rows")
    assert len(split) == len(sizes)
    assert split.lengths.tolist() == sizes
    order = list(range(len(sizes)))
    random.shuffle(order)
    taken = split.take(order)
    for place, row in enumerate(order):
        assert np.array_equal(taken[place], rows[row])
    assert taken.labels == order
    assert taken.keys == [split.keys[row] for row in order]
    again = joined([split.take([row]) for row in range(len(sizes))])
    assert again.fingerprint == split.fingerprint
    assert again.names == split.names


def test_one_array_is_the_same_as_its_rows_and_one_feature_needs_no_axis():
    cube = np.random.default_rng(0).normal(size=(3, 4, 2))
    whole, rows = Sequences.make(cube, None, "a"), Sequences.make(list(cube), None, "b")
    assert whole.fingerprint == rows.fingerprint
    flat = Sequences.make(cube[:, :, 0], None, "a")
    assert flat.fingerprint == Sequences.make(cube[:, :, :1], None, "a").fingerprint


def test_the_fingerprint_tells_values_lengths_and_labels_apart():
    base = Sequences.make([[1.0, 2.0], [3.0]], ["a", "b"], "x")
    others = [
        Sequences.make([[1.0, 2.0], [4.0]], ["a", "b"], "x"),
        Sequences.make([[1.0], [2.0, 3.0]], ["a", "b"], "x"),
        Sequences.make([[1.0, 2.0], [3.0]], ["a", "c"], "x"),
        Sequences.make([[1.0, 2.0], [3.0]], None, "x"),
        Sequences.make([[[1.0, 2.0]], [[3.0, 3.0]]], ["a", "b"], "x"),
    ]
    assert len({base.fingerprint, *(other.fingerprint for other in others)}) == 6
    assert Sequences.make([[1.0, 2.0], [3.0]], ["a", "b"], "y").fingerprint == base.fingerprint


def test_features_are_arranged_by_name():
    train = Sequences.make(rows_of([2]), None, "train", features=("x", "y"))
    turned = Sequences.make([rows_of([2])[0][:, ::-1]], None, "test", features=("y", "x"))
    assert np.array_equal(turned.arranged(train.features).values, train.values)
    unnamed = Sequences.make(rows_of([2]), None, "test")
    assert unnamed.arranged(train.features) is unnamed
    with pytest.raises(DatasetError, match="must have the feature `x`, as in train"):
        Sequences.make(rows_of([2]), None, "t", features=("y", "z")).arranged(train.features)
    with pytest.raises(DatasetError, match="must have 2 features, as in train; got 1 feature"):
        Sequences.make([[1.0]], None, "t").arranged(train.features)


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([], None, "there must be a sequence"),
        ([[1.0], []], None, "sequence 2 must have at least one step"),
        ([[1.0], [[1.0, 2.0]]], None, "sequence 2 must have 1 features, as the others have; got 2"),
        ([[1.0], ["a"]], None, "sequence 2 must be an array of numbers"),
        ([[1.0], [None]], None, "sequence 2 must be an array of numbers"),
        ([[[1.0], [1.0, 2.0]]], None, "sequence 1 must be an array of numbers"),
        ([np.zeros((2, 2, 2))], None, r"sequence 1 must be \(time, features\).*\(2, 2, 2\)"),
        ([[0.0], [1.0, -np.inf]], None, "sequence 2: .* got -inf at step 2 of feature `1`"),
        ([[1.0], [2.0]], ["a"], "as many labels as sequences; got 1 labels and 2"),
    ],
)
def test_what_is_no_sequence_is_refused(rows, labels, message):
    with pytest.raises(DatasetError, match=message):
        Sequences.make(rows, labels, "train")


def test_missing_values_stay_missing():
    split = Sequences.make([[1.0, np.nan]], None, "a")
    assert np.isnan(split.values[1, 0])


@pytest.mark.parametrize("channels", [1, 3])
def test_axes_in_the_order_of_sktime_are_told(channels, caplog):
    rows = np.zeros((5, channels, 40))
    with caplog.at_level("WARNING", logger="ostinato"):
        Sequences.make(rows.transpose(0, 2, 1), None, "train")
        assert not caplog.text
        Sequences.make(rows, None, "train")
    assert f"{channels} step{'s' * (channels > 1)} of 40 features" in caplog.text
    assert "swap the axes" in caplog.text
