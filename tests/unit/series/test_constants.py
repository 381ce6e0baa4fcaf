"""A past that is constant but for rounding divides nothing, whatever its size; one series spoils no other."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import Sequences, SeriesTable
from ostinato.metrics import scale_of
from ostinato.metrics.rounding import is_constant
from ostinato.series import SeriesScaling, panel_of
from ostinato.tasks.classification.regression import Values
from ostinato.tasks.classification.series.features import summaries
from ostinato.tasks.forecasting.calibration import ScoredWindows, learnt_by
from ostinato.tasks.sequence_inputs import Scaling

N = 60
WAVE = 10 + np.sin(np.arange(N))
sizes = st.floats(-45, 150).map(lambda power: 10.0**power)


def rounded(value: float, seed: int) -> np.ndarray:
    """A constant as computations leave it: some ulps off."""
    ulps = np.random.default_rng(seed).integers(-4, 5, N)
    return value * (1 + ulps * np.finfo(float).eps)


def of(*rows):
    ids = np.repeat([f"s{n}" for n in range(len(rows))], [len(row) for row in rows])
    times = np.concatenate([np.arange(len(row)) for row in rows])
    return panel_of(SeriesTable.make(times, {"y": np.concatenate(rows)}, ids=ids))


@given(sizes, st.booleans(), st.integers(0, 99), st.sampled_from(["none", "log", "auto"]))
@example(14.62, False, 0, "none")
@settings(max_examples=60, deadline=None)
def test_a_constant_of_any_size_has_a_scale_of_its_size(size, is_negative, seed, transform):
    value = -size if is_negative and transform != "log" else size
    flat = rounded(value, seed)
    moved = np.append(flat, 1.03 * value)
    scaling = SeriesScaling.fit(of(WAVE, flat), transform, 7)
    scaled = scaling.forward(of(WAVE, moved))
    assert np.isfinite(scaled).all()
    assert np.abs(scaled[N : 2 * N]).max() < 1e-3
    assert 0.03 < np.abs(scaled[-1]) < 3  # three percent, where the wave has seven
    levels = scaling.of(of(WAVE, moved))[1:, :, 0]
    back = scaling.backward(scaled[N:].T.astype(float), levels)[0]
    np.testing.assert_allclose(back, moved, rtol=1e-6)
    again = SeriesScaling.from_json(json.loads(json.dumps(scaling.to_json())))
    np.testing.assert_array_equal(again.forward(of(WAVE, moved)), scaled)


@given(sizes, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_what_divides_elsewhere_takes_a_constant_for_one(size, seed):
    flat = rounded(size, seed)
    assert is_constant(flat)
    assert scale_of(flat, season=7) == 0
    with pytest.raises(DatasetError, match="values must differ"):
        Values.fit(flat.tolist())
    rows = np.stack([flat, WAVE], axis=1)[:, None].repeat(3, 1)
    scaling = Scaling.fit(Sequences.make(rows, None, "train"))
    other = Sequences.make(rows * [1.001, 1.0], None, "test")
    inputs = scaling.column(other).values
    assert np.abs(inputs[:, 0]).max() < 1e-2
    assert abs(inputs[:, 1].std() - 1) < 1e-3


def test_a_season_that_comes_again_but_for_rounding_is_no_scale():
    assert scale_of(np.sin(np.arange(70) * 2 * np.pi / 7), season=7) == 0


def test_a_steady_sequence_has_no_autocorrelation():
    from ostinato.data.ragged import Ragged

    steady = np.full((50, 1), 0.3, np.float32) * (1 + np.arange(50)[:, None] % 3 * 6e-8)
    lags = summaries(Ragged.from_rows([steady.astype(np.float32)]))[0, -6:-1]
    assert np.abs(lags).max() < 1e-6


def test_a_series_that_train_found_constant_is_measured_on_what_came_since():
    before, since = np.zeros(N), 1000 + 100 * np.sin(np.arange(30))
    scaling = SeriesScaling.fit(of(WAVE, before), "none", 7)
    assert list(scaling.guessed) == ["s1"]
    whole = of(WAVE, np.append(before, since))
    known = scaling.knowing(whole)
    assert known.levels["s1"][1, 0] == pytest.approx(np.append(before, since).std())
    assert known.guessed == {}
    assert (known.levels["s0"] == scaling.levels["s0"]).all()


def windows(errors, series):
    actual = np.asarray(errors, float)[:, None]
    count = len(actual)
    quantiles = np.tile([-1.0, 0.0, 1.0], (count, 1, 1))
    return ScoredWindows(
        np.full(count, series), -np.arange(1, count + 1), actual, quantiles, np.ones(count)
    )


@pytest.mark.parametrize("off", [1e3, 1e9, 1e14])
def test_corrections_are_not_spoilt_by_one_series(off):
    good = windows(np.random.default_rng(0).normal(size=80), 0)
    wrong = windows(np.full(80, off), 1)
    alone, both = (learnt_by(some, 0, (0.1, 0.5, 0.9), 999) for some in ([good], [good, wrong]))
    np.testing.assert_array_equal(both.corrections, alone.corrections)
    only = learnt_by([wrong], 0, (0.1, 0.5, 0.9), 999)
    assert only.corrections[0, 2] == pytest.approx(off - 1)


def test_series_that_differ_as_series_do_all_count():
    some = [windows(np.random.default_rng(n).normal(size=40) * 3**n, n) for n in range(4)]
    found = learnt_by(some, 0, (0.1, 0.5, 0.9), 999)
    assert found.counts.min() == 160
