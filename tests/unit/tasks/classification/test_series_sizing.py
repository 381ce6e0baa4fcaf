"""Settings follow from the size of the data, and what was given stays."""

from __future__ import annotations

import numpy as np
import pytest
from tests.panels import panel, small

from ostinato import Forecaster, SeriesClassifier, Training
from ostinato.datasets import Sequences
from ostinato.tasks import series_sizing
from ostinato.tasks.series_sizing import sized_for_sequences, sized_for_series
from ostinato.tasks.stretches import Stretch


def sequences(count: int) -> Sequences:
    return Sequences.make([[float(n)] for n in range(count)], ["a", "b"] * (count // 2), "some")


@pytest.mark.parametrize("count", [4, 60, 250, 1000, 5000, 20_000])
def test_more_sequences_are_gone_through_less_often_by_more_steps(count):
    few, many = (sized_for_sequences(sequences(n)) for n in (count, 2 * count))
    assert many["training__epochs"] <= few["training__epochs"] <= 200
    assert many["training__batch_size"] >= few["training__batch_size"]
    if few["training__batch_size"] == many["training__batch_size"]:
        assert 2 * many["training__epochs"] >= few["training__epochs"]


def test_many_windows_are_trained_on_for_longer_and_with_less_dropout(monkeypatch):
    some = panel(with_columns=False)
    train = Stretch(some, np.zeros_like(some.lengths))
    few = sized_for_series(train, 8, 3)
    assert (few["training__epochs"], few["head_dropout"]) == (10, 0.5)
    monkeypatch.setattr(series_sizing, "MANY_WINDOWS", 50)
    many = sized_for_series(train, 8, 3)
    assert (many["training__epochs"], many["head_dropout"]) == (20, 0.2)


def test_what_was_given_stays():
    parts = {"train": sequences(60)}
    model = SeriesClassifier(training=Training(epochs=3))
    found = model._sized(parts)
    assert (found.training.epochs, found.training.batch_size) == (3, 16)
    assert model.training.batch_size is None
    some = panel(with_columns=False)
    forecasting = {"train": Stretch(some, np.zeros_like(some.lengths))}
    assert Forecaster(horizon=3, context=8)._sized(forecasting).head_dropout == 0.5
    assert small()._sized(forecasting).head_dropout == 0.0
