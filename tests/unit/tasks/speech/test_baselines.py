"""What a recogniser is compared with, how far it is from chance, and what follows from its data."""

import itertools
import math

import numpy as np
import pytest

from ostinato import AudioFeatures, Recurrent
from ostinato.datasets import Recordings
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.baselines import (
    baselines,
    chance_z,
    rates,
)
from ostinato.tasks.speech.evaluation import failure
from ostinato.tasks.speech.sizing import sized

RATE = 8000
FEATURES = AudioFeatures(bands=8)
PITCH = {"low": 300.0, "high": 2500.0}


def tones(words, seed=0, gain=1.0):
    rng = np.random.default_rng(seed)
    seconds = np.arange(RATE // 5) / RATE
    sounds = [
        gain
        * (0.3 * np.sin(2 * np.pi * PITCH[word] * seconds) + 0.01 * rng.normal(size=len(seconds)))
        for word in words
    ]
    return Recordings.make(sounds, list(words), "tones", sample_rate_hz=RATE)


def test_the_simple_models_are_an_empty_transcript_the_commonest_and_a_linear_one():
    train, test = tones(["low"] * 7 + ["high"] * 5), tones(["high", "low", "low"], seed=1)
    found = {
        one.name: one.measure(test)
        for one in baselines(train, FEATURES, RATE, keywords=("high", "low"))
    }
    assert list(found) == ["empty", "commonest", "averaged_frames"]
    assert found["empty"] == {"wer": 1.0, "cer": 1.0, "accuracy": 0.0}
    assert found["commonest"]["accuracy"] == pytest.approx(2 / 3)
    assert found["averaged_frames"] == {"wer": 0.0, "cer": 0.0, "accuracy": 1.0}


def test_free_speech_has_no_linear_model():
    train = tones(["low", "high"] * 4)
    names = [one.name for one in baselines(train, FEATURES, RATE, keywords=())]
    assert names == ["empty", "commonest"]


def test_figures_of_predictions_are_those_of_the_metrics():
    split = tones(["low", "high"])
    assert rates(split, ["low", "high"]) == {"wer": 0.0, "cer": 0.0, "accuracy": 1.0}
    assert rates(split, ["low", "low high"])["wer"] == 0.5


def test_chance_is_told_from_knowledge():
    rng = np.random.default_rng(0)
    said = [" ".join(rng.choice(list("abcdef"), 3)) for _ in range(60)]
    assert chance_z(said, said) > 10
    half = [text if row % 2 else "a b" for row, text in enumerate(said)]
    assert chance_z(said, half) > 5
    others = [said[row] for row in rng.permutation(60)]
    assert abs(chance_z(said, others)) < 2.5
    assert chance_z(said, ["a b"] * 60) == 0
    assert chance_z(said[:1], said[:1]) == 0


def test_silence_everywhere_is_a_plain_failure():
    counts = {"words": 9, "deletions": 9, "insertions": 0}
    assert failure(counts).startswith("Every transcript is empty")
    assert failure({**counts, "deletions": 8}) is None
    assert failure({**counts, "words": 0, "deletions": 0}) is None


def test_few_recordings_get_as_many_steps_as_it_takes_and_more_get_more():
    free = Alphabet(("a", "b"), "character")
    steps = []
    for count in (5, 40, 60, 200, 600, 1000, 2700, 20_000):
        found = sized(count, free, Recurrent())
        batches = math.ceil(count / found["training__batch_size"])
        steps.append(found["training__epochs"] * batches)
    assert min(steps) >= 400
    assert steps[1] >= 1400
    assert all(later >= 0.9 * sooner for sooner, later in itertools.pairwise(steps))


def test_a_stream_is_trained_on_joined_recordings_however_few():
    words = Alphabet(("a", "b"), "word", ("a", "b"))
    assert sized(50, words, Recurrent(bidirectional=False))["augmentation__join"] > 0
    assert sized(50, words, Recurrent())["augmentation__join"] == 0
    assert (sized(50, words, Recurrent())["unit"], sized(50, words, Recurrent())["keywords"]) == (
        "word",
        True,
    )
