import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato import ConfigError, ShapeError
from ostinato.nn import AlignedSymbol, GreedyDecoder, align, beam_search

EVERYTHING = 10**9
seeds = st.integers(0, 2**16)
small = st.tuples(st.integers(0, 5), st.integers(2, 4))
"""Steps and classes of which every path can be tried."""


def log_probs(steps, classes, seed, sharpness=2.0):
    scores = sharpness * np.random.default_rng(seed).standard_normal((steps, classes))
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


def collapsed(path):
    """The symbols for which a path stands."""
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol)


def every_path(scores):
    """Each path with its log-probability."""
    for path in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        yield path, math.fsum(scores[t, c] for t, c in enumerate(path))


def exact(scores):
    """The probability of each sequence of symbols, as the definition says."""
    sums = defaultdict(list)
    for path, value in every_path(scores):
        sums[collapsed(path)].append(math.exp(value))
    return {symbols: math.fsum(values) for symbols, values in sums.items()}


# Sums of at most 4 ** 5 products in float64. Measured over 150 cases: 7.1e-15.
TOLERANCE = 1e-12


@settings(max_examples=60)
@given(shape=small, seed=seeds, sharpness=st.sampled_from([0.0, 1.0, 4.0]))
def test_a_search_that_leaves_nothing_out_has_every_probability(shape, seed, sharpness):
    scores = log_probs(*shape, seed, sharpness)
    found = beam_search(scores, beam_width=EVERYTHING, least=0)
    expected = exact(scores)
    assert {one.symbols for one in found} == set(expected)
    assert len(found) == len(expected)
    for one in found:
        assert one.log_prob == pytest.approx(math.log(expected[one.symbols]), abs=TOLERANCE)
        assert one.score == one.log_prob
    assert math.fsum(math.exp(one.log_prob) for one in found) == pytest.approx(1, abs=TOLERANCE)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@settings(max_examples=60)
@given(
    shape=small,
    seed=seeds,
    beam_width=st.integers(1, 12),
    least=st.sampled_from([0.0, 1e-3, 0.2]),
)
def test_probabilities_are_lower_bounds_whatever_is_left_out(shape, seed, beam_width, least):
    scores = log_probs(*shape, seed)
    found = beam_search(scores, beam_width=beam_width, least=least)
    expected = exact(scores)
    assert 1 <= len(found) <= beam_width
    assert len({one.symbols for one in found}) == len(found)
    for one in found:
        assert one.log_prob <= math.log(expected[one.symbols]) + TOLERANCE


def test_a_wider_beam_finds_better_hypotheses_on_average_and_hardly_ever_a_worse_one():
    # No law for each: a wide beam may keep what crowds out the best, in 6 of 300 cases measured.
    widths = (1, 2, 4, 8, 32, 256)
    best = np.array(
        [
            [beam_search(scores, beam_width=width, least=0)[0].log_prob for width in widths]
            for scores in (log_probs(12, 5, seed, 1.5) for seed in range(40))
        ]
    )
    steps = np.diff(best, axis=1)
    assert (steps.mean(axis=0) >= 0).all()
    assert best[:, -1].mean() > best[:, 0].mean() + 0.1
    assert (steps < -TOLERANCE).any(axis=1).sum() <= 4


def test_a_beam_finds_what_the_likeliest_classes_miss():
    scores = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert greedy(scores) == []
    assert beam_search(scores)[0].symbols == (1,)
    assert math.exp(beam_search(scores)[0].log_prob) == pytest.approx(0.64)


@pytest.mark.parametrize(("least", "expected"), [(0.3, {(), (1,)}), (0.05, {(), (1,), (2,)})])
def test_symbols_less_likely_than_the_least_are_not_tried(least, expected):
    scores = np.log([[0.5, 0.4, 0.1]])
    found = beam_search(scores, least=least)
    assert {one.symbols for one in found} == expected


@settings(max_examples=40)
@given(shape=small, seed=seeds)
def test_scores_are_added_and_the_best_sum_wins(shape, seed):
    scores = log_probs(*shape, seed)
    asked = []

    def worth(symbols):
        asked.append(symbols)
        return 0.7 * len(symbols) - 2.0 * (symbols[:1] == (1,))

    found = beam_search(scores, beam_width=EVERYTHING, least=0, score=worth)
    assert len(asked) == len(set(asked))
    assert asked[0] == ()
    expected = exact(scores)
    for one in found:
        assert one.log_prob == pytest.approx(math.log(expected[one.symbols]), abs=TOLERANCE)
        assert one.score == pytest.approx(one.log_prob + worth(one.symbols), abs=TOLERANCE)
    values = {symbols: math.log(p) + worth(symbols) for symbols, p in expected.items()}
    assert found[0].symbols == max(values, key=values.__getitem__)


@pytest.mark.parametrize("beam_width", [1, 2, 16])
def test_a_score_changes_the_winner(beam_width):
    scores = np.log([[0.05, 0.5, 0.45], [0.9, 0.05, 0.05]])
    assert beam_search(scores, beam_width=beam_width)[0].symbols == (1,)

    def worth(symbols):
        return 1.0 * symbols.count(2)

    assert beam_search(scores, beam_width=beam_width, score=worth)[0].symbols == (2,)


@pytest.mark.parametrize("value", [-1000.0, 1000.0])
def test_what_all_are_worth_changes_no_winner_however_little_or_much_it_is(value):
    # A language model tells long texts to be as unlikely as that.
    scores = log_probs(6, 3, 0)
    plain = beam_search(scores)
    found = beam_search(scores, score=lambda symbols: value)
    assert [one.symbols for one in found] == [one.symbols for one in plain]
    assert found[0].score == pytest.approx(plain[0].score + value)


def test_a_long_text_is_found_though_a_language_model_thinks_it_unlikely():
    steps = np.full((900, 3), 0.02)
    steps[np.arange(900), np.arange(900) % 3] = 0.96
    found = beam_search(np.log(steps), beam_width=4, score=lambda symbols: -3.0 * len(symbols) / 2)
    assert len(found[0].symbols) == 600
    assert found[0].score == pytest.approx(found[0].log_prob - 900)


def test_what_a_score_forbids_is_not_found():
    scores = log_probs(4, 3, 0)
    found = beam_search(scores, score=lambda symbols: -math.inf if 1 in symbols else 0.0)
    assert found
    assert all(1 not in one.symbols for one in found if one.score > -math.inf)
    assert 1 not in found[0].symbols


def test_a_long_recording_does_not_underflow():
    scores = log_probs(3000, 4, 0)
    best = beam_search(scores, beam_width=8)[0]
    assert best.log_prob < -800  # beyond the least float64
    assert math.isfinite(best.score)
    assert best.log_prob > scores.max(axis=1).sum()  # it has more than one path


def test_probabilities_of_zero_are_no_error():
    with np.errstate(divide="ignore"):
        scores = np.log([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    for beam_width in (1, 16):
        (only,) = beam_search(scores, beam_width=beam_width)
        assert (only.symbols, only.log_prob) == ((1, 1), 0.0)


def test_without_steps_nothing_is_said():
    (only,) = beam_search(np.zeros((0, 3)))
    assert (only.symbols, only.log_prob, only.score) == ((), 0.0, 0.0)


def test_wrong_calls_of_the_search_are_told():
    with pytest.raises(ConfigError, match=r"beam_search: beam_width must be at least 1; got 0"):
        beam_search(np.zeros((2, 2)), beam_width=0)
    with pytest.raises(ShapeError, match=r"log_probs must be \(steps, classes\); got shape \(3,\)"):
        beam_search(np.zeros(3))


def placed(scores, cuts=()):
    decoder = GreedyDecoder()
    ended = [place for chunk in np.split(scores, cuts) for place in decoder.push(chunk)]
    return ended + decoder.finish()


def greedy(scores):
    return [place.symbol for place in placed(scores)]


@given(steps=st.integers(0, 40), classes=st.integers(1, 5), seed=seeds)
def test_greedy_symbols_are_the_collapsed_likeliest_classes(steps, classes, seed):
    scores = log_probs(steps, classes, seed)
    path = scores.argmax(axis=1)
    assert tuple(greedy(scores)) == collapsed(path.tolist())
    heard = np.zeros(steps, int)
    for place in placed(scores):
        assert (path[place.start : place.end] == place.symbol).all()
        assert place.end > place.start
        best = np.exp(scores[place.start : place.end, place.symbol].max())
        assert place.confidence == pytest.approx(best, rel=1e-12)
        heard[place.start : place.end] = place.symbol
    assert np.array_equal(heard, path)


@given(
    steps=st.integers(0, 40),
    cuts=st.lists(st.integers(0, 40), max_size=12).map(sorted),
    seed=seeds,
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_greedy_does_not_depend_on_chunks_to_the_bit(steps, cuts, seed, dtype):
    scores = log_probs(steps, 3, seed).astype(dtype)
    assert placed(scores, cuts) == placed(scores)
    assert placed(scores, range(1, steps)) == placed(scores)


@given(
    steps=st.integers(0, 40),
    cuts=st.lists(st.integers(0, 40), max_size=12).map(sorted),
    seed=seeds,
)
def test_the_probability_of_silence_is_that_of_blanks_alone_in_any_chunks(steps, cuts, seed):
    scores = log_probs(steps, 3, seed).astype(np.float32)
    whole, chunked = GreedyDecoder(), GreedyDecoder()
    whole.push(scores)
    for chunk in np.split(scores, cuts):
        chunked.push(chunk)
    assert chunked.log_silence == whole.log_silence  # to the bit
    expected = math.fsum(scores[:, 0].astype(float))
    assert whole.log_silence == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_greedy_tells_what_is_still_heard_and_begins_again_after_the_end():
    steps = np.log([[0.1, 0.9], [0.4, 0.6], [0.9, 0.1]])
    decoder = GreedyDecoder()
    assert decoder.pending is None
    assert decoder.push(steps[:2]) == []
    assert decoder.pending[:3] == (1, 0, 2)
    assert decoder.push(np.zeros((0, 2))) == []
    assert decoder.push(steps[2:]) == [AlignedSymbol(1, 0, 2, pytest.approx(0.9))]
    assert decoder.pending is None
    assert decoder.finish() == []


@settings(max_examples=60)
@given(shape=st.tuples(st.integers(1, 5), st.integers(2, 4)), seed=seeds, data=st.data())
def test_the_alignment_is_the_likeliest_path_of_the_symbols(shape, seed, data):
    scores = log_probs(*shape, seed)
    by_symbols = defaultdict(list)
    for path, value in every_path(scores):
        by_symbols[collapsed(path)].append((value, path))
    symbols = data.draw(st.sampled_from(sorted(by_symbols)))
    places = align(scores, symbols)
    assert tuple(place.symbol for place in places) == symbols
    path = np.zeros(len(scores), int)
    for place in places:
        path[place.start : place.end] = place.symbol
        best = scores[place.start : place.end, place.symbol].max()
        assert place.confidence == pytest.approx(np.exp(best), rel=1e-12)
    assert collapsed(path.tolist()) == symbols
    value = math.fsum(scores[np.arange(len(path)), path])
    assert value == pytest.approx(max(by_symbols[symbols])[0], abs=TOLERANCE)
    for one, other in itertools.pairwise(places):
        assert one.end <= other.start


@given(steps=st.integers(1, 30), seed=seeds)
def test_the_alignment_of_greedy_symbols_is_where_they_were_heard(steps, seed):
    scores = log_probs(steps, 4, seed)
    places = placed(scores)
    assert align(scores, [place.symbol for place in places]) == places


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_symbols_without_enough_steps_are_refused(steps):
    with pytest.raises(ShapeError, match=rf"align: 2 symbols need more than {steps} steps"):
        align(log_probs(steps, 3, 0), [1, 1])
    assert align(log_probs(steps, 3, 0), []) == []


def test_equal_symbols_have_a_blank_between_them():
    places = align(np.log([[0.1, 0.9], [0.1, 0.9], [0.1, 0.9]]), [1, 1])
    assert [(place.start, place.end) for place in places] == [(0, 1), (2, 3)]


def test_hundreds_of_symbols_are_aligned() -> None:
    symbols = [1 + number % 2 for number in range(300)]
    scores = np.full((300, 3), -9.0)
    scores[np.arange(300), symbols] = -0.1
    assert [place.start for place in align(scores, symbols)] == list(range(300))
