"""The linear model of averaged frames, alone and joined to a network."""

import copy

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp
from tests.unit.tasks.speech.test_baselines import FEATURES, RATE, tones

from ostinato import Recurrent, SpeechRecognizer, Training, audio
from ostinato.datasets import Recordings
from ostinato.tasks.speech.averaged_frames import (
    FILE,
    SEGMENTS,
    AveragedFrames,
    JoinedFrames,
    Scores,
    averaged,
)

WORDS = ("high", "low")


def frames_of(split):
    return audio.features_cached(split, FEATURES, RATE).frames


@pytest.fixture(scope="module")
def model():
    return AveragedFrames.fit(tones(["low"] * 7 + ["high"] * 5), FEATURES, RATE, WORDS)


def test_averages_do_not_hang_on_loudness_or_length():
    plain, loud = (
        np.stack([averaged(one) for one in frames_of(tones(["low", "high"], gain=gain))])
        for gain in (1.0, 2.0)
    )
    assert plain.shape == (2, (SEGMENTS + 1) * FEATURES.bands)
    np.testing.assert_allclose(plain, loud, atol=2e-3)  # of 32 bits
    short = Recordings.make([np.ones(80), np.ones(8)], ["a", "b"], "short", sample_rate_hz=RATE)
    assert all(np.isfinite(averaged(one)).all() for one in frames_of(short))


def test_two_words_and_three_are_told_apart(model):
    told = [WORDS[model.scores(one).argmax()] for one in frames_of(tones(["high", "low"], 1))]
    assert told == ["high", "low"]
    silent = Recordings.make(
        [*tones(["low", "high"] * 4).audio, *[np.zeros(RATE // 5)] * 4],
        [*["low", "high"] * 4, *[" "] * 4],
        "three",
        sample_rate_hz=RATE,
    )
    three = AveragedFrames.fit(silent, FEATURES, RATE, ("", *WORDS))
    told = [three.scores(one).argmax() for one in frames_of(silent)]
    assert told == [2, 1] * 4 + [0] * 4


def test_scores_move_what_keywords_share_and_not_what_they_have_together():
    network = np.log([0.02, 0.03, 0.05])
    joined = Scores(0.5, np.array([2.0, 0.0, -1.0])).join(network)
    assert logsumexp(joined) == pytest.approx(logsumexp(network))
    np.testing.assert_allclose(
        log_softmax(joined), log_softmax(0.5 * network + np.array([2.0, 0.0, -1.0]))
    )
    np.testing.assert_allclose(Scores(1.0, np.zeros(3)).join(network), network)
    too_short = np.full(3, -np.inf)
    assert (Scores(1.0, np.ones(3)).join(too_short) == too_short).all()


@pytest.mark.parametrize("right", ["network", "linear"])
def test_validation_finds_which_of_both_is_right(model, right):
    rng = np.random.default_rng(0)
    classes = rng.integers(2, size=200)
    knows = np.where(np.arange(2) == classes[:, None], 0.0, -3.0)
    guesses = rng.normal(0, 3, (200, 2))
    both = (knows, guesses) if right == "network" else (guesses, knows)
    said = [WORDS[one] for one in classes]
    found = JoinedFrames.fit(model, *both, said, WORDS, count=200)
    weights = (found.network_weight, found.linear_weight)
    better, worse = weights if right == "network" else weights[::-1]
    assert better > 5 * worse
    unheard = np.where(np.arange(200)[:, None] % 2, both[0], -np.inf)
    strangers = [text if row % 4 else "others" for row, text in enumerate(said)]
    again = JoinedFrames.fit(model, unheard, both[1], strangers, WORDS, count=200)
    assert np.isfinite([again.network_weight, again.linear_weight]).all()


def test_what_is_saved_is_what_is_loaded(model, tmp_path):
    joined = JoinedFrames(model, 0.25, 0.5)
    joined.save(tmp_path)
    again = JoinedFrames.load(tmp_path)
    assert (again.network_weight, again.linear_weight) == (0.25, 0.5)
    for one in frames_of(tones(["high", "low"], 2)):
        np.testing.assert_array_equal(again.scores(one).linear, joined.scores(one).linear)


@pytest.mark.parametrize("is_joined", [True, False])
def test_a_recogniser_joins_it_unless_it_is_told_not_to(is_joined, tmp_path):
    split = tones(["low", "high"] * 6)
    model = SpeechRecognizer(
        averaged_frames=is_joined,
        baseline=False,
        channels=None,
        features=FEATURES,
        recurrent=Recurrent(cell="gru", hidden_size=4),
        training=Training(epochs=1),
    )
    model.fit_splits(
        {"train": split, "validation": tones(["high", "low"], 1)}, out=tmp_path / "run"
    )
    assert (model.joined_ is not None) == (tmp_path / "run" / FILE).exists() == is_joined
    again = SpeechRecognizer.load(tmp_path / "run")
    sounds = tones(["low", "high"], 2).audio
    assert again.predict_details(sounds, n_best=2) == model.predict_details(sounds, n_best=2)
    network = copy.copy(again)
    network.joined_ = None
    alone = network.predict_details(sounds, n_best=2)
    assert (again.predict_details(sounds, n_best=2) == alone) != is_joined


@pytest.mark.parametrize("is_joined", [True, False])
def test_a_stream_tells_that_it_does_without_it(is_joined, caplog):
    model = SpeechRecognizer(
        averaged_frames=is_joined,
        baseline=False,
        channels=None,
        features=FEATURES,
        recurrent=Recurrent(cell="gru", hidden_size=4, bidirectional=False),
        training=Training(epochs=1),
    )
    model.fit_splits({"train": tones(["low", "high"] * 6), "validation": tones(["high", "low"], 1)})
    model.stream()
    assert ("the network hears alone" in caplog.text) == is_joined
