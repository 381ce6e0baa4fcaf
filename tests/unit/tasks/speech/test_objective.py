"""Batches of utterances, their loss and errors, and what is told of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato import AudioAugmentation, AudioFeatures, DatasetError
from ostinato.audio import Augmenter, Normalizer, features_of, levels, steps_of
from ostinato.datasets import Recordings
from ostinato.nn import CTCTargets, ctc_loss
from ostinato.tasks.speech import summary as speech_facts
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.objective import SpeechObjective, SpeechSplit, too_long

RATE = 8000
ALPHABET = Alphabet((" ", "a", "b", "c"), "character")
SAID = ["ab", "c", "", "abc", "a", "bb"]
FEATURES = AudioFeatures(bands=8, context=3, subsampling=2)
STILL = {"speed": 0.0, "gain_db": 0.0, "noise": 0.0, "masks": 0, "join": 0.0}


def recordings() -> Recordings:
    rng = np.random.default_rng(0)
    sounds = [0.1 * rng.standard_normal(RATE // 10 * (1 + n)).astype(np.float32) for n in range(6)]
    return Recordings.make(sounds, SAID, "six", sample_rate_hz=RATE)


def split(augmentation: AudioAugmentation | None) -> SpeechSplit:
    sounds = features_of(recordings(), FEATURES, RATE)
    return SpeechSplit(
        [sounds],
        ALPHABET.encode(SAID),
        FEATURES,
        Normalizer("utterance", *levels(sounds.frames), hop=FEATURES.hop),
        None if augmentation is None else Augmenter(augmentation, FEATURES, RATE),
        ALPHABET.separator,
    )


ROWS = np.array([5, 4, 3, 2, 1, 0])


def test_without_augmentation_a_batch_is_the_rows_normalised_and_cut_into_steps() -> None:
    plain = split(None)
    steps, targets = plain.batch(ROWS)
    rows = [
        torch.from_numpy(steps_of(plain.normalizer.all(plain.sounds[0].frames[row]), FEATURES))
        for row in ROWS
    ]
    expected = pack_sequence(rows)
    assert torch.equal(steps.data, expected.data)
    assert torch.equal(steps.batch_sizes, expected.batch_sizes)
    assert targets.lengths.tolist() == [len(SAID[row]) for row in ROWS]
    assert ALPHABET.decode(targets.symbols.tolist()) == "".join(SAID[row] for row in ROWS)


def test_augmentation_that_changes_nothing_gives_the_same_examples() -> None:
    still, targets = split(AudioAugmentation(**STILL)).batch(ROWS)
    plain, said = split(None).batch(ROWS)
    assert torch.equal(still.data, plain.data)
    assert torch.equal(targets.symbols, said.symbols)


def test_a_batch_hangs_on_the_state_of_torchs_generator_alone() -> None:
    changed = split(AudioAugmentation(join=0.5))
    torch.manual_seed(3)
    first, said = changed.batch(ROWS)
    other, _ = changed.batch(ROWS)
    torch.manual_seed(3)
    again, same = changed.batch(ROWS)
    assert torch.equal(first.data, again.data)
    assert torch.equal(said.symbols, same.symbols)
    assert first.data.shape != other.data.shape or not torch.equal(first.data, other.data)


def test_joined_utterances_are_parted_by_one_space_and_none_is_lost() -> None:
    joined = split(AudioAugmentation(**{**STILL, "join": 1.0}, pause=0.0))
    for seed in range(5):
        torch.manual_seed(seed)
        steps, targets = joined.batch(ROWS)
        texts = [
            ALPHABET.decode(row.tolist())
            for row in torch.split(targets.symbols, targets.lengths.tolist())
        ]
        words = sorted(word for text in texts for word in text.split())
        assert words == sorted(text for text in SAID if text)
        assert all("  " not in text and text == text.strip() for text in texts)
        assert 2 <= len(texts) <= 4  # or one row that was left over
        frames = sum(len(joined.sounds[0].frames[row]) for row in ROWS)
        assert frames / 2 <= len(steps.data) <= frames / 2 + len(texts)
        lengths = [int((steps.batch_sizes > row).sum()) for row in range(len(texts))]
        assert lengths == sorted(lengths, reverse=True)


def test_the_objective_adds_up_the_loss_and_counts_errors_only_when_measuring() -> None:
    objective = SpeechObjective(ALPHABET)
    sure = torch.full((3, 5), -20.0)
    sure[range(3), [2, 0, 3]] = 0.0  # a, blank, b
    steps = pack_sequence([sure.log_softmax(1), sure[:1].log_softmax(1)])
    targets = CTCTargets(torch.tensor([2, 3, 4]), torch.tensor([2, 1]))  # ab, c
    loss = ctc_loss(steps, targets)
    trained = objective.figures(objective.sums(steps, targets))
    assert trained == {
        "loss": pytest.approx(float(loss.sum()) / 3),
        "log_likelihood": -trained["loss"],
    }
    with torch.no_grad():
        measured = objective.figures(objective.sums(steps, targets))
    assert measured["wer"] == 0.5  # ab is right, a stands for c
    assert measured["cer"] == pytest.approx(1 / 3)
    assert objective.monitor in measured


def test_transcripts_longer_than_their_recordings_are_found_and_told() -> None:
    one = recordings()
    said = ["aa" * 20, *SAID[1:]]
    long = Recordings.make(one.audio, said, "six", sample_rate_hz=RATE)
    base = split(None)
    loop_split = SpeechSplit(
        base.sounds, ALPHABET.encode(said), FEATURES, base.normalizer, None, ALPHABET.separator
    )
    assert too_long(loop_split).tolist() == [0]
    assert too_long(base).tolist() == []
    splits, loop_splits = {"train": long}, {"train": loop_split}
    facts = speech_facts.describe(splits, loop_splits, ALPHABET)
    assert facts["train"]["too_long"] == 1
    assert facts["train"]["seconds"] == pytest.approx(2.1)
    lines = speech_facts.lines(splits, loop_splits, facts, ALPHABET)
    assert any("recording 1: 40 symbols in 10 frames" in line for line in lines)
    everything = long.take([0])
    short = features_of(everything, FEATURES, RATE)
    hopeless = SpeechSplit(
        [short], ALPHABET.encode(said[:1]), FEATURES, base.normalizer, None, None
    )
    with pytest.raises(DatasetError, match="at most as many symbols"):
        speech_facts.describe({"train": everything}, {"train": hopeless}, ALPHABET)
