"""Scales are learnt from what was observed, undone exactly, and blind to what comes later."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panels import SEASON, panel, planted

from ostinato.data.ragged import Ragged
from ostinato.datasets import SeriesTable
from ostinato.series import Panel, SeriesScaling, panel_of
from ostinato.series.scaling import swings_with_level


def series(*rows, **options) -> Panel:
    """Counted series of one column each."""
    times = np.concatenate([np.arange(len(row)) for row in rows])
    ids = np.repeat([f"s{n}" for n in range(len(rows))], [len(row) for row in rows])
    return panel_of(SeriesTable.make(times, {"y": np.concatenate(rows)}, ids=ids, **options))


@given(
    st.integers(0, 10_000), st.sampled_from(["none", "log"]), st.floats(-3, 6), st.floats(0.0, 0.5)
)
@settings(max_examples=40)
def test_backward_undoes_forward(seed, transform, size, missing):
    given_ = panel(seed=seed, targets=("y", "z"), missing=missing)
    values = np.abs(given_.values.values) * 10.0**size
    given_ = dataclasses.replace(given_, values=Ragged(values, given_.values.offsets))
    scaling = SeriesScaling.fit(given_, transform, SEASON)
    scaled = Ragged(scaling.forward(given_).astype(np.float64), given_.values.offsets)
    assert scaling.is_log == (transform == "log")
    levels = scaling.of(given_)
    for row in range(len(given_)):
        for target in range(2):
            back = scaling.backward(
                scaled[row][:, target], np.tile(levels[row, :, target], (len(scaled[row]), 1))
            )
            # Measured: 1e-8 of the value; single precision between allows for 1e-7.
            np.testing.assert_allclose(back, given_.values[row][:, target], rtol=2e-6)


def test_every_series_has_mean_0_and_deviation_1():
    given_ = panel(targets=("y", "z"), missing=0.3)
    scaled = Ragged(
        SeriesScaling.fit(given_, "none", SEASON).forward(given_), given_.values.offsets
    )
    for row in scaled:
        # Measured: 1.2e-7.
        np.testing.assert_allclose(np.nanmean(row, axis=0), 0, atol=2e-6)
        np.testing.assert_allclose(np.nanstd(row, axis=0), 1, atol=2e-6)


def test_missing_and_constant_series_have_a_scale_that_can_be_undone():
    given_ = series(np.full(9, 7.0), np.array([1.0, *[np.nan] * 7, 1.0]), np.array([np.nan] * 9))
    scaling = SeriesScaling.fit(given_, "none", 1)
    assert scaling.of(given_)[:, :, 0].tolist() == [[7.0, 7.0], [1.0, 1.0], [0.0, 1.0]]
    assert np.nan_to_num(scaling.forward(given_), nan=9).ravel().tolist() == [
        *[0.0] * 9,
        *(0.0, *[9.0] * 7, 0.0),
        *[9.0] * 9,
    ]


@pytest.mark.parametrize("transform", ["none", "log", "auto"])
def test_scales_see_nothing_after_the_cutoff(transform):
    given_ = panel(targets=("y", "z"), known=3)
    ends = np.array([40, 20, 15])
    hidden = planted(given_, ends)

    def fitted(some: Panel, end=ends) -> str:
        return json.dumps(SeriesScaling.fit(some.until(end), transform, SEASON).to_json())

    assert fitted(given_) == fitted(hidden)
    assert fitted(given_, ends + 1) != fitted(hidden, ends + 1)


def test_series_that_train_does_not_know_are_measured_on_their_past():
    given_ = panel()
    train, ends = given_.take([0]), np.array([40, 20, 15])
    known = SeriesScaling.fit(train, "none", SEASON)
    found = known.knowing(given_.until(ends))
    assert found.levels["s1"].tolist() == known.levels["s1"].tolist()
    for row, end in ((1, 20), (2, 15)):
        past = given_.values[row][:end, 0]
        np.testing.assert_allclose(
            found.levels[given_.ids[row]][:, 0], [past.mean(), past.std()], rtol=1e-12
        )
    other = known.knowing(planted(given_, ends).until(ends))
    assert all((other.levels[name] == found.levels[name]).all() for name in given_.ids)
    assert known.knowing(train) is known


def test_covariates_are_scaled_over_all_series_and_missing_ones_are_the_mean():
    given_ = panel(known=3)
    scaling = SeriesScaling.fit(given_, "none", SEASON)
    past, known = scaling.past(given_), scaling.known(given_).values
    assert abs(past.mean()) < 1e-6
    assert past.std() == pytest.approx(1)
    assert known.std() == pytest.approx(1)
    gaps = given_.past.values.copy()
    gaps[3] = np.nan
    other = dataclasses.replace(given_, past=Ragged(gaps, given_.past.offsets))
    assert scaling.past(other)[3].tolist() == [0.0]


def test_what_is_saved_is_what_is_read():
    given_ = panel(targets=("y", "z"), known=3)
    scaling = SeriesScaling.fit(given_, "log", SEASON)
    again = SeriesScaling.from_json(json.loads(json.dumps(scaling.to_json())))
    np.testing.assert_array_equal(again.forward(given_), scaling.forward(given_))
    np.testing.assert_array_equal(again.known(given_).values, scaling.known(given_).values)
    np.testing.assert_array_equal(again.past(given_), scaling.past(given_))
    plain = SeriesScaling.fit(panel(with_columns=False), "none", SEASON, is_scaled=False)
    again = SeriesScaling.from_json(json.loads(json.dumps(plain.to_json())))
    assert again.known_levels.shape == again.past_levels.shape == (2, 0)
    assert not again.is_scaled
    assert again.of(given_.take([0])).tolist() == [[[0.0, 0.0], [1.0, 1.0]]]


STEPS = np.arange(60)
WAVE = np.sin(2 * np.pi * STEPS / 12)


def test_logarithms_are_for_swings_that_grow_with_the_level():
    level = 10 * np.exp(STEPS / 20)
    times = level * (1 + 0.3 * WAVE)
    assert swings_with_level(series(times), 12)
    assert not swings_with_level(series(10 + STEPS + 3 * WAVE), 12)
    assert not swings_with_level(series(times - times.max()), 12)  # not positive
    assert not swings_with_level(series(np.append(times, 0.0)), 12)
    assert not swings_with_level(series(np.full(60, np.nan)), 12)
    assert not swings_with_level(series(np.full(60, 5.0)), 12)
    assert not swings_with_level(series(times[:12]), 12)  # one season tells nothing
    assert swings_with_level(series(times, times * 1000), 12)


def test_a_gap_does_not_decide_about_logarithms():
    times = 10 * np.exp(STEPS / 20) * (1 + 0.3 * WAVE)
    gap = times.copy()
    gap[20] = np.nan
    assert swings_with_level(series(gap), 12)
    assert SeriesScaling.fit(series(gap), "auto", 12).is_log
    assert not SeriesScaling.fit(series(gap), "none", 12).is_log
