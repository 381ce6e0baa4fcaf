"""N-grams weigh as scikit-learn's vectorizer weighs them, and what train lacks counts nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from ostinato.text.ngrams import (
    CHARACTER_WEIGHT,
    CHARACTERS,
    TfidfNgrams,
    character_grams,
    word_grams,
)

TRAIN = [
    text.split()
    for text in ("the film is good good", "the film is not good", "a bad film", "bad bad", "x")
]
NEW = [text.split() for text in ("the good film was long", "never seen", "bad film")]


def dense(matrix) -> np.ndarray:
    """Columns in an order that does not depend on their hashes."""
    array = np.asarray(matrix.todense())
    return array[:, np.lexsort(array[::-1])]


@pytest.mark.parametrize("longest", [1, 2, 3])
def test_words_weigh_as_in_scikit_learn(longest):
    ngrams, values = TfidfNgrams.fit(TRAIN, longest=longest, characters=False)
    theirs = TfidfVectorizer(analyzer=word_grams(longest), sublinear_tf=True, dtype=np.float32)
    both = dense(values), dense(theirs.fit_transform(TRAIN))
    np.testing.assert_allclose(*both, rtol=1e-6)
    # the rows of train and new texts together, so that columns can be matched
    ours = np.concatenate([np.asarray(m.todense()) for m in (values, ngrams.transform(NEW))])
    whole = np.concatenate(
        [np.asarray(theirs.transform(texts).todense()) for texts in (TRAIN, NEW)]
    )
    order = [array[:, np.lexsort(array[::-1])] for array in (ours, whole)]
    np.testing.assert_allclose(*order, rtol=1e-6)


def test_characters_are_a_block_of_their_own_weight():
    _, values = TfidfNgrams.fit(TRAIN, longest=2, characters=True)
    lengths = np.asarray(values.power(2).sum(axis=1)).ravel()
    is_short = np.array([len(text) == 1 and len(text[0]) == 1 for text in TRAIN])
    np.testing.assert_allclose(lengths, 1 + CHARACTER_WEIGHT**2, rtol=1e-5)
    assert is_short.any()  # "<x>" is an n-gram of three characters


def test_what_train_lacks_counts_nothing():
    ngrams, _ = TfidfNgrams.fit(TRAIN, longest=2, characters=True)
    alone, beside = ngrams.transform([["bad"], ["bad", "qqq"]]).toarray()
    words = len(ngrams.words.columns)
    np.testing.assert_allclose(alone[:words], beside[:words], rtol=1e-6)
    assert not ngrams.transform([["qqqq"]]).nnz


def test_a_text_is_read_alone_as_beside_others():
    ngrams, _ = TfidfNgrams.fit(TRAIN, longest=2, characters=True)
    together = ngrams.transform(NEW).toarray()
    for text, row in zip(NEW, together, strict=True):
        np.testing.assert_array_equal(ngrams.transform([text]).toarray()[0], row)


def test_rare_ngrams_are_left_out():
    ngrams, values = TfidfNgrams.fit(TRAIN, longest=1, characters=False, min_texts=2)
    assert values.shape == (len(TRAIN), 6 - 1)  # the, film, is, good, bad; not "a", "not", "x"
    assert len(ngrams.words.idf) == 5


def test_character_grams_mark_the_ends_of_a_word():
    shortest, longest = CHARACTERS
    found = list(character_grams(shortest, longest)(["good", "ox"]))
    assert found[:4] == ["<go", "goo", "ood", "od>"]
    assert found[-1] == "<ox>"
    assert all(shortest <= len(gram) <= longest for gram in found)
