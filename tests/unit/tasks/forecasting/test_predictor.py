"""What a trained forecaster says of a split is blind to all that comes after each cutoff."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from tests.panels import HUGE, SEASON, panel, planted, small, waves

from ostinato import DatasetError, Forecaster
from ostinato.data.ragged import Ragged
from ostinato.datasets import SeriesTable
from ostinato.series import Panel, panel_of
from ostinato.tasks.forecasting.evaluation import ForecastEvaluation
from ostinato.tasks.forecasting.forecasts import Forecasts
from ostinato.tasks.forecasting.time_splits import SeriesSplit, splits_of, with_validation

HORIZON = 3
METHODS = ("direct", "segment", "autoregressive")
every_method = pytest.mark.parametrize("method", METHODS)
LENGTHS = (60, 48, 31)


def given(method: str, **options) -> Panel:
    """Series with all columns that the method reads."""
    return panel(LENGTHS, with_columns=method != "autoregressive", missing=0.1, **options)


def fitted(some: Panel, method: str) -> Forecaster:
    return small(method=method).fit_splits(splits_of(some, HORIZON))


def bits(model: Forecaster) -> dict[str, bytes]:
    return {n: weight.numpy().tobytes() for n, weight in model.module_.state_dict().items()}


def told(found: tuple[Forecasts, ForecastEvaluation], until: np.ndarray) -> list[np.ndarray]:
    """All that is forecast from cutoffs up to some step, and what it is compared with."""
    forecasts, measured = found
    rows = np.flatnonzero(forecasts.places.origin <= until[forecasts.places.series])
    assert len(rows)
    arrays = (forecasts.quantiles, forecasts.mean, measured.scale, *measured.baselines.values())
    return [array[rows] for array in arrays]


def assert_same(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope="module", params=METHODS)
def trained(request) -> tuple[str, Panel, Forecaster]:
    some = given(request.param)
    return request.param, some, fitted(some, request.param)


def test_training_does_not_see_the_test_split(trained):
    method, some, model = trained
    hidden = planted(some, some.lengths - HORIZON)
    other = fitted(hidden, method)
    assert bits(model) == bits(other)
    assert model.preprocessor_.scaling.to_json() == other.preprocessor_.scaling.to_json()
    for one, two in zip(model.history_, other.history_, strict=True):
        assert (one["train"], one["validation"]) == (two["train"], two["validation"])
    one, two = (
        told(m.predictor.measured(splits_of(s, HORIZON)["test"]), s.lengths)
        for m, s in ((model, some), (other, hidden))
    )
    assert_same(one, two)


def test_weights_and_scales_do_not_see_the_validation_split(trained):
    """Of one epoch there is nothing to choose."""
    method, some, model = trained
    begin = with_validation(splits_of(some, HORIZON), HORIZON)["validation"].begin
    other = fitted(planted(some, begin), method)
    assert bits(model) == bits(other)
    assert model.preprocessor_.scaling.to_json() == other.preprocessor_.scaling.to_json()
    assert bits(model) != bits(fitted(planted(some, begin - 1), method))


@pytest.mark.parametrize("step", [0, 2, 5])
def test_no_cutoff_of_a_split_sees_beyond_itself(trained, step):
    """Its forecasts, their corrections, the naive forecasts and the scale of MASE."""
    _, some, model = trained
    begin = some.lengths - 12
    ends = begin + step
    one, other = (
        model.predictor.measured(SeriesSplit(s, begin)) for s in (some, planted(some, ends))
    )
    assert_same(told(one, ends), told(other, ends))
    with pytest.raises(AssertionError):  # the same of cutoffs that may see it
        assert_same(told(one, ends + 1), told(other, ends + 1))


def test_series_that_train_does_not_know_are_measured_on_their_past(trained):
    method, _, model = trained
    others = dataclasses.replace(given(method, seed=1), ids=("x", "y", "z"))
    ends = others.lengths - HORIZON
    one, other = (
        told(model.predictor.measured(SeriesSplit(s, ends, every_cutoff=False)), ends)
        for s in (others, planted(others, ends))
    )
    assert_same(one, other)
    with pytest.MonkeyPatch.context() as patch:  # a leak: the whole panel as its own past
        patch.setattr(Panel, "until", lambda self, ends, future=0: self)
        leaking = told(
            model.predictor.measured(SeriesSplit(planted(others, ends), ends, every_cutoff=False)),
            ends,
        )
    with pytest.raises(AssertionError):
        assert_same(one, leaking)


def changed(some: Panel, times: float, plus: float) -> Panel:
    return dataclasses.replace(
        some, values=Ragged(some.values.values * times + plus, some.values.offsets)
    )


def quantiles(some: Panel, **settings) -> np.ndarray:
    model = small(**settings).fit_splits({"train": SeriesSplit(some, np.zeros_like(some.lengths))})
    return model.predictor.ahead(some).quantiles


@pytest.mark.parametrize("window_scaling", ["last", "standard", "mean", "none"])
@every_method
def test_another_unit_gives_the_same_forecast_in_that_unit(method, window_scaling):
    some = changed(given(method, known=HORIZON), 1.0, 500.0)  # where no forecast ends at 0
    settings = {"method": method, "window_scaling": window_scaling, "transform": "none"}
    found = quantiles(some, **settings)
    other = quantiles(changed(some, 3.7, -1021.3), **settings)
    # Measured: 5e-14; a value that is rounded the other way may go on through training.
    np.testing.assert_allclose(other, found * 3.7 - 1021.3, atol=2e-3, rtol=0)
    assert np.ptp(found) > 1


def test_what_is_multiplied_is_multiplied_where_logarithms_are_taken():
    some = given("segment", known=HORIZON)
    found = quantiles(some, transform="log")
    other = quantiles(changed(some, 7.3, 0.0), transform="log")
    np.testing.assert_allclose(other, found * 7.3, rtol=1e-4)  # measured: 2e-15
    assert (found > 0).all()


def error(table: SeriesTable, other: SeriesTable | None = None, **settings) -> float:
    """Absolute error on the last horizon of series, of a model that saw the rest or other ones."""
    some = panel_of(table)
    options = {"training__epochs": 12, "recurrent__hidden_size": 12, "training__batch_size": 32}
    model = small(**{**options, **settings})
    splits = splits_of(some, model.horizon)
    model.fit_splits({"train": splits["train"]})
    split = splits["test"] if other is None else splits_of(panel_of(other), model.horizon)["test"]
    return model.evaluate(split)["mae"]


def test_what_is_known_ahead_helps():
    table = waves((120,) * 4, noise=0.0)
    promotion = table.known["promotion"]
    lifted = dataclasses.replace(table, values={"y": table.values["y"] + 9 * promotion})
    without = dataclasses.replace(lifted, known={})
    assert error(lifted) < 0.4 * error(without)


def test_what_is_known_of_the_past_helps():
    """Visits tell the value of the next step, which nothing else does."""
    rng = np.random.default_rng(0)
    visits = rng.normal(size=(4, 200))
    y = np.concatenate([rng.normal(size=(4, 1)), visits[:, :-1]], axis=1)
    times, ids = np.tile(np.arange(200), 4), np.repeat(list("abcd"), 200)
    options = {"ids": ids, "past": {"visits": visits.ravel()}}
    table = SeriesTable.make(times, {"y": y.ravel()}, **options)
    without = dataclasses.replace(table, past={})
    assert error(table, horizon=1) < 0.4 * error(without, horizon=1)


def follows(kinds: str, seed: int) -> SeriesTable:
    """Each value is nearly the one before it, or, in series of the other kind, its opposite."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(len(kinds), 150))
    for step in range(1, 150):
        y[:, step] = (
            np.array([1 if k == "u" else -1 for k in kinds]) * 0.97 * y[:, step - 1]
            + 0.25 * y[:, step]
        )
    names = [f"{seed}-{n}" for n in range(len(kinds))]
    return SeriesTable.make(
        np.tile(np.arange(150), len(kinds)),
        {"y": y.ravel()},
        ids=np.repeat(names, 150),
        static={"kind": np.repeat(np.array(list(kinds), object), 150)},
    )


def test_an_attribute_helps_with_series_that_train_does_not_know():
    train, new = follows("udud", 0), follows("udududud", 1)
    settings = {"horizon": 1, "context": 1, "segment": 1, "season": 50, "window_scaling": "none"}
    bare = [dataclasses.replace(table, static={}) for table in (train, new)]
    assert error(train, new, **settings) < 0.7 * error(*bare, **settings)


def test_corrections_alone_bring_intervals_to_their_level():
    """A network that knows no spread, on noise that is the same at every step."""
    rng = np.random.default_rng(0)
    count, steps = 6, 400
    table = SeriesTable.make(
        np.tile(np.arange(steps), count),
        {"y": rng.normal(size=count * steps)},
        ids=np.repeat(np.arange(count).astype(str), steps),
    )
    some = panel_of(table)
    begin = np.full(count, 300)
    train = SeriesSplit(some.until(begin - 150), np.zeros(count, np.int64))
    model = small(transform="none").fit_splits({"train": train})
    for weight in (model.module_.head.weight, model.module_.head.bias, model.module_.season):
        weight.data.zero_()
    found, measured = model.predictor.measured(SeriesSplit(some, begin))
    figures = measured.figures(model.levels)
    assert len(found.places) == count * (100 - HORIZON + 1)
    assert figures["coverage_80"] == pytest.approx(0.8, abs=0.05)
    assert figures["coverage_95"] == pytest.approx(0.95, abs=0.03)
    with torch.no_grad():
        raw = model.predictor._scored(
            model.predictor._windows(SeriesSplit(some, begin)), found.places, begin
        )
    assert np.ptp(raw.quantiles, axis=-1).max() == 0


def test_a_value_beyond_the_context_changes_no_forecast():
    some = panel((60,), with_columns=False)
    model = small().fit_splits({"train": SeriesSplit(some, np.zeros_like(some.lengths))})
    steps = np.arange(60)[:, None]
    for value in (np.nan, HUGE):
        far = np.where(steps < 60 - 8 - SEASON, value, some.values.values)
        other = dataclasses.replace(some, values=Ragged(far, some.values.offsets))
        np.testing.assert_array_equal(
            model.predictor.ahead(other).quantiles,
            model.predictor.ahead(some).quantiles,
        )


def test_series_without_a_value_in_their_context_are_named():
    some = panel((60, 40), with_columns=False)
    model = small().fit_splits({"train": SeriesSplit(some, np.zeros_like(some.lengths))})
    values = some.values.values.copy()
    values[-8:] = np.nan
    other = dataclasses.replace(some, values=Ragged(values, some.values.offsets))
    with pytest.raises(DatasetError, match="`s2` must have a value of `y` in its last 8 steps"):
        model.predictor.ahead(other, on_error="raise")
