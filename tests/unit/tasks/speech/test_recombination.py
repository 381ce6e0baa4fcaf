"""Utterances cut between their words and put together anew: nothing is lost, nothing is guessed."""

import numpy as np
import pytest
import torch
from torch import nn

from ostinato import AudioFeatures
from ostinato.audio import Normalizer
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.recombination import Recombiner

BANDS = 4
FEATURES = AudioFeatures(bands=BANDS, context=1, subsampling=1)
ALPHABET = Alphabet((" ", "a", "b"), "character")
LONG = 3  # frames of a symbol


class Hears(nn.Module):
    """A network that hears in each step the band that is loudest; the first one is the blank."""

    def __init__(self, sure=0.99):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.sure, self.was_training = sure, []

    def forward(self, steps):
        self.was_training.append(self.training)
        probs = torch.full((len(steps.data), BANDS), (1 - self.sure) / (BANDS - 1))
        probs[torch.arange(len(probs)), steps.data.argmax(dim=1)] = self.sure
        return steps._replace(data=probs.log())


def spoken(text):
    """Frames in which each symbol is a loud band, with a soft frame of blank after each."""
    symbols = ALPHABET.encode([text])[0]
    rows = []
    for symbol in symbols:
        rows += [[9.0 if band == symbol else 0.0 for band in range(BANDS)]] * LONG
        rows += [[1.0, 0.0, 0.0, 0.0]]
    return np.array(rows, np.float32), symbols


def recombiner(network=None, separator=ALPHABET.separator):
    plain = Normalizer("utterance", np.zeros(BANDS), np.ones(BANDS), hop=0.01)
    return Recombiner(network or Hears(), FEATURES, plain, separator)


TEXTS = ["a b ab", "ba a", "b", "ab ba b a"]


@pytest.mark.parametrize("seed", range(8))
def test_words_keep_their_sounds_and_none_is_lost(seed):
    mixed = recombiner().mixed([spoken(text) for text in TEXTS], np.random.default_rng(seed))
    said = [ALPHABET.decode(symbols.tolist()) for _, symbols in mixed]
    assert len(mixed) == len(TEXTS)
    assert sorted(" ".join(said).split()) == sorted(" ".join(TEXTS).split())
    assert all("  " not in text and text == text.strip() for text in said)
    for (frames, _), text in zip(mixed, said, strict=True):
        heard = [
            band
            for band, before in zip(frames.argmax(1), [0, *frames.argmax(1)], strict=False)
            if band and band != before
        ]
        letters = [symbol for symbol in ALPHABET.encode([text])[0] if symbol != 1]
        assert [band for band in heard if band != 1] == letters
    assert any(text not in TEXTS for text in said)


def test_where_the_network_is_unsure_nothing_is_cut():
    examples = [spoken(text) for text in TEXTS]
    mixed = recombiner(Hears(sure=0.4)).mixed(examples, np.random.default_rng(0))
    assert sorted(ALPHABET.decode(symbols.tolist()) for _, symbols in mixed) == sorted(TEXTS)
    assert sum(len(frames) for frames, _ in mixed) == sum(len(frames) for frames, _ in examples)


def test_without_a_space_a_cut_may_be_between_any_symbols():
    mixed = recombiner(separator=None).mixed([spoken("ab"), spoken("ba")], np.random.default_rng(3))
    assert sorted(np.concatenate([symbols for _, symbols in mixed]).tolist()) == [2, 2, 3, 3]
    assert {len(frames) for frames, _ in mixed} != {0}


def test_the_network_hears_without_dropout_and_trains_on():
    network = Hears().train()
    recombiner(network).mixed([spoken("a b")], np.random.default_rng(0))
    assert network.was_training == [False]
    assert network.training


def test_transcripts_that_are_empty_or_too_long_stay_whole():
    frames = np.ones((2, BANDS), np.float32)
    examples = [
        (frames, np.array([2, 2, 2])),
        (frames, np.empty(0, np.int64)),
        (frames, np.array([3])),
    ]
    mixed = recombiner().mixed(examples, np.random.default_rng(0))
    assert sorted(len(symbols) for _, symbols in mixed) == [0, 1, 3]
