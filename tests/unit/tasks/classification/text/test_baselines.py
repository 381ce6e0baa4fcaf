"""What stands beside a classifier of texts is what scikit-learn would say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from ostinato import TextClassifier, Training
from ostinato.tasks.classification.labels import Labels
from ostinato.tasks.classification.text.baselines import text_baselines
from ostinato.tasks.classification.text.inputs import examples_of
from ostinato.text import Tokenizer

TEXTS = ["good film", "bad film", "so good", "so bad", "good", "fine", "fine film"] * 4
LABELS = ["pos", "neg", "pos", "neg", "pos", "pos", "pos"] * 4


def test_majority_and_bag_of_words():
    split = examples_of(TEXTS, LABELS, "train")
    labels = Labels.fit(LABELS)
    majority, bag = text_baselines(split, labels, Tokenizer.fit(TEXTS, min_freq=1))
    theirs = DummyClassifier().fit(TEXTS, LABELS).score(TEXTS, LABELS)
    assert majority.measure(split)["accuracy"] == pytest.approx(theirs)
    assert majority.measure(split)["chance_z"] == 0
    assert bag.measure(split)["accuracy"] == 1
    assert (majority.title, bag.title) == ("the majority class", "a bag of words")


def test_several_labels_to_a_text():
    tags = [["good"] if "good" in text else ["film", "dull"] for text in TEXTS]
    split = examples_of(TEXTS, tags, "train", multi_label=True)
    labels = Labels.fit(tags, multi_label=True)
    majority, bag = text_baselines(split, labels, Tokenizer.fit(TEXTS, min_freq=1))
    assert bag.measure(split)["accuracy"] > majority.measure(split)["accuracy"]


def test_shuffled_labels_are_no_better_than_chance():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 6)) for _ in range(240)]
    labels = rng.choice(["pos", "neg"], 240).tolist()
    model = TextClassifier(training=Training(epochs=2))
    model.fit(texts[:160], labels[:160], validation=(texts[160:], labels[160:]))
    verdict = model.metrics_["verdict"]
    assert verdict["text"].startswith("No better than chance: accuracy 0.")
    assert not verdict["is_good"]
    assert "belong together" in verdict["advice"]
