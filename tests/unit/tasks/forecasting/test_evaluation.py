"""Forecasts and naive ones are measured alike, and neither knows what came after its cutoff."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.panels import SEASON, panel, planted

from ostinato.metrics import scale_of
from ostinato.runs.forecasting import read_forecasts
from ostinato.runs.run import Labels
from ostinato.series import Panel, WindowIndex, drift, naive, naive2, seasonal_naive
from ostinato.tasks.forecasting import evaluation as forecast_measure
from ostinato.tasks.forecasting import forecasts as forecast_drawing
from ostinato.tasks.forecasting.evaluation import BASELINES, CONSTANT, ForecastEvaluation
from ostinato.tasks.forecasting.evaluation import write_forecasts as written
from ostinato.tasks.forecasting.forecasts import Forecasts, history_steps
from ostinato.tasks.forecasting.time_splits import SeriesSplit

HORIZON = 3
LEVELS = (80,)
PROBABILITIES = (0.1, 0.5, 0.9)
METHODS = {"naive": naive, "seasonal_naive": seasonal_naive, "drift": drift, "naive2": naive2}
GIVEN = panel((60, 48, 31), targets=("y", "z"), missing=0.2)
BEGIN = np.array([40, 30, 20])


def forecasts_of(
    given: Panel = GIVEN, places: WindowIndex | None = None, seed: int = 0
) -> Forecasts:
    """Noise as forecasts, of every cutoff of the split after the beginnings."""
    places = SeriesSplit(given, BEGIN).places(HORIZON) if places is None else places
    rng = np.random.default_rng(seed)
    drawn = rng.normal(10, 5, size=(len(places), HORIZON, len(PROBABILITIES)))
    return Forecasts(given, places, PROBABILITIES, np.sort(drawn, axis=2))


def measured(given: Panel = GIVEN, deviation: float = 1.0, **options) -> ForecastEvaluation:
    found = forecasts_of(given, **options)
    return ForecastEvaluation.of(found, SEASON, np.full(len(found.places), deviation))


def rows_of(forecasts: Forecasts):
    """Series, target and cutoff of each window."""
    places = forecasts.places
    return zip(places.series, places.target, places.origin, strict=True)


def test_windows_are_what_a_loop_over_them_gives():
    forecasts, found = forecasts_of(), measured()
    for row, (series, target, origin) in enumerate(rows_of(forecasts)):
        values = GIVEN.values[series][:, target]
        np.testing.assert_array_equal(found.actual[row], values[origin : origin + HORIZON])
        for name, method in METHODS.items():
            expected = method(values[:origin], HORIZON, SEASON)
            np.testing.assert_array_equal(found.baselines[name][row], expected)
        known = values[: BEGIN[series]]
        assert (found.baselines[CONSTANT][row] == np.nanmedian(known)).all()
        assert found.scale[row] == scale_of(values[: BEGIN[series]], SEASON)
    np.testing.assert_array_equal(found.quantiles, forecasts.quantiles)
    np.testing.assert_array_equal(found.mean, forecasts.mean)


def told_before(given: Panel, ends, later: int = 0) -> dict[str, np.ndarray]:
    """Baselines and scale of the windows that begin at some step or before."""
    places = SeriesSplit(given, BEGIN).places(HORIZON)
    places = places.take(np.flatnonzero(places.origin <= np.array(ends)[places.series] + later))
    found = measured(given, places=places)
    return {"scale": found.scale, **found.baselines}


def assert_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


@pytest.mark.parametrize("after", [0, 1, SEASON, 9])
def test_naive_forecasts_and_the_scale_see_nothing_after_the_cutoff(after):
    ends = BEGIN + after
    assert_equal(told_before(GIVEN, ends), told_before(planted(GIVEN, ends), ends))


def test_the_same_test_finds_a_naive_forecast_of_a_later_cutoff():
    hidden = planted(GIVEN, BEGIN)
    with pytest.raises(AssertionError, match="naive"):
        assert_equal(told_before(GIVEN, BEGIN, later=1), told_before(hidden, BEGIN, later=1))


def test_the_same_test_finds_a_scale_of_the_whole_series(monkeypatch):
    def leaking(forecasts, season):
        values = forecasts.panel.values
        return np.array([scale_of(values[s][:, t], season) for s, t, _ in rows_of(forecasts)])

    monkeypatch.setattr(forecast_measure, "_scale", leaking)
    with pytest.raises(AssertionError, match="scale"):
        assert_equal(told_before(GIVEN, BEGIN), told_before(planted(GIVEN, BEGIN), BEGIN))


def test_what_lies_beyond_the_end_of_a_series_is_not_known():
    ends = WindowIndex(np.arange(3), np.array([0, 1, 0]), GIVEN.lengths - 1)
    found = measured(places=ends)
    last = [GIVEN.values[row][-1, target] for row, target in enumerate((0, 1, 0))]
    np.testing.assert_array_equal(found.actual[:, 0], last)
    assert np.isnan(found.actual[:, 1:]).all()


def test_figures_are_those_of_numpy():
    found = measured()
    figures = found.figures(LEVELS)
    is_known = np.isfinite(found.actual)
    median = found.quantiles[..., 1]  # which errors are least of; squares are of the mean
    for name in ("model", *BASELINES):
        told = figures if name == "model" else figures[name]
        middle, mean = (median, found.mean) if name == "model" else (found.baselines[name],) * 2
        errors, squares = np.abs(middle - found.actual), (mean - found.actual) ** 2
        assert told["mae"] == pytest.approx(errors[is_known].mean())
        assert told["mse"] == pytest.approx(squares[is_known].mean())
        assert told["rmse"] == pytest.approx(np.sqrt(squares[is_known].mean()))
        assert name == "model" or told["crps"] == told["mae"]
        steps = figures["by_step"]["mae" if name == "model" else f"{name}_mae"]
        by_step = [errors[is_known[:, step], step].mean() for step in range(HORIZON)]
        assert steps == pytest.approx(by_step)
    is_in = (found.actual >= found.quantiles[..., 0]) & (found.actual <= found.quantiles[..., 2])
    assert figures["coverage_80"] == pytest.approx(is_in[is_known].mean())
    assert "owa" in figures


def test_what_intervals_were_calibrated_on_does_not_judge_them():
    figures = measured().figures(LEVELS, with_coverage=False)
    assert not [name for name in (*figures, *figures["by_step"]) if "coverage" in name]


def test_figures_do_not_depend_on_the_order_of_the_windows():
    forecasts = forecasts_of()
    rows = np.random.default_rng(0).permutation(len(forecasts.places))
    one = ForecastEvaluation.of(forecasts, SEASON, np.ones(len(rows)))
    two = ForecastEvaluation(
        *(getattr(one, name)[rows] for name in ("actual", "mean", "quantiles")),
        one.probabilities,
        one.scale[rows],
        one.deviation,
        {name: values[rows] for name, values in one.baselines.items()},
    )
    first, second = one.figures(LEVELS), two.figures(LEVELS)
    for name in ("mae", "mse", "smape", "mase", "crps"):
        assert first[name] == pytest.approx(second[name])


def test_a_deviation_is_the_unit_of_errors_and_of_nothing_relative():
    one, two = measured().figures(LEVELS), measured(deviation=2.0).figures(LEVELS)
    for figures, others in ((one, two), *((one[name], two[name]) for name in BASELINES)):
        assert others["mae"] == pytest.approx(figures["mae"] / 2)
        assert others["mse"] == pytest.approx(figures["mse"] / 4)
        assert others["mase"] == pytest.approx(figures["mase"])
    assert two["coverage_80"] == one["coverage_80"]


def test_joined_windows_are_one_after_another():
    places = SeriesSplit(GIVEN, BEGIN).places(HORIZON)
    rows = (slice(0, 20), slice(20, None))
    # The scale of MASE is from before the first cutoff that is measured, so it is given to both.
    whole = measured()
    parts = [
        ForecastEvaluation(
            *(getattr(whole, name)[part] for name in ("actual", "mean", "quantiles")),
            whole.probabilities,
            whole.scale[part],
            whole.deviation[part],
            {name: values[part] for name, values in whole.baselines.items()},
        )
        for part in rows
    ]
    assert ForecastEvaluation.joined(parts).figures(LEVELS) == whole.figures(LEVELS)
    assert len(ForecastEvaluation.joined(parts).actual) == len(places)
    without = {name: v for name, v in parts[1].baselines.items() if name != "naive2"}
    some = ForecastEvaluation.joined([parts[0], dataclasses.replace(parts[1], baselines=without)])
    assert list(some.baselines) == [CONSTANT, *BASELINES]


def test_of_many_windows_naive2_is_not_asked(monkeypatch):
    assert "naive2" in measured().baselines
    monkeypatch.setattr(forecast_measure, "SHOWN", 50)
    assert len(forecasts_of().places) > 50
    assert list(measured().baselines) == [CONSTANT, *BASELINES]
    assert "owa" not in measured().figures(LEVELS)


@pytest.mark.parametrize("deviation", [1.0, 2.0])
def test_the_report_reads_what_was_measured_in_the_units_of_the_series(
    deviation, tmp_path, monkeypatch
):
    monkeypatch.setattr(forecast_drawing, "LEAST_HISTORY", 1)  # less than the series are long
    forecasts, found = forecasts_of(), measured(deviation=deviation)
    told = {"split": "test", "season": SEASON, "standardised": deviation != 1}
    written(tmp_path, forecasts, found, LEVELS, **told)
    read = read_forecasts(tmp_path / "predictions.parquet", Labels())
    assert read is not None
    plain = measured()
    for name in ("actual", "mean"):
        np.testing.assert_allclose(getattr(read, name), getattr(plain, name), rtol=1e-14)
    np.testing.assert_allclose(read.quantiles, plain.quantiles, rtol=1e-14)
    np.testing.assert_allclose(read.scale, plain.scale, rtol=1e-14)
    np.testing.assert_array_equal(read.deviation, found.deviation)
    for name in BASELINES:
        np.testing.assert_allclose(read.baselines[name], plain.baselines[name], rtol=1e-14)
    for row, (series, target, origin) in enumerate(rows_of(forecasts)):
        history = GIVEN.values[series][
            max(0, origin - history_steps(HORIZON, SEASON)) : origin, target
        ]
        np.testing.assert_array_equal(read.histories[row], history)
        times = GIVEN.times(int(series), int(origin) - 1, int(origin) + HORIZON)
        assert str(read.cutoffs[row]) == str(times[0])
        assert [str(time) for time in read.times[row]] == [str(time) for time in times[1:]]


def test_of_many_windows_the_last_one_of_each_series_is_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(forecast_measure, "SHOWN", 20)
    forecasts, found = forecasts_of(), measured()
    written(tmp_path, forecasts, found, LEVELS, split="test", season=SEASON, standardised=False)
    read = read_forecasts(tmp_path / "predictions.parquet", Labels())
    assert 10 <= len(read.mean) <= 20
    for series, name in enumerate(GIVEN.ids):
        for target in GIVEN.targets:
            cutoff = GIVEN.times(series)[-HORIZON - 1]
            is_last = [
                (i, t, str(c)) == (name, target, str(cutoff))
                for i, t, c in zip(read.ids, read.targets, read.cutoffs, strict=True)
            ]
            assert sum(is_last) == 1
