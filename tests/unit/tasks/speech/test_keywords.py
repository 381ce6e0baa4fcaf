"""The likeliest of some keywords: exact, never empty without cause, and what else was heard."""

import itertools

import numpy as np
import pytest

from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.decoding import Decoding, answer_of
from ostinato.tasks.speech.keywords import choose, keywords_of, log_likelihoods, why_none

WORDS = Alphabet(("no", "yes"), "word", ("no", "yes"))


def log_probs(steps, classes, seed=0, sharpness=2.0):
    scores = sharpness * np.random.default_rng(seed).standard_normal((steps, classes))
    scores -= np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return scores.astype(np.float32)


def sharp(path, classes=3, sure=0.9):
    probs = np.full((len(path), classes), (1 - sure) / (classes - 1))
    probs[np.arange(len(path)), path] = sure
    return np.log(probs).astype(np.float32)


def text_of(path):
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol)


@pytest.mark.parametrize("seed", range(5))
def test_the_likelihood_is_the_sum_over_all_paths(seed):
    scores = log_probs(5, 3, seed)
    texts = [(), (1,), (2,), (1, 2), (1, 1), (1, 1, 1, 1)]
    expected = [
        sum(
            np.exp(scores[range(5), path].sum(dtype=np.float64))
            for path in itertools.product(range(3), repeat=5)
            if text_of(path) == text
        )
        for text in texts
    ]
    assert np.exp(log_likelihoods(scores, texts)) == pytest.approx(expected, rel=1e-5)


def test_a_keyword_is_told_however_faint_it_is_and_shares_are_of_one():
    faint = np.log(np.tile([[0.7, 0.2, 0.1]], (6, 1))).astype(np.float32)
    choice = choose(faint, [(1,), (2,)])
    assert choice.symbols == (1,)  # greedily nothing was heard
    assert sum(choice.probabilities) == pytest.approx(1, abs=0.02)
    assert choice.confidence == choice.probabilities[0]


def test_silence_and_several_words_are_told_where_they_are_far_likelier():
    silent = sharp([0] * 20, sure=0.99999)
    assert choose(silent, [(1,), (2,)]).symbols == ()
    several = sharp([0, 1, 1, 0, 0, 2, 2, 0, 1, 0], sure=0.99)
    assert choose(several, [(1,), (2,)]).symbols == (1, 2, 1)
    many = sharp([1, 2] * 20, sure=0.99)
    assert choose(many, [(1,), (2,)]).symbols == (1, 2) * 20
    assert choose(silent, [(1,), ()]).symbols == ()


def test_a_recording_too_short_for_any_keyword_says_nothing():
    assert choose(sharp([0]), [(1, 2), (2, 1)]).symbols == ()


def test_the_threshold_keeps_back_what_is_unsure_and_alternatives_are_the_keywords():
    faint = np.log(np.tile([[0.7, 0.17, 0.13]], (6, 1))).astype(np.float32)
    where = {"step": 0.02, "seconds": 0.12}
    answer = answer_of(faint, WORDS, Decoding(n_best=2), **where)
    assert answer["text"] == "no"
    assert [one["text"] for one in answer["alternatives"]] == ["no", "yes"]
    assert answer["alternatives"][0]["probability"] == answer["confidence"]
    assert [word["confidence"] for word in answer["words"]] == [answer["confidence"]]
    unsure = answer_of(faint, WORDS, Decoding(threshold=0.99), **where)
    assert (unsure["text"], unsure["words"]) == ("", [])
    assert unsure["confidence"] == answer["confidence"]


def test_keywords_are_a_small_set_of_transcripts_that_come_again():
    assert keywords_of(["a", "b", " b", "a "] * 3) == ("a", "b")
    assert keywords_of(["turn on", "turn off", ""] * 5) == ("", "turn off", "turn on")
    assert keywords_of(["a"] * 9) == ()
    assert keywords_of(["a", "b"] * 9 + ["c"]) == ()
    assert keywords_of([f"{n}" for n in range(200)] * 9) == ()
    assert keywords_of(["a", "b"] * 10 + ["c"]) == ("a", "b", "c")  # one recording of a class
    assert keywords_of(["a", "b"], given=True) == ("a", "b")
    assert keywords_of(["a", "b"] * 9, given=False) == ()


def test_it_is_told_why_transcripts_that_come_again_are_no_keywords():
    assert "each must be said 4 times on average" in why_none(["a", "b"] * 3)
    assert "too many are said once, such as `c`" in why_none(["a", "b"] * 9 + ["c"])
    assert why_none([f"{n}" for n in range(20)]) == ""
    assert why_none(["a"] * 20) == ""
