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
def parts():
    return datasets.load_sequences("gestures")


def moments(part) -> np.ndarray:
    """All that is known of the steps of a sequence without their order, to the second moment."""
    found = []
    for row in range(len(part)):
        steps = part[row]
        squares = np.cov(steps.T)[np.triu_indices(steps.shape[1])]
        found.append([*steps.mean(0), *steps.min(0), *steps.max(0), *squares, len(steps)])
    return np.array(found)


def test_without_order_there_is_only_chance(parts):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    model.fit(moments(parts["train"]), parts["train"].labels)
    assert model.score(moments(parts["test"]), parts["test"].labels) < 2 * CHANCE


def test_the_same_sequences_turned_round_are_other_gestures(parts):
    """A nearest neighbour after cutting into six beats chance, so there is something to learn."""

    def beaten(part):
        cuts = [np.array_split(part[row], 6) for row in range(len(part))]
        return np.array([np.concatenate([piece.mean(0) for piece in cut]) for cut in cuts])

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    model.fit(beaten(parts["train"]), parts["train"].labels)
    assert model.score(beaten(parts["test"]), parts["test"].labels) > 2 * CHANCE


def test_the_parts_are_as_said(parts):
    for name, size in gestures.SIZES.items():
        part = parts[name]
        assert len(part) == size
        assert part.values.shape[1] == gestures.FEATURES
        assert part.lengths.min() >= gestures.SHORTEST
        assert part.lengths.max() <= gestures.LONGEST
        assert len(set(part.lengths.tolist())) > 20
        assert Counter(part.labels) == dict.fromkeys(gestures.CLASSES, size // 9)
    assert not set(parts["train"].keys) & set(parts["test"].keys)


def test_the_files_hold_what_is_generated(parts):
    generated = gestures.generate("test")
    np.testing.assert_allclose(parts["test"].values, generated.values, atol=5.1e-5)
    assert parts["test"].labels == generated.labels
