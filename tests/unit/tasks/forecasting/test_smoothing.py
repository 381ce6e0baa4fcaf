"""Exponential smoothing stands beside a forecaster where its package does, and takes the time that it may."""

from __future__ import annotations

import logging
import sys
import time
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest
from tests.unit.tasks.forecasting.test_baselines import SEASON, fitted

from ostinato._errors import DatasetError
from ostinato.datasets import SeriesTable
from ostinato.series import Panel, WindowIndex, panel_of
from ostinato.tasks.forecasting import smoothing as module
from ostinato.tasks.forecasting.forecasts import Forecasts
from ostinato.tasks.forecasting.smoothing import Smoothing, filled


class LastSeason:
    """A stand-in of statsforecast's AutoETS: the last season again, and no more."""

    seconds = 0.0
    fits: ClassVar[list[np.ndarray]] = []

    def __init__(self, season_length: int) -> None:
        self.season = season_length

    def fit(self, y: np.ndarray) -> LastSeason:
        time.sleep(self.seconds)
        assert np.isfinite(y).all()
        if len(y) < 4:
            raise NotImplementedError("tiny datasets")
        self.fits.append(y)
        self.history = y
        return self

    def forward(self, y: np.ndarray, h: int) -> dict[str, np.ndarray]:
        assert np.isfinite(y).all()
        (own,) = (history for history in self.fits if history is self.history)
        assert y[: len(own)].tolist() == own.tolist()  # seasons go on where they began
        return {"mean": np.resize(y[-self.season :], h) - 1}


@pytest.fixture
def installed(monkeypatch):
    """A statsforecast that has the stand-in alone."""
    package, models = ModuleType("statsforecast"), ModuleType("statsforecast.models")
    own = type("Own", (LastSeason,), {"fits": [], "seconds": 0.0})
    models.AutoETS = own
    monkeypatch.setitem(sys.modules, "statsforecast", package)
    monkeypatch.setitem(sys.modules, "statsforecast.models", models)
    return own


def panel(**series: list[float]) -> Panel:
    steps = np.concatenate([np.arange(len(values)) for values in series.values()])
    ids = np.repeat(list(series), [len(values) for values in series.values()])
    return panel_of(SeriesTable.make(steps, {"y": np.concatenate(list(series.values()))}, ids=ids))


def wanted(given: Panel, *places: tuple[int, int], horizon: int = 3) -> Forecasts:
    series, origins = np.array(places).T
    index = WindowIndex(series, np.zeros_like(series), origins)
    return Forecasts(given, index, (0.5,), np.zeros((len(index), horizon, 1)))


def test_without_the_package_there_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)
    assert "ets" not in fitted().metrics_["baselines"]


def test_it_is_fitted_once_on_train_and_judges_the_model(installed):
    metrics = fitted().metrics_
    assert list(metrics["baselines"])[-1] == "ets"
    one, naive = metrics["baselines"]["ets"], metrics["baselines"]["seasonal_naive"]
    assert one["title"] == "ETS"
    for split in ("validation", "test"):
        assert one[split].keys() == naive[split].keys()
        assert 0 < abs(one[split]["mae"] - naive[split]["mae"]) <= 1
    assert " and ETS: MASE" in metrics["verdict"]["text"]
    ends = {len(history) for history in installed.fits}
    assert len(installed.fits) == 10  # series, though there are two splits and many cutoffs
    before_test = 120 - SEASON
    assert ends == {before_test - int(0.15 * before_test)}


def test_each_window_is_forecast_from_what_lies_before_it(installed):
    given = panel(a=list(np.arange(12.0)), b=[-5.0] * 5 + list(np.arange(7.0)))
    found = Smoothing(given.until(8), 2, 100.0).forecasts(wanted(given, (0, 8), (0, 10), (1, 9)))
    assert found.tolist() == [[5, 6, 5], [7, 8, 7], [1, 2, 1]]
    low = panel(a=[0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    assert Smoothing(low, 2, 9.0).forecasts(wanted(low, (0, 6))).tolist() == [[0, 0, 0]]


def test_only_the_last_steps_of_a_long_series_are_fitted_and_gone_on_from(installed, monkeypatch):
    monkeypatch.setattr(module, "FIT_STEPS", 5)
    given = panel(a=list(np.arange(20.0)))
    found = Smoothing(given.until(12), 2, 9.0).forecasts(wanted(given, (0, 12), (0, 19)))
    assert found.tolist() == [[9, 10, 9], [16, 17, 16]]
    assert [history.tolist() for history in installed.fits] == [[7, 8, 9, 10, 11]]


def test_gaps_are_bridged_and_a_series_without_a_fit_is_told(installed, caplog):
    gap = float("nan")
    given = panel(a=[1.0, gap, 3.0, 4.0, 5.0, gap, 7.0, 8.0], b=[1.0, 2.0, 3.0, 4.0])
    with caplog.at_level(logging.WARNING, "ostinato"):
        found = Smoothing(given.until(3), 2, 9.0).forecasts(wanted(given, (0, 8), (1, 4)))
    assert found.tolist() == [[7, 8, 7], [3, 4, 3]]  # three values are too few to fit
    assert "ETS: 2 of 2 series have none; the seasonal naive forecast takes" in caplog.text
    assert filled(np.array([gap, gap])).tolist() == []


def test_constant_series_stay_what_they_are(installed):
    given = panel(a=[3.0] * 9)
    assert Smoothing(given, 2, 9.0).forecasts(wanted(given, (0, 9))).tolist() == [[3, 3, 3]]
    assert not installed.fits


def test_it_ends_before_it_takes_too_long(installed, monkeypatch):
    monkeypatch.setattr(module, "LEAST_SECONDS", 0.1)
    installed.seconds = 0.02
    given = panel(**{f"s{n}": list(np.arange(9.0)) for n in range(500)})
    some = wanted(given, *((n, 9) for n in range(500)))
    start = time.perf_counter()
    with pytest.raises(
        DatasetError, match=r"ETS of 500 series would take about \d+ s, more than 0 s: 15%"
    ):
        Smoothing(given, 2, 0.2).forecasts(some)
    assert time.perf_counter() - start < 2
    assert len(installed.fits) < 10
    installed.seconds = 0.0
    assert Smoothing(given, 2, 100.0).forecasts(some).shape == (500, 3)


def test_seasons_that_it_cannot_have_are_told_in_its_name(installed):
    given = panel(a=[0.0, 5.0] * 30)
    long = Smoothing(given, 30, 9.0)
    assert long.title == "ETS without a season"
    assert long.forecasts(wanted(given, (0, 60))).tolist() == [[4, 4, 4]]
