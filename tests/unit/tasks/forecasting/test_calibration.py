"""Intervals are corrected by what had come by then, and hold what they say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panels import SEASON, panel, planted, small

from ostinato.series import Calibration, Panel
from ostinato.tasks.forecasting import calibration as recalibration
from ostinato.tasks.forecasting import predictor as predictor
from ostinato.tasks.forecasting.calibration import (
    ScoredWindows,
    learnt_by,
    recalibrated,
    recent_steps,
)
from ostinato.tasks.forecasting.time_splits import SeriesSplit, splits_of

LEVELS = (0.1, 0.5, 0.9)
HORIZON = 3
HUGE = 1e6


def windows(since, *, seed: int = 0, spread: float = 1.0, horizon: int = HORIZON) -> ScoredWindows:
    """Noise of deviation 1, forecast by quantiles of another one."""
    rng = np.random.default_rng(seed)
    since = np.asarray(since, np.int64)
    actual = rng.normal(size=(len(since), horizon))
    quantiles = np.tile(spread * np.array([-1.2816, 0.0, 1.2816]), (len(since), horizon, 1))
    scale = np.exp(rng.normal(size=len(since)))
    series = np.zeros_like(since)
    return ScoredWindows(
        series, since, actual * scale[:, None], quantiles * scale[:, None, None], scale
    )


def planted_from(given_: ScoredWindows, step: int) -> ScoredWindows:
    """The same with a huge value at every step from one on, counted from the beginning."""
    times = given_.since[:, None] + np.arange(given_.actual.shape[1])
    return dataclasses.replace(given_, actual=np.where(times >= step, HUGE, given_.actual))


BEFORE, SPLIT = windows(np.arange(-80, -2)), windows(np.tile(np.arange(40), 2), seed=1)


@pytest.mark.parametrize("season", [1, SEASON, 10])
@pytest.mark.parametrize("block", [0, 1, 2])
def test_no_window_is_corrected_by_what_came_after_its_cutoff(season, block):
    step = block * season
    found, other = (
        recalibrated(planted_from(SPLIT, at), planted_from(BEFORE, at), LEVELS, season=season)
        for at in (1000, step)
    )
    is_before = SPLIT.since < step + season
    np.testing.assert_array_equal(found[is_before], other[is_before])
    is_after = SPLIT.since >= step + season + HORIZON  # and these have learnt of it
    assert (found[is_after] != other[is_after]).any(axis=(1, 2)).all()


def test_the_same_test_finds_windows_whose_horizon_has_not_ended(monkeypatch):
    def leaking(some, at, *rest):
        return learnt_by(some, at + 1, *rest)

    monkeypatch.setattr(recalibration, "learnt_by", leaking)
    with pytest.raises(AssertionError, match="not equal"):
        test_no_window_is_corrected_by_what_came_after_its_cutoff(SEASON, 1)


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 5), st.integers(0, 30))
@settings(max_examples=25)
def test_corrections_are_those_of_a_loop_over_the_blocks(seed, season, horizon, number):
    rng = np.random.default_rng(seed)
    before = windows(-horizon - rng.integers(0, 90, size=number), seed=seed, horizon=horizon)
    split = windows(rng.permutation(25), seed=seed + 1, horizon=horizon)
    found = recalibrated(split, before, LEVELS, season=season)
    step = max(season, horizon // 4)
    for row, since in enumerate(split.since):
        at = since // step * step
        rows = []
        for some in (before, split):
            rows += [
                (some.actual[n], some.quantiles[n], some.scale[n])
                for n, other in enumerate(some.since)
                if at - recent_steps(horizon, season) < other + horizon <= at
            ]
        expected = split.quantiles[row]
        if rows:
            actual, quantiles, scale = (np.array(column) for column in zip(*rows, strict=True))
            learnt = Calibration.fit(actual, quantiles, LEVELS, scale)
            expected = learnt.apply(split.quantiles[row : row + 1], split.scale[row : row + 1])[0]
        np.testing.assert_array_equal(found[row], expected)


def test_without_anything_to_learn_from_quantiles_stay():
    nothing = windows([])
    first = SPLIT.take(np.flatnonzero(SPLIT.since < HORIZON))
    assert (recalibrated(first, nothing, LEVELS, season=1) == first.quantiles).all()
    missing = dataclasses.replace(BEFORE, actual=np.full_like(BEFORE.actual, np.nan))
    assert learnt_by([missing], 0, LEVELS, 1000) is None
    missing.actual[:, :2] = 0.0  # the last step has never been seen
    assert learnt_by([missing], 0, LEVELS, 1000) is None


def test_what_was_given_stays_as_it_was():
    kept = SPLIT.quantiles.copy()
    recalibrated(SPLIT, BEFORE, LEVELS, season=SEASON)
    np.testing.assert_array_equal(SPLIT.quantiles, kept)


def test_what_is_long_ago_is_forgotten():
    old, recent = windows(np.full(50, -500), spread=0.1), windows(np.full(50, -5), seed=2)
    both = learnt_by([old, recent], 0, LEVELS, 100)
    alone = learnt_by([recent], 0, LEVELS, 100)
    assert both is not None
    assert alone is not None
    np.testing.assert_array_equal(both.corrections, alone.corrections)
    longer = learnt_by([old, recent], 0, LEVELS, 1000)
    assert longer is not None
    assert (longer.corrections != alone.corrections).any()


def test_of_many_windows_one_of_every_few_is_taken(monkeypatch):
    monkeypatch.setattr(recalibration, "MOST_WINDOWS", 20)
    found = learnt_by([BEFORE], 0, LEVELS, 1000)
    every = BEFORE.take(np.arange(0, len(BEFORE.since), 4))
    expected = Calibration.fit(every.actual, every.quantiles, LEVELS, every.scale)
    assert found is not None
    np.testing.assert_array_equal(found.corrections, expected.corrections)


@pytest.mark.parametrize("spread", [0.3, 1.0, 4.0])
def test_intervals_that_are_wrong_hold_what_they_say(spread):
    """The cutoffs move on: what is wrong with the split is learnt from the split itself."""
    before, split = windows(np.arange(-203, -3)), windows(np.arange(4000), seed=1, spread=spread)
    found = recalibrated(split, before, LEVELS, season=5)
    later = split.since > 400  # all that is learnt from is of the split
    is_in = (split.actual >= found[..., 0]) & (split.actual <= found[..., 2])
    # The share of 3600 windows deviates by 0.005, what is learnt from 300 windows by 0.02.
    assert is_in[later].mean() == pytest.approx(0.8, abs=0.02)


@pytest.fixture(scope="module")
def trained():
    """A model of train, and the panel, whose test split has every cutoff."""
    given_ = dataclasses.replace(
        panel((90, 84), noise=0.5), borders=(np.int64(60), np.int64(70)), standardised=False
    )
    model = small()
    return model.fit_splits(splits_of(given_, HORIZON)), given_


def quantiles_of(model, some: Panel, begin) -> np.ndarray:
    return model.predictor.measured(SeriesSplit(some, begin))[0].quantiles


def test_a_forecast_is_not_corrected_by_what_came_after_its_cutoff(trained):
    model, given_ = trained
    split = splits_of(given_, HORIZON)["test"]
    origin = split.places(HORIZON).origin - split.begin[split.places(HORIZON).series]
    one = quantiles_of(model, given_, split.begin)
    for later in (0, 2, SEASON, 9):
        other = quantiles_of(model, planted(given_, split.begin + later), split.begin)
        np.testing.assert_array_equal(other[origin <= later], one[origin <= later])
        assert (other[origin > later] != one[origin > later]).any(axis=(1, 2)).all()


def test_the_same_test_finds_intervals_corrected_by_the_split_itself(trained, monkeypatch):
    def leaking(some, before, probabilities, *, season):
        learnt = Calibration.fit(some.actual, some.quantiles, probabilities, some.scale)
        return learnt.apply(some.quantiles, some.scale)

    monkeypatch.setattr(predictor, "recalibrated", leaking)
    with pytest.raises(AssertionError, match="not equal"):
        test_a_forecast_is_not_corrected_by_what_came_after_its_cutoff(trained)


def test_corrections_are_learnt_from_windows_that_were_not_trained_on(trained):
    model, given_ = trained
    told = model.predictor
    split = splits_of(given_, HORIZON)["test"]
    windows_ = told._windows(split)
    before = told._before(windows_, split.begin)
    assert len(before)
    end_of_train = splits_of(given_, HORIZON)["train"].panel.lengths
    for series, begin in enumerate(split.begin):
        origins = before.origin[before.series == series]
        assert origins.tolist() == list(range(end_of_train[series], begin - HORIZON + 1))
