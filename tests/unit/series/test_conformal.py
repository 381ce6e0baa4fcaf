"""Corrected intervals hold what they say on exchangeable data, and quantiles do not cross."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato._errors import CheckpointError, ConfigError, DatasetError, ShapeError
from ostinato.metrics import coverage, quantile_levels_of
from ostinato.series.conformal import POOLED, Calibration, monotone, scores_needed

NAN = float("nan")
LEVELS = quantile_levels_of((80, 95))
ENDS = {80: (1, 3), 95: (0, 4)}
FORECASTS = {  # of a standard log-normal error that grows with the step, and all of them wrong
    "too narrow": (-0.1, -0.05, 0.0, 0.05, 0.1),
    "too wide": (-90.0, -80.0, 0.0, 80.0, 90.0),
    "too high": (5.0, 6.0, 7.0, 8.0, 9.0),
    "the same": (0.0, 0.0, 0.0, 0.0, 0.0),
}


def windows(seed, number, horizon=3):
    """What happened, around 0, with a tail on one side, and the scale of each series."""
    generator = np.random.default_rng(seed)
    scale = np.exp(generator.normal(size=number))
    noise = np.exp(generator.normal(size=(number, horizon))) - 1
    return scale[:, None] * noise * np.arange(1, horizon + 1), scale


def forecast(kind, scale, horizon=3):
    points = np.array(FORECASTS[kind])
    return np.tile(scale[:, None, None] * points, (1, horizon, 1))


@pytest.mark.parametrize("kind", ["too narrow", "too wide", "the same"])
@pytest.mark.parametrize("level", [80, 95])
def test_wrong_intervals_are_made_to_hold_what_they_say(kind, level):
    actual, scale = windows(0, 2000)
    found = Calibration.fit(actual, forecast(kind, scale), LEVELS, scale)
    assert found.is_enough.all()
    new, scale = windows(1, 8000)
    corrected = found.apply(forecast(kind, scale), scale)
    low, high = ENDS[level]
    share = level / 100
    error = 4 * math.sqrt(share * (1 - share) * (1 / 2000 + 1 / 8000))
    for step in range(3):
        at = (slice(None), slice(step, step + 1))
        ends = corrected[(*at, low)], corrected[(*at, high)]
        assert coverage(new[at], *ends) == pytest.approx(share, abs=error)
        for misses in (new[at] < ends[0], new[at] > ends[1]):  # each tail has its half
            assert misses.mean() == pytest.approx((1 - share) / 2, abs=error)


@pytest.mark.parametrize("number", [9, 19, 39])
def test_coverage_is_at_least_nominal_with_few_windows(number):
    """The guarantee is on the mean over draws of the held-back windows, so many are drawn."""
    shares = []
    for seed in range(600):
        actual, scale = windows(seed, number, horizon=1)
        found = Calibration.fit(
            actual, forecast("too narrow", scale, 1)[..., 1:4], (0.1, 0.5, 0.9), scale
        )
        assert found.is_enough.all()
        new, scale = windows(10_000 + seed, 200, horizon=1)
        corrected = found.apply(forecast("too narrow", scale, 1)[..., 1:4], scale)
        shares.append(coverage(new, corrected[..., 0], corrected[..., 2]))
    error = 4 * np.std(shares) / math.sqrt(len(shares))
    assert 0.8 - error <= np.mean(shares) <= 0.8 + 2 / (number + 1) + error


def test_the_correction_is_the_score_of_the_finite_sample_rank():
    """100 scores in the units of their series: the tails of 0.1 take rank ceil(101 * 0.9) = 91."""
    generator = np.random.default_rng(0)
    scale = generator.uniform(1, 5, size=100)
    scores = generator.permutation(np.arange(1.0, 101))
    actual = (scores * scale)[:, None]
    quantiles = np.zeros((100, 1, 3))
    found = Calibration.fit(actual, quantiles, (0.1, 0.5, 0.9), scale)
    np.testing.assert_allclose(found.corrections, [[-10.0, 0.0, 91.0]])  # of 1 to 100, from below
    corrected = found.apply(quantiles + 50.0, scale=np.full(100, 2.0))
    np.testing.assert_allclose(corrected[0, 0], [50.0, 50.0, 232.0])  # 70 would be above the median


def test_levels_a_bit_off_by_rounding_have_the_rank_of_the_round_ones():
    scores = np.arange(1.0, 10)[:, None]
    levels = np.linspace(0.1, 0.9, 9)
    assert levels[6] > 0.7
    found = Calibration.fit(scores, np.zeros((9, 1, 9)), levels, np.ones(9))
    below = [-1.0, -2.0, -3.0, -4.0]  # from below the rank is the tail's: of -9 to -1 the last ones
    np.testing.assert_array_equal(found.corrections, [[*below, 0.0, 6.0, 7.0, 8.0, 9.0]])


@given(seed=st.integers(0, 500), factor=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_corrections_do_not_change_with_the_unit_and_the_level(seed, factor, shift):
    actual, scale = windows(seed, 50)
    quantiles = forecast("too narrow", scale)
    found = Calibration.fit(actual, quantiles, LEVELS, scale)
    moved = Calibration.fit(
        actual * factor + shift, quantiles * factor + shift, LEVELS, scale * factor
    )
    np.testing.assert_allclose(moved.corrections, found.corrections, rtol=1e-6, atol=1e-6)


@given(seed=st.integers(0, 500))
def test_steps_and_windows_that_are_not_known_change_nothing(seed):
    actual, scale = windows(seed, 200)
    quantiles = forecast("too narrow", scale)
    expected = Calibration.fit(actual, quantiles, LEVELS, scale)
    generator = np.random.default_rng(seed)
    more, more_scale = windows(seed + 1, 60)
    more_scale[:40] = generator.choice([0.0, -1.0, NAN, np.inf], size=40)
    more[40:] = NAN
    more_quantiles = forecast("too high", np.ones(60))
    more_quantiles[40:, 0] = NAN
    found = Calibration.fit(
        np.concatenate([actual, more]),
        np.concatenate([quantiles, more_quantiles]),
        LEVELS,
        np.concatenate([scale, more_scale]),
    )
    np.testing.assert_array_equal(found.corrections, expected.corrections)
    np.testing.assert_array_equal(found.counts, expected.counts)


def test_the_steps_beside_are_pooled_only_where_windows_are_few():
    assert [scores_needed(level) for level in LEVELS] == [39, 9, 1, 9, 39]
    horizon = 40
    actual, scale = windows(0, 4, horizon)
    quantiles = np.zeros((4, horizon, 5))
    found = Calibration.fit(actual, quantiles, LEVELS, scale)
    wanted = [POOLED * scores_needed(level) for level in LEVELS]
    for step in range(horizon):
        for place, level in enumerate(LEVELS):
            reach = 0
            while (
                4 * len(range(max(step - reach, 0), min(step + reach + 1, horizon)))
                < (wanted[place])
                and reach < horizon
            ):
                reach += 1
            near = range(max(step - reach, 0), min(step + reach + 1, horizon))
            assert found.counts[step, place] == 4 * len(near)
            sign = np.sign(level - 0.5)
            scores = np.sort((sign * actual[:, near] / scale[:, None]).ravel())
            rank = math.ceil((len(scores) + 1) * max(level, 1 - level) - 1e-9)
            expected = scores[rank - 1] if level != 0.5 else 0.0
            assert found.corrections[step, place] == pytest.approx(expected)
    many = Calibration.fit(*_repeated(actual, quantiles, 39), LEVELS, np.tile(scale, 39))
    assert (many.counts == 4 * 39).all()  # as many as wanted: each step alone


def _repeated(actual, quantiles, times):
    return np.tile(actual, (times, 1)), np.tile(quantiles, (times, 1, 1))


@pytest.mark.parametrize("number", [8, 9, 38, 39])
def test_too_few_scores_are_told_and_the_largest_is_taken(number):
    actual, scale = windows(0, number, horizon=1)
    found = Calibration.fit(actual, np.zeros((number, 1, 5)), LEVELS, scale)
    enough = {80: number >= 9, 95: number >= 39}
    assert found.is_enough.tolist() == [[enough[95], enough[80], True, enough[80], enough[95]]]
    if not enough[95]:
        scores = actual[:, 0] / scale
        np.testing.assert_allclose(found.corrections[0, [0, 4]], [-scores.min(), scores.max()])


@given(
    data=st.lists(st.floats(-10, 10), min_size=30, max_size=30),
    corrections=st.lists(st.floats(-5, 5), min_size=10, max_size=10),
)
def test_quantiles_do_not_cross_and_the_median_stays(data, corrections):
    quantiles = np.array(data).reshape(3, 2, 5)
    moves = np.array(corrections).reshape(2, 5)
    moves[:, 2] = 0.0
    found = Calibration(LEVELS, moves, np.full((2, 5), 99))
    scale = np.array([0.0, 1.0, 3.0])
    corrected = found.apply(quantiles, scale)
    assert (np.diff(corrected, axis=-1) >= 0).all()
    np.testing.assert_array_equal(corrected[..., 2], quantiles[..., 2])
    plain = quantiles + scale[:, None, None] * moves * [-1, -1, 0, 1, 1]
    assert (corrected[..., :2] <= plain[..., :2]).all()  # outward only
    assert (corrected[..., 3:] >= plain[..., 3:]).all()
    np.testing.assert_array_equal(monotone(corrected, LEVELS), corrected)
    is_right = (np.diff(plain, axis=-1) >= 0).all(axis=-1)
    np.testing.assert_array_equal(corrected[is_right], plain[is_right])


def test_a_shorter_horizon_has_the_corrections_of_its_steps():
    actual, scale = windows(0, 200)
    found = Calibration.fit(actual, forecast("too narrow", scale), LEVELS, scale)
    quantiles = forecast("too narrow", scale)
    np.testing.assert_array_equal(
        found.apply(quantiles[:, :2], scale), found.apply(quantiles, scale)[:, :2]
    )


def test_what_is_saved_is_what_is_loaded():
    actual, scale = windows(0, 30)
    found = Calibration.fit(actual, forecast("too wide", scale), LEVELS, scale)
    loaded = Calibration.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False)))
    quantiles = forecast("too wide", scale)
    np.testing.assert_array_equal(found.apply(quantiles, scale), loaded.apply(quantiles, scale))
    assert loaded.quantile_levels == LEVELS
    np.testing.assert_array_equal(loaded.counts, found.counts)
    np.testing.assert_array_equal(loaded.is_enough, found.is_enough)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantile_levels": None},
        {"quantile_levels": [0.1, 0.9]},
        {"corrections": [[1.0]]},
        {"corrections": "wide"},
        {"counts": [[1, 2]]},
    ],
)
def test_a_damaged_file_is_refused(changes):
    saved = {"quantile_levels": [0.1, 0.5, 0.9], "corrections": [[1, 0, 1]], "counts": [[9] * 3]}
    assert Calibration.from_json(saved).is_enough.all()
    with pytest.raises(CheckpointError, match="train again"):
        Calibration.from_json({**saved, **changes})
    with pytest.raises(CheckpointError, match="'counts'"):
        Calibration.from_json({name: saved[name] for name in ("quantile_levels", "corrections")})


def test_bad_arrays_are_refused():
    actual, scale = windows(0, 4)
    quantiles = np.zeros((4, 3, 5))
    for levels in ((0.1, 0.9), (0.9, 0.5, 0.1), (0.0, 0.5, 1.0), (0.5, 0.5), ()):
        with pytest.raises(ConfigError, match=r"must ascend between 0 and 1 and hold 0\.5"):
            Calibration.fit(actual, quantiles, levels, scale)
    with pytest.raises(ShapeError, match=r"quantiles must be \(windows, horizon, 5\)"):
        Calibration.fit(actual, quantiles[..., :3], LEVELS, scale)
    with pytest.raises(ShapeError, match=r"scale must be \(4,\)"):
        Calibration.fit(actual, quantiles, LEVELS, scale[:3])
    with pytest.raises(DatasetError, match="got none in 4 windows"):
        Calibration.fit(actual * NAN, quantiles, LEVELS, scale)
    broken = quantiles.copy()
    broken[2, 0, 1] = NAN
    with pytest.raises(DatasetError, match=r"window 2 at step 1.*diverged"):
        Calibration.fit(actual, broken, LEVELS, scale)
    found = Calibration.fit(actual, quantiles, LEVELS, scale)
    with pytest.raises(ShapeError, match="at most 3 steps"):
        found.apply(np.zeros((4, 4, 5)), scale)
    for wrong in (-1.0, NAN, np.inf):
        with pytest.raises(DatasetError, match=f"got {wrong} in window 3"):
            found.apply(quantiles, [1.0, 1.0, 1.0, wrong])
