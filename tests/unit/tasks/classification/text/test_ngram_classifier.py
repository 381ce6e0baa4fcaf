"""The linear model is scikit-learn's, and is joined to a network as validation says."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from ostinato import CheckpointError
from ostinato.tasks.classification.text.ngram_classifier import (
    INVERSE_PENALTY,
    JoinedNgrams,
    NgramClassifier,
)
from ostinato.text.ngrams import word_grams

RNG = np.random.default_rng(0)
WORDS = ["good", "bad", "film", "not", "very", "dull", "fine", "plot"]
TEXTS = [list(RNG.choice(WORDS, size=RNG.integers(2, 7))) for _ in range(60)]
TARGETS = np.array([("good" in text) + 2 * ("dull" in text) for text in TEXTS]) % 3


def test_two_classes_are_one_logistic_regression():
    targets = TARGETS % 2
    model = NgramClassifier.fit(TEXTS, targets, classes=2)
    values = TfidfVectorizer(analyzer=word_grams(2), sublinear_tf=True).fit_transform(TEXTS)
    theirs = LogisticRegression(C=INVERSE_PENALTY, solver="liblinear").fit(values, targets)
    ours = model.probabilities(TEXTS, multi_label=False)
    np.testing.assert_allclose(
        ours, theirs.predict_proba(values), atol=2e-3
    )  # liblinear's own 1e-3


def test_of_several_classes_each_is_told_from_the_rest():
    model = NgramClassifier.fit(TEXTS, TARGETS, classes=3)
    assert (model.scores(TEXTS).argmax(axis=1) == TARGETS).mean() > 0.95
    np.testing.assert_allclose(model.probabilities(TEXTS, multi_label=False).sum(1), 1, rtol=1e-5)


def test_several_labels_to_a_text_and_one_that_never_changes():
    labels = np.stack([TARGETS == 0, TARGETS == 1, np.ones(len(TEXTS)), np.zeros(len(TEXTS))], 1)
    model = NgramClassifier.fit(TEXTS, labels.astype(np.float32), classes=4)
    found = model.probabilities(TEXTS, multi_label=True) > 0.5
    np.testing.assert_array_equal(found[:, 2:], labels[:, 2:] > 0)
    assert (found == (labels > 0)).mean() > 0.95


def test_weighted_rows_are_as_rows_that_stand_as_often():
    weights = RNG.integers(1, 4, len(TEXTS))
    repeated = [text for text, count in zip(TEXTS, weights, strict=True) for _ in range(count)]
    plain = NgramClassifier.fit(repeated, np.repeat(TARGETS, weights), classes=3)
    weighted = NgramClassifier.fit(TEXTS, TARGETS, classes=3, sample_weight=weights.astype(float))
    agree = plain.scores(TEXTS).argmax(1) == weighted.scores(TEXTS).argmax(1)
    assert agree.mean() > 0.9  # idf is of distinct rows in one and of copies in the other


def joined(network: np.ndarray, ngrams: np.ndarray, targets: np.ndarray) -> JoinedNgrams:
    model = NgramClassifier.fit(TEXTS, TARGETS, classes=3)
    return JoinedNgrams.fit(model, network, ngrams, targets, train_texts=5000)


def test_validation_decides_which_part_is_heard():
    targets = RNG.integers(0, 3, 400)
    right = 3 * np.eye(3, dtype=np.float32)[targets]
    noise = RNG.normal(size=(400, 3)).astype(np.float32)
    of_network = joined(right + noise, noise[::-1].copy(), targets)
    of_ngrams = joined(noise[::-1].copy(), right + noise, targets)
    assert of_network.network_weight > 5 * of_network.ngram_weight
    assert of_ngrams.ngram_weight > 5 * of_ngrams.network_weight


def test_several_labels_to_a_text_are_joined_label_by_label():
    labels = (RNG.random((400, 3)) < 0.4).astype(np.float32)
    right = 4 * labels - 2 + RNG.normal(size=(400, 3)).astype(np.float32)
    found = joined(right, np.zeros((400, 3), np.float32), labels)
    assert found.network_weight > 1  # a logit of 2 is less sure than these labels are
    assert found.ngram_weight == pytest.approx(1)  # what says nothing keeps its weight


def test_few_texts_trust_the_network_less():
    model = NgramClassifier.fit(TEXTS, TARGETS, classes=3)
    scores = np.zeros((0, 3), np.float32)
    weights = [
        JoinedNgrams.fit(model, scores, scores, np.zeros(0, np.int64), train_texts=n).network_weight
        for n in (50, 500, 50_000)
    ]
    assert weights == sorted(weights)
    assert weights[0] < weights[-1] / 5


@pytest.mark.parametrize("characters", [False, True])
def test_saved_and_loaded_it_says_the_same(tmp_path, characters):
    model = NgramClassifier.fit(TEXTS, TARGETS, classes=3, characters=characters)
    before = JoinedNgrams(model, 0.3, 1.2)
    before.save(tmp_path)
    network = RNG.normal(size=(len(TEXTS), 3)).astype(np.float32)
    after = JoinedNgrams.load(tmp_path, 3)
    np.testing.assert_array_equal(before.join(network, TEXTS), after.join(network, TEXTS))
    with pytest.raises(CheckpointError, match="must be of this run, 4 classes"):
        JoinedNgrams.load(tmp_path, 4)
    (tmp_path / "ngrams.safetensors").write_bytes(b"cut short")
    with pytest.raises(CheckpointError, match=r"ngrams\.safetensors: must be a whole"):
        JoinedNgrams.load(tmp_path, 3)
    (tmp_path / "ngrams.safetensors").unlink()
    with pytest.raises(CheckpointError, match="it is missing"):
        JoinedNgrams.load(tmp_path, 3)


def test_no_text_has_no_scores():
    model = NgramClassifier.fit(TEXTS, TARGETS, classes=3, characters=True)
    assert model.scores([]).shape == (0, 3)


def test_a_network_that_knows_is_heard_even_by_few():
    """Twenty texts of validation, whose order decides: the network is sure and right."""
    targets = np.arange(20) % 2
    network = np.where(targets[:, None] == np.arange(2), 4.0, -4.0).astype(np.float32)
    ngrams = RNG.normal(size=(20, 2)).astype(np.float32)
    model = NgramClassifier.fit(TEXTS, TARGETS % 2, classes=2)
    found = JoinedNgrams.fit(model, network, ngrams, targets, train_texts=180)
    scores = found.network_weight * network + found.ngram_weight * ngrams
    assert (scores.argmax(1) == targets).all()
