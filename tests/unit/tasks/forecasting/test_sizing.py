"""Settings follow from the size of the data, and what was given stays."""

from __future__ import annotations

import numpy as np
from tests.panels import panel, small

from ostinato import Forecaster
from ostinato.tasks.forecasting import sizing
from ostinato.tasks.forecasting.time_splits import SeriesSplit


def test_many_windows_are_trained_on_for_longer_and_with_less_dropout(monkeypatch):
    some = panel(with_columns=False)
    train = SeriesSplit(some, np.zeros_like(some.lengths))
    few = sizing.sized(train, 8, 3)
    assert (few["training__epochs"], few["head_dropout"]) == (10, 0.5)
    monkeypatch.setattr(sizing, "MANY_WINDOWS", 50)
    many = sizing.sized(train, 8, 3)
    assert (many["training__epochs"], many["head_dropout"]) == (20, 0.2)


def test_what_was_given_stays():
    some = panel(with_columns=False)
    forecasting = {"train": SeriesSplit(some, np.zeros_like(some.lengths))}
    assert Forecaster(horizon=3, context=8)._sized(forecasting).head_dropout == 0.5
    assert small()._sized(forecasting).head_dropout == 0.0
