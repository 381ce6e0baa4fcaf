"""Naive forecasts continue what repeats, follow shifts and units, and stand gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato._errors import ConfigError, DatasetError, ShapeError
from ostinato.series.naive import (
    drift,
    is_seasonal,
    naive,
    naive2,
    seasonal_factors,
    seasonal_naive,
)

NAN = float("nan")
BASELINES = {"naive": naive, "seasonal_naive": seasonal_naive, "drift": drift}
EVERY = [*BASELINES.values(), naive2]
every_forecast = pytest.mark.parametrize("forecast", EVERY, ids=lambda f: f.__name__)
values = st.floats(-100, 100).map(lambda value: round(value, 3))
gappy = st.lists(values | st.just(NAN), min_size=1, max_size=30).map(np.array)
horizons = st.integers(1, 9)
seasons = st.integers(1, 6)


def seasonal_history(seed, season, repeats=8, noise=0.02):
    """A level times a factor of each place, times some noise."""
    generator = np.random.default_rng(seed)
    factors = np.linspace(0.5, 1.5, season)
    level = 50 + np.arange(season * repeats) * 0.1
    return level * np.tile(factors, repeats) * np.exp(generator.normal(0, noise, len(level)))


def by_hand(name, history, horizon, season):
    """The baselines in words, one step after another."""
    known = [(place, y) for place, y in enumerate(history) if not math.isnan(y)]
    if not known:
        return [NAN] * horizon
    (first, low), (last, high) = known[0], known[-1]
    slope = (high - low) / (last - first) if last > first else 0.0
    found = []
    for place in range(len(history), len(history) + horizon):
        same = [y for step, y in known if step % season == place % season]
        found.append(
            {
                "naive": high,
                "seasonal_naive": same[-1] if same else high,
                "drift": high + slope * (place - last),
            }[name]
        )
    return found


@pytest.mark.parametrize("name", BASELINES)
@given(history=gappy, horizon=horizons, season=seasons)
def test_baselines_are_what_their_words_say(name, history, horizon, season):
    found = BASELINES[name](history, horizon, season)
    np.testing.assert_allclose(found, by_hand(name, history, horizon, season), atol=1e-9)


@every_forecast
@given(history=gappy, horizon=horizons, season=seasons)
def test_a_forecast_has_the_horizon_and_is_nan_only_without_history(
    forecast, history, horizon, season
):
    found = forecast(history, horizon, season)
    assert found.shape == (horizon,)
    assert np.isnan(found).all() == np.isnan(history).all() == np.isnan(found).any()
    longer = forecast(history, horizon + 3, season)
    np.testing.assert_array_equal(longer[:horizon], found)  # further steps change no nearer one


@every_forecast
@given(seed=st.integers(0, 200), rows=st.integers(1, 4), season=seasons)
def test_many_histories_at_once_are_each_alone(forecast, seed, rows, season):
    generator = np.random.default_rng(seed)
    stack = generator.gamma(3.0, size=(2, rows, 24))
    stack[generator.random(stack.shape) < 0.2] = NAN
    found = forecast(stack, 5, season)
    assert found.shape == (2, rows, 5)
    for place in np.ndindex(2, rows):
        np.testing.assert_array_equal(found[place], forecast(stack[place], 5, season))


@every_forecast
@given(history=gappy, factor=st.sampled_from([0.25, 2.0, 1024.0]), season=seasons)
def test_a_forecast_follows_the_unit(forecast, history, factor, season):
    found = forecast(history * factor, 4, season)
    np.testing.assert_allclose(found, factor * forecast(history, 4, season), rtol=1e-9)


@given(seed=st.integers(0, 200), factor=st.floats(0.01, 100), season=st.integers(2, 12))
def test_naive2_follows_the_unit_where_it_adjusts(seed, factor, season):
    history = seasonal_history(seed, season)
    found = naive2(history, 20, season)
    assert not np.allclose(found, found[0], rtol=0.1)  # it did adjust
    np.testing.assert_allclose(naive2(history * factor, 20, season), factor * found, rtol=1e-9)


@pytest.mark.parametrize("name", BASELINES)
@given(history=gappy, shift=values, season=seasons)
def test_baselines_follow_a_shift(name, history, shift, season):
    found = BASELINES[name](history + shift, 4, season)
    np.testing.assert_allclose(found, BASELINES[name](history, 4, season) + shift, atol=1e-6)


@pytest.mark.parametrize("forecast", [seasonal_naive, naive2], ids=lambda f: f.__name__)
@given(
    season=st.integers(2, 12),
    repeats=st.integers(8, 10),  # with fewer M4's test may find no season
    rest=st.integers(0, 11),
    seed=st.integers(0, 99),
)
def test_what_repeats_is_continued_exactly(forecast, season, repeats, rest, seed):
    generator = np.random.default_rng(seed)
    pattern = generator.uniform(1, 9, size=season)
    pattern[0] = 20.0  # not nearly constant
    whole = np.tile(pattern, repeats + 3)
    cut = season * repeats + rest % season
    np.testing.assert_allclose(forecast(whole[:cut], 2 * season, season), whole[cut:][: 2 * season])


@given(history=gappy, season=seasons)
def test_without_a_season_seasonal_naive_and_naive2_are_naive(history, season):
    expected = naive(history, 4)
    np.testing.assert_array_equal(seasonal_naive(history, 4, 1), expected)
    np.testing.assert_array_equal(naive2(history, 4, 1), expected)
    if len(history) < 3 * season:
        np.testing.assert_array_equal(naive2(history, 4, season), expected)


@given(begin=values, slope=values, gaps=st.sets(st.integers(1, 8)), tail=st.integers(0, 3))
def test_drift_continues_a_line_through_its_gaps(begin, slope, gaps, tail):
    whole = begin + slope * np.arange(16)
    history = whole[: 10 + tail].copy()
    history[[*gaps, *range(10, 10 + tail)]] = NAN
    np.testing.assert_allclose(drift(history, 3), whole[10 + tail :][:3], atol=1e-9)


def test_seasonal_naive_goes_back_another_season_then_to_the_last_value():
    history = [1.0, NAN, 3.0, 4.0, NAN, NAN, 7.0, NAN, NAN]
    assert seasonal_naive(history, 5, season=3).tolist() == [7.0, 7.0, 3.0, 7.0, 7.0]


def test_naive2_goes_on_from_the_right_place_after_missing_ends():
    pattern = [10.0, 20.0, 60.0, 30.0]
    history = np.array([NAN, *pattern * 5, NAN, NAN])
    np.testing.assert_allclose(naive2(history, 4, 4), [60.0, 30.0, 10.0, 20.0])


def test_naive2_repeats_the_adjusted_level_times_the_factors():
    history = seasonal_history(0, 12)
    factors = seasonal_factors(history, 12)
    expected = history[-1] / factors[-1] * np.tile(factors, 2)
    np.testing.assert_allclose(naive2(history, 24, 12), expected)
    assert not np.allclose(expected[:12], history[-12:], rtol=1e-3)  # nor is it seasonal naive


@given(seed=st.integers(0, 200), season=st.integers(2, 8))
def test_naive2_does_not_adjust_what_is_not_positive(seed, season):
    history = seasonal_history(seed, season)
    history[season] = 0.0
    assert is_seasonal(history, season)
    np.testing.assert_array_equal(naive2(history, 4, season), naive(history, 4))


def test_naive2_is_naive_where_a_place_was_never_seen_in_a_full_season():
    history = seasonal_history(0, 4)
    history[1::4] = NAN
    assert is_seasonal(history, 4)
    assert np.isnan(seasonal_factors(history, 4)).any()
    np.testing.assert_array_equal(naive2(history, 3, 4), naive(history, 3))


@pytest.mark.parametrize("season", [2, 3, 7, 12])
def test_factors_are_those_of_the_decomposition_step_by_step(season):
    history = seasonal_history(1, season, noise=0.1)
    half = season // 2
    ratios = {place: [] for place in range(season)}
    for step in range(half, len(history) - half):
        window = list(history[step - half : step + half + 1])
        if season % 2 == 0:  # both ends are the same place: each counts half
            window = [*window[1:-1], (window[0] + window[-1]) / 2]
        ratios[step % season].append(history[step] / (sum(window) / season))
    means = [sum(found) / len(found) for found in ratios.values()]
    expected = np.array(means) / (sum(means) / season)
    factors = seasonal_factors(history, season)
    np.testing.assert_allclose(factors, expected)
    assert factors.mean() == pytest.approx(1)


@pytest.mark.parametrize("season", [2, 4, 12])
def test_the_test_of_the_season_is_that_of_its_formula(season):
    outcomes = set()
    for seed in range(40):
        generator = np.random.default_rng(seed)
        history = generator.normal(size=60) + seed / 10 * np.cos(np.arange(60) * 2 * np.pi / season)
        centred = history - history.mean()
        acf = [
            sum(centred[t] * centred[t + lag] for t in range(60 - lag)) / sum(centred**2)
            for lag in range(season + 1)
        ]
        limit = 1.645 * math.sqrt((1 + 2 * sum(r * r for r in acf[1:season])) / 60)
        expected = abs(acf[season]) > limit
        assert is_seasonal(history, season) == expected
        outcomes.add(bool(expected))
    assert outcomes == {True, False}  # both were seen


def test_a_season_takes_three_of_them_to_be_found():
    spikes = np.tile([9.0, *[1.0] * 11], 3)
    assert is_seasonal(spikes, 12)
    assert not is_seasonal(spikes[:35], 12)
    assert not is_seasonal([NAN, NAN, *spikes[:35], NAN], 12)  # missing ends are no steps


def test_noise_is_seasonal_as_rarely_as_the_test_says():
    generator = np.random.default_rng(5)
    found = [is_seasonal(row, 4) for row in generator.normal(size=(1000, 120))]
    assert 0.06 < np.mean(found) < 0.14  # 10 percent
    assert not is_seasonal(np.full(60, 0.1), 4)  # a constant is not


@every_forecast
def test_a_planted_future_changes_nothing(forecast):
    whole = seasonal_history(2, 6)
    before = forecast(whole[:36], 6, 6)
    whole[36:] = 1e6
    np.testing.assert_array_equal(forecast(whole[:36], 6, 6), before)
    whole[35] = 2e6
    assert not np.array_equal(forecast(whole[:36], 6, 6), before)  # but the history does


@every_forecast
def test_an_empty_history_has_a_forecast_of_nan(forecast):
    assert np.isnan(forecast([], 3, 2)).tolist() == [True] * 3
    assert forecast(np.zeros((0, 8)), 3, 2).shape == (0, 3)


@every_forecast
def test_bad_arguments_are_refused(forecast):
    name = forecast.__name__
    with pytest.raises(ConfigError, match=f"{name}: horizon must be at least 1; got 0"):
        forecast([1.0], 0, 1)
    with pytest.raises(ConfigError, match=f"{name}: season must be at least 1; got 0"):
        forecast([1.0], 1, 0)
    with pytest.raises(ShapeError, match=f"{name}: history must be"):
        forecast(1.0, 1, 1)
    with pytest.raises(DatasetError, match=f"{name}: .*infinite value at step 1"):
        forecast([1.0, math.inf], 1, 1)
