"""The forecasts beside a forecaster, and what is said of it beside them."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ostinato import Forecaster, Recurrent, Training
from ostinato.tasks.forecasting.baselines import TITLES, judge_forecasts

SEASON = 6


@pytest.fixture(autouse=True)
def without_smoothing(monkeypatch):
    """Here are the forecasts that need no package."""
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)


def table(*, is_shuffled: bool = False) -> dict[str, list]:
    """Ten series of a season, or of the same values in random order."""
    rng = np.random.default_rng(0)
    ids, times, values = [], [], []
    for name in range(10):
        steps = np.arange(120)
        found = 50 * name + 10 * np.sin(2 * np.pi * steps / SEASON) + rng.normal(size=len(steps))
        ids += [f"s{name}"] * len(steps)
        times += steps.tolist()
        values += (rng.permutation(found) if is_shuffled else found).tolist()
    return {"unique_id": ids, "ds": times, "y": values}


def fitted(**options) -> Forecaster:
    model = Forecaster(
        horizon=SEASON,
        season=SEASON,
        recurrent=Recurrent(cell="gru", hidden_size=16, bidirectional=False),
        training=Training(epochs=3, batch_size=64, learning_rate=5e-3),
        train_windows=1024,
    )
    return model.fit_splits(model.load_splits(source=table(**options)))


def test_of_shuffled_values_it_says_that_it_is_no_better_than_chance():
    verdict = fitted(is_shuffled=True).metrics_["verdict"]
    assert verdict["text"].startswith("No better than chance: MASE")
    assert "a constant has" in verdict["text"]
    assert not verdict["is_good"]
    assert "in the order of their times" in verdict["advice"]


def test_the_naive_forecasts_stand_beside_its_figures():
    metrics = fitted().metrics_
    assert list(metrics["baselines"]) == list(TITLES)
    for name in ("naive", "seasonal_naive", "drift"):
        assert metrics["baselines"][name]["test"] == metrics["test"][name]
    assert metrics["baselines"]["constant"]["validation"]["mase"] > 1
    assert metrics["verdict"]["is_good"]
    text = metrics["verdict"]["text"]
    assert text.startswith("Beats a constant, the drift forecast, the naive forecast and the seas")
    assert f"MASE {metrics['test']['mase']:.4f} against" in text


@pytest.mark.parametrize("figure", ["mase", "mae"])
def test_it_is_judged_by_mase_or_where_there_is_none_by_mae(figure):
    beside = {
        name: {"title": TITLES[name], "test": {figure: value}}
        for name, value in {"naive": 2.0, "seasonal_naive": 1.0}.items()
    }
    found = judge_forecasts({figure: 1.5, "n": 9}, beside, split="test", advice="Try.")
    assert found.text == (
        f"No better than the seasonal naive forecast: {figure.upper()} 1.5000 against 1.0000 on test. "
        "It beats the naive forecast."
    )
    assert (found.is_good, found.advice) == (False, "Try.")


def test_of_series_that_never_change_it_does_not_speak_of_chance():
    beside = {"constant": {"title": TITLES["constant"], "test": {"mae": 0.0}}}
    figures = {"mae": 0.001, "n": 9, "chance_z": -6.0}
    found = judge_forecasts(figures, beside, split="test", advice="Try.")
    assert found.text.startswith("No better than a constant: MAE 0.0010 against 0.0000 on test.")
    assert found.advice == "Try."
