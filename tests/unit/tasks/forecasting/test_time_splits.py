"""Splits of series never overlap, and none knows what comes after it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panels import panel, planted

from ostinato import DatasetError
from ostinato.series import Panel
from ostinato.tasks.forecasting.time_splits import (
    HELD_OUT,
    SeriesSplit,
    last_of,
    splits_of,
    train_split,
    with_validation,
)

HORIZON, CONTEXT = 3, 8
GIVEN = panel((60, 48, 31), targets=("y", "z"), known=HORIZON)


def listed(split: SeriesSplit, horizon: int = HORIZON) -> list[tuple[int, int, int]]:
    found = split.places(horizon)
    return [
        (int(s), int(t), int(o))
        for s, t, o in zip(found.series, found.target, found.origin, strict=True)
    ]


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 22)), min_size=1, max_size=5),
    st.integers(1, 6),
    st.booleans(),
    st.integers(1, 2),
)
@settings(max_examples=60)
def test_windows_are_the_cutoffs_whose_steps_ahead_lie_in_the_split(rows, horizon, every, targets):
    lengths, begin = zip(*rows, strict=True)
    given_ = panel((*lengths, 2), targets=("y", "z")[:targets], with_columns=False)
    given_ = given_.take(np.arange(len(lengths)))
    split = SeriesSplit(given_, np.array(begin), every_cutoff=every)
    expected = []
    for series, (length, first) in enumerate(zip(given_.lengths, begin, strict=True)):
        cutoffs = list(range(first, length - horizon + 1))
        for target in range(targets):
            expected += [(series, target, o) for o in (cutoffs if every else cutoffs[:1])]
    assert listed(split, horizon) == expected


def test_the_last_horizon_is_the_test_split_and_what_precedes_it_validation():
    splits = with_validation(splits_of(GIVEN, HORIZON), HORIZON)
    assert sorted(splits) == ["test", "train", "validation"]
    lengths = GIVEN.lengths
    assert splits["test"].begin.tolist() == (lengths - HORIZON).tolist()
    held = np.maximum(HORIZON, (HELD_OUT * (lengths - HORIZON)).astype(int))
    assert splits["validation"].begin.tolist() == (lengths - HORIZON - held).tolist()
    assert splits["validation"].panel.lengths.tolist() == splits["test"].begin.tolist()
    assert splits["train"].panel.lengths.tolist() == splits["validation"].begin.tolist()
    test = listed(splits["test"])
    assert len(test) == len(GIVEN) * 2
    assert all(origin == lengths[series] - HORIZON for series, _, origin in test)


def steps_of(split: SeriesSplit, *, train: bool = False) -> set[tuple[int, int]]:
    """The steps that are forecast in a split."""
    split = train_split(split.panel, CONTEXT, HORIZON) if train else split
    return {(s, o + step) for s, _, o in listed(split) for step in range(HORIZON)}


def test_no_step_is_forecast_in_two_splits():
    splits = with_validation(splits_of(GIVEN, HORIZON), HORIZON)
    train = steps_of(splits["train"], train=True)
    validation, test = steps_of(splits["validation"]), steps_of(splits["test"])
    assert train
    assert validation
    assert not train & validation
    assert not (train | validation) & test
    for series in range(len(GIVEN)):
        ends = [max(step for s, step in split if s == series) for split in (train, validation)]
        assert ends[0] < ends[1] < min(step for s, step in test if s == series)


def assert_same_but(one: Panel, other: Panel) -> None:
    for name in ("values", "known", "past"):
        np.testing.assert_array_equal(getattr(one, name).values, getattr(other, name).values)


def test_splits_do_not_see_what_comes_after_them():
    begin = with_validation(splits_of(GIVEN, HORIZON), HORIZON)["validation"].begin
    for ends, blind in (
        (GIVEN.lengths - HORIZON, ("train", "validation")),
        (begin, ("train",)),
    ):
        one, other = (
            with_validation(splits_of(given_, HORIZON), HORIZON)
            for given_ in (GIVEN, planted(GIVEN, ends))
        )
        for name in one:
            assert one[name].begin.tolist() == other[name].begin.tolist()
            if name in blind:
                assert_same_but(one[name].panel, other[name].panel)
            else:
                with pytest.raises(AssertionError):
                    assert_same_but(one[name].panel, other[name].panel)


def test_short_series_are_trained_on_whole():
    given_ = panel((60, 4, 7), with_columns=False)
    splits = with_validation(splits_of(given_, HORIZON), HORIZON)
    assert splits["train"].panel.lengths.tolist()[1:] == [4, 4]
    assert {series for series, *_ in listed(splits["test"])} == {0, 2}
    assert {series for series, *_ in listed(splits["validation"])} == {0}
    with pytest.raises(DatasetError, match=r"longer than three horizons of 3 steps.* `s2`, has 6"):
        splits_of(panel((4, 6)), HORIZON)
    with pytest.raises(DatasetError, match="longer than two horizons"):
        with_validation({"train": SeriesSplit(panel((4, 6)), np.zeros(2, int))}, HORIZON)


def test_the_borders_of_a_data_set_are_kept():
    given_ = dataclasses.replace(GIVEN, borders=(np.int64(25), np.int64(33)), standardised=True)
    splits = splits_of(given_, HORIZON)
    assert with_validation(splits, HORIZON) == splits
    for series, start in enumerate(given_.starts):
        assert splits["train"].panel.lengths[series] == 25 - start
        assert splits["validation"].begin[series] == 25 - start
        assert splits["validation"].panel.lengths[series] == 33 - start
        assert splits["test"].begin[series] == 33 - start
    assert splits["test"].every_cutoff
    assert splits["test"].standardised
    assert not splits["train"].standardised


def test_the_last_horizon_of_series_of_any_length():
    given_ = panel((60, 2, 3, 4), with_columns=False)
    found = listed(last_of(given_, HORIZON))
    assert found == [(0, 0, 57), (2, 0, 0), (3, 0, 1)]


def test_train_windows_have_a_whole_context_where_the_series_has_one():
    given_ = panel((60, 12, 4), with_columns=False)
    found = listed(train_split(given_, CONTEXT, HORIZON))
    first = [min(origin for s, _, origin in found if s == series) for series in range(3)]
    assert first == [CONTEXT, 4, 1]


def test_the_fingerprint_knows_data_and_place():
    split = last_of(GIVEN, HORIZON)
    same = last_of(panel((60, 48, 31), targets=("y", "z"), known=HORIZON), HORIZON)
    assert split.fingerprint == same.fingerprint
    assert split.fingerprint != last_of(GIVEN, HORIZON + 1).fingerprint
    assert split.fingerprint != last_of(panel(seed=1), HORIZON).fingerprint
