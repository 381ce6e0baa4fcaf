"""In the generated gestures only order decides: what a bag of steps knows is chance."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ostinato import datasets
from ostinato.datasets.sets import gestures

CHANCE = 1 / len(gestures.CLASSES)


@pytest.fixture(scope="module")
def splits():
    return datasets.load_sequences("gestures")


def moments(split) -> np.ndarray:
    """All that is known of the steps of a sequence without their order, to the second moment."""
    found = []
    for row in range(len(split)):
        steps = split[row]
        squares = np.cov(steps.T)[np.triu_indices(steps.shape[1])]
        found.append([*steps.mean(0), *steps.min(0), *steps.max(0), *squares, len(steps)])
    return np.array(found)


def test_without_order_there_is_only_chance(splits):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    model.fit(moments(splits["train"]), splits["train"].labels)
    assert model.score(moments(splits["test"]), splits["test"].labels) < 2 * CHANCE


def test_the_same_sequences_turned_round_are_other_gestures(splits):
    """A nearest neighbour after cutting into six beats chance, so there is something to learn."""

    def beaten(split):
        cuts = [np.array_split(split[row], 6) for row in range(len(split))]
        return np.array([np.concatenate([piece.mean(0) for piece in cut]) for cut in cuts])

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    model.fit(beaten(splits["train"]), splits["train"].labels)
    assert model.score(beaten(splits["test"]), splits["test"].labels) > 2 * CHANCE


def test_the_splits_are_as_said(splits):
    for name, size in gestures.SIZES.items():
        split = splits[name]
        assert len(split) == size
        assert split.values.shape[1] == gestures.FEATURES
        assert split.lengths.min() >= gestures.SHORTEST
        assert split.lengths.max() <= gestures.LONGEST
        assert len(set(split.lengths.tolist())) > 20
        assert Counter(split.labels) == dict.fromkeys(gestures.CLASSES, size // 9)
    assert not set(splits["train"].keys) & set(splits["test"].keys)


def test_the_files_hold_what_is_generated(splits):
    generated = gestures.generate("test")
    np.testing.assert_allclose(splits["test"].values, generated.values, atol=5.1e-5)
    assert splits["test"].labels == generated.labels
