"""The simple models beside a classifier of sequences, and what is said of it beside them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from ostinato import Recurrent, SeriesClassifier, Training
from ostinato.data.ragged import Ragged
from ostinato.datasets import Sequences
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.regression import Values
from ostinato.tasks.classification.series import features as series_features
from ostinato.tasks.classification.series import ridge as series_ridge
from ostinato.tasks.classification.series.baselines import class_baselines, value_baselines
from ostinato.tasks.classification.series.features import TRIPLES, Convolutions, summaries
from ostinato.tasks.sequence_inputs import Scaling


def waves(count: int = 60, seed: int = 0) -> Sequences:
    """Slow and fast waves of any phase and length, in the first of two features."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        steps = np.arange(rng.integers(20, 40))
        wave = np.sin((0.4, 0.9)[n % 2] * steps + rng.uniform(0, 6))
        rows.append(np.stack([1000 + 10 * wave, rng.normal(size=len(steps))], axis=1))
    return Sequences.make(rows, [("slow", "fast")[n % 2] for n in range(count)], "waves")


TRAIN, TEST = waves(), waves(seed=1)
COLUMN = Scaling.fit(TRAIN).column(TRAIN)


def baselines_of(train: Sequences):
    return class_baselines(train, Scaling.fit(train), Labels.fit(train.labels or ()))


def test_a_ridge_tells_frequencies_apart_where_the_majority_tells_nothing():
    told = {one.name: one.measure(TEST) for one in baselines_of(TRAIN)}
    assert list(told) == ["majority", "ridge"]
    assert told["majority"]["accuracy"] == 0.5
    assert told["ridge"]["accuracy"] > 0.95
    assert told["ridge"]["n"] == len(TEST)


def test_of_values_there_are_the_mean_and_a_ridge():
    values = [float(row[:, 0].std() + len(row)) for row in (TRAIN[n] for n in range(len(TRAIN)))]
    train = Sequences.make([TRAIN[n] for n in range(len(TRAIN))], values, "waves")
    found = value_baselines(train, Scaling.fit(train), Values.fit(values))
    told = {one.name: one.measure(train) for one in found}
    assert told["mean"]["r2"] == pytest.approx(0, abs=1e-9)
    assert told["mean"]["rmse"] == pytest.approx(np.std(values))
    assert told["ridge"]["r2"] > 0.9


def test_a_convolution_is_what_a_loop_gives():
    found = Convolutions.fit(COLUMN, np.random.default_rng(0))
    features = found(COLUMN)
    steps, place = COLUMN[3], 0
    for (dilation, triple, inputs), thresholds in zip(
        found.kernels[:100], found.thresholds, strict=False
    ):
        weights = np.full(9, -1.0)
        weights[list(TRIPLES[triple])] = 2
        values = np.zeros(len(steps))
        for step in range(len(steps)):
            for tap, weight in enumerate(weights):
                at = step + (tap - 4) * dilation
                if 0 <= at < len(steps):
                    values[step] += weight * steps[at, inputs].sum()
        for threshold in thresholds:
            assert abs(features[3, place] - np.mean(values > threshold)) <= 1.01 / len(steps)
            place += 1
    assert place > 100


def test_a_sequence_is_described_without_those_beside_it():
    found = Convolutions.fit(COLUMN, np.random.default_rng(0))
    alone = Ragged(COLUMN[5], np.array([0, len(COLUMN[5])]))
    np.testing.assert_array_equal(found(alone)[0], found(COLUMN)[5])
    np.testing.assert_array_equal(summaries(alone)[0], summaries(COLUMN)[5])


def test_many_sequences_are_convolved_piece_by_piece(monkeypatch):
    found = Convolutions.fit(COLUMN, np.random.default_rng(0))
    together = found(COLUMN)
    monkeypatch.setattr(series_features, "PIECE", 150)
    np.testing.assert_array_equal(found(COLUMN), together)
    assert Convolutions.fit(COLUMN, np.random.default_rng(0))(COLUMN).shape == together.shape


def test_single_steps_and_constant_features_are_described():
    train = Sequences.make([[1.0], [2.0, 2.0], [1.0], [2.0, 2.0]], list("abab"), "few")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = [one.measure(train)["accuracy"] for one in baselines_of(train)]
    assert told == [0.5, 1.0]


def fitted(labels, **settings) -> SeriesClassifier:
    model = SeriesClassifier(
        recurrent=Recurrent(cell="gru", hidden_size=8), training=Training(epochs=3, batch_size=16)
    ).set_params(**settings)
    split = Sequences.make([TRAIN[n] for n in range(len(TRAIN))], labels, "waves")
    others = Sequences.make([TEST[n] for n in range(len(TEST))], labels, "waves")
    return model.fit_splits({"train": split, "test": others})


def test_of_shuffled_labels_it_says_that_it_is_no_better_than_chance():
    shuffled = np.random.default_rng(0).permutation(TRAIN.labels or ()).tolist()
    for labels, settings in (
        (shuffled, {}),
        (np.random.default_rng(0).normal(size=60), {"regression": True}),
    ):
        verdict = fitted(list(labels), **settings).metrics_["verdict"]
        assert verdict["text"].startswith("No better than chance")
        assert not verdict["is_good"]
        assert "inputs and answers belong together" in verdict["advice"]


def test_the_baselines_stand_beside_its_figures_and_can_be_left_out():
    learns = {"training__epochs": 15, "training__learning_rate": 0.02, "noise": 0.0}
    metrics = fitted(TRAIN.labels, **learns).metrics_
    assert set(metrics["baselines"]) == {"majority", "ridge"}
    assert metrics["baselines"]["ridge"]["test"]["accuracy"] > 0.95
    assert metrics["baselines"]["ridge"]["validation"]["n"] == 6
    assert "a ridge on random convolutions" in metrics["verdict"]["text"]
    assert "baselines" not in fitted(TRAIN.labels, baseline=False).metrics_


def test_what_rows_are_told_without_themselves_is_what_fits_without_them_tell():
    rng = np.random.default_rng(0)
    rows, wanted = rng.normal(size=(12, 30)), rng.normal(size=(12, 2))
    counts = rng.uniform(0.2, 2, size=12)
    weights, intercept, left_out = series_ridge._ridge(rows, wanted, counts)
    fits = [Ridge(alpha=one).fit(rows, wanted, counts) for one in series_ridge.PENALTIES]
    best = min(fits, key=lambda one: np.abs(one.coef_.T - weights).max())
    np.testing.assert_allclose(best.coef_.T, weights, atol=1e-9)
    np.testing.assert_allclose(best.intercept_, intercept, atol=1e-9)
    for row in range(len(rows)):
        kept = np.arange(len(rows)) != row
        alone = Ridge(alpha=best.alpha).fit(rows[kept], wanted[kept], counts[kept])
        np.testing.assert_allclose(alone.predict(rows[[row]])[0], left_out[row], atol=1e-9)


def test_a_dilation_longer_than_a_sequence_sees_as_little_as_one_as_long():
    kernels = [(dilation, 0, np.array([0])) for dilation in (9, 2**30)]
    column = Ragged(np.ones((14, 1), np.float32), np.array([0, 5, 14]))
    near, far = Convolutions(kernels, [np.array([0.5], np.float32)] * 2)(column).T
    assert near.tolist() == far.tolist()
