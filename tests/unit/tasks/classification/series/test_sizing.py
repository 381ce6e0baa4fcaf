"""Settings follow from the size of the data, and what was given stays."""

from __future__ import annotations

import pytest

from ostinato import SeriesClassifier, Training
from ostinato.datasets import Sequences
from ostinato.tasks.classification.series.sizing import sized


def sequences(count: int) -> Sequences:
    return Sequences.make([[float(n)] for n in range(count)], ["a", "b"] * (count // 2), "some")


@pytest.mark.parametrize("count", [4, 60, 250, 1000, 5000, 20_000])
def test_more_sequences_are_gone_through_less_often_by_more_steps(count):
    few, many = (sized(sequences(n)) for n in (count, 2 * count))
    assert many["training__epochs"] <= few["training__epochs"] <= 200
    assert many["training__batch_size"] >= few["training__batch_size"]
    if few["training__batch_size"] == many["training__batch_size"]:
        assert 2 * many["training__epochs"] >= few["training__epochs"]


def test_what_was_given_stays():
    splits = {"train": sequences(60)}
    model = SeriesClassifier(training=Training(epochs=3))
    found = model._sized(splits)
    assert (found.training.epochs, found.training.batch_size) == (3, 16)
    assert model.training.batch_size is None
