"""What a recogniser is compared with: an empty transcript, the commonest, and a linear model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from ostinato import audio
from ostinato._config import AudioFeatures
from ostinato.datasets import Recordings
from ostinato.metrics import character_errors, word_errors
from ostinato.tasks.baselines import Baseline
from ostinato.tasks.speech.averaged_frames import AveragedFrames
from ostinato.training import Figures

PERMUTATIONS = 20
MOST = 500  # recordings that are permuted


def baselines(
    train: Recordings,
    features: AudioFeatures,
    sample_rate_hz: int,
    keywords: Sequence[str],
    model: AveragedFrames | None = None,
) -> Iterator[Baseline]:
    """Yield the simple models, fitted on the training split.

    Args:
        train: The training split.
        features: What the frames are.
        sample_rate_hz: Rate of the frames.
        keywords: The transcripts of which each recording says one, if it does; else there is no
            linear model.
        model: The linear model, if it is fitted already.
    """
    transcripts = train.transcripts or []
    yield Baseline("empty", "an empty transcript", lambda split: rates(split, [""] * len(split)))
    commonest = Counter(transcripts).most_common(1)[0][0]
    yield Baseline(
        "commonest",
        "the commonest transcript",
        lambda split: rates(split, [commonest] * len(split)),
    )
    if len(keywords) > 1:
        linear = model or AveragedFrames.fit(train, features, sample_rate_hz, keywords)

        def measure_linear(split: Recordings) -> Figures:
            frames = audio.features_cached(split, features, sample_rate_hz).frames
            return rates(split, [keywords[int(linear.scores(one).argmax())] for one in frames])

        yield Baseline("averaged_frames", "a linear model of averaged frames", measure_linear)


def rates(split: Recordings, predictions: Sequence[str]) -> Figures:
    """Return ``wer``, ``cer`` and ``accuracy`` of some predictions.

    Args:
        split: The recordings, with what is said in them.
        predictions: What was written of each.

    Example:
        >>> recordings = Recordings.make([np.zeros(80)] * 2, ["a b", "c"], "two", sample_rate_hz=8000)
        >>> rates(recordings, ["a b", ""])
        {'wer': 0.3333333333333333, 'cer': 0.25, 'accuracy': 0.5}
    """
    transcripts = split.transcripts or []
    words = word_errors(transcripts, predictions)
    return {
        "wer": words.rate,
        "cer": character_errors(transcripts, predictions).rate,
        "accuracy": float((words.total == 0).mean()),
    }


def chance_z(transcripts: Sequence[str], predictions: Sequence[str]) -> float:
    """Return by how many deviations fewer words are wrong than beside other recordings.

    The word errors of what was written are compared with those beside the transcripts of other
    recordings, by 20 permutations. Where these are all alike, nothing is told apart, and it is 0.

    Args:
        transcripts: What was said in each recording.
        predictions: What was written.

    Example:
        >>> texts = ["one two", "three", "four", "five six", "seven"]
        >>> chance_z(texts, texts) > 3, chance_z(texts, ["one"] * 5)
        (True, 0.0)
    """
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(len(transcripts))[:MOST])
    references, written = [transcripts[row] for row in rows], [predictions[row] for row in rows]
    if len(set(written)) < 2:
        return 0.0
    ours = int(word_errors(references, written).total.sum())
    others = []
    for _ in range(PERMUTATIONS):
        order = rng.permutation(len(rows))
        others.append(word_errors([references[row] for row in order], written).total.sum())
    spread = float(np.std(others))
    return float((np.mean(others) - ours) / spread) if spread else 0.0
