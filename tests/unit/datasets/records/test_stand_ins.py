"""Numbers that stand for missing values are told, and no others."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ostinato.datasets import load_series
from ostinato.datasets.records.sequences import Sequences
from ostinato.datasets.records.stand_ins import stand_in

STAND_INS = [-9999.0, -999.0, -99999.0, 9999.0, 999999.0, -9999.9, -32768.0, 1e20, 9.96921e36]


@given(
    arrays(np.float64, st.integers(1, 30), elements=st.floats(-50, 50)),
    st.sampled_from(STAND_INS),
    st.integers(0, 9),
)
def test_what_is_often_and_far_from_all_others_is_told(held, number, times):
    if number == 9.96921e36:
        number = 9.969209968386869e36
    column = np.concatenate([held, [np.nan], [number] * times])
    assert stand_in(np.random.default_rng(0).permutation(column)) == (
        number if times >= 3 else None
    )


@pytest.mark.parametrize(
    "column",
    [
        [],
        [np.nan],
        [999.0] * 5,
        [990.0, 995.0, 999.0, 999.0, 999.0],  # the end of a scale
        [0.0, 998.0, 999.0, 999.0, 999.0],
        [1.0, 2.0, 1000.0, 1000.0, 1000.0],  # far, but of no such form
        [9.0, 99.0, 9.0, 99.0, 99.0],
    ],
)
def test_other_numbers_are_not_told(column):
    assert stand_in(np.array(column, float)) is None


def test_they_are_told_with_column_and_count_and_stay(caplog):
    caplog.set_level(logging.WARNING, "ostinato")
    times = pd.date_range("2024-01-01", periods=8)
    frame = pd.DataFrame({"date": times, "y": [1.5, -9999, 2, 3, -9999, 2, -9999, 1], "p": 0.0})
    table = load_series(frame, target_columns=["y"], past_columns=["p"])
    assert "`y` is -9999 in 3 rows" in caplog.text
    assert (table.values["y"] == -9999).sum() == 3
    caplog.clear()
    load_series(frame.replace(-9999, np.nan), target_columns=["y"])
    assert not caplog.text
    Sequences.make([[[1.0, 2.0], [2.0, 999999.0]]] * 3, None, "a list", features=("a", "b"))
    assert "a list: `b` is 999999 in 3 rows" in caplog.text
