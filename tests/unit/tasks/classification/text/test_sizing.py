"""Settings follow from the size of the data, and what was given stays."""

from __future__ import annotations

import pytest

from ostinato import TextClassifier, Training
from ostinato.tasks.classification.text.inputs import examples_of
from ostinato.tasks.classification.text.sizing import ngram_kinds, sized

WORDS = ["one", "two", "three", "four", "five", "six", "seven"]


def texts(count: int, words: int = 7) -> list[str]:
    return [" ".join([*WORDS[:words], str(number)]) for number in range(count)]


def split(count: int, words: int = 7):
    return examples_of(texts(count, words), ["a", "b"] * (count // 2), "train")


def test_fewer_texts_are_gone_through_more_often():
    epochs = [sized(split(count))["training__epochs"] for count in (20, 400, 2000, 30_000)]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] > 5 * epochs[-1]


def test_characters_are_read_within_words_of_several():
    assert ngram_kinds(split(40), mean_tokens=8, classes=2) == {"characters": True, "min_texts": 1}
    assert not ngram_kinds(split(40), mean_tokens=8, classes=300)["characters"]
    chinese = examples_of(["电影很好"] * 4, ["a", "b"] * 2, "train")
    assert ngram_kinds(chinese, mean_tokens=4, classes=2) == {"characters": False, "min_texts": 1}
    many = examples_of(["word " * 300_000] * 2, ["a", "b"], "train")
    assert ngram_kinds(many, mean_tokens=300_000, classes=2) == {
        "characters": False,
        "min_texts": 2,
    }


def test_no_batch_is_of_one_text():
    for count in (20, 400, 30_000):
        found = sized(split(count))
        assert (found["training__batch_size"] or 16) >= 8


def test_what_was_given_stays_and_the_rest_is_found():
    labels = ["a", "b"] * 20
    model = TextClassifier(min_freq=2, training=Training(epochs=1), baseline=False)
    model.fit(texts(40), labels)
    assert (model.sized_.min_freq, model.sized_.training.epochs) == (2, 1)
    assert model.sized_.training.learning_rate is not None
    assert model.sized_.training.patience is None  # as many epochs as were asked for
    assert model.training.learning_rate is None  # the settings themselves are never changed


@pytest.mark.parametrize("batch_size", [4, None])
def test_a_batch_size_that_was_given_has_no_token_limit_beside_it(batch_size):
    model = TextClassifier(training=Training(epochs=1, batch_size=batch_size), baseline=False)
    model.fit(texts(40), ["a", "b"] * 20)
    assert (model.sized_.training.batch_tokens is None) == (batch_size is not None)
