import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import ConfigError
from ostinato.nn import AlignedSymbol, align, beam_search
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.decoding import (
    Decoding,
    answer_of,
    hot_worth,
    places_of,
    transcription,
    words_of,
)

LETTERS = Alphabet((" ", "a", "b", "n"), "character")
WORDS = Alphabet(("one", "two"), "word")
HAN = Alphabet(("世", "你", "好"), "character")


def place(symbol, start=0, end=1, confidence=1.0):
    return AlignedSymbol(symbol, start, end, confidence)


def log_probs(steps, classes, seed=0):
    scores = 2 * np.random.default_rng(seed).standard_normal((steps, classes))
    scores -= np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return scores.astype(np.float32)


def sharp(path, classes=5, sure=0.9):
    """Log-probabilities that nearly say a path."""
    probs = np.full((len(path), classes), (1 - sure) / (classes - 1))
    probs[np.arange(len(path)), path] = sure
    return np.log(probs).astype(np.float32)


def test_words_begin_with_their_first_symbol_and_end_with_their_last():
    places = [place(2, 3, 5, 0.5), place(3, 5, 6, 0.8), place(1, 6, 8), place(4, 9, 12, 0.9)]
    assert words_of(places, LETTERS, step=0.02) == [
        {"word": "ab", "start": 0.06, "end": 0.12, "confidence": 0.4},
        {"word": "n", "start": 0.18, "end": 0.24, "confidence": 0.9},
    ]


def test_words_are_those_of_the_text():
    for symbols in ([], [1], [1, 1, 2, 1], [2, 1, 1, 3], [2, 3], [1, 2, 1]):
        places = [place(symbol, i, i + 1) for i, symbol in enumerate(symbols)]
        words = words_of(places, LETTERS, step=0.1)
        assert [word["word"] for word in words] == LETTERS.decode(symbols).split()


@given(symbols=st.lists(st.integers(1, 4), max_size=8), seed=st.integers(0, 99))
def test_times_never_fall_and_confidences_multiply(symbols, seed):
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.choice(100, 2 * len(symbols), replace=False)).tolist()
    places = [
        place(symbol, edges[2 * i], edges[2 * i + 1], float(rng.uniform(0.1, 1)))
        for i, symbol in enumerate(symbols)
    ]
    words = words_of(places, LETTERS, step=0.02, end=1.5)
    times = [time for word in words for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert all(0 <= time <= 1.5 for time in times)
    spoken = math.prod(one.confidence for one in places if one.symbol != 1)
    assert math.prod(word["confidence"] for word in words) == pytest.approx(spoken)


def test_a_symbol_that_is_a_word_is_a_word():
    words = words_of([place(2, 0, 4, 0.5), place(1, 4, 6, 0.9)], WORDS, step=0.1)
    assert [(word["word"], word["start"], word["confidence"]) for word in words] == [
        ("two", 0.0, 0.5),
        ("one", 0.4, 0.9),
    ]


def test_a_text_without_spaces_is_one_word():
    places = [place(2, 0, 2, 0.5), place(3, 4, 5, 0.5)]
    assert words_of(places, HAN, step=1.0) == [
        {"word": "你好", "start": 0.0, "end": 5.0, "confidence": 0.25}
    ]


def test_no_word_ends_after_the_recording():
    (word,) = words_of([place(2, 9, 12)], LETTERS, step=0.1, end=1.1)
    assert (word["start"], word["end"]) == (0.9, 1.1)


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("", 0.0),
        ("anna", 4.0),
        ("a", 1.0),
        ("ann", 3.0),
        ("annab", 0.0),
        ("hanna", 0.0),
        ("anna anna", 8.0),
        ("anna ben", 6.0),
        ("anna be", 4.0 + 2 * 2 / 3),
        ("ann x", 0.0),  # it was another word in the end
        ("x an", 2.0),
        ("no", -0.5),
        ("not yes", -1.0),
    ],
)
def test_hot_words_are_worth_something_as_soon_as_they_begin(text, worth):
    hot_words = {"anna": 4.0, "ben": 2.0, "not": -0.75, "yes": -0.25}
    assert hot_worth(text, hot_words) == pytest.approx(worth)
    assert hot_worth(text, {}) == 0


def test_many_hot_words_that_begin_alike_are_worth_no_more_than_one_of_them():
    # Else a list of a thousand names would make every text end with their first letter.
    hot_words = {f"a{number}": 3.0 for number in range(1000)}
    assert 0 < hot_worth("a", hot_words) <= 3
    assert hot_worth("ben a", {"ben": 2.0, **hot_words}) <= 5
    assert hot_worth("a7", hot_words) >= 3


def test_a_hot_word_that_has_only_begun_in_the_end_was_not_said():
    # "n" or "na", the first a little likelier, and then the recording ends.
    scores = np.vstack([sharp([4]), np.log([[0.5, 0.0125, 0.45, 0.0125, 0.025]])])
    places, found = places_of(scores, LETTERS, Decoding(hot_words={"naan": 8.0}))
    assert LETTERS.decode([one.symbol for one in places]) == "n"
    assert found[0].score == pytest.approx(found[0].log_prob)


def test_a_hot_word_of_a_script_without_spaces_is_found_within_a_text():
    assert hot_worth("你好世", {"好世": 4.0}) == pytest.approx(4.0)


def test_hot_words_that_have_a_space_are_found_too_or_refused():
    try:
        decoding = Decoding(hot_words={"a nab": 4.0})
    except ConfigError:
        return
    assert hot_worth("a nab", decoding.hot_words) == pytest.approx(4.0)


@pytest.mark.parametrize("name", ["beam_width", "n_best"])
@pytest.mark.parametrize("value", [0, -1])
def test_numbers_below_1_are_refused(name, value):
    with pytest.raises(ConfigError, match=rf"Decoding: {name} must be at least 1; got {value}"):
        Decoding(**{name: value})


@pytest.mark.parametrize("name", ["beam_width", "n_best"])
def test_a_number_that_is_not_whole_is_refused(name):
    with pytest.raises(ConfigError, match=name):
        Decoding(**{name: 1.5})


@pytest.mark.parametrize(
    ("options", "is_greedy"),
    [
        ({}, True),
        ({"beam_width": 2}, False),
        ({"n_best": 2}, False),
        ({"hot_words": {"a": 1.0}}, False),
        ({"language_model": len}, False),
        ({"hot_words": {}}, True),
    ],
)
def test_the_likeliest_classes_are_taken_if_nothing_else_is_asked(options, is_greedy):
    decoding = Decoding(**options)
    assert decoding.is_greedy == is_greedy
    _, found = places_of(log_probs(9, 5), LETTERS, decoding)
    assert (not found) == is_greedy


def test_greedy_and_beam_agree_where_all_is_clear():
    path = [0, 2, 2, 0, 3, 1, 0, 4, 4, 0]
    scores = sharp(path, sure=0.99)
    greedy, _ = places_of(scores, LETTERS, Decoding())
    beam, found = places_of(scores, LETTERS, Decoding(beam_width=8))
    assert beam == greedy
    assert LETTERS.decode(found[0].symbols) == "ab n"


@pytest.mark.parametrize("n_best", [1, 3, 40])
def test_as_many_hypotheses_as_asked_are_found_the_best_first(n_best):
    scores = log_probs(6, 5)
    found = Decoding(beam_width=4, n_best=n_best).search(scores, LETTERS)
    assert found == beam_search(scores, beam_width=max(4, n_best))[:n_best]
    assert len(found) == n_best
    places, again = places_of(scores, LETTERS, Decoding(beam_width=4, n_best=n_best))
    assert again == found
    assert places == align(scores, found[0].symbols)


def test_a_hot_word_is_heard_where_it_could_have_been_said():
    # "nab" is a little likelier than "nan".
    scores = np.vstack([sharp([4, 2]), np.log([[0.1, 0.0125, 0.0125, 0.5, 0.375]])])
    plain, _ = places_of(scores, LETTERS, Decoding(beam_width=8))
    hot, found = places_of(scores, LETTERS, Decoding(hot_words={"nan": 3.0}))
    assert LETTERS.decode([one.symbol for one in plain]) == "nab"
    assert LETTERS.decode([one.symbol for one in hot]) == "nan"
    assert found[0].score == pytest.approx(found[0].log_prob + 3.0)
    cold, _ = places_of(scores, LETTERS, Decoding(hot_words={"nab": -3.0}))
    assert LETTERS.decode([one.symbol for one in cold]) != "nab"


def test_what_is_worth_something_is_searched_for_with_a_beam_that_can_find_it():
    hot_words = {"ban": 2.0}
    default, same, wider = (
        [
            options.search(log_probs(12, 5, seed), LETTERS)[0].score
            for seed in range(9)
            for options in [Decoding(hot_words=hot_words, **beam)]
        ]
        for beam in ({}, {"beam_width": 16}, {"beam_width": 64})
    )
    assert default == same
    assert same != wider


def test_a_language_model_judges_the_beginnings_of_texts():
    asked = []

    def model(text):
        asked.append(text)
        return 3.0 if text == "na" else 0.0

    scores = np.vstack([sharp([4, 2]), np.log([[0.1, 0.0125, 0.0125, 0.8, 0.075]])])
    (best,) = Decoding(language_model=model).search(scores, LETTERS)
    assert LETTERS.decode(best.symbols) == "na"
    assert "" in asked
    assert "nab" in asked
    both = Decoding(language_model=model, hot_words={"na": 1.0}).search(scores, LETTERS)
    assert both[0].score == pytest.approx(best.score + 1.0)


def test_an_answer_is_told_in_plain_numbers_and_strings():
    scores = sharp([0, 2, 2, 1, 3, 0])
    answer = answer_of(scores, LETTERS, Decoding(), step=0.02, seconds=0.12345)
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["text"], answer["seconds"]) == ("a b", 0.123)
    assert [word["word"] for word in answer["words"]] == ["a", "b"]
    assert [(word["start"], word["end"]) for word in answer["words"]] == [(0.02, 0.06), (0.08, 0.1)]
    # Probabilities of 0.9 in float32.
    assert answer["confidence"] == pytest.approx(0.9**2, abs=1e-6)
    assert "alternatives" not in answer


def test_alternatives_are_told_with_their_probabilities_which_never_exceed_one():
    scores = log_probs(5, 5)
    answer = answer_of(scores, LETTERS, Decoding(n_best=4), step=0.02, seconds=0.1)
    alternatives = answer["alternatives"]
    assert alternatives[0]["text"] == answer["text"]
    found = beam_search(scores, beam_width=4)
    texts = [LETTERS.decode(hypothesis.symbols) for hypothesis in found]
    assert [one["text"] for one in alternatives] == list(dict.fromkeys(texts))
    assert len(alternatives) < len(found)  # two differ by a space at an end
    for one in alternatives:
        same = [math.exp(h.log_prob) for h, t in zip(found, texts, strict=True) if t == one["text"]]
        assert one["probability"] == pytest.approx(sum(same))
    assert sum(one["probability"] for one in alternatives) <= 1
    assert json.loads(json.dumps(answer)) == answer


def test_silence_is_an_empty_answer():
    for decoding in (Decoding(), Decoding(beam_width=4)):
        answer = answer_of(sharp([0, 0, 0]), LETTERS, decoding, step=0.02, seconds=0.06)
        assert (answer["text"], answer["words"]) == ("", [])
        assert answer["confidence"] == pytest.approx(0.9**3, abs=1e-6)
    assert transcription([], LETTERS, step=0.0, seconds=0.0)["text"] == ""
