"""What a recogniser is compared with: an empty transcript, the commonest, and a linear model."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ostinato import audio
from ostinato._config import Features
from ostinato.datasets import Recordings
from ostinato.metrics import character_errors, word_errors
from ostinato.tasks.baselines import Baseline
from ostinato.training import Figures

SEGMENTS = 5  # stretches of a recording whose frames are averaged
PERMUTATIONS = 20
MOST = 500  # recordings that are permuted


def baselines(
    train: Recordings, features: Features, sample_rate_hz: int, *, keywords: Sequence[str]
) -> Iterator[Baseline]:
    """Yield the simple models, fitted on the training part.

    Args:
        train: The training part.
        features: What the frames are.
        sample_rate_hz: Rate of the frames.
        keywords: The transcripts of which each recording says one, if it does; else there is no
            linear model.
    """
    said = train.transcripts or []
    yield Baseline("empty", "an empty transcript", lambda part: rates(part, [""] * len(part)))
    commonest = Counter(said).most_common(1)[0][0]
    yield Baseline(
        "commonest", "the commonest transcript", lambda part: rates(part, [commonest] * len(part))
    )
    if keywords:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(averaged_frames(train, features, sample_rate_hz), said)
        yield Baseline(
            "averaged_frames",
            "a linear model of averaged frames",
            lambda part: rates(
                part, model.predict(averaged_frames(part, features, sample_rate_hz)).tolist()
            ),
        )


def averaged_frames(
    part: Recordings, features: Features, sample_rate_hz: int
) -> npt.NDArray[np.float64]:
    """Return mean frames of equal stretches of each recording, and the deviation of each band.

    Args:
        part: The recordings.
        features: What the frames are.
        sample_rate_hz: Rate of the frames.

    Shape:
        output: ``(recordings, (SEGMENTS + 1) * bands)``.
    """
    sounds = audio.features_cached(part, features, sample_rate_hz)
    rows = []
    for frames in sounds.frames:
        level = frames - frames.mean()
        edges = np.linspace(0, len(level), SEGMENTS + 1)
        means = [
            level[int(a) : max(int(a) + 1, int(np.ceil(b)))].mean(axis=0)
            for a, b in itertools.pairwise(edges)
        ]
        rows.append(np.concatenate([*means, level.std(axis=0)]))
    return np.array(rows, np.float64)


def rates(part: Recordings, predictions: Sequence[str]) -> Figures:
    """Return ``wer``, ``cer`` and ``accuracy`` of some predictions.

    Args:
        part: The recordings, with what is said in them.
        predictions: What was written of each.

    Example:
        >>> part = Recordings.make([np.zeros(80)] * 2, ["a b", "c"], "two", sample_rate_hz=8000)
        >>> rates(part, ["a b", ""])
        {'wer': 0.3333333333333333, 'cer': 0.25, 'accuracy': 0.5}
    """
    said = part.transcripts or []
    words = word_errors(said, predictions)
    return {
        "wer": words.rate,
        "cer": character_errors(said, predictions).rate,
        "accuracy": float((words.total == 0).mean()),
    }


def chance_z(said: Sequence[str], predictions: Sequence[str]) -> float:
    """Return by how many deviations fewer words are wrong than beside other recordings.

    The word errors of what was written are compared with those beside the transcripts of other
    recordings, by 20 permutations. Where these are all alike, nothing is told apart, and it is 0.

    Args:
        said: What was said in each recording.
        predictions: What was written.

    Example:
        >>> texts = ["one two", "three", "four", "five six", "seven"]
        >>> chance_z(texts, texts) > 3, chance_z(texts, ["one"] * 5)
        (True, 0.0)
    """
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(len(said))[:MOST])
    references, written = [said[row] for row in rows], [predictions[row] for row in rows]
    if len(set(written)) < 2:
        return 0.0
    ours = int(word_errors(references, written).total.sum())
    others = []
    for _ in range(PERMUTATIONS):
        order = rng.permutation(len(rows))
        others.append(word_errors([references[row] for row in order], written).total.sum())
    spread = float(np.std(others))
    return float((np.mean(others) - ours) / spread) if spread else 0.0
